//! The protocol as types: elements, scalars, ids. No I/O, no async, no Horde.

pub mod body;
pub mod class;
pub mod device_information;
pub mod folder;
pub mod ids;
pub mod multipart;
pub mod options;
pub mod policy;
pub mod range;
pub mod reference;
pub mod request_line;
pub mod scalar;
pub mod schema;
pub mod status;
pub mod version;
