"""Small builders of MIME parts as bytes: what is sent is under full control, boundaries are always the same."""

import base64
import binascii
import quopri
import struct
import zlib
from email.header import Header

Part = tuple[list[str], bytes]


def text(body: str, charset: str = "utf-8", encoding: str = "quoted-printable", subtype: str = "plain") -> Part:
    """A text part in a character set and a transfer encoding (7bit, 8bit, base64, quoted-printable)."""
    raw = body.replace("\n", "\r\n").encode(charset)
    if encoding == "base64":
        data = wrapped(raw)
    elif encoding == "quoted-printable":
        data = quopri.encodestring(raw.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    else:
        data = raw
    return ([f"Content-Type: text/{subtype}; charset={charset}", f"Content-Transfer-Encoding: {encoding}"], data)


def html(body: str, charset: str = "utf-8", encoding: str = "quoted-printable") -> Part:
    """An HTML part around a body."""
    page = f'<html><head><style>p {{ color: #333 }}</style></head><body>{body}</body></html>\n'
    return text(page, charset, encoding, "html")


def attachment(name: str, kind: str, data: bytes, content_id: str | None = None) -> Part:
    """A file as base64: attached, or inline when it has a content id. The name goes by RFC 2231 if it must."""
    plain = name.isascii()
    parameter = f'filename="{name}"' if plain else f"filename*=utf-8''{percent(name)}"
    headers = [
        f'Content-Type: {kind}; name="{name if plain else encoded(name)}"',
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: {'inline' if content_id else 'attachment'}; {parameter}",
    ]
    if content_id:
        headers.append(f"Content-ID: <{content_id}>")
    return (headers, wrapped(data))


def multipart(subtype: str, parts: list[Part], boundary: str, parameters: str = "", preamble: bytes = b"") -> Part:
    """Parts in a container; the boundary must be unique in its message."""
    body = preamble
    for headers, data in parts:
        body += f"--{boundary}\r\n".encode() + "\r\n".join(headers).encode() + b"\r\n\r\n" + data + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return ([f'Content-Type: multipart/{subtype}; boundary="{boundary}"{parameters}'], body)


def message(headers: list[str], part: Part) -> bytes:
    """A whole message: its own headers, then those of its top part, then the body."""
    lines = headers + ["MIME-Version: 1.0"] + part[0]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + part[1]


def enclosed(inner: bytes) -> Part:
    """A message as an attachment of another."""
    return (["Content-Type: message/rfc822", "Content-Disposition: attachment"], inner)


def encoded(words: str, charset: str = "utf-8") -> str:
    """A header's text as RFC 2047 wants it, on one line."""
    return words if words.isascii() else Header(words, charset, maxlinelen=900).encode()


def percent(name: str) -> str:
    """A file name for RFC 2231."""
    return "".join(chr(b) if chr(b).isalnum() or chr(b) in ".-_" else f"%{b:02X}" for b in name.encode())


def wrapped(data: bytes) -> bytes:
    """Base64 in lines of 76."""
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def png(side: int, red: int, green: int, blue: int) -> bytes:
    """A square picture of one colour."""
    row = b"\0" + bytes((red, green, blue)) * side

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", binascii.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * side)) + chunk(b"IEND", b"")
