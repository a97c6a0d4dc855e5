"""The well-formed letters of a lived-in mailbox: one function for each kind, all take the number of the mail."""

import random
import subprocess
import tempfile

from mime import attachment, enclosed, encoded, html, message, multipart, png, text

PEOPLE = [
    ("Bob Brandt", "bob@example.test"), ("Carol Castaño", "carol@example.test"), ("Đorđević, Dave", "dave@example.test"),
    ("Anna Müller", "anna@elsewhere.test"), ("山田花子", "hanako@elsewhere.test"), ("Newsletter", "news@elsewhere.test"),
    ("Соколова Ирина", "irina@elsewhere.test"), ("", "noreply@elsewhere.test"),
]
WORDS = ("the bridge over the river was closed for repairs while boats went on below and nobody in the town minded "
         "much since the ferry was free on weekdays Brücke Ufer Fähre").split()
CHARSETS = [
    ("iso-8859-1", "quoted-printable", "Grüße aus Köln", "Viele Grüße, schöne Tage, ça va?\n"),
    ("iso-8859-1", "8bit", "Grüße ohne Umweg", "Rohe Umlaute: äöüß\n"),
    ("iso-8859-15", "quoted-printable", "Preis in €", "Das kostet 5 €.\n"),
    ("windows-1251", "base64", "Привет из Москвы", "Как дела? Всё хорошо.\n"),
    ("koi8-r", "8bit", "Кои-8", "Старая кодировка живёт.\n"),
    ("gb2312", "base64", "你好", "今天天气很好。\n"),
    ("big5", "base64", "您好", "繁體中文的信。\n"),
    ("iso-2022-jp", "7bit", "こんにちは", "日本語のメールです。\n"),
    ("shift_jis", "base64", "お知らせ", "シフトJISの本文です。\n"),
    ("euc-kr", "base64", "안녕하세요", "한국어 편지입니다.\n"),
    ("windows-1252", "quoted-printable", "Smart “quotes”", "An ellipsis… and a dash – done.\n"),
    ("utf-8", "base64", "日本語 and 🎂", "UTF-8 as base64: äöü 日本語 🎂\n"),
    ("utf-8", "quoted-printable", "UTF-8 ‹quoted›", "UTF-8 quoted: äöü 日本語 🎂\n"),
    ("utf-8", "8bit", "UTF-8 raw", "UTF-8 as it is: äöü 日本語 🎂\n"),
]


def head(number: int, date: str, subject: str, charset: str = "utf-8", who: int | None = None) -> list[str]:
    """The common headers; the sender, the copies and the subject's form vary with the number."""
    name, address = PEOPLE[(number if who is None else who) % len(PEOPLE)]
    sender = f'"{name}" <{address}>' if name.isascii() else f"{encoded(name)} <{address}>"
    lines = [
        f"From: {sender if name else address}", 'To: "Adler, Alice" <alice@example.test>', f"Subject: {encoded(subject, charset)}",
        f"Date: {date}", f"Message-ID: <demo-{number}@mail.example.test>",
    ]
    if number % 5 == 0:
        lines.append("Cc: bob@example.test, Carol <carol@example.test>")
    if number % 7 == 0:
        lines.append("Reply-To: team@elsewhere.test")
    if number % 11 == 0:
        lines += ["X-Priority: 1 (Highest)", "Importance: high"]
    if number % 4 == 1 and number > 4:
        lines += [f"In-Reply-To: <demo-{number - 4}@mail.example.test>", f"References: <demo-{number - 4}@mail.example.test>"]
    return lines


def prose(number: int, words: int) -> str:
    """The same words for the same number."""
    dice = random.Random(number)
    chosen = [dice.choice(WORDS) for _ in range(words)]
    return "\n".join(" ".join(chosen[i:i + 11]) for i in range(0, words, 11)) + ".\n"


def plain(number: int, date: str) -> bytes:
    """Only text, short and long."""
    subject = f"{'Re: ' if number % 4 == 1 else ''}About the {WORDS[number % len(WORDS)]}"
    return message(head(number, date, subject), text(f"Hello Alice,\n\n{prose(number, 20 + number * 7 % 900)}\nBye\n"))


def page(number: int, date: str) -> bytes:
    """Only HTML."""
    body = f"<h1>News {number}</h1><p>{prose(number, 60)}</p><p>&euro; 5 &amp; more, <a href=\"https://example.net/?a=1&amp;b=2\">link</a></p>"
    return message(head(number, date, f"News {number}"), html(body))


def alternative(number: int, date: str) -> bytes:
    """Text and HTML of the same."""
    words = prose(number, 80)
    both = [text(words), html(f"<p><b>{words}</b></p>")]
    return message(head(number, date, f"Both ways {number} – schön"), multipart("alternative", both, f"=_alt_{number}"))


def nested(number: int, date: str) -> bytes:
    """Mixed, related and alternative in each other, an inline picture, files with difficult names."""
    words = prose(number, 40)
    shown = html(f'<p>{words}</p><img src="cid:pic{number}@demo"><img src="https://example.net/track.png">')
    related = multipart("related", [shown, attachment("dot.png", "image/png", png(32, number % 256, 90, 200), f"pic{number}@demo")], f"=_rel_{number}")
    both = multipart("alternative", [text(words), related], f"=_alt_{number}")
    files = [attachment("Rechnung März.pdf", "application/pdf", b"%PDF-1.4\n% demo\n" + bytes(range(256)) * 12),
             attachment("it's; x=y & co.txt", "text/plain", b"a file\r\n" * 40),
             attachment("見積書.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes(range(256)) * 20)]
    return message(head(number, date, f"Unterlagen {number}"), multipart("mixed", [both] + files[: 1 + number % 3], f"=_mix_{number}", preamble=b"A preamble.\r\n"))


def inline(number: int, date: str) -> bytes:
    """HTML with pictures inside."""
    parts = [html("".join(f'<img src="cid:p{i}.{number}@demo" alt="">' for i in range(3)))]
    parts += [attachment(f"p{i}.png", "image/png", png(64, 80 * i, 120, 40), f"p{i}.{number}@demo") for i in range(3)]
    return message(head(number, date, f"Pictures {number}"), multipart("related", parts, f"=_pics_{number}", '; type="text/html"'))


def charset(number: int, date: str, which: int) -> bytes:
    """A text in one of the old character sets, its subject too."""
    name, encoding, subject, body = CHARSETS[which % len(CHARSETS)]
    form = name if encoding != "8bit" else "utf-8"
    return message(head(number, date, subject, charset=form), text(body * 3, name, "8bit" if encoding == "7bit" else encoding)) \
        if name != "iso-2022-jp" else message(head(number, date, subject, charset=name), text(body * 3, name, "7bit"))


def forwarded(number: int, date: str) -> bytes:
    """A message within a message."""
    parts = [text("See below.\n"), enclosed(nested(number + 500, date))]
    return message(head(number, date, f"Fwd: Unterlagen {number + 500}"), multipart("mixed", parts, f"=_fwd_{number}"))


def report(number: int, date: str) -> bytes:
    """A delivery failure."""
    status = (["Content-Type: message/delivery-status"],
              b"Reporting-MTA: dns; mail.example.test\r\n\r\nFinal-Recipient: rfc822; gone@elsewhere.test\r\nAction: failed\r\nStatus: 5.1.1\r\n")
    parts = [text("Your mail could not be delivered.\n"), status, enclosed(plain(number + 500, date))]
    return message(head(number, date, "Undelivered Mail Returned to Sender"), multipart("report", parts, f"=_dsn_{number}", "; report-type=delivery-status"))


def invitation(number: int, date: str, start: str, end: str) -> bytes:
    """A meeting request as other mailers send it: text, HTML, calendar, and the calendar again as a file."""
    calendar = "\r\n".join([
        "BEGIN:VCALENDAR", "PRODID:-//Demo//EN", "VERSION:2.0", "METHOD:REQUEST", "BEGIN:VEVENT", f"UID:demo-invitation-{number}@example.test",
        f"DTSTAMP:{start}", f"DTSTART:{start}", f"DTEND:{end}", "SUMMARY:Brückenbesichtigung", "LOCATION:Am Ufer 1\\, Köln", "SEQUENCE:0",
        "ORGANIZER;CN=Bob Brandt:mailto:bob@example.test",
        "ATTENDEE;CN=Alice Adler;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;ROLE=REQ-PARTICIPANT:mailto:alice@example.test",
        "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Reminder", "TRIGGER:-PT15M", "END:VALARM", "END:VEVENT", "END:VCALENDAR", ""])
    kind = (["Content-Type: text/calendar; method=REQUEST; charset=utf-8", "Content-Transfer-Encoding: 8bit"], calendar.encode())
    both = multipart("alternative", [text("You are invited.\n"), html("<p>You are invited.</p>"), kind], f"=_inv_{number}")
    parts = [both, attachment("invite.ics", "application/ics", calendar.encode())]
    return message(head(number, date, "Invitation: Brückenbesichtigung"), multipart("mixed", parts, f"=_invm_{number}"))


def large(number: int, date: str, size: int) -> bytes:
    """One big attachment; the whole message comes to about the size asked for."""
    data = random.Random(number).randbytes(size * 3 // 4)
    parts = [text("The film, as promised.\n"), attachment("film.mov", "video/quicktime", data)]
    return message(head(number, date, "The film"), multipart("mixed", parts, f"=_big_{number}"))


def signed(number: int, date: str) -> bytes:
    """S/MIME: clear-signed with a certificate made on the spot."""
    body = text("I stand by this.\nBob, mit Grüßen\n")
    inner = "\r\n".join(body[0]).encode() + b"\r\n\r\n" + body[1]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-keyout", f"{folder}/key", "-out", f"{folder}/cert",
                        "-subj", "/CN=Bob Brandt/emailAddress=bob@example.test"], check=True, capture_output=True)
        done = subprocess.run(["openssl", "smime", "-sign", "-signer", f"{folder}/cert", "-inkey", f"{folder}/key", "-crlfeol"],
                              input=inner, check=True, capture_output=True)
    heads = "\r\n".join(head(number, date, f"Signed {number}", who=0))
    return heads.encode() + b"\r\n" + done.stdout.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
