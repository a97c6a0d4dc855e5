"""Letters that break the rules in the ways that real mail does. None holds a NUL byte: no server would take it."""


def broken(number: int, date: str, which: int) -> bytes:
    """One of the broken letters, with the headers that it still has."""
    top = (f"From: Broken Mailer <broken@elsewhere.test>\r\nTo: alice@example.test\r\nDate: {date}\r\n"
           f"Message-ID: <demo-{number}@mail.example.test>\r\n").encode()
    return LETTERS[which % len(LETTERS)](top, number)


def unknown_charset(top: bytes, number: int) -> bytes:
    return top + b"Subject: =?x-unknown?Q?What_is_=E4_this?=\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=x-made-up\r\n\r\nBytes \xe4\xf6\xfc of no set.\r\n"


def no_boundary(top: bytes, number: int) -> bytes:
    return top + b"Subject: No boundary\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nlost\r\n--x--\r\n"


def never_closed(top: bytes, number: int) -> bytes:
    return top + (b'Subject: Never closed\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="open"\r\n\r\n'
                  b"--open\r\nContent-Type: text/plain\r\n\r\nthe end is missing\r\n--open\r\nContent-Type: application/octet-stream\r\n"
                  b"Content-Transfer-Encoding: base64\r\n\r\nAAAA")


def raw_headers(top: bytes, number: int) -> bytes:
    return top + "Subject: Rohe Umlaute äöü im Kopf\r\nCc: Jürgen <j@elsewhere.test>\r\n\r\nund im Text: ß\r\n".encode("iso-8859-1")


def raw_utf8_headers(top: bytes, number: int) -> bytes:
    return top + "Subject: Rohes UTF-8 – 日本語\r\n\r\nohne jede Angabe: ß\r\n".encode()


def bad_base64(top: bytes, number: int) -> bytes:
    return top + b"Subject: Bad base64\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8*!!gd29y\r\nbGQ\r\n"


def bad_quoted(top: bytes, number: int) -> bytes:
    return top + b"Subject: Bad quoted-printable\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nhalf =E and =ZZ and =\r\n"


def bad_utf8(top: bytes, number: int) -> bytes:
    return top + b"Subject: Claims UTF-8\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nnot UTF-8: \xff\xfe \xc3(\r\n"


def control_characters(top: bytes, number: int) -> bytes:
    return top + b"Subject: Controls \x01\x08 inside\r\n\r\nbell \x07, escape \x1b[31m, vertical \x0b, form feed \x0c\r\n"


def no_subject(top: bytes, number: int) -> bytes:
    return top + b"\r\nNeither subject nor type.\r\n"


def no_date(top: bytes, number: int) -> bytes:
    lines = [line for line in top.split(b"\r\n") if not line.startswith(b"Date:")]
    return b"\r\n".join(lines) + b"Subject: No date\r\n\r\nNobody knows when.\r\n"


def wrong_date(top: bytes, number: int) -> bytes:
    lines = [line for line in top.split(b"\r\n") if not line.startswith(b"Date:")]
    return b"\r\n".join(lines) + b"Date: Thu, 32 Foo 20026 99:00:00 +9999\r\nSubject: Wrong date\r\n\r\nNobody knows when either.\r\n"


def no_sender(top: bytes, number: int) -> bytes:
    return b"To: undisclosed-recipients:;\r\nSubject: Nobody wrote this\r\n\r\nNo From, no id.\r\n"


def empty_body(top: bytes, number: int) -> bytes:
    return top + b"Subject: Nothing\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n"


def long_line(top: bytes, number: int) -> bytes:
    return top + b"Subject: " + b"long " * 150 + b"\r\n\r\n" + b"x" * 20000 + b"\r\n"


def wrong_html(top: bytes, number: int) -> bytes:
    return top + (b"Subject: Wrong HTML\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=\"utf-8\r\n\r\n<p><b>unclosed <table><tr><td>cells"
                  b"<script>alert('no')</script><!-- <p> &nosuch; &#xFFFFFF; \r\n")


def address_mess(top: bytes, number: int) -> bytes:
    return b'From: "Quote "in" quote" <odd@@elsewhere.test>\r\nTo: <>, ,;alice@example.test, "x\r\nSubject: =?utf-8?B?broken\r\n\r\nAddresses that nobody can read.\r\n'


LETTERS = [unknown_charset, no_boundary, never_closed, raw_headers, raw_utf8_headers, bad_base64, bad_quoted, bad_utf8, control_characters,
           no_subject, no_date, wrong_date, no_sender, empty_body, long_line, wrong_html, address_mess]
