//! What a failure means, and how an administrator mends it.

use std::error::Error as _;
use std::fmt::Write as _;

use crate::probe::Error;

/// A failure explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// What it means.
    pub cause: &'static str,
    /// What to do.
    pub mend: &'static str,
}

/// The words of an error, with those of what lies beneath.
#[must_use]
pub fn words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !words.contains(&text) {
            let _ = write!(words, ": {text}");
        }
        source = cause.source();
    }
    words
}

/// What an error means.
#[must_use]
pub fn of(error: &Error) -> Hint {
    let (cause, mend) = match error {
        Error::Transport(_) => return transport(&words(error)),
        Error::Http(status) => return http(*status),
        Error::NotWbxml(kind) if kind.starts_with("text/html") => (
            "a web page instead of a document: the alias does not lead to an ActiveSync server; or, where other steps went well, PHP died with an error page: Horde's rpc.php does so with some mails",
            "send /Microsoft-Server-ActiveSync to the server (deploy/nginx.conf.example); see PHP's log",
        ),
        Error::NotWbxml(_) => (
            "something else than a document: another program, or PHP's words before the answer",
            "see the server's log and PHP's",
        ),
        Error::Document(_) | Error::Inflate(_) => (
            "the answer was damaged on its way, or the server died while writing it",
            "see the server's log; a web server in front must not change answers",
        ),
        Error::Empty | Error::Missing(_) | Error::Endless => (
            "the server does not keep to the protocol here",
            "see its log; with Horde's rpc.php see PHP's log too",
        ),
        Error::Smtp(_) | Error::SmtpRefused(_) => {
            ("the mail could not be handed in", "check --smtp and --address")
        }
    };
    Hint { cause, mend }
}

/// What a Status of Sync, ItemOperations or the like means.
#[must_use]
pub const fn status(status: u32) -> Hint {
    let (cause, mend) = match status {
        0 => ("the answer names no Status", "see the server's log"),
        3 => (
            "the server does not know the key: a real phone would load everything again",
            "`horde-eas state verify` tells whether rows are broken",
        ),
        4 => ("the server calls the request malformed", "a fault of one of the two: see the log"),
        5 | 6 | 110 => (
            "the server failed, or does not do this yet",
            "see its log; `horde-eas check` tries what is behind it",
        ),
        7 => ("both sides changed the item; one of the two was kept", "nothing"),
        8 => ("the folder or the item is gone", "nothing, if somebody removed it"),
        12 => ("the list of folders has changed", "FolderSync first"),
        16 | 111 => ("the server is busy with this device, or something behind it is", "try again"),
        119 | 120 => {
            ("the mail could not be sent", "`horde-eas check` tries the mail server; see its log")
        }
        126 => ("the user may not use ActiveSync", "see the permission horde:activesync"),
        127..=129 => ("the device is blocked or not allowed", "see Horde's device page"),
        140 => ("a remote wipe is ordered for this device", "see Horde's device page"),
        141..=145 => (
            "the server wants its policies accepted",
            "see the permission horde:activesync:provisioning",
        ),
        177 => ("the user has as many devices as allowed", "remove one on Horde's device page"),
        _ => ("the server refuses", "see its log"),
    };
    Hint { cause, mend }
}

/// What a Status of FolderSync means.
#[must_use]
pub const fn folder_status(number: u32) -> Hint {
    let (cause, mend) = match number {
        6 => (
            "the server could not make the list",
            "see its log; `horde-eas check --user …` tries the mailboxes",
        ),
        9 => (
            "the server does not know the key of the list",
            "`horde-eas state verify` tells whether rows are broken",
        ),
        10 => ("the server calls the request malformed", "a fault of one of the two: see the log"),
        other => return status(other),
    };
    Hint { cause, mend }
}

/// What a Status of Ping means.
#[must_use]
pub const fn ping_status(number: u32) -> Hint {
    let (cause, mend) = match number {
        0 | 1 => (
            "the mail did not arrive in time, or its arrival is not noticed",
            "see the mail server's log; on rpc.php see $conf['activesync']['ping']",
        ),
        3 | 4 => {
            ("the server calls the request malformed", "a fault of one of the two: see the log")
        }
        5 => ("the server allows other intervals", "see $conf['activesync']['ping'] in Horde"),
        6 => ("too many folders", "see the server's limits"),
        7 => ("the list of folders has changed, or a wipe is ordered", "FolderSync first"),
        8 => ("the server failed", "see its log"),
        other => return status(other),
    };
    Hint { cause, mend }
}

/// What a Status of MoveItems means.
#[must_use]
pub const fn move_status(number: u32) -> Hint {
    let (cause, mend) = match number {
        1 => ("the server does not know the mail", "nothing, if somebody took it away"),
        2 => ("the server does not know the folder that it shall go to", "FolderSync first"),
        4 => ("both folders are the same to the server", "a fault of one of the two: see the log"),
        5 => (
            "the mail server does not move it: the user may lack the right, or the room",
            "see the folder's permissions (ACL) and the quota; then the server's log",
        ),
        7 => ("somebody else works on the mail", "try again"),
        other => return status(other),
    };
    Hint { cause, mend }
}

fn http(status: u16) -> Hint {
    let (cause, mend) = match status {
        300..=399 => (
            "a redirect: phones do not follow one when they sync",
            "give phones the address that it leads to, or send the alias there without a redirect",
        ),
        400 => (
            "the server does not understand the request",
            "another version (--version), or something on the way changes requests: see the server's log",
        ),
        401 => (
            "user or password is wrong, the name needs another form (with or without the domain), or the header Authorization is lost on the way",
            "try them in Horde; `horde-eas check --user … --url …` tells which",
        ),
        403 => (
            "user or device is blocked, ActiveSync is switched off, or the web server forbids it",
            "see the permission horde:activesync, Horde's device page, and $conf['activesync']['enabled']",
        ),
        404 => (
            "the web server knows no such address",
            "the alias for /Microsoft-Server-ActiveSync is missing: deploy/nginx.conf.example",
        ),
        405 | 501 => (
            "the web server, or an older server, does not take this method or command",
            "the alias must lead the whole of /Microsoft-Server-ActiveSync to the server, OPTIONS too",
        ),
        408 => (
            "the request took too long to arrive",
            "see the network, and time-outs of the web server in front",
        ),
        413 => (
            "the request is larger than the web server or http.body_bytes allows",
            "nginx: client_max_body_size; http.body_bytes",
        ),
        429 => (
            "too many requests or wrong passwords from here",
            "wait, and see who else calls from this address",
        ),
        449 => (
            "the server wants its policies accepted first, and the phone did not get that far",
            "see the permission horde:activesync:provisioning",
        ),
        500 => (
            "the server failed",
            "its log has the reason; `horde-eas check` tries what is behind it",
        ),
        502 | 504 => (
            "the web server gets no answer, or not in time, from the server behind it",
            "is the service running? A Ping needs proxy_read_timeout (nginx) or timeout= (Apache) of 3600 s",
        ),
        503 => (
            "Horde, its database or the mail server does not answer; the phone comes back later",
            "`horde-eas check` tells which; then see its log",
        ),
        _ => (
            "an ActiveSync server does not answer so: another program is at this address",
            "see the web server's alias for /Microsoft-Server-ActiveSync",
        ),
    };
    Hint { cause, mend }
}

fn transport(words: &str) -> Hint {
    let has = |part: &str| words.contains(part);
    let (cause, mend) = if has("UnknownIssuer") || has("unknown issuer") {
        (
            "the certificate is signed by nobody who is known here: one of your own, or the chain is not sent whole",
            "let the web server send the whole chain (fullchain.pem); phones need a private authority installed. --insecure goes on without",
        )
    } else if has("NotValidYet") || has("not valid yet") {
        ("the certificate is not valid yet, or a clock is wrong", "see the clocks of both hosts")
    } else if has("Expired") || has("certificate expired") {
        ("the certificate has expired", "renew it, and reload the web server")
    } else if has("NotValidForName") || has("not valid for name") {
        (
            "the certificate is for another name",
            "use the name that is in the certificate, or get one for this name",
        )
    } else if has("certificate") {
        ("the certificate is refused", "see the words above; --insecure goes on without")
    } else if has("lookup") || has("dns") {
        ("the name is not known", "see the name in --url, and the DNS")
    } else if has("refused") {
        ("nothing listens there", "start the web server, see address and port")
    } else if has("timed out") || has("Timeout") {
        ("no answer in time", "a firewall between, or a server that hangs: see its log")
    } else if has("InvalidContentType") || has("corrupt message") {
        ("what listens there speaks no TLS", "http:// instead of https://, or another port")
    } else if has("builder") || has("URL") {
        ("this is no address", "write it as https://mail.example.com/Microsoft-Server-ActiveSync")
    } else {
        (
            "the connection broke",
            "a server that dies or a firewall that cuts: see the log of the web server and of the service",
        )
    };
    Hint { cause, mend }
}

#[cfg(test)]
mod tests {
    use crate::probe::Error;
    use crate::probe::hint::{http, of, transport};

    #[test]
    fn each_trouble_with_a_certificate_has_its_name() {
        for (words, cause) in [
            ("invalid peer certificate: UnknownIssuer", "signed by nobody"),
            ("invalid peer certificate: certificate expired: verified at time", "has expired"),
            ("invalid peer certificate: certificate not valid for name \"a\"", "another name"),
            ("tcp connect error: Connection refused (os error 111)", "nothing listens"),
            ("dns error: failed to lookup address information", "not known"),
        ] {
            assert!(transport(words).cause.contains(cause), "{words}");
        }
    }

    #[test]
    fn each_status_has_its_own_words() {
        let causes: std::collections::BTreeSet<_> =
            [302, 400, 401, 403, 404, 413, 449, 500, 502, 503, 418]
                .map(|status| http(status).cause)
                .into();
        assert_eq!(causes.len(), 11);
        assert!(
            of(&Error::NotWbxml("text/html; charset=UTF-8".to_owned())).cause.contains("alias")
        );
    }
}
