//! Folders of Horde's applications: `bridge.folderOp`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use crate::backend::folders::{Change, Folders};
use crate::backend::horde::rpc::{Client, is_lasting};
use crate::backend::{Account, Error, Kind};
use crate::eas::class::Class;

/// [`Folders`] over the bridge.
pub struct HordeFolders {
    client: Arc<Client>,
}

impl HordeFolders {
    pub(crate) fn new(client: Arc<Client>) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Folders for HordeFolders {
    async fn change(
        &self,
        account: &Account,
        class: Class,
        share: &str,
        change: Change<'_>,
    ) -> Result<(), Error> {
        let class = match class {
            Class::Calendar => "calendar",
            Class::Contacts => "contacts",
            Class::Notes => "notes",
            Class::Tasks => "tasks",
            Class::Email | Class::Sms => {
                return Err(Error::new(Kind::Unsupported, "mailboxes are not Horde's"));
            }
        };
        let params = match change {
            Change::Create(name) => json!(["create", class, share, {"name": name}]),
            Change::Delete => json!(["delete", class, share]),
            Change::Rename(name) => json!(["rename", class, share, {"name": name}]),
        };
        match self.client.write(Some(&account.credentials), "bridge.folderOp", params).await {
            Ok(_) => Ok(()),
            // The client is told once; as an outage it would come again, for ever.
            Err(error) if is_lasting(&error) => Err(Error { kind: Kind::Broken, ..error }),
            Err(error) => Err(error),
        }
    }
}
