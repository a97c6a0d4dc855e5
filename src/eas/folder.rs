//! Folders and their types.

use crate::wire_enum;

wire_enum! {
    /// What a folder is for. [MS-ASCMD] §2.2.3.186.3
    pub struct FolderType {
        /// A generic folder of the user.
        Generic = 1,
        /// Inbox.
        Inbox = 2,
        /// Drafts.
        Drafts = 3,
        /// Deleted items.
        DeletedItems = 4,
        /// Sent items.
        SentItems = 5,
        /// Outbox.
        Outbox = 6,
        /// Tasks.
        Tasks = 7,
        /// Calendar.
        Calendar = 8,
        /// Contacts.
        Contacts = 9,
        /// Notes.
        Notes = 10,
        /// Journal.
        Journal = 11,
        /// A mail folder that the user made.
        UserMail = 12,
        /// A calendar that the user made.
        UserCalendar = 13,
        /// An address book that the user made.
        UserContacts = 14,
        /// A task list that the user made.
        UserTasks = 15,
        /// A journal that the user made.
        UserJournal = 16,
        /// A notepad that the user made.
        UserNotes = 17,
        /// A folder of unknown type.
        Unknown = 18,
        /// The cache of recipients.
        RecipientInformation = 19,
    }
}
