//! Integration tests.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that can not go on may panic")]

mod bridge;
mod cli;
mod codec;
mod config;
mod deploy;
mod events;
mod fail2ban;
mod faults;
mod fields;
mod full_book;
mod generated;
mod golden;
mod held;
mod history;
mod hostile;
mod http;
mod limits;
mod mail;
mod mail_tls;
mod moves;
mod pages;
mod php;
mod poisoned;
mod read_only;
mod recurrences;
mod scenario;
mod schema;
mod send;
mod shares;
mod smtp;
mod smtp_tls;
mod state;
mod support;
mod swing;
mod synced;
mod tasklists;
mod tidy;
mod untouched;
mod wire;
mod zones;
