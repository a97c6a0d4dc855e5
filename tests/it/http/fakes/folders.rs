//! Horde's folders, of which there are none to change.

use async_trait::async_trait;

use horde_eas::backend::folders::{Change, Folders};
use horde_eas::backend::{self, Account};
use horde_eas::eas::class::Class;

use crate::http::fakes::{Fake, unfaked};

#[async_trait]
impl Folders for Fake {
    async fn change(
        &self,
        _: &Account,
        _: Class,
        _: &str,
        _: Change<'_>,
    ) -> Result<(), backend::Error> {
        Err(unfaked())
    }
}
