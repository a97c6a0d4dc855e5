//! Bytes that client programs sent must decode for ever, to the same documents.
//!
//! Each request under `tests/wire` lies there with its decoding by another program (`.xml`).

use std::fs;
use std::path::{Path, PathBuf};

use horde_eas::command::{
    folder_sync, get_item_estimate, item_operations, move_items, ping, provision, send_mail,
    settings, sync,
};
use horde_eas::eas::request_line::RequestLine;
use horde_eas::eas::schema::{self, Root};
use horde_eas::wbxml::element::Element;
use horde_eas::wbxml::pages::{
    AirSync, ComposeMail, FolderHierarchy, GetItemEstimate, ItemOperations, Move, Ping, Provision,
    Settings,
};
use horde_eas::wbxml::xml::{from_xml, to_xml};
use horde_eas::wbxml::{Limits, Writer};

#[test]
fn requests_of_clients_decode_as_another_decoder_has_it() {
    let requests = requests();
    assert_eq!(requests.len(), N_REQUESTS);
    for path in &requests {
        let ours = decode(path);
        let other = fs::read_to_string(path.with_extension("xml")).unwrap();
        assert_eq!(to_xml(&ours), other, "{}", path.display());
        assert_eq!(from_xml(&other).as_ref(), Ok(&ours), "{}", path.display());
    }
}

#[test]
fn requests_of_clients_encode_to_the_bytes_that_were_sent() {
    for path in &requests() {
        let sent = fs::read(path).unwrap();
        let element = decode(path);
        let encoded = encode(&element);
        assert_eq!(parse(&encoded), element, "{}", path.display());
        let client = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        match ODD.iter().find(|(odd, _)| *odd == client) {
            Some((_, why)) => assert_eq!(encoded, plain(&sent), "{}: {why}", path.display()),
            None => assert_eq!(encoded, sent, "{}", path.display()),
        }
    }
}

#[test]
fn requests_of_clients_are_understood() {
    let mut n_understood = 0;
    for path in &requests() {
        let bytes = fs::read(path).unwrap();
        let tag = decode(path).tag;
        let understood = if tag == AirSync::Sync {
            understand::<sync::wire::Request>(&bytes)
        } else if tag == FolderHierarchy::FolderSync {
            understand::<folder_sync::Request>(&bytes)
        } else if tag == GetItemEstimate::GetItemEstimate {
            understand::<get_item_estimate::Request>(&bytes)
        } else if tag == ItemOperations::ItemOperations {
            understand::<item_operations::Request>(&bytes)
        } else if tag == Move::MoveItems {
            understand::<move_items::Request>(&bytes)
        } else if tag == Ping::Ping {
            understand::<ping::Request>(&bytes)
        } else if tag == Provision::Provision {
            understand::<provision::Request>(&bytes)
        } else if tag == ComposeMail::SendMail {
            understand::<send_mail::Request>(&bytes)
        } else if tag == Settings::Settings {
            understand::<settings::Request>(&bytes)
        } else {
            continue;
        };
        assert!(understood.is_ok(), "{}: {understood:?}", path.display());
        n_understood += 1;
    }
    assert_eq!(n_understood, N_UNDERSTOOD);
}

fn understand<R: Root>(bytes: &[u8]) -> Result<(), schema::Error> {
    R::decode(bytes, Limits::default()).map(drop)
}

#[test]
fn request_lines_of_clients_are_read() {
    let mut n_lines = 0;
    for path in files("txt") {
        let request = fs::read_to_string(&path).unwrap();
        let url = request.split(' ').nth(1).unwrap();
        let line = RequestLine::parse(url.split_once('?').map_or("", |(_, query)| query)).unwrap();
        // `003-FolderSync.txt`
        let (_, name) = path.file_stem().unwrap().to_str().unwrap().split_once('-').unwrap();
        if name == "OPTIONS" {
            continue;
        }
        let client = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let device_type = match client {
            "aosp" | "aosp25" => "Android",
            "tbsync" | "tbsync25" => "TbSync",
            "go-activesync" | "go-activesync-base64" => "GoActiveSync",
            "remdev" => "SmartPhone",
            _ => "pyactivesync",
        };
        assert_eq!(line.command.as_deref(), Some(name), "{}", path.display());
        assert_eq!(line.device_type.as_deref(), Some(device_type), "{}", path.display());
        assert!(line.device.is_some(), "{}", path.display());
        n_lines += 1;
    }
    assert!(n_lines >= N_REQUESTS);
}

/// The same document with page switches only where they are needed, and no content bit on tags
/// without content.
fn plain(document: &[u8]) -> Vec<u8> {
    let (mut out, mut page, mut page_written) = (document[..4].to_vec(), 0, 0);
    let mut at = 4;
    while at < document.len() {
        let token = document[at];
        let from = at;
        at += 1;
        match token {
            0x00 => {
                page = document[at];
                at += 1;
            }
            0x01 => out.push(token),
            0x03 => {
                at += document[at..].iter().position(|&byte| byte == 0).unwrap() + 1;
                out.extend(&document[from..at]);
            }
            _ => {
                if page != page_written {
                    out.extend([0x00, page]);
                    page_written = page;
                }
                if token & 0x40 != 0 && document.get(at) == Some(&0x01) {
                    out.push(token & 0x3f);
                    at += 1;
                } else {
                    out.push(token);
                }
            }
        }
    }
    out
}

fn decode(path: &Path) -> Element {
    parse(&fs::read(path).unwrap())
}

#[track_caller]
fn parse(bytes: &[u8]) -> Element {
    Element::parse(bytes, Limits::default()).unwrap()
}

fn encode(element: &Element) -> Vec<u8> {
    let mut out = Writer::new();
    element.write(&mut out);
    out.finish()
}

fn requests() -> Vec<PathBuf> {
    files("wbxml")
}

fn files(wanted: &str) -> Vec<PathBuf> {
    let wire = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let mut all = Vec::new();
    for client in fs::read_dir(wire).unwrap() {
        let client = client.unwrap().path();
        if client.is_dir() {
            all.extend(fs::read_dir(client).unwrap().map(|file| file.unwrap().path()));
        }
    }
    all.retain(|path| path.extension().is_some_and(|extension| extension == wanted));
    all.sort();
    all
}

const N_REQUESTS: usize = 311;

/// Those of commands that are served; the others come with their commands.
const N_UNDERSTOOD: usize = 283;

/// Clients whose bytes are right, but not as short as ours, and why.
const ODD: &[(&str, &str)] = &[
    ("tbsync", "a page switch before the first tag, content bits on empty tags"),
    ("tbsync25", "a page switch before the first tag, content bits on empty tags"),
];
