//! horde-eas: Exchange ActiveSync for Horde.
