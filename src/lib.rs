//! horde-eas: Exchange ActiveSync for Horde.

pub mod clock;
pub mod secret;
