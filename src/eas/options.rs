//! What a client would like to get, shared by Sync, GetItemEstimate, ItemOperations and Search.

use crate::eas::class::ClassName;
use crate::element;

element! {
    /// A client's wishes for a collection or a fetch.
    ///
    /// [MS-ASCMD] §2.2.3.125
    pub struct Options = AirSync::Options {
        /// The class that the options are for; absent means the collection's own.
        class: Option<ClassName> = AirSync::Class,
        /// How far back: 0 all, 1 to 5 one day to one month, 6 three months, 7 six, 8 open tasks.
        filter_type: Option<u8> = AirSync::FilterType,
        /// How much of a body, in steps of a fixed table (2.5, and MIME elsewhere).
        truncation: Option<u8> = AirSync::Truncation,
        /// How much of raw MIME: 0 nothing, 1 to 7 in steps, 8 all.
        mime_truncation: Option<u8> = AirSync::MIMETruncation,
        /// 0 never raw MIME, 1 for S/MIME alone, 2 for all.
        mime_support: Option<u8> = AirSync::MIMESupport,
        /// 0 the client wins, 1 the server wins.
        conflict: Option<u8> = AirSync::Conflict,
        /// Most items, for the cache of recipients.
        max_items: Option<u32> = AirSync::MaxItems,
        /// Wanted bodies.
        body_preferences: Vec<BodyPreference> = AirSyncBase::BodyPreference,
        /// Wanted parts of bodies (14.1).
        body_part_preferences: Vec<BodyPreference> = AirSyncBase::BodyPartPreference,
    }
}

element! {
    /// A body that a client can show. [MS-ASAIRS] §2.2.2.12
    pub struct BodyPreference = AirSyncBase::BodyPreference {
        /// 1 text, 2 HTML, 3 RTF, 4 MIME.
        kind: u8 = AirSyncBase::Type,
        /// Most bytes of it; absent means all.
        truncation_size: Option<u64> = AirSyncBase::TruncationSize,
        /// Whether a body that would be cut is to be left out instead.
        all_or_none: Option<bool> = AirSyncBase::AllOrNone,
        /// How many characters of a preview (14.0).
        preview: Option<u32> = AirSyncBase::Preview,
    }
}

impl Options {
    /// Options of which nothing is said but the FilterType.
    #[must_use]
    pub const fn with_filter(filter_type: u8) -> Self {
        Self {
            class: None,
            filter_type: Some(filter_type),
            truncation: None,
            mime_truncation: None,
            mime_support: None,
            conflict: None,
            max_items: None,
            body_preferences: Vec::new(),
            body_part_preferences: Vec::new(),
        }
    }
}
