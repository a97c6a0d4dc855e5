//! Integration tests.

mod php;
mod schema;
mod state;
mod support;
mod wire;
