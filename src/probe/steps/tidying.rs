//! What is left of the probe's own mails is taken away.

use std::io::Result;

use crate::finding::counted;
use crate::probe::Error;
use crate::probe::steps::{Play, filtered_wish, mail_wish};
use crate::probe::story::{Step, error, failed, good};

impl Play<'_, '_> {
    /// Deletes the mails of the probe's own that are in these folders, the inbox first.
    pub(super) async fn tidy_up(&mut self, folders: &[String]) -> Result<()> {
        let names: Vec<&str> = folders
            .iter()
            .filter_map(|id| self.phone.folders.get(id))
            .map(|folder| folder.name.as_str())
            .collect();
        let asked = format!("delete what I sent, for good: {}", names.join(", "));
        let step = Step::new("Tidy up", asked);
        let ending = match self.take_away(folders).await {
            Ok((gone, 0)) => good(format!("{} deleted, none is left", counted(gone, "mail"))),
            Ok((_, left)) => failed(
                format!("{} still there", counted(left, "mail")),
                "the server does not delete them, or says so and does not",
                "delete the mails whose subject begins with `Probe` by hand",
            ),
            Err(reason) => error(&reason).mend(
                "delete the mails whose subject begins with `Probe` by hand; see the server's log",
            ),
        };
        self.tell(&step, &ending).map(drop)
    }

    /// How many were deleted, and how many are left all the same.
    async fn take_away(&mut self, folders: &[String]) -> std::result::Result<(u64, u64), Error> {
        let (mut n_gone, mut n_left) = (0_u64, 0_u64);
        for (n, folder) in folders.iter().enumerate() {
            // The inbox is on the phone; of others the last day is enough.
            let filter = if n == 0 { "0" } else { "1" };
            let wish = if n == 0 { mail_wish(folder) } else { filtered_wish(folder, filter) };
            self.phone.sync_all(wish.clone()).await?;
            let ours = self.ours(folder);
            if ours.is_empty() {
                continue;
            }
            self.delete(folder, &ours, filter).await?;
            self.phone.sync_all(wish).await?;
            let left = self.ours(folder).len();
            let gone = ours.len().saturating_sub(left);
            n_left = n_left.saturating_add(u64::try_from(left).unwrap_or(u64::MAX));
            n_gone = n_gone.saturating_add(u64::try_from(gone).unwrap_or(u64::MAX));
        }
        Ok((n_gone, n_left))
    }

    fn ours(&self, folder: &str) -> Vec<String> {
        self.subjects.iter().flat_map(|subject| self.found(folder, subject)).collect()
    }
}
