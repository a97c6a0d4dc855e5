//! horde-eas: Exchange ActiveSync for Horde.

pub mod clock;
pub mod php;
pub mod secret;
pub mod state;
