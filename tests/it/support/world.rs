//! A user of the stack, seen from the server's side: the mailbox by IMAP, the address book by
//! Horde's stock JSON-RPC, and the page on which the user sees the devices.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};

use horde_eas::probe::link::Link;
use horde_eas::probe::phone::Phone;
use mysql_async::prelude::Queryable as _;
use serde_json::{Value, json};

use crate::support::mailbox::Other;
use crate::support::stack::{self, port};

/// The two servers that a phone may be pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Ours.
    Sidecar,
    /// Horde's own rpc.php.
    Horde,
}

impl End {
    /// Its address.
    pub(crate) fn url(self) -> String {
        let (variable, port) = match self {
            Self::Sidecar => ("HORDE_EAS_TEST_SIDECAR", port(8480)),
            Self::Horde => ("HORDE_EAS_TEST_RPC", port(8481)),
        };
        let default = format!("http://127.0.0.1:{port}/Microsoft-Server-ActiveSync");
        variable_or(variable, &default)
    }
}

/// A variable of the environment.
pub(crate) fn variable_or(name: &str, default: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "tests are told of the stack by tests/run")]
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// A user's mail and contacts on the server.
pub(crate) struct World {
    /// Login name; the password is `<user>-pw`.
    pub(crate) user: String,
    imap: imap::Session<TcpStream>,
    http: reqwest::Client,
}

/// A mail as the mailbox shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mail {
    /// Subject.
    pub(crate) subject: String,
    /// `\Seen`
    pub(crate) read: bool,
    /// `\Flagged`
    pub(crate) flagged: bool,
    /// Its uid.
    pub(crate) imap_uid: u32,
}

/// A contact as the address book shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Card {
    /// First name.
    pub(crate) first: String,
    /// Last name.
    pub(crate) last: String,
    /// First mail address.
    pub(crate) email: String,
    /// Company.
    pub(crate) company: String,
    /// Horde's uid.
    pub(crate) uid: String,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

impl World {
    /// A user whom no other test of this run has, with an empty inbox and address book.
    pub(crate) async fn new() -> Self {
        let base = std::process::id() % 1600;
        let mut world =
            Self::of(&format!("user{}", 300 + base + NEXT.fetch_add(1, Ordering::Relaxed)));
        world.empty().await;
        world.know_the_trash().await;
        world
    }

    /// A user as it is.
    pub(crate) fn of(user: &str) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let stream = TcpStream::connect(("127.0.0.1", port(8143))).unwrap_or_else(|error| {
            panic!("no mail server: start the stack with tests/run ({error})")
        });
        let mut client = imap::Client::new(stream);
        client.read_greeting().unwrap();
        let imap = client.login(user, format!("{user}-pw")).map_err(|(error, _)| error).unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { user: user.to_owned(), imap, http }
    }

    /// A new device of this user.
    pub(crate) fn phone(&self, end: End, version: &str) -> Phone {
        self.phone_at(end.url(), version)
    }

    /// A new device of this user at any address.
    pub(crate) fn phone_at(&self, url: String, version: &str) -> Phone {
        let id = uuid::Uuid::new_v4().simple().to_string().to_uppercase();
        let password = format!("{}-pw", self.user);
        let mut link = Link::new(url, &*self.user, password, &id[..20]).unwrap();
        version.clone_into(&mut link.version);
        Phone::new(link)
    }

    /// IMP's preference for the trash, as the user sets it on IMP's pages.
    async fn know_the_trash(&self) {
        let mut conn = mysql_async::Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        for (name, value) in [("trash_folder", "Trash"), ("use_trash", "1")] {
            conn.exec_drop(
                "REPLACE INTO horde_prefs (pref_uid, pref_scope, pref_name, pref_value) VALUES (?, 'imp', ?, ?)",
                (&self.user, name, value),
            )
            .await
            .unwrap();
        }
        conn.disconnect().await.unwrap();
    }

    async fn empty(&mut self) {
        let names = self.imap.list(None, Some("*")).unwrap();
        let names: Vec<String> = names.iter().map(|name| name.name().to_owned()).collect();
        for name in names {
            if ["INBOX", "Drafts", "Sent", "Trash", "Spam"].contains(&&*name) {
                self.imap.select(&name).unwrap();
                self.imap.uid_store("1:*", "+FLAGS.SILENT (\\Deleted)").ok();
                self.imap.expunge().unwrap();
            } else {
                self.imap.delete(&name).unwrap();
            }
        }
        for card in self.cards().await {
            self.delete_card(&card.uid).await;
        }
    }

    /// Makes a mailbox.
    pub(crate) fn make_mailbox(&mut self, name: &str) {
        self.imap.create(name).unwrap();
        self.imap.subscribe(name).unwrap();
    }

    /// Puts a whole message into a mailbox.
    pub(crate) fn append(&mut self, mailbox: &str, message: &[u8]) {
        self.imap.append(mailbox, message).finish().unwrap();
    }

    /// Puts a short message with a subject into a mailbox.
    pub(crate) fn mail(&mut self, mailbox: &str, subject: &str) {
        self.append(mailbox, letter(subject, "Hello.\r\n").as_bytes());
    }

    /// Puts a short message into the inbox, sent and received some days ago.
    pub(crate) fn old_mail(&mut self, subject: &str, days: i64) {
        let then = jiff::Zoned::now().checked_sub(jiff::Span::new().days(days)).unwrap();
        let mut other = Other::new(&self.user);
        let letter = dated(subject, "Hello.\r\n", &then);
        let uid =
            other.append("", &then.strftime("%d-%b-%Y %H:%M:%S %z").to_string(), letter.as_bytes());
        other.run(&format!("UID MOVE {uid} INBOX"));
    }

    /// Removes a mailbox.
    pub(crate) fn remove_mailbox(&mut self, name: &str) {
        self.imap.unsubscribe(name).unwrap();
        self.imap.delete(name).unwrap();
    }

    /// Whether a mailbox is there.
    pub(crate) fn has_mailbox(&mut self, name: &str) -> bool {
        self.imap.list(None, Some(name)).unwrap().iter().next().is_some()
    }

    /// The mails of a mailbox, by uid.
    pub(crate) fn mails(&mut self, mailbox: &str) -> Vec<Mail> {
        if self.imap.select(mailbox).unwrap().exists == 0 {
            return Vec::new();
        }
        let all =
            self.imap.uid_fetch("1:*", "(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])").unwrap();
        let mails = all.iter().map(|one| {
            let header = String::from_utf8_lossy(one.header().unwrap_or_default()).into_owned();
            let flags = one.flags();
            Mail {
                subject: header.trim().trim_start_matches("Subject:").trim().to_owned(),
                read: flags.contains(&imap::types::Flag::Seen),
                flagged: flags.contains(&imap::types::Flag::Flagged),
                imap_uid: one.uid.unwrap(),
            }
        });
        let mut mails: Vec<_> = mails.collect();
        mails.sort_by_key(|mail| mail.imap_uid);
        mails
    }

    /// The messages of a mailbox with that subject, byte for byte, once there are so many; waits
    /// for them, and for a moment longer, so that one too many is seen.
    pub(crate) async fn arrived(&mut self, mailbox: &str, subject: &str, n: usize) -> Vec<Vec<u8>> {
        for _ in 0..80 {
            let found = self.mails(mailbox).iter().filter(|mail| mail.subject == subject).count();
            if found >= n {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(750)).await;
        let mails = self.mails(mailbox);
        let uids = mails.iter().filter(|mail| mail.subject == subject);
        let uids: Vec<String> = uids.map(|mail| mail.imap_uid.to_string()).collect();
        if uids.is_empty() {
            return Vec::new();
        }
        let all = self.imap.uid_fetch(uids.join(","), "(UID BODY.PEEK[])").unwrap();
        all.iter().map(|one| one.body().unwrap().to_vec()).collect()
    }

    /// Waits until a mail is there.
    pub(crate) async fn wait_for(&mut self, mailbox: &str, subject: &str) {
        for _ in 0..400 {
            if self.mails(mailbox).iter().any(|mail| mail.subject == subject) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{subject} does not come into {mailbox}");
    }

    /// The Message-IDs of the mails with a subject, in any mailbox of these.
    pub(crate) fn message_ids(&mut self, mailboxes: &[&str], subject: &str) -> Vec<String> {
        let mut ids = Vec::new();
        for mailbox in mailboxes {
            let uids: Vec<String> = self
                .mails(mailbox)
                .into_iter()
                .filter(|mail| mail.subject == subject)
                .map(|mail| mail.imap_uid.to_string())
                .collect();
            if uids.is_empty() {
                continue;
            }
            let wanted = "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])";
            let found = self.imap.uid_fetch(uids.join(","), wanted).unwrap();
            ids.extend(found.iter().map(|one| {
                String::from_utf8_lossy(one.header().unwrap_or_default()).trim().to_owned()
            }));
        }
        ids
    }

    fn uid(&mut self, mailbox: &str, subject: &str) -> String {
        let mails = self.mails(mailbox);
        let found = mails.iter().find(|mail| mail.subject == subject);
        found.unwrap_or_else(|| panic!("no mail {subject} in {mailbox}")).imap_uid.to_string()
    }

    /// Sets or clears a flag, as `+FLAGS (\Seen)`.
    pub(crate) fn store(&mut self, mailbox: &str, subject: &str, what: &str) {
        let uid = self.uid(mailbox, subject);
        self.imap.uid_store(uid, what).unwrap();
    }

    /// Moves a mail.
    pub(crate) fn move_mail(&mut self, mailbox: &str, subject: &str, target: &str) {
        let uid = self.uid(mailbox, subject);
        self.imap.uid_mv(uid, target).unwrap();
    }

    /// Copies a mail.
    pub(crate) fn copy_mail(&mut self, mailbox: &str, subject: &str, target: &str) {
        let uid = self.uid(mailbox, subject);
        self.imap.uid_copy(uid, target).unwrap();
    }

    /// Deletes a mail for good.
    pub(crate) fn delete_mail(&mut self, mailbox: &str, subject: &str) {
        let uid = self.uid(mailbox, subject);
        self.imap.uid_store(&uid, "+FLAGS.SILENT (\\Deleted)").unwrap();
        self.imap.uid_expunge(uid).unwrap();
    }

    /// Calls a method of Horde over its stock JSON-RPC.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        let url = format!("http://127.0.0.1:{}/horde/rpc.php", port(8481));
        let answer = self
            .http
            .post(url)
            .basic_auth(&self.user, Some(format!("{}-pw", self.user)))
            .json(&json!({ "method": method, "params": params, "id": 1 }))
            .send()
            .await
            .unwrap_or_else(|error| panic!("no Horde: start the stack with tests/run ({error})"));
        let text = answer.text().await.unwrap();
        let answer: Value =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{method}: {text}"));
        answer.get("result").unwrap_or_else(|| panic!("{method}: {text}")).clone()
    }

    /// Adds a contact; answers its uid.
    pub(crate) async fn add_card(&self, first: &str, last: &str) -> String {
        let email = format!("{}@example.test", last.to_lowercase());
        let card = json!({ "firstname": first, "lastname": last, "email": email });
        let uid = self.call("contacts.import", json!([card, "array"])).await;
        uid.as_str().unwrap().to_owned()
    }

    /// Changes fields of a contact.
    pub(crate) async fn change_card(&self, uid: &str, fields: Value) {
        self.call("contacts.replace", json!([uid, fields, "array"])).await;
    }

    /// Deletes a contact.
    pub(crate) async fn delete_card(&self, uid: &str) {
        self.call("contacts.delete", json!([uid])).await;
    }

    /// One contact as Horde has it, by Horde's names of the fields; null when it is not there.
    ///
    /// Read from Horde's table: its stock JSON-RPC loses the whole answer to a photo.
    pub(crate) async fn card(&self, uid: &str) -> Value {
        let mut conn = mysql_async::Conn::new(stack::opts(&stack::horde_database())).await.unwrap();
        type Row = (String, String, String, String, String, String);
        let row: Option<Row> = conn.exec_first(CARD, (uid,)).await.unwrap();
        conn.disconnect().await.unwrap();
        row.map_or(Value::Null, |(firstname, lastname, email, company, mobile, title)| {
            json!({
                "firstname": firstname,
                "lastname": lastname,
                "email": email,
                "company": company,
                "cellPhone": mobile,
                "title": title,
            })
        })
    }

    /// All contacts, sorted.
    pub(crate) async fn cards(&self) -> Vec<Card> {
        let uids = self.call("contacts.listUids", json!([])).await;
        let uids: Vec<String> = match uids {
            Value::Array(all) => all.iter().map(|uid| uid.as_str().unwrap().to_owned()).collect(),
            Value::Object(all) => {
                all.values().map(|uid| uid.as_str().unwrap().to_owned()).collect()
            }
            other => panic!("{other}"),
        };
        let mut cards = Vec::new();
        for uid in uids {
            let card = self.card(&uid).await;
            let field = |name: &str| card[name].as_str().unwrap_or_default().to_owned();
            cards.push(Card {
                first: field("firstname"),
                last: field("lastname"),
                email: field("email"),
                company: field("company"),
                uid,
            });
        }
        cards.sort();
        cards
    }

    /// The page on which the user sees the devices, as a browser gets it after a login.
    pub(crate) async fn device_page(&self) -> String {
        let base = format!("http://127.0.0.1:{}/horde", port(8481));
        let user = &self.user;
        let form =
            format!("app=&login_post=1&url=&anchor_string=&horde_user={user}&horde_pass={user}-pw");
        let login = self
            .http
            .post(format!("{base}/login.php"))
            .header("Content-Type", "application/x-www-form-urlencoded");
        let answer = login.body(form).send().await.unwrap();
        assert_eq!(answer.status(), 302, "Horde's login");
        // Horde sets one of them twice: the last counts.
        let mut cookies = BTreeMap::new();
        for cookie in answer.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = cookie.split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        let cookies = cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies: Vec<_> = cookies.collect();
        let page = self
            .http
            .get(format!("{base}/services/prefs.php?app=horde&group=activesync"))
            .header("Cookie", cookies.join("; "));
        page.send().await.unwrap().text().await.unwrap()
    }
}

/// A short message with a date of today.
pub(crate) fn letter(subject: &str, body: &str) -> String {
    dated(subject, body, &jiff::Zoned::now())
}

fn dated(subject: &str, body: &str, date: &jiff::Zoned) -> String {
    let date = date.strftime("%a, %d %b %Y %H:%M:%S %z").to_string();
    format!(
        "From: Ann Other <ann@example.test>\r\nTo: someone@example.test\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <{}@example.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}",
        uuid::Uuid::new_v4()
    )
}

const CARD: &str = "SELECT COALESCE(object_firstname, ''), COALESCE(object_lastname, ''), \
    COALESCE(object_email, ''), COALESCE(object_company, ''), COALESCE(object_cellphone, ''), \
    COALESCE(object_title, '') FROM turba_objects WHERE object_uid = ? LIMIT 1";
