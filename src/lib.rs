//! horde-eas: Exchange ActiveSync for Horde.

pub mod backend;
pub mod clock;
pub mod command;
pub mod delta;
pub mod eas;
pub mod mime;
pub mod php;
pub mod pim;
pub mod secret;
pub mod state;
pub mod wbxml;
