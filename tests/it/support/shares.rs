//! Calendars, address books, task lists and notepads as Horde has them: who has which, what is
//! synced, who may what.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params};
use serde_json::json;

use crate::support::stack;
use crate::support::world::World;

/// How Horde holds one class of shares, and what the phone calls it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Horde's word: `calendar`.
    pub(crate) api: &'static str,
    /// The class on the wire.
    pub(crate) class: &'static str,
    /// Horde's application.
    pub(crate) app: &'static str,
    /// The preference of what is synced.
    pub(crate) synced: &'static str,
    /// Type of the default folder on the wire.
    pub(crate) primary: u32,
    /// Type of the others.
    pub(crate) other: u32,
}

pub(crate) const CALENDAR: Form = Form {
    api: "calendar",
    class: "Calendar",
    app: "kronolith",
    synced: "sync_calendars",
    primary: 8,
    other: 13,
};
pub(crate) const CONTACTS: Form = Form {
    api: "contacts",
    class: "Contacts",
    app: "turba",
    synced: "sync_books",
    primary: 9,
    other: 14,
};
pub(crate) const TASKS: Form =
    Form { api: "tasks", class: "Tasks", app: "nag", synced: "sync_lists", primary: 7, other: 15 };
pub(crate) const NOTES: Form = Form {
    api: "notes",
    class: "Notes",
    app: "mnemo",
    synced: "sync_notepads",
    primary: 10,
    other: 17,
};
/// All of them.
pub(crate) const ALL: [Form; 4] = [CALENDAR, CONTACTS, TASKS, NOTES];

impl World {
    /// The user wants a folder for each share.
    pub(crate) async fn want_separate(&self) {
        for form in ALL {
            self.prefer(form.app, "activesync_no_multiplex", "1").await;
        }
    }

    /// All the user's settings of what is synced, and how, are Horde's own again.
    pub(crate) async fn want_nothing(&self) {
        for form in ALL {
            for name in ["activesync_no_multiplex", form.synced] {
                self.forget_preference(form.app, name).await;
            }
        }
    }

    /// Sets a preference.
    pub(crate) async fn prefer(&self, app: &str, name: &str, value: &str) {
        let statement = "REPLACE INTO horde_prefs (pref_uid, pref_scope, pref_name, pref_value) \
            VALUES (?, ?, ?, ?)";
        exec(statement, (&self.user, app, name, value)).await;
    }

    async fn forget_preference(&self, app: &str, name: &str) {
        let statement =
            "DELETE FROM horde_prefs WHERE pref_uid = ? AND pref_scope = ? AND pref_name = ?";
        exec(statement, (&self.user, app, name)).await;
    }

    /// Sets which shares are synced, as PHP writes it.
    pub(crate) async fn sync_shares(&self, form: Form, shares: &[&str]) {
        let shares: Vec<String> = shares
            .iter()
            .enumerate()
            .map(|(n, share)| format!("i:{n};s:{}:\"{share}\";", share.len()))
            .collect();
        let value = format!("a:{}:{{{}}}", shares.len(), shares.concat());
        self.prefer(form.app, form.synced, &value).await;
    }

    /// The share that takes new items.
    pub(crate) async fn default_share(&self, form: Form) -> String {
        let share = self.call(&format!("{}.getDefaultShare", form.api), json!([])).await;
        share.as_str().unwrap().to_owned()
    }

    /// The user's own shares of a name.
    pub(crate) async fn shares_named(&self, form: Form, name: &str) -> Vec<String> {
        let statement = format!(
            "SELECT share_name FROM {}_sharesng WHERE share_owner = ? AND attribute_name = ?",
            form.app
        );
        let mut conn = connect().await;
        let found = conn.exec(statement, (&self.user, name)).await.unwrap();
        conn.disconnect().await.unwrap();
        found
    }

    /// Makes another share of the user's own, where shares are separate; answers its id.
    pub(crate) async fn add_share_to_sync(&self, form: Form, name: &str) -> String {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let made = self.call("bridge.folderOp", json!(["create", form.api, id, {"name": name}]));
        assert_eq!(made.await["share"], id.as_str());
        id
    }

    /// Makes another share of the user's own, which is not synced; answers its id.
    pub(crate) async fn add_share(&self, form: Form, name: &str) -> String {
        self.prefer(form.app, "activesync_no_multiplex", "1").await;
        let id = self.add_share_to_sync(form, name).await;
        for name in ["activesync_no_multiplex", form.synced] {
            self.forget_preference(form.app, name).await;
        }
        id
    }

    /// Adds an item with a name and little else; answers its uid.
    pub(crate) async fn add_to_share(&self, form: Form, share: &str, name: &str) -> String {
        let day = "2026-12-01T";
        let data = match form.api {
            "contacts" => json!({"attrs": {"lastname": name}}),
            "calendar" => json!({
                "title": name, "zone": "Europe/Berlin", "allday": false,
                "start": {"local": format!("{day}10:00:00")},
                "end": {"local": format!("{day}11:00:00")},
            }),
            _ => json!({ "title": name }),
        };
        let uid = uuid::Uuid::new_v4().to_string();
        let op = json!({"op": "add", "class": form.api, "share": share, "uid": uid, "data": data});
        let done = self.call("bridge.apply", json!([[op]])).await;
        assert_eq!(done["results"][0]["changed"], true, "{done}");
        uid
    }

    /// Deletes an item.
    pub(crate) async fn delete_from_share(&self, form: Form, share: &str, uid: &str) {
        let op = json!({"op": "delete", "class": form.api, "share": share, "uid": uid});
        let done = self.call("bridge.apply", json!([[op]])).await;
        assert!(done["results"][0]["modseq"].is_number(), "{done}");
    }

    /// Gives somebody a share of this user's: to read, or to write and delete too.
    pub(crate) async fn give_share(&self, form: Form, share: &str, to: &Self, writes: bool) {
        let app = form.app;
        // Horde looks for users only where a share says that it has some.
        let flag = format!("UPDATE {app}_sharesng SET share_flags = 1 WHERE share_name = ?");
        exec(&flag, (share,)).await;
        let give = format!(
            "REPLACE INTO {app}_sharesng_users (share_id, user_uid, perm_2, perm_4, perm_8, perm_16) \
                SELECT share_id, ?, 1, 1, ?, ? FROM {app}_sharesng WHERE share_name = ?"
        );
        exec(&give, (&to.user, writes, writes, share)).await;
    }

    /// Takes back all that this user was given.
    pub(crate) async fn lose_shares(&self, form: Form) {
        let statement = format!("DELETE FROM {}_sharesng_users WHERE user_uid = ?", form.app);
        exec(&statement, (&self.user,)).await;
    }

    /// Deletes the user's shares whose names begin so.
    pub(crate) async fn drop_shares_named(&self, form: Form, beginning: &str) {
        let statement = format!(
            "DELETE FROM {}_sharesng WHERE share_owner = ? AND attribute_name LIKE CONCAT(?, '%')",
            form.app
        );
        exec(&statement, (&self.user, beginning)).await;
    }

    /// Deletes a share from under Horde.
    pub(crate) async fn drop_share(&self, form: Form, share: &str) {
        exec(&format!("DELETE FROM {}_sharesng WHERE share_name = ?", form.app), (share,)).await;
    }

    /// Renames a share, as its owner does on Horde's pages.
    pub(crate) async fn rename_share(&self, form: Form, share: &str, name: &str) {
        let statement =
            format!("UPDATE {}_sharesng SET attribute_name = ? WHERE share_name = ?", form.app);
        exec(&statement, (name, share)).await;
    }
}

async fn connect() -> Conn {
    Conn::new(stack::opts(&stack::horde_database())).await.unwrap()
}

async fn exec(statement: &str, values: impl Into<Params> + Send) {
    let mut conn = connect().await;
    conn.exec_drop(statement, values.into()).await.unwrap();
    conn.disconnect().await.unwrap();
}
