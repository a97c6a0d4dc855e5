//! Notes, from 14.0 on.
//!
//! [MS-ASNOTE] §2.2.2

use crate::eas::body::Body;
use crate::eas::scalar::BasicDate;
use crate::element;

element! {
    /// A note; an absent field and an empty one are two things.
    #[derive(Default)]
    pub struct Note = AirSync::ApplicationData {
        /// Its title.
        subject: Option<String> = Notes::Subject,
        /// Its text.
        body: Option<Body> = AirSyncBase::Body,
        /// Labels.
        categories: Option<Categories> = Notes::Categories,
        /// When it was changed last; servers decide.
        last_modified_date: Option<BasicDate> = Notes::LastModifiedDate,
        /// Always `IPM.StickyNote`, or a name below it.
        message_class: Option<String> = Notes::MessageClass,
    }
}

element! {
    /// The labels of a note. [MS-ASNOTE] §2.2.2.2
    #[derive(Default)]
    pub struct Categories = Notes::Categories {
        /// Each of them.
        categories: Vec<String> = Notes::Category,
    }
}
