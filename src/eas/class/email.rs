//! Mail.
//!
//! [MS-ASEMAIL] §2.2.2

use crate::eas::body::{Attachments, Body};
use crate::eas::scalar::{DashDate, Opaque};
use crate::element;
use crate::wire_enum;

element! {
    /// A mail, whole or in part: from the server everything, in a change what changed.
    #[derive(Default)]
    pub struct Email = AirSync::ApplicationData {
        /// Recipients, as in the header, at most 32 KiB.
        to: Option<String> = Email::To,
        /// Recipients of copies.
        cc: Option<String> = Email::Cc,
        /// Author.
        from: Option<String> = Email::From,
        /// Subject.
        subject: Option<String> = Email::Subject,
        /// Where answers go.
        reply_to: Option<String> = Email::ReplyTo,
        /// When it arrived.
        date_received: Option<DashDate> = Email::DateReceived,
        /// Names of the recipients, parted by semicolons.
        display_to: Option<String> = Email::DisplayTo,
        /// The subject without `Re:`.
        thread_topic: Option<String> = Email::ThreadTopic,
        /// 0 low, 1 normal, 2 high.
        importance: Option<u8> = Email::Importance,
        /// Whether it was read.
        read: Option<bool> = Email::Read,
        /// Attachments.
        attachments: Option<Attachments> = AirSyncBase::Attachments since V12_0,
        /// The body.
        body: Option<Body> = AirSyncBase::Body since V12_0,
        /// The kind of message, such as `IPM.Note`.
        message_class: Option<String> = Email::MessageClass,
        /// Code page, 65001 for UTF-8.
        internet_cpid: Option<String> = Email::InternetCPID,
        /// The follow-up flag; an empty one clears it.
        flag: Option<Flag> = Email::Flag since V12_0,
        /// Content class, such as `urn:content-classes:message`.
        content_class: Option<String> = Email::ContentClass since V12_0,
        /// The form in which the server has the body.
        native_body_type: Option<u8> = AirSyncBase::NativeBodyType since V12_0,
        /// Same for all messages of a conversation.
        conversation_id: Option<Opaque> = Email2::ConversationId since V14_0,
        /// Place in the conversation.
        conversation_index: Option<Opaque> = Email2::ConversationIndex since V14_0,
        /// What was done with it last: 1 reply, 2 reply to all, 3 forward.
        last_verb_executed: Option<u8> = Email2::LastVerbExecuted since V14_0,
        /// When that was.
        last_verb_execution_time: Option<DashDate> = Email2::LastVerbExecutionTime since V14_0,
        /// Whether the user got it as a blind copy.
        received_as_bcc: Option<bool> = Email2::ReceivedAsBcc since V14_0,
        /// Who sent it, if not the author.
        sender: Option<String> = Email2::Sender since V14_0,
        /// Labels; an empty element clears them.
        categories: Option<Categories> = Email::Categories since V14_0,
    }
}

element! {
    /// A follow-up flag. [MS-ASEMAIL] §2.2.2.34
    #[derive(Default)]
    pub struct Flag = Email::Flag {
        /// Whether it is set.
        status: Option<FlagStatus> = Email::Status,
        /// What is to be done, such as `Follow up`.
        flag_type: Option<String> = Email::FlagType,
        /// When it was marked as done.
        complete_time: Option<DashDate> = Email::CompleteTime,
        /// When it was done.
        date_completed: Option<DashDate> = Tasks::DateCompleted,
        /// Begin, the user's time.
        start_date: Option<DashDate> = Tasks::StartDate,
        /// Begin, UTC.
        utc_start_date: Option<DashDate> = Tasks::UtcStartDate,
        /// End, the user's time.
        due_date: Option<DashDate> = Tasks::DueDate,
        /// End, UTC.
        utc_due_date: Option<DashDate> = Tasks::UtcDueDate,
        /// Whether to remind.
        reminder_set: Option<bool> = Tasks::ReminderSet,
        /// When to remind.
        reminder_time: Option<DashDate> = Tasks::ReminderTime,
    }
}

wire_enum! {
    /// Whether a mail is flagged. [MS-ASEMAIL] §2.2.2.72
    pub struct FlagStatus {
        /// No flag.
        Cleared = 0,
        /// Done.
        Complete = 1,
        /// To be done.
        Active = 2,
    }
}

element! {
    /// The labels of a mail. [MS-ASEMAIL] §2.2.2.15
    #[derive(Default)]
    pub struct Categories = Email::Categories {
        /// Each of them.
        categories: Vec<String> = Email::Category,
    }
}
