//! Integration tests.

mod state;
mod support;
