//! Bodies and attachments, as all classes have them from 12.0 on.
//!
//! [MS-ASAIRS] §2.2.2

use crate::eas::scalar::Data;
use crate::element;
use crate::wire_enum;

wire_enum! {
    /// The form of a body. [MS-ASAIRS] §2.2.2.41.1
    pub struct BodyType {
        /// Plain text.
        Text = 1,
        /// HTML.
        Html = 2,
        /// RTF, in base64.
        Rtf = 3,
        /// The whole message as it is.
        Mime = 4,
    }
}

element! {
    /// A body. [MS-ASAIRS] §2.2.2.9
    pub struct Body = AirSyncBase::Body {
        /// Its form.
        kind: BodyType = AirSyncBase::Type,
        /// Its whole size in bytes, before anything was cut.
        estimated_data_size: Option<u64> = AirSyncBase::EstimatedDataSize,
        /// Whether something was cut.
        truncated: Option<bool> = AirSyncBase::Truncated,
        /// The body itself.
        data: Option<Data> = AirSyncBase::Data,
        /// Or the part of an answer in several parts that holds it.
        part: Option<u32> = ItemOperations::Part,
        /// The beginning of the text.
        preview: Option<String> = AirSyncBase::Preview since V14_0,
    }
}

element! {
    /// The attachments of an item. [MS-ASAIRS] §2.2.2.8
    pub struct Attachments = AirSyncBase::Attachments {
        /// Each of them.
        attachments: Vec<Attachment> = AirSyncBase::Attachment,
    }
}

element! {
    /// One attachment. [MS-ASAIRS] §2.2.2.7
    pub struct Attachment = AirSyncBase::Attachment {
        /// What users see.
        display_name: Option<String> = AirSyncBase::DisplayName,
        /// With what it is fetched.
        file_reference: String = AirSyncBase::FileReference,
        /// 1 a normal attachment, 5 an embedded message, 6 an OLE object.
        method: u8 = AirSyncBase::Method,
        /// Size in bytes.
        estimated_data_size: u64 = AirSyncBase::EstimatedDataSize,
        /// Its Content-ID, without brackets.
        content_id: Option<String> = AirSyncBase::ContentId,
        /// Its Content-Location.
        content_location: Option<String> = AirSyncBase::ContentLocation,
        /// Whether the body shows it.
        is_inline: Option<bool> = AirSyncBase::IsInline,
    }
}
