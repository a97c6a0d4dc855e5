//! Moves of mail whose maker was killed, or that two ask for at once: each is made once.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use horde_eas::backend::imap::{Config, Imap};
use horde_eas::backend::{Account, Mail as _};
use horde_eas::probe::node::{Look as _, encode};
use horde_eas::probe::phone::{Phone, move_request};
use horde_eas::probe::sync::Wish;
use horde_eas::state::Moves as _;
use horde_eas::state::moves::{Intent, Place};
use horde_eas::state::mysql::Mysql;
use horde_eas::wbxml::pages::Move;
use rand::Rng as _;

use crate::support::mailbox::account;
use crate::support::stack::{self, horde_database};
use crate::support::world::{End, World};

/// A user with mails, and a phone that knows them.
struct Scene {
    world: World,
    account: Account,
    phone: Phone,
    inbox: String,
    target: String,
}

impl Scene {
    async fn new(subjects: &[&str]) -> Self {
        let mut world = World::new().await;
        world.make_mailbox("Moved");
        for subject in subjects {
            world.mail("INBOX", subject);
        }
        let mut phone = world.phone(End::Sidecar, "14.1");
        phone.provision().await.unwrap();
        phone.folder_sync().await.unwrap();
        let inbox = phone.folder_of(2).unwrap().id.clone();
        let target = phone.folder_named("Moved").unwrap().id.clone();
        for id in [&inbox, &target] {
            phone.sync_all(Wish::of(id, "Email")).await.unwrap();
        }
        let account = account(&world.user, |_| {});
        Self { world, account, phone, inbox, target }
    }

    fn uids(&mut self, mailbox: &str) -> Vec<u32> {
        self.world.mails(mailbox).iter().map(|mail| mail.imap_uid).collect()
    }

    /// What a sidecar does that is killed after its intents, or after the server's own move.
    async fn begin(&self, imap: &Imap, uids: &[u32], and_move: bool) {
        let standing = imap.before_move(&self.account, "INBOX", uids, "Moved").await.unwrap();
        let target = standing.target.unwrap();
        let place = |mailbox: &str, uid_validity: u32| Place {
            user: self.world.user.clone(),
            mailbox: mailbox.to_owned(),
            uid_validity,
        };
        let intents: Vec<Intent> = standing
            .messages
            .iter()
            .map(|(uid, mark)| Intent {
                imap_uid: *uid,
                target_next: target.uid_next,
                mark: *mark,
                new_uid: None,
            })
            .collect();
        assert_eq!(intents.len(), uids.len());
        let (from, to) =
            (place("INBOX", standing.uid_validity), place("Moved", target.uid_validity));
        let mysql = Mysql::new(&horde_database()).unwrap();
        mysql.intend(&from, &to, &intents, jiff::Timestamp::now().as_second()).await.unwrap();
        if and_move {
            imap.move_to(&self.account, "INBOX", uids, "Moved", None).await.unwrap();
        }
    }

    async fn ask(&self, uids: &[u32]) -> Vec<(u32, Option<String>)> {
        let ids: Vec<String> = uids.iter().map(ToString::to_string).collect();
        let items: Vec<(&str, &str)> = ids.iter().map(|id| (&**id, &*self.inbox)).collect();
        self.phone.move_items(&items, &self.target).await.unwrap()
    }

    /// All moves were made, each once, and the phone was told of the uids that are there.
    fn assert_moved(&mut self, told: &[(u32, Option<String>)]) {
        assert!(told.iter().all(|one| one.0 == 3), "{told:?}");
        let told: BTreeSet<String> = told.iter().filter_map(|one| one.1.clone()).collect();
        let there: BTreeSet<String> = self.uids("Moved").iter().map(ToString::to_string).collect();
        assert_eq!(told, there);
        assert_eq!(self.uids("INBOX"), Vec::<u32>::new());
    }
}

#[tokio::test]
async fn a_move_is_answered_that_nobody_lived_to_answer() {
    let imap = Imap::new(&Config::default()).unwrap();
    let mut scene = Scene::new(&["one", "two"]).await;
    // Two of the same, which only their uids tell apart.
    let twin = crate::support::world::letter("twin", "Hello.\r\n");
    scene.world.append("INBOX", twin.as_bytes());
    scene.world.append("INBOX", twin.as_bytes());
    let uids = scene.uids("INBOX");
    scene.begin(&imap, &uids, true).await;
    let told = scene.ask(&uids).await;
    scene.assert_moved(&told);
    assert_eq!(scene.ask(&uids).await, told);
}

#[tokio::test]
async fn a_move_is_made_that_nobody_lived_to_make() {
    let imap = Imap::new(&Config::default()).unwrap();
    let mut scene = Scene::new(&["one", "two", "three"]).await;
    let uids = scene.uids("INBOX");
    scene.begin(&imap, &uids, false).await;
    let told = scene.ask(&uids).await;
    scene.assert_moved(&told);
}

#[tokio::test]
async fn a_copy_without_its_end_is_brought_to_it() {
    let imap = Imap::new(&Config::default()).unwrap();
    let mut scene = Scene::new(&["one", "two"]).await;
    let uids = scene.uids("INBOX");
    scene.begin(&imap, &uids, false).await;
    // As a server without MOVE is spoken to: COPY, and then comes the end.
    scene.world.copy_mail("INBOX", "one", "Moved");
    let told = scene.ask(&uids).await;
    scene.assert_moved(&told);
}

#[tokio::test]
async fn two_at_once_move_once() {
    let mut scene = Scene::new(&["one", "two", "three"]).await;
    let uids = scene.uids("INBOX");
    let (first, second) = tokio::join!(scene.ask(&uids), scene.ask(&uids));
    scene.assert_moved(&first);
    assert_eq!(first, second);
}

/// A sidecar of the test's own, killed when it is dropped.
struct Sidecar {
    child: Child,
    url: String,
}

impl Sidecar {
    async fn start(port: u16) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_horde-eas"))
            .args(["serve", "--config"])
            .arg(stack::demo_folder().join("horde-eas.toml"))
            .env("HORDE_EAS__HTTP__LISTEN", format!("127.0.0.1:{port}"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("http://127.0.0.1:{port}/Microsoft-Server-ActiveSync");
        let sidecar = Self { child, url };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return sidecar;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the sidecar does not listen");
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn killed_at_any_moment_it_moves_once() {
    let subjects: Vec<String> = (0..12).map(|n| format!("kill {n}")).collect();
    let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
    let mut scene = Scene::new(&subjects).await;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (mut from, mut to) = ("INBOX", "Moved");
    let (mut n_cut, mut n_moved) = (0, 0);
    for round in 0..ROUNDS {
        let uids = scene.uids(from);
        let ids: Vec<String> = uids.iter().map(ToString::to_string).collect();
        let items: Vec<(&str, &str)> = ids.iter().map(|id| (&**id, &*scene.inbox)).collect();
        let request = encode(&move_request(&items, &scene.target));
        {
            let sidecar = Sidecar::start(port).await;
            scene.phone.link.url.clone_from(&sidecar.url);
            // The first request waits for Horde; what is to be cut is what follows it.
            scene.phone.folder_sync().await.unwrap();
            let wait = rand::rng().random_range(0..100);
            let killed = tokio::time::timeout(
                Duration::from_millis(wait),
                scene.phone.link.post("MoveItems", &request),
            );
            n_cut += usize::from(killed.await.is_err());
        }
        n_moved += usize::from(!scene.uids(to).is_empty());
        let _sidecar = Sidecar::start(port).await;
        let answer = scene.phone.link.post("MoveItems", &request).await.unwrap();
        let answer = answer.document().unwrap().unwrap();
        let statuses: Vec<_> =
            answer.all(Move::Response).iter().map(|one| one.number(&[Move::Status])).collect();
        assert_eq!(statuses, vec![Some(3); subjects.len()], "round {round}");
        let told: BTreeSet<String> = answer
            .all(Move::Response)
            .iter()
            .filter_map(|one| one.value(&[Move::DstMsgId]))
            .collect();
        let there: BTreeSet<String> = scene.uids(to).iter().map(ToString::to_string).collect();
        assert_eq!(told, there, "round {round}");
        assert_eq!((there.len(), scene.uids(from).len()), (subjects.len(), 0), "round {round}");
        (from, to) = (to, from);
        std::mem::swap(&mut scene.inbox, &mut scene.target);
    }
    eprintln!("{n_cut} of {ROUNDS} requests were cut, {n_moved} when mail had been moved");
    assert!(n_cut > 0, "no request was cut");
}

const ROUNDS: usize = 20;
