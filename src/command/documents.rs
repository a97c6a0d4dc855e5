//! The documents of all commands, for the reference.

use crate::command::{
    folder_sync, get_item_estimate, item_operations, move_items, ping, provision, send_mail,
    settings, sync,
};
use crate::eas::class::calendar::Event;
use crate::eas::class::contact::Contact;
use crate::eas::class::email::Email;
use crate::eas::reference::Document;

/// Requests and answers of the commands by name, then the classes.
#[must_use]
pub fn documents() -> Vec<Document> {
    vec![
        Document::of::<folder_sync::Request>("FolderSync request"),
        Document::of::<folder_sync::Response>("FolderSync answer"),
        Document::of::<get_item_estimate::Request>("GetItemEstimate request"),
        Document::of::<get_item_estimate::Response>("GetItemEstimate answer"),
        Document::of::<item_operations::Request>("ItemOperations request"),
        Document::of::<item_operations::Response>("ItemOperations answer"),
        Document::of::<move_items::Request>("MoveItems request"),
        Document::of::<move_items::Response>("MoveItems answer"),
        Document::of::<ping::Request>("Ping request"),
        Document::of::<ping::Response>("Ping answer"),
        Document::of::<provision::Request>("Provision request"),
        Document::of::<provision::Response>("Provision answer"),
        Document::of::<send_mail::Request>("SendMail request"),
        Document::of::<send_mail::Response>("SendMail answer"),
        Document::of::<settings::Request>("Settings request"),
        Document::of::<settings::Response>("Settings answer"),
        Document::of::<sync::wire::Request>("Sync request"),
        Document::of::<sync::wire::Response>("Sync answer"),
        Document::of::<Event>("Calendar"),
        Document::of::<Contact>("Contacts"),
        Document::of::<Email>("Email"),
    ]
}
