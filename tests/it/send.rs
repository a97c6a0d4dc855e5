//! Sent once: cut answers, killed sidecars, two sidecars at once, on the stack of real parts and a
//! mail server that does as it is told.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use horde_eas::probe::Error;
use horde_eas::probe::link::Link;
use horde_eas::probe::phone::Phone;

use crate::support::smtp_stub::{Script, Stub};
use crate::support::stack::demo_folder;
use crate::support::world::World;

/// A sidecar of the test's own, which hands its mail to the stub.
struct Service {
    child: Arc<Mutex<Child>>,
    url: String,
}

impl Service {
    async fn new(stub: &Stub) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(env!("CARGO_BIN_EXE_horde-eas"))
            .args(["serve", "--config"])
            .arg(demo_folder().join("horde-eas.toml"))
            .env("HORDE_EAS__HTTP__LISTEN", format!("127.0.0.1:{port}"))
            .env("HORDE_EAS__SMTP__HOST", "127.0.0.1")
            .env("HORDE_EAS__SMTP__PORT", stub.port.to_string())
            .env("HORDE_EAS__SMTP__TIMEOUT", "3")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("http://127.0.0.1:{port}/Microsoft-Server-ActiveSync");
        let service = Self { child: Arc::new(Mutex::new(child)), url };
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        for _ in 0..100 {
            let ready = client.get(format!("http://127.0.0.1:{port}/health/ready")).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return service;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no sidecar of the stack: start it with tests/run");
    }

    /// What kills it.
    fn killer(&self) -> Arc<dyn Fn() + Send + Sync> {
        let child = Arc::clone(&self.child);
        Arc::new(move || child.lock().unwrap().kill().unwrap())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap();
        drop(child.kill());
        drop(child.wait());
    }
}

/// A user, a paired phone at a version, and the message that it sends.
struct Scene {
    world: World,
    phone: Phone,
    message: String,
}

impl Scene {
    async fn new(service: &Service, version: &str) -> Self {
        let world = World::new().await;
        let id = uuid::Uuid::new_v4().simple().to_string().to_uppercase();
        let user = world.user.clone();
        let mut link = Link::new(&*service.url, &*user, format!("{user}-pw"), &id[..20]).unwrap();
        version.clone_into(&mut link.version);
        let mut phone = Phone::new(link);
        phone.provision().await.unwrap();
        phone.folder_sync().await.unwrap();
        let message = format!(
            "From: {user}@example.test\r\nTo: other@x.test\r\nSubject: once\r\nX-Run: {id}\r\n\r\nhi\r\n"
        );
        Self { world, phone, message }
    }

    /// The phone at another sidecar.
    fn at(&self, service: &Service) -> Phone {
        let mut phone = self.phone.clone();
        phone.link.url.clone_from(&service.url);
        phone
    }

    async fn send(&self, phone: &Phone) -> Result<u32, Error> {
        phone.send_mail("client-id-1", self.message.as_bytes(), true).await
    }

    async fn assert_kept_once(&mut self) {
        assert_eq!(self.world.arrived("Sent", "once", 1).await.len(), 1, "copies");
    }
}

const VERSIONS: [&str; 2] = ["12.1", "14.1"];

#[tokio::test]
async fn sent_once_when_the_answer_is_cut() {
    let stub = Stub::new(Script { thinks: Duration::from_secs(2), ..Script::default() });
    let (one, other) = (Service::new(&stub).await, Service::new(&stub).await);
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let mut scene = Scene::new(&one, version).await;
        // The phone hangs up while the mail server thinks.
        let cut = tokio::time::timeout(Duration::from_secs(1), scene.send(&scene.phone)).await;
        assert!(cut.is_err(), "{version}: {cut:?}");
        // It comes again, to another sidecar, which waits for the first.
        assert_eq!(scene.send(&scene.at(&other)).await.unwrap(), 0, "{version}");
        assert_eq!(scene.send(&scene.phone).await.unwrap(), 0, "{version}");
        assert_eq!(stub.taken().len(), n + 1, "{version}");
        scene.assert_kept_once().await;
    }
}

#[tokio::test]
async fn sent_once_when_two_sidecars_are_asked_at_once() {
    let stub = Stub::new(Script { thinks: Duration::from_secs(1), ..Script::default() });
    let (one, other) = (Service::new(&stub).await, Service::new(&stub).await);
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let mut scene = Scene::new(&one, version).await;
        let there = scene.at(&other);
        let both = futures_util::future::join(scene.send(&scene.phone), scene.send(&there)).await;
        assert_eq!((both.0.unwrap(), both.1.unwrap()), (0, 0), "{version}");
        assert_eq!(stub.taken().len(), n + 1, "{version}");
        scene.assert_kept_once().await;
    }
}

#[tokio::test]
async fn sent_once_when_the_sidecar_is_killed_before_the_mail_is_handed_over() {
    let stub = Stub::new(Script::default());
    let (one, other) = (Service::new(&stub).await, Service::new(&stub).await);
    let mut scene = Scene::new(&one, "14.1").await;
    stub.set(Script { on_recipient: Some(one.killer()), ..Script::default() });
    assert!(scene.send(&scene.phone).await.is_err());
    stub.set(Script::default());
    assert_eq!(scene.send(&scene.at(&other)).await.unwrap(), 0);
    assert_eq!(stub.taken().len(), 1);
    scene.assert_kept_once().await;
}

/// The one window that is left: the mail server has taken the mail, and nobody lives to write that
/// down. It is sent again then, rather than lost, and receivers can tell by the Message-ID.
#[tokio::test]
async fn sent_again_with_the_same_id_when_the_sidecar_is_killed_before_it_knows() {
    let stub = Stub::new(Script::default());
    let (one, other) = (Service::new(&stub).await, Service::new(&stub).await);
    let mut scene = Scene::new(&one, "14.1").await;
    stub.set(Script { on_mail: Some(one.killer()), ..Script::default() });
    assert!(scene.send(&scene.phone).await.is_err());
    stub.set(Script::default());
    assert_eq!(scene.send(&scene.at(&other)).await.unwrap(), 0);
    let taken = stub.taken();
    assert_eq!(taken.len(), 2, "the window");
    let ids: Vec<_> = taken.iter().map(|mail| mail.field("Message-ID")).collect();
    assert!(ids[0].is_some() && ids[0] == ids[1], "{ids:?}");
    scene.assert_kept_once().await;
    // Now it is known.
    assert_eq!(scene.send(&scene.at(&other)).await.unwrap(), 0);
    assert_eq!(stub.taken().len(), 2);
}

#[tokio::test]
async fn sent_when_the_mail_server_is_back() {
    for version in VERSIONS {
        let stub = Stub::new(Script::default());
        let service = Service::new(&stub).await;
        let mut scene = Scene::new(&service, version).await;
        let has_status = version != "12.1";
        let replies = |reply| Script { replies: vec![reply], ..Script::default() };
        let status = async |scene: &Scene| match scene.send(&scene.phone).await {
            Err(Error::Http(status)) => u32::from(status),
            other => other.unwrap(),
        };
        // It is there, and can not now, or does not want: nothing is remembered against the mail.
        stub.set(replies(("RCPT", "450 4.2.0 later")));
        assert_eq!(status(&scene).await, if has_status { 111 } else { 503 }, "{version}");
        stub.set(replies(("RCPT", "550 5.1.1 never")));
        assert_eq!(status(&scene).await, if has_status { 120 } else { 500 }, "{version}");
        stub.set(replies(("MAIL", "552 5.3.4 too large")));
        assert_eq!(status(&scene).await, if has_status { 115 } else { 500 }, "{version}");
        // It says nothing.
        stub.set(replies(("RCPT", "hang")));
        assert_eq!(status(&scene).await, 503, "{version}");
        // It hangs up after the mail: nobody knows, so the phone comes again.
        stub.set(Script { hangs_up: true, ..Script::default() });
        assert_eq!(status(&scene).await, 503, "{version}");
        assert_eq!(stub.taken().len(), 1, "{version}");
        stub.set(Script::default());
        assert_eq!(status(&scene).await, 0, "{version}");
        assert_eq!(status(&scene).await, 0, "{version}");
        let ids: Vec<_> = stub.taken().iter().map(|mail| mail.field("Message-ID")).collect();
        assert!(ids.len() == 2 && ids[0] == ids[1], "{version}: {ids:?}");
        scene.assert_kept_once().await;
    }
}
