//! Where and why a document is bad.

/// A document that can not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {offset}{path}")]
pub struct Error {
    /// What is wrong.
    pub problem: Problem,
    /// Where, from the beginning of the document.
    pub offset: usize,
    /// The elements that are open there: ` in /AirSync:Sync/…`; empty at the root.
    pub path: String,
}

/// What may be wrong with a document's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Elements have no attributes in ActiveSync.
    #[error("attributes are not allowed")]
    Attributes,
    /// The document does not begin as WBXML 1.1 to 1.3 in UTF-8.
    #[error("no WBXML header")]
    Header,
    /// A number of more than 32 bits.
    #[error("number too large")]
    Number,
    /// There is no element.
    #[error("no element")]
    NoElement,
    /// A second root, or text outside of the root.
    #[error("content outside of the root")]
    Outside,
    /// More elements in elements than are allowed.
    #[error("nested too deeply")]
    TooDeep,
    /// The document is larger than is allowed.
    #[error("too large")]
    TooLarge,
    /// More elements than are allowed.
    #[error("too many elements")]
    TooMany,
    /// The bytes end within the document.
    #[error("unexpected end")]
    Truncated,
    /// A token that ActiveSync does not use.
    #[error("unknown token")]
    UnknownToken,
    /// Text that is not UTF-8.
    #[error("text is not UTF-8")]
    Utf8,
}
