"""Whether work grows with what changed or with what is there: one change in a small and in a large
folder, and a first Sync of each, with the optional indexes of sql/indexes.sql."""

import pathlib
import threading
import time

from bridge_client import apply
from eas_client import Phone, find, text
from measure import Look, measure, medians, pid_of, pss, sql

INDEX = pathlib.Path(__file__).resolve().parents[2] / "sql/indexes.sql"
# Rows of history and of items are copied in SQL: Horde would take an hour to make so many.
KINDS = {
    "contacts": {
        "type": "9", "app": "turba", "shares": "turba_sharesng", "table": "turba_objects", "prefix": "object",
        "share": "owner_id", "large": 50_000, "element": "Contacts:LastName", "class": "contacts",
        "fields": [("Contacts:FirstName", "Scale"), ("Contacts:LastName", "Scale"),
                   ("Contacts:Email1Address", "scale@example.test")],
        "others": {"object_lastname": "CONCAT('Scale ', seq)"},
        "data": lambda title: {"attrs": {"lastname": title}},
    },
    "events": {
        "type": "8", "app": "kronolith", "shares": "kronolith_sharesng", "table": "kronolith_events",
        "prefix": "event", "share": "calendar_id", "large": 20_000, "element": "Calendar:Subject",
        "class": "calendar",
        "fields": [("Calendar:AllDayEvent", "0"), ("Calendar:DtStamp", "20261101T000000Z"),
                   ("Calendar:StartTime", "20261102T080000Z"), ("Calendar:EndTime", "20261102T090000Z"),
                   ("Calendar:Subject", "Scale"), ("Calendar:Location", "Room 1"), ("Calendar:BusyStatus", "2")],
        "others": {"event_title": "CONCAT('Scale ', seq)", "event_start": "event_start + INTERVAL seq HOUR",
                   "event_end": "event_end + INTERVAL seq HOUR"},
        "data": lambda title: {"title": title},
    },
}
SMALL = 1_000


class Owner:
    """A user with so many items of a kind."""

    def __init__(self, kind, n_items, user, url):
        self.kind, self.n_items, self.user = KINDS[kind], n_items, user
        self.stamp = f"{int(time.time()):X}U{user.removeprefix('user')}"
        self.phone = Phone(url, user, f"SCALE{self.stamp}")
        self.n_changes = 0

    def seed(self):
        """One item by a phone, the others as copies of its row and of its history's."""
        kind = self.kind
        self.clean()
        self.phone.folder_sync()
        self.phone.sync(kind["type"])
        answer = self.phone.sync(kind["type"], [("AirSync:Add", [
            ("AirSync:ClientId", "scale"), ("AirSync:ApplicationData", kind["fields"])])])
        added = next(find(answer, "AirSync:Responses"))
        self.uid = text(added, "AirSync:ServerId")
        prefix, table = kind["prefix"], kind["table"]
        # An address book has two names: one that its rows have, one that everything else has.
        history = sql(f"SELECT object_uid FROM horde_histories WHERE object_uid LIKE '{kind['app']}:%:{self.uid}'")
        self.share = history.split(":")[1]
        columns = sql(f"SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() "
                      f"AND table_name = '{table}' ORDER BY ordinal_position").split()
        made = {f"{prefix}_id": f"CONCAT('{self.user}x', seq)", f"{prefix}_uid": f"CONCAT('{self.uid}-', seq)",
                **kind["others"]}
        values = ", ".join(made.get(column, column) for column in columns)
        last = self.n_items - 1
        sql(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}, seq_1_to_{last} "
            f"WHERE {prefix}_uid = '{self.uid}'")
        first = int(sql("SELECT MAX(history_modseq) FROM horde_histories"))
        sql(f"INSERT INTO horde_histories (object_uid, history_action, history_ts, history_who, history_modseq) "
            f"SELECT CONCAT('{kind['app']}:{self.share}:{self.uid}-', seq), 'add', UNIX_TIMESTAMP(), '{self.user}', "
            f"{first} + seq FROM seq_1_to_{last}")
        sql(f"INSERT INTO horde_histories_modseq (history_modseq, history_modseqempty) VALUES ({first + last}, 0)")
        sql(f"ANALYZE TABLE {table}, horde_histories")
        time.sleep(2.2)

    def first_sync(self):
        found = self.phone.sync_all(self.kind["type"], window=512)
        if found != self.n_items:
            raise RuntimeError(f"{found} items came, {self.n_items} are there")

    def change(self):
        """Another item each time, changed in Horde."""
        self.n_changes += 1
        self.changed = f"Changed {self.n_changes}"
        apply(self.phone, [{
            "op": "patch", "class": self.kind["class"], "share": self.share,
            "uid": f"{self.uid}-{self.n_changes * 7}", "data": self.kind["data"](self.changed)}])
        # Younger numbers of the history may not be final.
        time.sleep(2.2)

    def hear(self):
        answer = self.phone.sync(self.kind["type"])
        heard = [text(one, self.kind["element"]) for one in find(answer, "AirSync:Change")]
        if heard != [self.changed]:
            raise RuntimeError(f"heard of {heard}, not of {self.changed}")

    def clean(self):
        kind = self.kind
        for share in sql(f"SELECT share_name FROM {kind['shares']} WHERE share_owner = '{self.user}'").split():
            sql(f"DELETE FROM horde_histories WHERE object_uid LIKE '{kind['app']}:{share}:%'")
            sql(f"DELETE FROM {kind['table']} WHERE {kind['share']} IN ('{share}', '{self.user}')")
        for table, column in (("state", "sync_devid"), ("map", "sync_devid"), ("cache", "cache_devid"),
                              ("device_users", "device_id"), ("device", "device_id")):
            sql(f"DELETE FROM horde_activesync_{table} WHERE {column} LIKE '%{self.stamp}%'")


class Peak:
    """The most memory of the sidecar, beyond what it had, while something is done."""

    def __enter__(self):
        self.pid = pid_of("sidecar")
        self.before = self.most = pss(self.pid)
        self.going = True
        self.thread = threading.Thread(target=self.look)
        self.thread.start()
        return self

    def look(self):
        while self.going:
            self.most = max(self.most, pss(self.pid))
            time.sleep(0.02)

    def __exit__(self, *_):
        self.going = False
        self.thread.join()
        self.grown = self.most - self.before


def indexes():
    """The optional ones, each a statement."""
    lines = [line for line in INDEX.read_text().splitlines() if not line.startswith("--")]
    return [statement.strip() for statement in "\n".join(lines).split(";") if statement.strip()]


def scale(users, url, rounds):
    """Figures of one change by kind and size, and of a first Sync of the large ones."""
    for statement in indexes():
        sql(statement.replace("CREATE INDEX", "CREATE INDEX IF NOT EXISTS"))
    changes, firsts = [], []
    for kind in KINDS:
        for n_items, user in zip((SMALL, KINDS[kind]["large"]), users):
            owner = Owner(kind, n_items, user, url)
            try:
                owner.seed()
                began = Look()
                with Peak() as peak:
                    owner.first_sync()
                found = Look(is_end=True).since(began, 1)
                firsts.append({"kind": kind, "items": n_items, "grown": peak.grown, **found})
                samples = []
                for _ in range(rounds + 1):
                    owner.change()
                    samples.append(measure(owner.hear, 1))
                changes.append({"kind": kind, "items": n_items, **medians(samples[1:])})
            finally:
                owner.clean()
    for statement in indexes():
        words = statement.split()
        sql(f"DROP INDEX {words[2]} ON {words[4]}")
    return changes, firsts


def tables(changes, firsts):
    print("\nA Sync that carries one change; `rows` are all that MariaDB read for it.\n")
    print("| of | wall ms | CPU ms | CPU of the sidecar | PHP | SQL | rows |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for one in changes:
        print(f"| {one['items']:,} {one['kind']} | {one['wall']:.1f} | {one['cpu']:.1f} | {one['cpu of sidecar']:.1f} | "
              f"{one['php']:.0f} | {one['sql']:.0f} | {one['rows']:.0f} |")
    print("\nThe first Sync, 512 items an answer; MB (PSS) are the most that the sidecar grew.\n")
    print("| of | wall s | CPU s | CPU s of the sidecar | PHP | MB |")
    print("|---|--:|--:|--:|--:|--:|")
    for one in firsts:
        print(f"| {one['items']:,} {one['kind']} | {one['wall'] / 1000:.1f} | {one['cpu'] / 1000:.1f} | "
              f"{one['cpu of sidecar'] / 1000:.1f} | {one['php']:.0f} | {one['grown']:.1f} |")


def check(changes, firsts):
    """What is promised, or an error: as many rows whatever is there, one call of PHP, little memory."""
    for small, large in zip(changes[::2], changes[1::2]):
        name = f"one change in {large['items']:,} {large['kind']}"
        if large["rows"] > small["rows"] * 1.1 + 10:
            raise RuntimeError(f"{name}: {large['rows']:.0f} rows read, {small['rows']:.0f} in {small['items']:,}")
        if large["php"] != 1:
            raise RuntimeError(f"{name}: {large['php']} calls of PHP")
    for one in firsts:
        if one["grown"] > 32:
            raise RuntimeError(f"the first Sync of {one['items']:,} {one['kind']} took {one['grown']:.0f} MB")
