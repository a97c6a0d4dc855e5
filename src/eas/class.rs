//! The classes of items, and an item of any class.

pub mod calendar;
pub mod contact;
pub mod email;
pub mod note;
pub mod task;

use crate::eas::class::calendar::Event;
use crate::eas::class::contact::Contact;
use crate::eas::class::email::Email;
use crate::eas::class::note::Note;
use crate::eas::class::task::Task;
use crate::eas::schema::{Error, Shape, Value};
use crate::eas::version::ProtocolVersion;
use crate::wbxml::Writer;
use crate::wbxml::element::Element;

/// What a collection holds. [MS-ASCMD] §2.2.3.27.5
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Appointments.
    Calendar,
    /// Contacts.
    Contacts,
    /// Mail.
    Email,
    /// Notes.
    Notes,
    /// Short messages.
    Sms,
    /// Tasks.
    Tasks,
}

impl Class {
    /// The word on the wire and in Horde's tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calendar => "Calendar",
            Self::Contacts => "Contacts",
            Self::Email => "Email",
            Self::Notes => "Notes",
            Self::Sms => "SMS",
            Self::Tasks => "Tasks",
        }
    }

    /// The class of that word.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        [Self::Calendar, Self::Contacts, Self::Email, Self::Notes, Self::Sms, Self::Tasks]
            .into_iter()
            .find(|class| class.as_str() == text)
    }
}

/// A class as a request names it; unknown words are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassName(pub String);

impl ClassName {
    /// The class, when it is one.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        Class::of(&self.0)
    }
}

impl From<Class> for ClassName {
    fn from(class: Class) -> Self {
        Self(class.as_str().to_owned())
    }
}

impl Value for ClassName {
    fn shape() -> Shape {
        Shape::Text
    }

    fn read(element: Element) -> Result<Self, Error> {
        String::read(element).map(Self)
    }

    fn write(&self, version: ProtocolVersion, out: &mut Writer) {
        self.0.write(version, out);
    }
}

/// An item of one of the classes.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A contact.
    Contact(Box<Contact>),
    /// A mail.
    Email(Box<Email>),
    /// An event.
    Event(Box<Event>),
    /// A note.
    Note(Box<Note>),
    /// A task.
    Task(Box<Task>),
}

impl Item {
    /// The class that it is of.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Contact(_) => Class::Contacts,
            Self::Email(_) => Class::Email,
            Self::Event(_) => Class::Calendar,
            Self::Note(_) => Class::Notes,
            Self::Task(_) => Class::Tasks,
        }
    }

    /// Writes the item's properties.
    pub fn write(&self, version: ProtocolVersion, out: &mut Writer) {
        match self {
            Self::Contact(contact) => contact.write(version, out),
            Self::Email(email) => email.write(version, out),
            Self::Event(event) => event.write(version, out),
            Self::Note(note) => note.write(version, out),
            Self::Task(task) => task.write(version, out),
        }
    }
}

/// An item's properties on the wire: raw in a request until the class is known, an item in an
/// answer. [MS-ASCMD] §2.2.3.11
#[derive(Clone, Debug, PartialEq)]
pub enum ApplicationData {
    /// What a client sent.
    Raw(Element),
    /// What we send.
    Item(Item),
}

impl ApplicationData {
    /// Reads what a client sent as an item of a class.
    ///
    /// # Errors
    /// When it lacks something or a value has the wrong form.
    pub fn parse<T: Value>(self) -> Result<T, Error> {
        match self {
            Self::Raw(element) => T::read(element),
            Self::Item(_) => Err(Error::wrong("raw data")),
        }
    }
}

impl Value for ApplicationData {
    fn shape() -> Shape {
        Shape::Anything
    }

    fn read(element: Element) -> Result<Self, Error> {
        Ok(Self::Raw(element))
    }

    fn write(&self, version: ProtocolVersion, out: &mut Writer) {
        match self {
            Self::Raw(element) => element.write_nodes(out),
            Self::Item(item) => item.write(version, out),
        }
    }
}
