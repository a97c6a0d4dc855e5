//! Messages as they come, good and nasty.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use crate::mime::Message;
use crate::mime::body::{Form, Preference, Source};
use crate::mime::headers::{Importance, spelled_list};
use crate::mime::{html, text, thread};

const HTML: Preference =
    Preference { form: Form::Html, truncation: None, all_or_none: false, preview: 0 };
const PLAIN: Preference = Preference { form: Form::Plain, ..HTML };
const MIME: Preference = Preference { form: Form::Mime, ..HTML };

fn up_to(wish: Preference, truncation: u32) -> Preference {
    Preference { truncation: Some(truncation), ..wish }
}

fn text_in(raw: &str, wish: Preference) -> String {
    String::from_utf8(Message::whole(raw.as_bytes()).text_body(&[wish]).content).unwrap()
}

const NESTED: &str = "From: =?utf-8?q?J=C3=BCrgen?= \"Quoted\" <j@example.test>\r\n\
To: =?iso-8859-1?Q?Andr=E9?= <a@example.test>, b@example.test, \"C, D\" <c@example.test>\r\n\
Cc: undisclosed-recipients:;\r\n\
Subject: =?utf-8?B?UmU6IEdyw7zDn2U=?=\r\n\
Date: Tue, 24 Nov 2026 08:00:00 +0100\r\n\
X-Priority: 1 (Highest)\r\n\
Message-ID: <three@example.test>\r\n\
References: <one@example.test> <two@example.test>\r\n\
MIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=mixed\r\n\r\n\
--mixed\r\nContent-Type: multipart/related; boundary=related\r\n\r\n\
--related\r\nContent-Type: multipart/alternative; boundary=alt\r\n\r\n\
--alt\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
Gr=FC=DFe =\r\nan alle\r\n\
--alt\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
<p>Gr\u{fc}\u{df}e <img src=\"cid:Logo%40x\"></p>\r\n--alt--\r\n\
--related\r\nContent-Type: image/png; name=logo.png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n\
AAAABBBB\r\n--related--\r\n\
--mixed\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''Gr%C3%BC.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n\
AAAA\r\n\
--mixed\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text\r\n\
--mixed--\r\n";

#[test]
fn nested_message_is_taken_apart() {
    let message = Message::whole(NESTED.as_bytes());
    assert_eq!(message.headers.subject, "Re: Gr\u{fc}\u{df}e");
    assert_eq!(message.headers.importance, Importance::High);
    assert_eq!(message.headers.date, Some(1_795_503_600));
    assert_eq!(message.headers.thread_root.as_deref(), Some("one@example.test"));
    assert_eq!(
        spelled_list(&message.headers.to, ", ", 1_000),
        "\"Andr\u{e9}\" <a@example.test>, b@example.test, \"C, D\" <c@example.test>"
    );
    assert_eq!(spelled_list(&message.headers.to, ", ", 40), "\"Andr\u{e9}\" <a@example.test>");
    assert_eq!(message.headers.from[0].address, "j@example.test");
    assert_eq!(message.headers.cc[0].name, "undisclosed-recipients");
    assert_eq!(message.native(), Form::Html);
    assert_eq!(text_in(NESTED, PLAIN).trim_end(), "Gr\u{fc}\u{df}e an alle");
    assert!(text_in(NESTED, HTML).starts_with("<p>Gr\u{fc}\u{df}e"));
    let list: Vec<_> = message
        .attachments()
        .into_iter()
        .map(|a| (a.number, a.name, a.size, a.inline, a.message))
        .collect();
    assert_eq!(
        list,
        [
            ("1.2".to_owned(), "logo.png".to_owned(), 6, true, false),
            ("2".to_owned(), "Gr\u{fc}.pdf".to_owned(), 3, false, false),
            ("3".to_owned(), "message.eml".to_owned(), 28, false, true),
        ]
    );
}

#[test]
fn truncation_counts_bytes_and_cuts_between_characters() {
    let raw = "Content-Type: text/plain; charset=utf-8\r\n\r\n\u{e4}\u{f6}\u{fc}x";
    let message = Message::whole(raw.as_bytes());
    for (size, expected) in
        [(0, ""), (1, ""), (2, "\u{e4}"), (5, "\u{e4}\u{f6}"), (7, "\u{e4}\u{f6}\u{fc}x")]
    {
        let body = message.text_body(&[up_to(PLAIN, size)]);
        assert_eq!(String::from_utf8(body.content).unwrap(), expected, "{size}");
        assert_eq!((body.truncated, body.size), (size < 7, 7), "{size}");
    }
}

#[test]
fn html_is_cut_outside_of_tags_and_entities() {
    let document = "<p title=\"a>b\">x &amp; y</p><!-- > --><b>z</b>";
    let cuts: Vec<&str> = (0..=document.len()).map(|size| html::start_of(document, size)).collect();
    for cut in &cuts {
        let after = &document[cut.len()..];
        assert!(
            ["", "<p", "x", " ", "&amp", "y", "</p>", "<!--", "<b>", "z", "</b>"]
                .iter()
                .any(|start| (start.is_empty() && after.is_empty())
                    || (!start.is_empty() && after.starts_with(start))),
            "{cut}"
        );
    }
    assert_eq!(cuts[10], "");
    assert_eq!(cuts[20], "<p title=\"a>b\">x ");
    assert_eq!(html::start_of("a & b < c and more", 9), "a & b < c");
}

#[test]
fn missing_form_is_made_of_the_other() {
    let plain = "Content-Type: text/plain\r\n\r\n1 < 2 & \"x\"\n  two";
    assert!(
        text_in(plain, HTML).contains("1 &lt; 2 &amp; &quot;x&quot;<br>\r\n&nbsp;&nbsp;two</body>")
    );
    let rich = "Content-Type: text/html\r\n\r\n<html><head><title>no</title><style>p{}</style></head>\
        <body><p>One</p><p>Two &uuml;<br>three</p><ul><li>a</li><li>b</li></ul>\
        <table><tr><td>c</td><td>d</td></tr></table></body></html>";
    let text = text_in(rich, PLAIN);
    assert_eq!(
        text.split_whitespace().collect::<Vec<_>>().join(" ").replace("* ", ""),
        "One Two \u{fc} three a b c d"
    );
    assert!(text.contains("One\r\n") && !text.contains("p{}"), "{text:?}");
}

#[test]
fn native_form_wins_and_all_or_none_moves_on() {
    let message = Message::whole(NESTED.as_bytes());
    assert_eq!(message.text_body(&[PLAIN, HTML]).form, Form::Html);
    let small = Preference { all_or_none: true, truncation: Some(3), ..HTML };
    assert_eq!(message.text_body(&[small, PLAIN]).form, Form::Plain);
    let nothing = message.text_body(&[small]);
    assert_eq!((nothing.form, nothing.content.len(), nothing.truncated), (Form::Html, 0, true));
    assert!(message.source_wish(&[MIME, HTML], 0).is_none());
    assert!(message.source_wish(&[MIME, HTML], 1).is_none());
    assert!(message.source_wish(&[MIME], 0).is_some());
    let source = Source { bytes: NESTED.as_bytes(), size: 5_000_000 };
    let body = message.source_body(&up_to(MIME, 10), source);
    assert_eq!(
        (body.content.as_slice(), body.size, body.truncated),
        (&b"From: =?ut"[..], 5_000_000, true)
    );
}

#[test]
fn charsets_that_lie_are_seen_through() {
    let check = |head: &str, body: &[u8], expected: &str| {
        let mut raw = format!("Content-Type: {head}\r\n\r\n").into_bytes();
        raw.extend_from_slice(body);
        let body = Message::whole(&raw).text_body(&[PLAIN]);
        assert_eq!(String::from_utf8(body.content).unwrap(), expected, "{head}");
    };
    check("text/plain; charset=utf-8", b"gr\xfc\xdfe", "gr\u{fc}\u{df}e");
    check("text/plain", "gr\u{fc}\u{df}e".as_bytes(), "gr\u{fc}\u{df}e");
    check("text/plain; charset=iso-8859-15", b"10 \xa4", "10 \u{20ac}");
    check("text/plain; charset=iso-2022-jp", b"\x1b$B$\"\x1b(B", "\u{3042}");
    check("text/plain; charset=gb2312", b"\xc4\xe3", "\u{4f60}");
    check("text/plain; charset=\"x-nonsense\"", b"a\0b\x01c", "abc");
    check("text/plain; charset=utf-16le", b"h\0i\0", "hi");
    check("text/html", b"<meta charset=koi8-r>\xc1", "\u{430}");
}

#[test]
fn raw_8_bit_headers_and_names_survive() {
    let raw = b"Subject: caf\xe9\r\nFrom: Andr\xe9 <a@b>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\n\r\nhello\r\n--x\r\nContent-Type: image/gif; name=\"caf\xe9.gif\"\r\n\r\nGIF\r\n--x--\r\n";
    let message = Message::whole(raw);
    assert_eq!(message.headers.subject, "caf\u{e9}");
    assert_eq!(message.headers.from[0].name, "Andr\u{e9}");
    assert_eq!(message.attachments()[0].name, "caf\u{e9}.gif");
}

#[test]
fn classes_of_messages() {
    let check = |raw: &str, class: &str| assert_eq!(Message::whole(raw.as_bytes()).class(), class);
    check("Subject: x\r\n\r\nhi", "IPM.Note");
    check(
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nAAAA",
        "IPM.Note.SMIME",
    );
    check(
        "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n\
         --b\r\n\r\nhi\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nAA\r\n--b--",
        "IPM.Note.SMIME.MultipartSigned",
    );
    check(
        "Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=b\r\n\r\n\
         --b\r\n\r\nhi\r\n--b--",
        "IPM.Note",
    );
    let report = |kind: &str, fields: &str| {
        format!(
            "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n\
             --b\r\nContent-Type: message/{kind}\r\n\r\nA: b\r\n\r\n{fields}\r\n--b--"
        )
    };
    check(&report("delivery-status", "Action: failed"), "REPORT.IPM.NOTE.NDR");
    check(
        &report("disposition-notification", "Disposition: a/b; displayed"),
        "REPORT.IPM.NOTE.IPNRN",
    );
}

#[test]
fn nothing_is_a_message_too() {
    for raw in [
        "",
        "\r\n",
        "no header at all",
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n",
        "\0\0\0",
    ] {
        let message = Message::whole(raw.as_bytes());
        let body = message.text_body(&[PLAIN, HTML]);
        assert!(String::from_utf8(body.content).is_ok(), "{raw:?}");
        assert!(message.attachments().len() < 2, "{raw:?}");
    }
    assert_eq!(text_in("no header at all", PLAIN), "no header at all");
    let torn = "Content-Type: multipart/mixed\r\n\r\nno boundary";
    assert_eq!(text_in(torn, PLAIN), "no boundary");
}

#[test]
fn hostile_messages_cost_little() {
    let deep: String = (0..3_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let rfc822 = "Content-Type: message/rfc822\r\n\r\n".repeat(2_000);
    let wide = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\nContent-Type: image/png\r\n\r\nx\r\n".repeat(100_000)
    );
    let tags = format!("Content-Type: text/html\r\n\r\n{}", "<div><table><td>".repeat(20_000));
    let headers = format!("{}\r\nhi", "To: a@b\r\n".repeat(100_000));
    for raw in [deep, rfc822, wide, tags, headers] {
        let message = Message::whole(raw.as_bytes());
        assert!(message.attachments().len() <= 1_000);
        let body = message.text_body(&[up_to(PLAIN, 512)]);
        assert!(body.content.len() <= 512);
    }
}

#[test]
fn lenient_decoders_forgive() {
    use text::Encoding::{Base64, QuotedPrintable};
    assert_eq!(&*Base64.decode(b"aGVs\r\nbG8=d29y!!bGQ"), b"helloworld");
    assert_eq!(&*Base64.decode(b"aGVsb"), b"hel");
    assert_eq!(&*QuotedPrintable.decode(b"a=3D=\r\nb= \r\nc=ZZ="), b"a=bc=ZZ=");
    assert_eq!(text::clean_lines("a\rb\nc\r\nd\u{b}\u{ffff}"), "a\r\nb\r\nc\r\nd");
}

#[test]
fn threads_hold_together() {
    assert_eq!(thread::topic("Re: AW: Fwd[2]: Lunch: today"), "Lunch: today");
    let id = |raw: &str| {
        let headers = Message::whole(raw.as_bytes()).headers;
        thread::conversation_id(headers.thread_root.as_deref(), thread::topic(&headers.subject))
    };
    let first = id("Message-ID: <1@x>\r\nSubject: s\r\n\r\n");
    assert_eq!(first, id("Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\n\r\n"));
    assert_eq!(first, id("Message-ID: <3@x>\r\nReferences: <1@x>\r\n <2@x>\r\n\r\n"));
    assert_ne!(first, id("Message-ID: <4@x>\r\n\r\n"));
    assert_eq!(id("Subject: a\r\n\r\n"), id("Subject: Re: A\r\n\r\n"));
}

#[test]
fn encoded_words_are_read_as_they_are_meant() {
    let subject = |words: &str| {
        Message::whole(format!("Subject: {words}\r\n\r\n").as_bytes()).headers.subject
    };
    for (words, expected) in [
        ("=?utf-8?q?=C3?= =?utf-8?q?=BC_x?=", "\u{fc} x"),
        ("=?utf-8?b?w7w=?=\r\n =?UTF-8?B?w7w=?=", "\u{fc}\u{fc}"),
        ("=?iso-2022-jp?b?GyRCJCI=?=\r\n =?iso-2022-jp?b?JCQbKEI=?=", "\u{3042}\u{3044}"),
        ("a =?eucgb2312_cn?b?xOO6ww==?= b", "a \u{4f60}\u{597d} b"),
        ("=?x-unknown?Q?What_is_=E4_this?=", "What is \u{e4} this"),
        ("=?utf-8*de?q?x?= =?iso-8859-1?q?=FC?=", "x\u{fc}"),
        ("=?utf-8?B?broken", "=?utf-8?B?broken"),
        ("=?utf-8?x?abc?= =?", "=?utf-8?x?abc?= =?"),
    ] {
        assert_eq!(subject(words), expected, "{words}");
    }
    let from = Message::whole(b"From: =?utf-8?q?A=2C_B?= <a@b>, =?utf-8?b?Qw==?= <c@d>\r\n\r\n");
    assert_eq!(spelled_list(&from.headers.from, "; ", 100), "\"A, B\" <a@b>; \"C\" <c@d>");
}

/// Promises that hold for whatever bytes.
fn check_promises(raw: &[u8], size: u32) {
    let message = Message::whole(raw);
    for wish in [PLAIN, HTML] {
        let whole = message.text_body(&[Preference { preview: 255, ..wish }]);
        assert!(!whole.truncated);
        assert_eq!(whole.size as usize, whole.content.len());
        let text = String::from_utf8(whole.content).unwrap();
        assert!(text.chars().all(text::is_xml));
        let part = message.text_body(&[up_to(wish, size)]);
        assert!(part.content.len() <= size as usize);
        assert!(text.as_bytes().starts_with(&part.content));
        assert_eq!(part.truncated, part.content.len() < text.len());
        std::str::from_utf8(&part.content).unwrap();
    }
    for attachment in message.attachments() {
        assert!(!attachment.name.is_empty() && attachment.name.chars().all(text::is_xml));
    }
    assert!(message.headers.subject.chars().all(text::is_xml));
    assert!(!message.class().is_empty());
    assert_eq!(Message::beginning(raw).text_body(&[HTML]).form, Form::Html);
}

#[test]
fn mangled_messages_keep_the_promises() {
    let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/html; charset=utf-7\r\n\r\n<p>+AOQ- &amp; <!-- x --> <b \
        title='&#x20'>y</b></p>\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n--b--";
    arbtest::arbtest(|source| {
        let seed = if source.arbitrary()? { NESTED } else { report };
        let mut raw = seed.as_bytes().to_vec();
        for _ in 0..source.int_in_range(1..=8)? {
            let at = source.int_in_range(0..=raw.len() - 1)?;
            let end = (at + source.int_in_range(0..=40)?).min(raw.len());
            match source.int_in_range(0..=3)? {
                0 => drop(raw.drain(at..end)),
                1 => raw[at] = source.arbitrary()?,
                2 => {
                    let piece = raw[at..end].to_vec();
                    let to = source.int_in_range(0..=raw.len() - 1)?;
                    raw.splice(to..to, piece);
                }
                _ => {
                    let piece: [u8; 4] = source.arbitrary()?;
                    raw.splice(at..at, piece);
                }
            }
            if raw.is_empty() {
                raw.push(b'x');
            }
        }
        check_promises(&raw, source.int_in_range(0..=200)?);
        Ok(())
    });
}
