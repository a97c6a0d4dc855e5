//! What a device says of itself, in Settings and in Provision.
//!
//! [MS-ASCMD] §2.2.3.45

use crate::element;

element! {
    /// What a device says of itself.
    pub struct DeviceInformation = Settings::DeviceInformation {
        /// The values; they replace those of the last time.
        set: Option<DeviceInformationSet> = Settings::Set,
    }
}

element! {
    /// The values.
    #[derive(Default)]
    pub struct DeviceInformationSet = Settings::Set {
        /// Name of the model.
        model: Option<String> = Settings::Model,
        /// Serial number of the telephone.
        imei: Option<String> = Settings::IMEI,
        /// Name that the user gave it.
        friendly_name: Option<String> = Settings::FriendlyName,
        /// Operating system.
        os: Option<String> = Settings::OS,
        /// Language of the operating system.
        os_language: Option<String> = Settings::OSLanguage,
        /// Telephone number.
        phone_number: Option<String> = Settings::PhoneNumber,
        /// Program.
        user_agent: Option<String> = Settings::UserAgent,
        /// Whether it sends short messages for the server (14.0).
        enable_outbound_sms: Option<String> = Settings::EnableOutboundSMS,
        /// Network (14.0).
        mobile_operator: Option<String> = Settings::MobileOperator,
    }
}

impl DeviceInformationSet {
    /// Names and values as Horde stores them; empty for what was not sent, and cut where a device
    /// tells more than anybody's has to say.
    #[must_use]
    pub fn values(&self) -> [(&'static str, &str); 9] {
        let values = [
            ("Model", self.model.as_deref().unwrap_or_default()),
            ("IMEI", self.imei.as_deref().unwrap_or_default()),
            ("FriendlyName", self.friendly_name.as_deref().unwrap_or_default()),
            ("OS", self.os.as_deref().unwrap_or_default()),
            ("OSLanguage", self.os_language.as_deref().unwrap_or_default()),
            ("PhoneNumber", self.phone_number.as_deref().unwrap_or_default()),
            ("UserAgent", self.user_agent.as_deref().unwrap_or_default()),
            ("MobileOperator", self.mobile_operator.as_deref().unwrap_or_default()),
            ("EnableOutboundSMS", self.enable_outbound_sms.as_deref().unwrap_or_default()),
        ];
        values.map(|(name, value)| (name, cut(value)))
    }
}

/// The first letters of a value.
fn cut(value: &str) -> &str {
    value.char_indices().nth(MOST_LETTERS).map_or(value, |(end, _)| &value[..end])
}

element! {
    /// Whether the values were taken.
    pub struct DeviceInformationStatus = Settings::DeviceInformation {
        /// 1 when they were.
        status: u16 = Settings::Status,
    }
}

/// Of one value; Horde's column holds 65,535 bytes of all.
const MOST_LETTERS: usize = 255;

#[cfg(test)]
mod tests {
    use crate::eas::device_information::DeviceInformationSet;

    #[test]
    fn long_values_are_cut_between_letters() {
        let model = Some("ü".repeat(1_000));
        let set = DeviceInformationSet { model, ..DeviceInformationSet::default() };
        let [(name, value), ..] = set.values();
        assert_eq!((name, value.chars().count()), ("Model", 255));
    }
}
