//! A contact that is made, seen by a second device, and taken away again.

use std::io::Result;

use crate::probe::Error;
use crate::probe::node::text;
use crate::probe::steps::{Play, contact_wish, done, phone};
use crate::probe::story::{Step, bad_status, error, failed, good};
use crate::probe::sync::{add, delete};
use crate::wbxml::pages::Contacts;

impl Play<'_, '_> {
    /// Adds a contact, and reads it with a second device: its id, when it was made.
    pub(super) async fn new_contact(&mut self, id: &str) -> Result<Option<String>> {
        let stamp = jiff::Timestamp::now().as_millisecond().to_string();
        let name = format!("Visitor {stamp}");
        let step = Step::new("New contact", format!("please keep Probe {name}"));
        let fields = [
            text(Contacts::FirstName, "Probe"),
            text(Contacts::LastName, &*name),
            text(Contacts::FileAs, format!("Probe {name}")),
            text(Contacts::Email1Address, format!("visitor{stamp}@example.test")),
        ];
        let wish = contact_wish(id).with([add(&stamp, fields)]);
        let mut server_id = None;
        let ending = match self.phone.sync_all(wish).await {
            Err(reason) => error(&reason),
            Ok(brought) => match brought.responses.first() {
                Some(response) if response.status == 1 => {
                    server_id.clone_from(&response.server_id);
                    let known = response.server_id.as_deref().unwrap_or("(no id!)");
                    good(format!("kept; the server calls it {known}"))
                }
                Some(response) => bad_status(response.status),
                None => bad_status(brought.status),
            },
        };
        let kept = self.tell(&step, &ending)?;
        let Some(server_id) = server_id.filter(|_| kept) else { return Ok(None) };

        let step = Step::new("Second device", format!("does the server show {name} to others?"));
        let other = format!("{}B", self.args.device_id);
        let ending = match self.second_device(&other, &name).await {
            Ok(true) => good("yes: it is in Horde's address book"),
            Ok(false) => failed(
                "no",
                "the server said that it kept the contact, and did not",
                "see its log, and Turba",
            ),
            Err(reason) => error(&reason),
        };
        self.tell(&step, &ending)?;
        if self.args.keep {
            return Ok(Some(other));
        }
        let step = Step::new("Contact deleted", "please delete it again");
        let gone = contact_wish(id).with([delete(&server_id)]);
        let ending = done(self.phone.sync_all(gone).await);
        self.tell(&step, &ending)?;
        Ok(Some(other))
    }

    async fn second_device(
        &self,
        device_id: &str,
        last_name: &str,
    ) -> std::result::Result<bool, Error> {
        let mut other = phone(self.args, self.password, device_id)?;
        other.provision().await?;
        other.folder_sync().await?;
        let id = other.folder_of(9).map(|folder| folder.id.clone());
        let id = id.ok_or(Error::Missing("folder of type 9"))?;
        other.sync_all(contact_wish(&id)).await?;
        let held = other.collections.get(&id);
        Ok(held.is_some_and(|held| held.find(Contacts::LastName, last_name).len() == 1))
    }
}
