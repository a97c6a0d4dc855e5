//! Folders that the phone makes, renames and deletes.
//!
//! [MS-ASCMD] §2.2.1.3

use crate::probe::Error;
use crate::probe::node::{Look as _, node, text};
use crate::probe::phone::{Folder, Phone};
use crate::wbxml::element::Element;
use crate::wbxml::pages::FolderHierarchy;

impl Phone {
    /// Makes a folder; the status, and the folder's id when that is 1.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn folder_create(
        &mut self,
        parent: &str,
        name: &str,
        kind: u32,
    ) -> Result<(u32, String), Error> {
        let document = create_request(&self.hierarchy_key, parent, name, kind);
        let answer = self.ask("FolderCreate", &document).await?;
        let status = self.take_key(&answer);
        let id = answer.value(&[FolderHierarchy::ServerId]).unwrap_or_default();
        if status == 1 {
            let (parent, name) = (parent.to_owned(), name.to_owned());
            let folder = Folder { id: id.clone(), parent, name, kind };
            if self.folders.insert(id.clone(), folder).is_some() {
                self.oddities.push(format!("folder {id} made, and was there"));
            }
        }
        Ok((status, id))
    }

    /// Renames a folder; the status.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn folder_update(
        &mut self,
        id: &str,
        parent: &str,
        name: &str,
    ) -> Result<u32, Error> {
        let document = node(
            FolderHierarchy::FolderUpdate,
            [
                text(FolderHierarchy::SyncKey, self.hierarchy_key.as_str()),
                text(FolderHierarchy::ServerId, id),
                text(FolderHierarchy::ParentId, parent),
                text(FolderHierarchy::DisplayName, name),
            ],
        );
        let answer = self.ask("FolderUpdate", &document).await?;
        let status = self.take_key(&answer);
        if status == 1
            && let Some(folder) = self.folders.get_mut(id)
        {
            name.clone_into(&mut folder.name);
            parent.clone_into(&mut folder.parent);
        }
        Ok(status)
    }

    /// Deletes a folder; the status.
    ///
    /// # Errors
    /// When no document came back.
    pub async fn folder_delete(&mut self, id: &str) -> Result<u32, Error> {
        let key = text(FolderHierarchy::SyncKey, self.hierarchy_key.as_str());
        let document =
            node(FolderHierarchy::FolderDelete, [key, text(FolderHierarchy::ServerId, id)]);
        let answer = self.ask("FolderDelete", &document).await?;
        let status = self.take_key(&answer);
        if status == 1 {
            self.folders.remove(id);
            self.collections.remove(id);
        }
        Ok(status)
    }

    /// Takes over the key of an answer that went well; the status.
    fn take_key(&mut self, answer: &Element) -> u32 {
        let status = answer.number(&[FolderHierarchy::Status]).unwrap_or_default();
        if status == 1
            && let Some(key) = answer.value(&[FolderHierarchy::SyncKey])
        {
            self.hierarchy_key = key;
        }
        status
    }
}

/// A FolderCreate.
#[must_use]
pub fn create_request(key: &str, parent: &str, name: &str, kind: u32) -> Element {
    node(
        FolderHierarchy::FolderCreate,
        [
            text(FolderHierarchy::SyncKey, key),
            text(FolderHierarchy::ParentId, parent),
            text(FolderHierarchy::DisplayName, name),
            text(FolderHierarchy::Type, kind.to_string()),
        ],
    )
}
