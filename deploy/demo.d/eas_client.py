"""A phone for measurements: documents as nested tuples, one connection a request."""

import base64
import http.client
import pathlib
import re
import urllib.parse

PAGES = pathlib.Path(__file__).resolve().parents[2] / "src/wbxml/pages.rs"
TOKENS = {}
for page in re.finditer(r"^\s+(\d+) (\w+) \{([^}]*)\}", PAGES.read_text(), re.M):
    for tag in re.finditer(r"0x([0-9a-f]{2}) (\w+)", page[3]):
        TOKENS[f"{page[2]}:{tag[2]}"] = (int(page[1]), int(tag[1], 16))
NAMES = {token: name for name, token in TOKENS.items()}


def encode(root):
    """(name, text | [children] | None) to bytes."""
    out = bytearray(b"\x03\x01\x6a\x00")
    page = 0

    def write(node):
        nonlocal page
        name, content = node
        want, token = TOKENS[name]
        if want != page:
            out.extend([0, want])
            page = want
        if content is None or content == []:
            out.append(token)
            return
        out.append(token | 0x40)
        if isinstance(content, list):
            for child in content:
                write(child)
        elif isinstance(content, bytes):
            length, digits = len(content), []
            while not digits or length:
                digits.append(length & 0x7F | (0x80 if digits else 0))
                length >>= 7
            out.extend(b"\xc3" + bytes(reversed(digits)) + content)
        else:
            out.extend(b"\x03" + str(content).encode() + b"\x00")
        out.append(1)

    write(root)
    return bytes(out)


def decode(data):
    """Bytes to (name, [children and texts])."""
    at, page, open_nodes = 4, 0, []
    while at < len(data):
        token = data[at]
        at += 1
        if token == 0:
            page = data[at]
            at += 1
        elif token == 1:
            node = open_nodes.pop()
            if not open_nodes:
                return node
        elif token == 3:
            end = data.index(0, at)
            open_nodes[-1][1].append(data[at:end].decode("utf-8", "replace"))
            at = end + 1
        elif token == 0xC3:
            length = 0
            while True:
                length = length << 7 | (data[at] & 0x7F)
                at += 1
                if not data[at - 1] & 0x80:
                    break
            open_nodes[-1][1].append(data[at : at + length])
            at += length
        else:
            node = (NAMES.get((page, token & 0x3F), "?"), [])
            if open_nodes:
                open_nodes[-1][1].append(node)
            if token & 0x40:
                open_nodes.append(node)
            elif not open_nodes:
                return node
    return None


def find(node, name):
    """All elements of that name, in order."""
    if node is None:
        return
    if node[0] == name:
        yield node
    for child in node[1]:
        if isinstance(child, tuple):
            yield from find(child, name)


def text(node, name):
    """The text of the first element of that name."""
    for found in find(node, name):
        return found[1][0] if found[1] else ""
    return None


BODY = ("AirSyncBase:BodyPreference", [("AirSyncBase:Type", "1"), ("AirSyncBase:TruncationSize", "512")])
OPTIONS = ("AirSync:Options", [("AirSync:FilterType", "0"), BODY])


class Phone:
    """One device of one user at one server."""

    def __init__(self, url, user, device, version="14.1"):
        self.place = urllib.parse.urlsplit(url)
        self.user, self.device, self.version = user, device, version
        self.folders, self.keys = {}, {}

    def commands(self):
        """The commands that the server names."""
        connection = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=60)
        connection.request("OPTIONS", self.place.path, headers={"Authorization": self.login()})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return (answer.getheader("MS-ASProtocolCommands") or "").split(",")

    def login(self):
        return "Basic " + base64.b64encode(f"{self.user}:{self.user}-pw".encode()).decode()

    def post(self, command, document):
        return self.answer(command, self.begin(command, document))

    def begin(self, command, document):
        """Sends a request; the connection that its answer will come on."""
        connection = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=600)
        query = f"Cmd={command}&User={self.user}&DeviceId={self.device}&DeviceType=Bench"
        connection.request(
            "POST",
            f"{self.place.path}?{query}",
            encode(document) if document else b"",
            {
                "Authorization": self.login(),
                "MS-ASProtocolVersion": self.version,
                "Content-Type": "application/vnd.ms-sync.wbxml",
                "User-Agent": "horde-eas-bench/1",
            },
        )
        return connection

    def answer(self, command, connection):
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{command} at {self.place.netloc}: HTTP {answer.status}")
        return decode(body) if body else None

    def folder_sync(self, key="0"):
        answer = self.post("FolderSync", ("FolderHierarchy:FolderSync", [("FolderHierarchy:SyncKey", key)]))
        if text(answer, "FolderHierarchy:Status") != "1":
            raise RuntimeError(f"FolderSync: Status {text(answer, 'FolderHierarchy:Status')}")
        for folder in find(answer, "FolderHierarchy:Add"):
            kind = text(folder, "FolderHierarchy:Type")
            self.folders[kind] = text(folder, "FolderHierarchy:ServerId")
        return text(answer, "FolderHierarchy:SyncKey")

    def sync(self, kind, commands=(), window=100, key=None):
        folder = self.folders[kind]
        key = key or self.keys.get(folder, "0")
        collection = [("AirSync:SyncKey", key), ("AirSync:CollectionId", folder)]
        if key != "0":
            collection += [("AirSync:GetChanges", "1"), ("AirSync:WindowSize", window), OPTIONS]
            if commands:
                collection.append(("AirSync:Commands", list(commands)))
        collections = ("AirSync:Collections", [("AirSync:Collection", collection)])
        answer = self.post("Sync", ("AirSync:Sync", [collections]))
        if answer is None:
            # An empty answer: nothing is new, and the key stays.
            return None
        statuses = [text(one, "AirSync:Status") for one in find(answer, "AirSync:Collection")]
        if statuses != ["1"]:
            raise RuntimeError(f"Sync at {self.place.netloc}: {answer}")
        self.keys[folder] = text(answer, "AirSync:SyncKey")
        return answer

    def sync_all(self, kind, window=100):
        """From nothing to everything; answers how many items came."""
        self.keys.pop(self.folders[kind], None)
        self.sync(kind)
        n_items = 0
        while True:
            answer = self.sync(kind, window=window)
            n_items += sum(1 for _ in find(answer, "AirSync:Add"))
            if not any(find(answer, "AirSync:MoreAvailable")):
                return n_items

    def begin_ping(self, kinds, seconds):
        """Waits in these folders, each a type and a class."""
        folders = [("Ping:Folder", [("Ping:Id", self.folders[kind]), ("Ping:Class", name)]) for kind, name in kinds]
        wish = [("Ping:HeartbeatInterval", seconds), ("Ping:Folders", folders)]
        return self.begin("Ping", ("Ping:Ping", wish))

    def end_ping(self, connection):
        return text(self.answer("Ping", connection), "Ping:Status")

    def fetch(self, kind, uid, body_type):
        options = ("ItemOperations:Options", [("AirSyncBase:BodyPreference", [("AirSyncBase:Type", body_type)])])
        wish = [("ItemOperations:Store", "Mailbox"), ("AirSync:CollectionId", self.folders[kind]),
                ("AirSync:ServerId", uid), options]
        answer = self.post("ItemOperations", ("ItemOperations:ItemOperations", [("ItemOperations:Fetch", wish)]))
        if {text(one, "ItemOperations:Status") for one in find(answer, "ItemOperations:Fetch")} != {"1"}:
            raise RuntimeError(f"ItemOperations at {self.place.netloc}: {answer}")
        return answer

    def move(self, source, target, uid):
        """Moves a message; answers its new id."""
        wish = [("Move:SrcMsgId", uid), ("Move:SrcFldId", self.folders[source]), ("Move:DstFldId", self.folders[target])]
        answer = self.post("MoveItems", ("Move:MoveItems", [("Move:Move", wish)]))
        if text(answer, "Move:Status") != "3":
            raise RuntimeError(f"MoveItems at {self.place.netloc}: Status {text(answer, 'Move:Status')}")
        return text(answer, "Move:DstMsgId")

    def send_mail(self, client_id, mail):
        wish = [("ComposeMail:ClientId", client_id), ("ComposeMail:SaveInSentItems", None), ("ComposeMail:Mime", mail)]
        if self.post("SendMail", ("ComposeMail:SendMail", wish)) is not None:
            raise RuntimeError(f"SendMail at {self.place.netloc} was refused")
