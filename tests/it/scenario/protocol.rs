//! Options, logins, pairing, and the ways a request may be written.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use horde_eas::probe::Error;
use horde_eas::probe::node::{Look as _, empty, encode, node, text};
use horde_eas::probe::sync::Wish;
use horde_eas::secret::Secret;
use horde_eas::wbxml::pages::{AirSync, Provision, Settings};

use crate::scenario::Scene;

/// What is offered.
pub(super) async fn options(scene: &mut Scene) -> Result<(), Error> {
    let answer = scene.phone().link.options().await?;
    scene.same("options.status", answer.status, 200);
    let versions = answer.header("ms-asprotocolversions");
    let version = scene.version;
    scene.check("options.versions", versions.split(',').any(|one| one == version), versions);
    let commands = answer.header("ms-asprotocolcommands");
    for wanted in ["Sync", "FolderSync", "Ping", "GetItemEstimate", "ItemOperations", "Settings"] {
        scene.check("options.commands", commands.split(',').any(|one| one == wanted), &commands);
    }
    let dead = ["GetHierarchy", "CreateCollection", "DeleteCollection", "MoveCollection"];
    let has_dead = commands.split(',').any(|one| dead.contains(&one));
    scene.check("options.no-dead-commands", !has_dead, &commands);
    scene.check("options.server", !answer.header("ms-server-activesync").is_empty(), "no header");
    scene.check("options.public", answer.header("public").contains("POST"), "no Public: POST");
    scene.check("options.empty", answer.body.is_empty(), "a body");
    Ok(())
}

/// Who may in.
pub(super) async fn login(scene: &mut Scene) -> Result<(), Error> {
    let mut phone = scene.phone();
    let domain = format!("EXAMPLE\\{}", phone.link.user);
    phone.link.user = domain;
    scene.same("login.domain", phone.link.options().await?.status, 200);
    let mut phone = scene.phone();
    phone.link.password = Secret::new("wrong".to_owned());
    let answer = phone.post("FolderSync", &phone.folder_sync_request()).await?;
    scene.same("login.wrong-password", answer.status, 401);
    let asks = answer.header("www-authenticate");
    scene.check("login.asks-for-basic", asks.starts_with("Basic"), asks);
    phone.link.password = Secret::new(String::new());
    scene.same("login.empty-password", phone.link.options().await?.status, 401);
    Ok(())
}

/// Pairing where no policies are wanted.
pub(super) async fn provision(scene: &mut Scene) -> Result<(), Error> {
    let mut phone = scene.phone();
    scene.same("provision.none", phone.provision().await?, 2);
    let policy =
        node(Provision::Policy, [text(Provision::PolicyType, "MS-EAS-Provisioning-WBXML")]);
    let request = node(Provision::Provision, [node(Provision::Policies, [policy])]);
    let answer = phone.ask("Provision", &request).await?;
    scene.same("provision.top-status", answer.number(&[Provision::Status]), Some(1));
    let path = [Provision::Policies, Provision::Policy, Provision::PolicyType];
    let kind = answer.value(&path);
    scene.same("provision.none-names-type", kind.as_deref(), Some("MS-EAS-Provisioning-WBXML"));
    phone.link.policy_key = None;
    scene.same("provision.none-opens-all", phone.folder_sync().await?.status, 1);
    if phone.link.version != "12.1" {
        scene.same("settings.device-information", phone.tell_device().await?, 1);
    }
    Ok(())
}

/// Base64 query, gzip answers, chunked bodies, lengths.
pub(super) async fn encodings(scene: &mut Scene) -> Result<(), Error> {
    for n in 0..30 {
        scene.world().mail("INBOX", &format!("encoding {n}"));
    }
    let mut phone = scene.paired().await?;
    let folders = phone.folders.clone();
    phone.link.short_query = true;
    let changes = phone.folder_sync().await?;
    scene.same("encodings.base64-same-device", (changes.status, changes.added.len()), (1, 0));
    scene.same("encodings.base64-folders", &phone.folders, &folders);
    phone.link.short_query = false;
    phone.link.gzip = true;
    let id = phone.folder_of(2).unwrap().id.clone();
    phone.sync_one(Wish::of(&id, "Email")).await?;
    let wish = Wish { get_changes: Some(true), ..Wish::of(&id, "Email").window(100) };
    let answer = phone.link.post("Sync", &encode(&phone.sync_request(&[wish]))).await?;
    let found = answer.document()?.map(|all| all.to_xml_len()).unwrap_or_default();
    scene.check("encodings.gzip-readable", found > 30, format!("{found} items"));
    scene.same("encodings.gzip", answer.header("content-encoding"), "gzip");
    phone.link.gzip = false;
    let answer = phone.post("FolderSync", &phone.folder_sync_request()).await?;
    let length = answer.header("content-length").parse().ok();
    scene.same("encodings.content-length", length, Some(answer.wire_bytes));
    let body = encode(&phone.folder_sync_request());
    let query = phone.link.query("FolderSync");
    let credentials = format!("{}:{}", phone.link.user, phone.link.password.expose());
    let answer = chunked(&phone.link.url, &query, &credentials, &phone.link.version, &body);
    scene.check("encodings.chunked", answer.starts_with("HTTP/1.1 200"), answer);
    Ok(())
}

/// Counts items, for a glance.
trait Count {
    fn to_xml_len(&self) -> usize;
}

impl Count for horde_eas::wbxml::element::Element {
    fn to_xml_len(&self) -> usize {
        let commands = self.at(&[AirSync::Collections, AirSync::Collection, AirSync::Commands]);
        commands.map_or(0, |commands| commands.children().count() + 1)
    }
}

/// Posts a body in chunks of seven bytes; answers the head.
fn chunked(url: &str, query: &str, credentials: &str, version: &str, body: &[u8]) -> String {
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let login = base64::engine::general_purpose::STANDARD.encode(credentials);
    let head = format!(
        "POST /{path}?{query} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {login}\r\nMS-ASProtocolVersion: {version}\r\nContent-Type: application/vnd.ms-sync.wbxml\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    for chunk in body.chunks(7) {
        write!(stream, "{:x}\r\n", chunk.len()).unwrap();
        stream.write_all(chunk).unwrap();
        stream.write_all(b"\r\n").unwrap();
        stream.flush().unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

/// Who the user is.
pub(super) async fn user_information(scene: &mut Scene) -> Result<(), Error> {
    let user = scene.world().user.clone();
    let phone = scene.paired().await?;
    let get = node(Settings::UserInformation, [empty(Settings::Get)]);
    let answer = phone.ask("Settings", &node(Settings::Settings, [get])).await?;
    scene.same("user.status", answer.number(&[Settings::Status]), Some(1));
    let of_user = [Settings::UserInformation, Settings::Status];
    scene.same("user.own-status", answer.number(&of_user), Some(1));
    let mut path = vec![Settings::UserInformation, Settings::Get];
    if phone.link.version.as_str() >= "14.1" {
        path.extend([Settings::Accounts, Settings::Account]);
        let name = answer.at(&path).and_then(|account| account.value(&[Settings::UserDisplayName]));
        scene.check("user.display-name", name.is_some(), format!("{name:?}"));
    }
    path.extend([Settings::EmailAddresses, Settings::SmtpAddress]);
    let address = answer.value(&path).unwrap_or_default();
    scene.check("user.address", address.starts_with(&format!("{user}@")), address);
    Ok(())
}
