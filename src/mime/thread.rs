//! What binds messages to a conversation.

use sha2::{Digest, Sha256};

/// A subject without the prefixes of replies and forwards.
#[must_use]
pub fn topic(subject: &str) -> &str {
    let mut topic = subject.trim();
    while let Some((prefix, rest)) = topic.split_once(':') {
        // `Re[2]`, `AW`, `Fwd`: the count is no part of the word.
        let word = prefix.split(['[', '(']).next().unwrap_or_default().trim();
        if !PREFIXES.iter().any(|known| word.eq_ignore_ascii_case(known)) {
            break;
        }
        topic = rest.trim_start();
    }
    topic
}

/// The id of a conversation: 16 bytes that are equal for all messages of a thread.
///
/// The oldest known message of the thread stands for it: the first of References, else
/// In-Reply-To, else the message itself; without any of them the topic does.
#[must_use]
pub fn conversation_id(root: Option<&str>, topic: &str) -> [u8; 16] {
    let mut hash = Sha256::new();
    match root {
        Some(root) => hash.update(root.as_bytes()),
        None => {
            hash.update(b"topic:");
            hash.update(topic.to_lowercase().as_bytes());
        }
    }
    let mut id = [0; 16];
    for (byte, of_hash) in id.iter_mut().zip(hash.finalize()) {
        *byte = of_hash;
    }
    id
}

/// The place of a message in its conversation: five bytes of its time.
///
/// They are the upper bits of a FILETIME (100 ns since 1601) below its highest byte, as Outlook
/// writes them into Thread-Index.
#[must_use]
pub fn conversation_index(unix_time: i64) -> [u8; 5] {
    let ticks = unix_time
        .saturating_add(SECONDS_FROM_1601_TO_1970)
        .saturating_mul(10_000_000)
        .to_be_bytes();
    let [_, first, second, third, fourth, fifth, ..] = ticks;
    [first, second, third, fourth, fifth]
}

const SECONDS_FROM_1601_TO_1970: i64 = 11_644_473_600;

const PREFIXES: [&str; 14] =
    ["re", "aw", "fw", "fwd", "wg", "sv", "vs", "antw", "odp", "rv", "res", "tr", "i", "r"];
