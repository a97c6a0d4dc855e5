//! The mail server: not there yet, its adapter replaces this file.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Deserialize;

use crate::backend::mail::{
    FlagChange, Mail, Mailbox, MailboxChanges, MailboxStatus, Since, Wanted,
};
use crate::backend::{Account, Error, Kind};
use crate::eas::class::email::Email;

/// Not there yet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {}

/// Not there yet.
#[derive(Debug)]
pub struct Imap;

impl Imap {
    /// Not there yet.
    pub fn new(_: &Config) -> Result<Self, Error> {
        Ok(Self)
    }
}

fn no<T>() -> Result<T, Error> {
    Err(Error::new(Kind::Unavailable, "no mail yet"))
}

#[async_trait]
impl Mail for Imap {
    async fn mailboxes(&self, _: &Account) -> Result<Vec<Mailbox>, Error> {
        Ok(vec![Mailbox {
            name: "INBOX".into(),
            label: "INBOX".into(),
            parent: None,
            special_use: None,
        }])
    }
    async fn status(
        &self,
        _: &Account,
        _: &[String],
    ) -> Result<BTreeMap<String, MailboxStatus>, Error> {
        no()
    }
    async fn changes(&self, _: &Account, _: &str, _: &Since<'_>) -> Result<MailboxChanges, Error> {
        no()
    }
    async fn fetch(
        &self,
        _: &Account,
        _: &str,
        _: &[u32],
        _: &Wanted,
    ) -> Result<Vec<(u32, Result<Box<Email>, Error>)>, Error> {
        no()
    }
    async fn store(
        &self,
        _: &Account,
        _: &str,
        _: &[FlagChange],
    ) -> Result<Vec<crate::backend::mail::Before>, Error> {
        no()
    }
    async fn move_to(
        &self,
        _: &Account,
        _: &str,
        _: &[u32],
        _: &str,
    ) -> Result<BTreeMap<u32, Option<u32>>, Error> {
        no()
    }
    async fn delete(&self, _: &Account, _: &str, _: &[u32]) -> Result<Vec<u32>, Error> {
        no()
    }
}
