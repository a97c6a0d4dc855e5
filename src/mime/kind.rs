//! What sort of message it is, in the protocol's words.

use crate::mime::Message;

impl Message<'_> {
    /// The message class.
    ///
    /// [MS-ASEMAIL] §2.2.2.49
    #[must_use]
    pub fn class(&self) -> &'static str {
        if let Some(class) = self.report_class() {
            return class;
        }
        if self.is_signed() {
            return "IPM.Note.SMIME.MultipartSigned";
        }
        if self.is_enveloped() {
            return "IPM.Note.SMIME";
        }
        "IPM.Note"
    }

    /// Whether it is signed or encrypted by S/MIME: only its source is of use to the phone.
    #[must_use]
    pub fn is_smime(&self) -> bool {
        self.is_signed() || self.is_enveloped()
    }

    fn is_signed(&self) -> bool {
        self.outline.media_type == "multipart/signed"
            && self
                .outline
                .purpose
                .as_deref()
                .is_some_and(|protocol| protocol.ends_with("pkcs7-signature"))
    }

    fn is_enveloped(&self) -> bool {
        matches!(
            self.outline.media_type.as_str(),
            "application/pkcs7-mime" | "application/x-pkcs7-mime"
        )
    }

    fn report_class(&self) -> Option<&'static str> {
        let report = self.outline.report()?;
        let (fields, _) = self.text_of(report);
        let field = |name: &str| {
            fields.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_ascii_lowercase())
            })
        };
        if report.media_type == "message/delivery-status" {
            return match field("Action")?.as_str() {
                "failed" => Some("REPORT.IPM.NOTE.NDR"),
                "delayed" => Some("REPORT.IPM.NOTE.DELAYED"),
                "delivered" => Some("REPORT.IPM.NOTE.DR"),
                _ => None,
            };
        }
        // `manual-action/MDN-sent-manually; displayed`
        let disposition = field("Disposition")?;
        let kind = disposition.rsplit(';').next().unwrap_or_default().trim();
        match kind.split('/').next().unwrap_or_default() {
            "displayed" => Some("REPORT.IPM.NOTE.IPNRN"),
            "deleted" => Some("REPORT.IPM.NOTE.IPNNRN"),
            _ => None,
        }
    }
}
