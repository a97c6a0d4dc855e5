//! horde-eas: Exchange ActiveSync for Horde.

pub mod app;
pub mod backend;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod delta;
pub mod eas;
pub mod http;
pub mod logging;
pub mod mime;
pub mod php;
pub mod pim;
pub mod probe;
pub mod secret;
pub mod state;
pub mod wbxml;
