//! Accounts and Items on a real Horde.

use horde_eas::backend::horde::{Config, Horde, Transport};
use horde_eas::backend::items::{Absent, Batch, Exported, Extent, ItemRef, Operation, Outcome};
use horde_eas::backend::profile::{LoginRule, Provisioning, Security};
use horde_eas::backend::{Account, Accounts, Credentials, Items, Kind};
use horde_eas::eas::class::contact::{Categories, Contact};
use horde_eas::eas::class::{Class, Item};
use horde_eas::eas::scalar::{Base64, ClearableDate};
use horde_eas::secret::Secret;

use crate::support::stack::port;

pub(super) fn horde(transport: Transport) -> Horde {
    let config = Config {
        url: format!("http://127.0.0.1:{}/horde/", port(8481)),
        transport,
        service_user: (transport == Transport::Rpc).then(|| "user8".to_owned()),
        service_password: (transport == Transport::Rpc).then(|| Secret::new("user8-pw".to_owned())),
        ..Config::default()
    };
    Horde::new(&config).unwrap()
}

pub(super) fn credentials(user: &str, password: &str) -> Credentials {
    Credentials {
        login: user.to_owned(),
        password: Secret::new(password.to_owned()),
        address: None,
    }
}

/// What a login shows, and who is refused.
async fn logs_in(transport: Transport) {
    let horde = horde(transport);
    let account = horde.accounts.login(&credentials("user9", "user9-pw")).await.unwrap();
    let profile = &account.profile;
    assert_eq!(profile.user, "user9");
    assert!(profile.allowed);
    assert_eq!(profile.provisioning, Provisioning::None);
    let contacts = profile.contacts.as_ref().unwrap();
    assert_eq!((contacts.title.as_str(), contacts.separate), ("Contacts", false));
    let default = contacts.default.as_ref().unwrap();
    let book = contacts.all.iter().find(|share| share.id == *default).unwrap();
    assert!(book.readable && book.writable && book.deletable);
    assert!(profile.calendar.is_some() && profile.tasks.is_some() && profile.notes.is_some());
    let mail = profile.mail.as_ref().unwrap();
    assert_eq!(
        (mail.port, mail.security, mail.login.as_str()),
        (port(8143), Security::Plain, "user9")
    );
    assert!(mail.password.is_none() && profile.mail_off.is_none());
    assert_eq!(mail.special.titles.inbox, "Inbox");
    for (user, password) in
        [("user9", "wrong"), ("nobody", "x"), ("user9", ""), ("user9", "user9-pw\0x"), ("a:b", "c")]
    {
        let refused = horde.accounts.login(&credentials(user, password)).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Refused, "{user}");
        let refused = horde.accounts.refresh(&credentials(user, password)).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Refused, "{user}");
    }
    let site = horde.accounts.site().await.unwrap();
    assert!(site.enabled);
    assert_eq!((site.version.as_str(), site.login_rule), ("14.1", LoginRule::User));
    assert_eq!(site.announced, "2.5,12.0,12.1,14.0,14.1");
    assert_eq!((site.storage.as_str(), site.history.as_str()), ("Sql", "sql"));
}

#[tokio::test]
async fn logs_in_over_the_bridge() {
    logs_in(Transport::Bridge).await;
}

#[tokio::test]
async fn logs_in_over_rpc_php() {
    logs_in(Transport::Rpc).await;
}

#[tokio::test]
async fn rpc_php_tells_settings_only_to_a_user() {
    let config = Config {
        url: format!("http://127.0.0.1:{}/horde", port(8481)),
        transport: Transport::Rpc,
        ..Config::default()
    };
    let refused = Horde::new(&config).unwrap().accounts.site().await.unwrap_err();
    assert_eq!(refused.kind, Kind::Unavailable);
}

/// One user's address book.
struct Book {
    horde: Horde,
    account: Account,
    share: String,
    uid: String,
}

impl Book {
    async fn open(transport: Transport, user: &str) -> Self {
        let horde = horde(transport);
        let login = credentials(user, &format!("{user}-pw"));
        let account = horde.accounts.login(&login).await.unwrap();
        let share = account.profile.contacts.as_ref().unwrap().default.clone().unwrap();
        let uid = format!("it-{}", uuid::Uuid::new_v4());
        Self { horde, account, share, uid }
    }

    /// The contact's place.
    fn at(&self) -> ItemRef {
        ItemRef { share: self.share.clone(), uid: self.uid.clone() }
    }

    async fn sync(&self, batch: Batch) -> Outcome {
        self.horde.items.sync(&self.account, Class::Contacts, batch).await.unwrap()
    }

    /// Changes the contact and reads it.
    async fn change(&self, item: Contact, absent: Absent) -> Contact {
        let item = Box::new(Item::Contact(Box::new(item)));
        let (cut_at, instance) = (None, None);
        let operations = vec![Operation::Change { at: self.at(), item, absent, cut_at, instance }];
        let batch = Batch { operations, export: vec![self.at()], ..Batch::default() };
        let outcome = self.sync(batch).await;
        outcome.applied[0].as_ref().unwrap();
        only_contact(outcome.exported)
    }

    /// Adds the contact, and again as after a lost answer.
    async fn add_twice(&self, contact: &Contact) -> u64 {
        let add = Operation::Add {
            share: self.share.clone(),
            uid: self.uid.clone(),
            spare: None,
            item: Box::new(Item::Contact(Box::new(contact.clone()))),
        };
        let operations = vec![add.clone(), add];
        let outcome =
            self.sync(Batch { operations, export: vec![self.at()], ..Batch::default() }).await;
        let [first, second] = outcome.applied.as_slice() else { panic!("{outcome:?}") };
        let (first, second) = (first.as_ref().unwrap(), second.as_ref().unwrap());
        assert_eq!((&first.uid, first.existed, second.existed), (&self.uid, false, true));
        assert!(first.mod_seq > 0 && first.mod_seq == second.mod_seq);
        let mod_seq = first.mod_seq;
        let shown = only_contact(outcome.exported);
        assert_eq!(shown.first_name, contact.first_name);
        assert_eq!(shown.email1_address.as_deref(), Some("u@example.test"));
        assert_eq!(shown.business_address_country, contact.business_address_country);
        let day = "1980-05-07T11:59:00Z".parse().ok();
        assert_eq!(shown.birthday, Some(ClearableDate(day)));
        assert_eq!(shown.picture, contact.picture);
        assert_eq!(shown.categories, contact.categories);
        mod_seq
    }

    /// Changes it where only the folder's shares are known.
    async fn change_somewhere(&self) {
        let somewhere = ItemRef { share: String::new(), uid: self.uid.clone() };
        let spouse = Contact { spouse: Some("S".to_owned()), ..Contact::default() };
        let item = Box::new(Item::Contact(Box::new(spouse)));
        let outcome = self
            .sync(Batch {
                shares: vec!["favourites".to_owned(), self.share.clone()],
                operations: vec![Operation::Change {
                    at: somewhere.clone(),
                    item,
                    absent: Absent::Keep,
                    cut_at: None,
                    instance: None,
                }],
                export: vec![somewhere],
                ..Batch::default()
            })
            .await;
        assert_eq!(outcome.applied[0].as_ref().unwrap().share, self.share);
        assert_eq!(outcome.exported[0].at, self.at());
        assert_eq!(only_contact(outcome.exported).spouse.as_deref(), Some("S"));
    }

    /// Deletes it; once more finds nothing.
    async fn delete_twice(&self, added: u64) {
        let operations = vec![Operation::Delete { at: self.at(), instance: None }];
        let batch = Batch { operations, export: vec![self.at()], ..Batch::default() };
        let outcome = self.sync(batch.clone()).await;
        assert!(outcome.applied[0].as_ref().unwrap().mod_seq > added);
        assert_eq!(outcome.exported[0].item.as_ref().unwrap_err().kind, Kind::NotFound);
        let outcome = self.sync(batch).await;
        assert_eq!(outcome.applied[0].as_ref().unwrap_err().kind, Kind::NotFound);
    }
}

async fn contacts_come_and_go(transport: Transport, user: &str) {
    let book = Book::open(transport, user).await;
    let contact = Contact {
        first_name: Some("Ünal".to_owned()),
        last_name: Some(book.uid.clone()),
        file_as: Some("kept by nobody".to_owned()),
        email1_address: Some("\"Ü\" <u@example.test>".to_owned()),
        mobile_phone_number: Some("+49 170".to_owned()),
        business_address_country: Some("Germany".to_owned()),
        birthday: Some(ClearableDate("1980-05-06T23:00:00Z".parse().ok())),
        picture: Some(Base64(vec![0xff, 0xd8, 0xff, 0xe0, 1, 0, 2])),
        categories: Some(Categories { categories: vec!["Family".to_owned()] }),
        ..Contact::default()
    };
    let added = book.add_twice(&contact).await;

    // What a Change leaves out stays, or goes, as the phone said.
    let job = Contact { job_title: Some("Cook".to_owned()), ..Contact::default() };
    let shown = book.change(job.clone(), Absent::Keep).await;
    assert_eq!(shown.mobile_phone_number, contact.mobile_phone_number);
    let only = Absent::ClearOnly(vec!["Contacts:MobilePhoneNumber".to_owned()]);
    let shown = book.change(job.clone(), only).await;
    assert_eq!((shown.mobile_phone_number, shown.picture), (None, contact.picture.clone()));
    let named = Contact { last_name: Some(book.uid.clone()), ..job };
    let shown = book.change(named, Absent::Clear).await;
    let left = (shown.first_name, shown.last_name, shown.picture, shown.categories, shown.birthday);
    assert_eq!(left, (None, Some(book.uid.clone()), None, None, None));

    book.change_somewhere().await;
    let shares = [book.share.clone()];
    let listing =
        book.horde.items.list(&book.account, Class::Contacts, &shares, Extent::All).await.unwrap();
    assert!(listing.items.contains(&book.at()) && listing.mod_seq > 0);
    book.delete_twice(added).await;
}

fn only_contact(mut exported: Vec<Exported>) -> Contact {
    let item = exported.pop().unwrap().item.unwrap();
    match *item {
        Item::Contact(contact) => *contact,
        other => panic!("no contact: {:?}", other.class()),
    }
}

#[tokio::test]
async fn contacts_come_and_go_over_the_bridge() {
    contacts_come_and_go(Transport::Bridge, "user10").await;
}

#[tokio::test]
async fn contacts_come_and_go_over_rpc_php() {
    contacts_come_and_go(Transport::Rpc, "user11").await;
}

#[tokio::test]
async fn large_batches_are_cut_and_put_together() {
    let horde = horde(Transport::Bridge);
    let account: Account = horde.accounts.login(&credentials("user12", "user12-pw")).await.unwrap();
    let share = account.profile.contacts.as_ref().unwrap().default.clone().unwrap();
    let run = uuid::Uuid::new_v4().simple().to_string();
    let refs: Vec<ItemRef> =
        (0..450).map(|at| ItemRef { share: share.clone(), uid: format!("l{at}-{run}") }).collect();
    let operations = refs
        .iter()
        .map(|at| Operation::Add {
            share: at.share.clone(),
            uid: at.uid.clone(),
            spare: None,
            item: Box::new(Item::Contact(Box::new(Contact {
                last_name: Some(at.uid.clone()),
                ..Contact::default()
            }))),
        })
        .collect();
    let batch = Batch { operations, export: refs.clone(), ..Batch::default() };
    let outcome = horde.items.sync(&account, Class::Contacts, batch).await.unwrap();
    assert_eq!((outcome.applied.len(), outcome.exported.len()), (450, 450));
    for ((at, applied), exported) in refs.iter().zip(&outcome.applied).zip(&outcome.exported) {
        assert_eq!(applied.as_ref().unwrap().uid, at.uid);
        assert_eq!(exported.at, *at);
        assert!(exported.item.is_ok());
    }
    let operations = refs.into_iter().map(|at| Operation::Delete { at, instance: None }).collect();
    let batch = Batch { operations, ..Batch::default() };
    let outcome = horde.items.sync(&account, Class::Contacts, batch).await.unwrap();
    assert!(outcome.applied.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_book_that_is_not_there_is_gone() {
    let horde = horde(Transport::Bridge);
    let account = horde.accounts.login(&credentials("user12", "user12-pw")).await.unwrap();
    let gone = horde
        .items
        .list(&account, Class::Contacts, &["nosuch".to_owned()], Extent::All)
        .await
        .unwrap_err();
    assert_eq!(gone.kind, Kind::Gone);
    let nothing = horde.items.list(&account, Class::Notes, &[], Extent::All).await.unwrap_err();
    assert_eq!(nothing.kind, Kind::Gone, "never an empty success");
    let unsupported = horde.items.list(&account, Class::Sms, &[], Extent::All).await.unwrap_err();
    assert_eq!(unsupported.kind, Kind::Unsupported);
}
