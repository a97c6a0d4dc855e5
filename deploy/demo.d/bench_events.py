"""The calendar of a user of the bench: a thousand events, one in ten a series."""

import datetime
import time

from bridge_client import apply
from eas_client import find, text
from measure import sql

CALENDAR = "8"
N_EVENTS = 1000
CHANGED, ADDED = 100, 50
BEGIN = datetime.datetime(2026, 11, 2, 8)


class Events:
    """Events of a side's user, and what is done to them."""

    def __init__(self, side):
        self.side, self.phone = side, side.phone
        self.n_changes = 0

    def seed(self, seeder):
        seeder.sync(CALENDAR)
        for first in range(0, N_EVENTS, 50):
            seeder.sync(CALENDAR, [add(f"event{n}", n) for n in range(first, first + 50)])

    def prepare(self):
        expect(self.phone.sync_all(CALENDAR), N_EVENTS, "events")
        self.share = sql("SELECT DISTINCT calendar_id FROM kronolith_events WHERE calendar_id IN "
                         f"({self.shares()})").strip()
        self.uids = sql(f"SELECT event_uid FROM kronolith_events WHERE calendar_id = '{self.share}' "
                        "ORDER BY event_title").split()

    def shares(self):
        return f"SELECT share_name FROM kronolith_sharesng WHERE share_owner = '{self.side.user}'"

    def change(self):
        """Another hundred each time, as Horde changes them."""
        self.n_changes += 1
        first = self.n_changes * CHANGED % N_EVENTS
        apply(self.phone, [
            {"op": "patch", "class": "calendar", "share": self.share, "uid": uid,
             "data": {"location": f"Room {self.n_changes}"}}
            for uid in self.uids[first : first + CHANGED]])
        # Younger numbers of the history may not be final.
        time.sleep(2.2)

    def hear(self):
        answer = self.phone.sync(CALENDAR, window=CHANGED)
        places = [text(one, "Calendar:Location") for one in find(answer, "AirSync:Change")]
        expect(places, [f"Room {self.n_changes}"] * CHANGED, "places of events")

    def fifty_up(self):
        self.side.n_made += ADDED
        last = self.side.n_made
        answer = self.phone.sync(CALENDAR, [add(f"up{n}", n) for n in range(last - ADDED, last)])
        added = list(find(answer, "AirSync:Add"))
        expect([text(one, "AirSync:Status") for one in added], ["1"] * ADDED, "events added")
        self.added = [text(one, "AirSync:ServerId") for one in added]

    def fifty_gone(self):
        self.phone.sync(CALENDAR, [("AirSync:Delete", [("AirSync:ServerId", uid)]) for uid in self.added])

    def first_sync(self):
        expect(self.side.fresh.sync_all(CALENDAR), N_EVENTS, "events")

    def clean(self):
        for share in sql(self.shares()).split():
            sql(f"DELETE FROM horde_histories WHERE object_uid LIKE 'kronolith:{share}:%'")
            sql(f"DELETE FROM kronolith_events WHERE calendar_id = '{share}'")


def add(client_id, n):
    begins = BEGIN + datetime.timedelta(hours=n % 5000)
    stamp = "%Y%m%dT%H%M%SZ"
    fields = [("Calendar:AllDayEvent", "0"), ("Calendar:BusyStatus", "2"), ("Calendar:DtStamp", "20261101T000000Z"),
              ("Calendar:EndTime", (begins + datetime.timedelta(hours=1)).strftime(stamp)),
              ("Calendar:Location", "Room 0"), ("Calendar:Subject", f"Event {n:06}"),
              ("Calendar:StartTime", begins.strftime(stamp))]
    if n % 10 == 0:
        # Without a reminder: Horde's server dies over a series that has one.
        day = (begins.weekday() + 1) % 7
        fields.append(("Calendar:Recurrence", [
            ("Calendar:Type", "1"), ("Calendar:Occurrences", "10"),
            ("Calendar:Interval", "1"), ("Calendar:DayOfWeek", str(1 << day))]))
    return ("AirSync:Add", [("AirSync:ClientId", client_id), ("AirSync:ApplicationData", fields)])


def expect(found, wanted, what):
    if found != wanted:
        raise RuntimeError(f"{what}: {found}, expected {wanted}")
