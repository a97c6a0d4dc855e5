//! Integration tests.

mod php;
mod state;
mod support;
mod wire;
