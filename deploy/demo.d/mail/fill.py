"""Fills a mailbox over IMAP: fill.py PORT USER full|small. The same letters each time; dates hang on today."""

import base64
import datetime
import imaplib
import sys
import time
from email.utils import format_datetime

import letters
from broken import LETTERS, broken

TOTAL = 200
KINDS = [letters.plain, letters.alternative, letters.page, letters.plain, letters.nested, letters.plain, letters.inline, letters.alternative]
FOLDERS = {
    "Entwürfe alt": 6, "Projekte": 3, "Projekte/Büro": 5, "Projekte/Büro/2026": 12, "日本語": 6, 'A&B "q"': 4, "Архив/Письма": 5,
    "Sent": 12, "Drafts": 2, "Trash": 4, "Spam": 3,
}
EMPTY_FOLDERS = ["Empty", "Projekte/Empty – leer"]


def utf7(name: str) -> str:
    """A mailbox name as IMAP writes it (RFC 3501, 5.1.3)."""
    out, run = "", ""
    for char in name + "\0":
        if 0x20 <= ord(char) <= 0x7E or char == "\0":
            if run:
                out += "&" + base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
                run = ""
            out += "&-" if char == "&" else "" if char == "\0" else char
        else:
            run += char
    return out


def quoted(name: str) -> str:
    escaped = utf7(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def letter(number: int, moment: datetime.datetime) -> bytes:
    """Letters 0 to 49 are the special ones, the rest is daily life."""
    date = format_datetime(moment)
    specials = len(letters.CHARSETS) + len(LETTERS)
    if number < len(letters.CHARSETS):
        return letters.charset(number, date, number)
    if number < specials:
        return broken(number, date, number - len(letters.CHARSETS))
    if number == specials:
        start = (moment.replace(hour=9, minute=0) + datetime.timedelta(days=90)).astimezone(datetime.timezone.utc)
        stamp = "%Y%m%dT%H%M00Z"
        return letters.invitation(number, date, start.strftime(stamp), (start + datetime.timedelta(hours=1)).strftime(stamp))
    if number == specials + 1:
        return letters.large(number, date, 10 << 20)
    if number in (specials + 2, specials + 3):
        return letters.signed(number, date)
    if number in (specials + 4, specials + 5):
        return letters.forwarded(number, date)
    if number == specials + 6:
        return letters.report(number, date)
    return KINDS[number % len(KINDS)](number, date)


def moment_of(number: int, today: datetime.datetime) -> datetime.datetime:
    """Most mail is from the last sixty days, every ninth is older, up to some years; zones vary."""
    age = number * 37 % 60 if number % 9 else 70 + number * 13
    zone = datetime.timezone(datetime.timedelta(hours=number % 5 * 3 - 5))
    return (today - datetime.timedelta(days=age, minutes=number * 7 % 600)).astimezone(zone)


def flags_of(number: int, folder: str) -> str:
    flags = []
    if number % 3 or folder in ("Sent", "Trash"):
        flags.append("\\Seen")
    if number % 10 == 3:
        flags.append("\\Flagged")
    if number % 8 == 5:
        flags.append("\\Answered")
    if number % 16 == 7:
        flags.append("$Forwarded")
    if number % 20 == 9:
        flags.append("$Label1")
    if folder == "Drafts":
        flags.append("\\Draft")
    return f"({' '.join(flags)})"


def append(imap: imaplib.IMAP4, folder: str, number: int, today: datetime.datetime) -> None:
    moment = moment_of(number, today)
    status, answer = imap.append(quoted(folder), flags_of(number, folder), imaplib.Time2Internaldate(moment), letter(number, moment))
    if status != "OK":
        raise SystemExit(f"letter {number} into {folder}: {answer}")


def main(port: str, user: str, size: str) -> None:
    today = datetime.datetime.fromtimestamp(time.time(), datetime.timezone.utc).replace(hour=6, minute=30, second=0, microsecond=0)
    imap = imaplib.IMAP4("127.0.0.1", int(port))
    imap.login(user, f"{user}-pw")
    if size == "small":
        for number in range(100, 105):
            append(imap, "INBOX", number, today)
        imap.logout()
        return
    for folder in list(FOLDERS) + EMPTY_FOLDERS:
        if folder not in ("Sent", "Drafts", "Trash", "Spam"):
            imap.create(quoted(folder))
            imap.subscribe(quoted(folder))
    inbox = TOTAL - sum(FOLDERS.values())
    for number in range(inbox):
        append(imap, "INBOX", number, today)
    number = inbox
    for folder, count in FOLDERS.items():
        for _ in range(count):
            append(imap, folder, number, today)
            number += 1
    imap.logout()
    print(f"{user}: {number} letters, {inbox} of them in the inbox")


if __name__ == "__main__":
    main(*sys.argv[1:])
