<?php
/**
 * Events: queries, private ones, broken ones, and a PHP that dies after the save.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class EventChecks extends CalendarChecks
{
    public function checkQueries()
    {
        $ops = array();
        for ($at = 0; $at < 100; $at++) {
            $ops[] = $this->adding('q' . $at, '2026-11-30T09:00:00', $at % 4 ? array('tags' => array('a' . $at % 7)) : array(
                'recurrence' => array('type' => 'weekly', 'days' => 2),
                'instances' => array('deleted' => array(), 'changed' => array(array(
                    'original' => array('local' => '2026-12-07T09:00:00'), 'data' => array('title' => 'Other')))),
            ));
        }
        foreach ($this->apply($ops) as $result) {
            $this->checks->same('added ' . $result['uid'], isset($result['error']), false);
        }
        $ten = $this->queries(array_slice($ops, 0, 10));
        $hundred = $this->queries($ops);
        // A hundred are read in two runs.
        $this->checks->same('queries of 100: ' . $hundred . ', of 10: ' . $ten, $hundred <= 2 * $ten, true);
        $this->checks->same('few queries', $ten < 16, true);
        $chosen = array_map(function (array $op) {
            return array('op' => 'add', 'spare' => $op['uid'] . '-spare', 'beside' => array($this->calendar, 'nosuch')) + $op;
        }, $ops);
        // They are there: each is a transaction in which nothing is asked for.
        $more = ($this->applying($chosen) - $this->applying(array_slice($chosen, 0, 10))) / 90;
        $this->checks->same('queries of one that is chosen: ' . $more, $more <= 5, true);
        $this->apply(array_map(function (array $op) {
            return array('op' => 'delete') + $op;
        }, $ops));
    }

    /**
     * A uid that a phone chose: kept, recognised, or taken by another.
     */
    public function checkChosen()
    {
        $op = $this->adding('chosen', '2026-12-01T09:00:00', array('title' => 'Mine')) + array('beside' => array($this->calendar));
        $spare = $op['uid'] . '-spare';
        $add = function (array $data) use ($op, $spare) {
            $result = $this->apply(array(array('spare' => $spare, 'data' => $data + $op['data']) + $op))[0];
            return array(isset($result['error']), $result['uid'], $result['existed'], !empty($result['differs']));
        };
        $this->checks->same('kept', $add(array()), array(false, $op['uid'], false, false));
        $this->checks->same('the same comes again', $add(array('location' => 'elsewhere')), array(false, $op['uid'], true, true));
        $this->checks->same('it stays', (string)$this->export('chosen')['location'], '');
        $this->checks->same('another takes the spare', $add(array('title' => 'Other')), array(false, $spare, false, false));
        $this->checks->same('and again', $add(array('title' => 'Other')), array(false, $spare, true, false));
        $this->checks->same('so does another time', $add(array('start' => array('local' => '2026-12-01T08:00:00'))),
            array(false, $spare, true, false));
        foreach (array($op['uid'], $spare) as $uid) {
            $this->checks->same('deleted', $this->apply(array(array('op' => 'delete', 'uid' => $uid)))[0]['changed'], true);
        }
    }

    /**
     * PHP 8 dies of reminders of series after all was written.
     */
    public function checkDeath()
    {
        $death = null;
        try {
            Date_Calc::dateDiff(1, 1, 2026, 2, 1, 2026);
        } catch (Error $e) {
            $death = $e;
        }
        $this->checks->same('PHP dies', $death !== null, true);
        $op = $this->adding('death', '2026-12-01T09:00:00', array('alarm' => 5, 'recurrence' => array('type' => 'daily', 'count' => 400)));
        $patch = array('op' => 'patch', 'uid' => $op['uid'], 'data' => array('title' => 'after', 'alarm' => 7));
        foreach (array(array($op, false, true), array($op, true, false), array($patch, true, true), array($patch, true, false)) as $at => $case) {
            $result = $this->apply(array($case[0]))[0];
            $this->checks->same('death ' . $at, array(isset($result['error']) ? $result['error'] : null, $result['existed'], $result['changed']),
                array(null, $case[1], $case[2]));
        }
        $data = $this->export('death');
        $this->checks->same('after death', array($data['title'], $data['alarm'], $data['recurrence']['count']), array('after', 7, 400));
        $this->checks->same('buried', $this->apply(array(array('op' => 'delete', 'uid' => $op['uid'])))[0]['changed'], true);
    }

    /**
     * One that is broken fails alone.
     */
    public function checkBroken()
    {
        $broken = array(
            'attendees' => "event_attendees = 's:3:\"abc\";'",
            'kind' => 'event_recurtype = 99',
            'date' => "event_start = '0000-00-00 00:00:00', event_recurtype = 1",
            'object' => "event_attendees = 'a:1:{s:3:\"a@b\";O:4:\"Nope\":0:{}}'",
        );
        $ops = array($this->adding('sound', '2026-12-01T09:00:00', array()));
        foreach (array_keys($broken) as $name) {
            $ops[] = $this->adding($name, '2026-12-01T09:00:00', array('recurrence' => array('type' => 'weekly')));
        }
        $this->apply($ops);
        $db = $GLOBALS['injector']->getInstance('Horde_Db_Adapter');
        $mode = $db->selectValue('SELECT @@sql_mode');
        $db->execute("SET SESSION sql_mode = ''");
        foreach ($broken as $name => $set) {
            $db->update('UPDATE kronolith_events SET ' . $set . ' WHERE event_uid = ?', array($name . $this->run));
        }
        $items = array_map(function (array $op) {
            return array('class' => 'calendar', 'share' => $this->calendar, 'uid' => $op['uid']);
        }, $ops);
        $results = $this->as(self::OWNER, function () use ($items) {
            return Hordeeas_Items::export($items, array(), new Hordeeas_Budget(array()));
        })['results'];
        foreach ($results as $at => $result) {
            $this->checks->same('broken ' . $result['uid'], isset($result['error']) ? $result['error']['kind'] : null, $at ? 'internal' : null);
        }
        $this->checks->same('listed all the same', count($this->listed()) >= count($ops), true);
        $done = $this->apply(array_map(function (array $op) {
            return array('op' => 'patch', 'uid' => $op['uid'], 'data' => array('title' => 'New'));
        }, $ops));
        $this->checks->same('the sound one is written', $done[0]['changed'], true);
        $db->delete('DELETE FROM kronolith_events WHERE calendar_id = ? AND event_title NOT IN (?)', array($this->calendar, 'New'));
        $db->execute('SET SESSION sql_mode = ' . $db->quote($mode));
    }

    public function checkPrivate()
    {
        $share = $this->as(self::OWNER, function () {
            return $GLOBALS['injector']->getInstance('Kronolith_Shares')->getShare($this->calendar);
        });
        $secret = array('description' => 'b', 'location' => 'c', 'url' => 'd', 'tags' => array('e'), 'private' => true,
            'alarm' => 7, 'attendees' => array(array('email' => 'f@example.test')));
        $this->apply(array(
            $this->adding('open', '2026-12-01T09:00:00', array('alarm' => 5, 'recurrence' => array('type' => 'daily'), 'instances' => array('changed' => array(
                array('original' => array('local' => '2026-12-03T09:00:00'), 'data' => array('title' => 'secret') + $secret))))),
            $this->adding('secret', '2026-12-01T09:00:00', $secret),
        ));
        $named = array(array('uid' => 'open' . $this->run), array('uid' => 'secret' . $this->run));
        $this->checks->same('no share', array_column(array_column($this->asGuest('export', $named), 'error'), 'kind'), array('denied', 'denied'));
        $share->addUserPermission(self::GUEST, Horde_Perms::SHOW | Horde_Perms::READ);
        list($open, $shut) = array_column($this->asGuest('export', $named), 'data');
        $this->checks->same('not editable', array($open['editable'], $open['title'], $open['alarm']), array(false, 'open', 5));
        foreach (array($shut, $open['bound'][0]) as $data) {
            $this->checks->same('hidden', array($data['alarm'], $data['title'], $data['description'], $data['location'], $data['url'],
                $data['tags'], $data['attendees'], $data['organizer'], $data['private']),
                array(null, 'busy', '', '', null, array(), array(), null, true));
        }
        $new = array('data' => array('title' => 'changed', 'instances' => array('changed' => array(array(
            'original' => array('local' => '2026-12-03T09:00:00'), 'data' => array('title' => 'busy'))))));
        $patch = array(array('op' => 'patch') + $named[0] + $new, array('op' => 'patch') + $named[1] + $new,
            array('op' => 'delete') + $named[1]);
        $this->checks->same('read only', array_column(array_column($this->asGuest('apply', $patch), 'error'), 'kind'),
            array('denied', 'denied', 'denied'));
        $share->addUserPermission(self::GUEST, Horde_Perms::EDIT);
        $done = $this->asGuest('apply', $patch);
        $this->checks->same('may edit', array($done[0]['changed'], $done[1]['error']['kind'], $done[2]['error']['kind']),
            array(true, 'denied', 'denied'));
        $this->checks->same('shown again', $done[0]['differs'], true);
        $data = $this->export('open');
        $this->checks->same('the hidden one stays', array($data['title'], $data['bound'][0]['title'], $data['bound'][0]['location']),
            array('changed', 'secret', 'c'));
        $share->removeUser(self::GUEST);
    }

    /**
     * An invitation to one instance of a series that is not here is an event of its own.
     */
    public function checkOrphan()
    {
        $this->apply(array($this->adding('orphan', '2026-12-01T09:00:00', array())));
        $db = $GLOBALS['injector']->getInstance('Horde_Db_Adapter');
        $db->update('UPDATE kronolith_events SET event_baseid = ?, event_exceptionoriginaldate = event_start WHERE event_uid = ?',
            array('elsewhere', 'orphan' . $this->run));
        $this->checks->same('shown', $this->export('orphan')['title'], 'orphan');
        $this->checks->same('listed', in_array('orphan' . $this->run, $this->listed(), true), true);
    }

    /**
     * Horde's own pages make an instance other in two steps, and tell of the series in the first alone.
     */
    public function checkInstance()
    {
        $added = $this->apply(array($this->adding('series', '2026-12-01T09:00:00', array('recurrence' => array('type' => 'daily', 'count' => 9)))))[0];
        $now = $this->as(self::OWNER, function () {
            $driver = Kronolith::getDriver(null, $this->calendar);
            $series = $driver->getByUID('series' . $this->run, array($this->calendar));
            $series->recurrence->addException(2026, 12, 3);
            $series->save();
            $now = Hordeeas_History::highest('kronolith:' . $this->calendar);
            $event = $driver->getEvent();
            $event->title = 'by Horde';
            $event->start = new Horde_Date('2026-12-03 11:00:00');
            $event->end = new Horde_Date('2026-12-03 12:00:00');
            $event->baseid = $series->uid;
            $event->exceptionoriginaldate = new Horde_Date('2026-12-03 09:00:00');
            $event->initialized = true;
            $event->save();
            return $now;
        });
        $changes = $this->as(self::OWNER, function () use ($now) {
            return Hordeeas_Items::changes(array(array('class' => 'calendar', 'share' => $this->calendar, 'since' => $now)));
        });
        $this->checks->same('told of the series', $changes[0]['items'], array(array('uid' => 'series' . $this->run, 'op' => 'modify')));
        $data = $this->export('series');
        $this->checks->same('of Horde', array($data['bound'][0]['title'], $data['dates']), array('by Horde', array()));
        $results = $this->apply(array(
            array('op' => 'patch', 'uid' => $added['uid'], 'if_modseq' => $now, 'data' => array('title' => 'late')),
            array('op' => 'patch', 'uid' => $added['uid'], 'data' => array('title' => 'now')),
        ));
        $this->checks->same('a conflict', array($results[0]['error']['kind'], $results[1]['changed']), array('conflict', true));
        $this->checks->same('its day is kept', $this->export('series')['bound'][0]['original'], $data['bound'][0]['original']);
    }

    /**
     * A room that was asked for stays, whatever a phone says of the people.
     */
    public function checkRoom()
    {
        $room = $this->as(self::OWNER, function () {
            $room = Kronolith_Resource::addResource(new Kronolith_Resource_Single(array('name' => 'Room ' . $this->run,
                'description' => '', 'response_type' => Kronolith_Resource::RESPONSETYPE_ALWAYS_ACCEPT,
                'email' => 'room-' . $this->run . '@example.test')));
            $event = Kronolith::getDriver(null, $this->calendar)->getEvent();
            $event->uid = 'room' . $this->run;
            $event->title = 'room';
            $event->start = new Horde_Date('2026-12-01 09:00:00');
            $event->end = new Horde_Date('2026-12-01 10:00:00');
            $event->addAttendee('one@example.test', Kronolith::PART_REQUIRED, Kronolith::RESPONSE_ACCEPTED, 'One');
            $event->addResource($room, Kronolith::RESPONSE_NONE);
            $event->initialized = true;
            $event->save();
            return $room;
        });
        $before = $this->export('room')['attendees'];
        $this->checks->same('asked', array_column($before, 'kind'), array('person', 'resource'));
        $this->checks->same('accepted', $before[1]['response'], 'accepted');
        $done = $this->apply(array(
            array('op' => 'patch', 'uid' => 'room' . $this->run, 'data' => array('attendees' => array_map(function (array $one) {
                return array('email' => $one['email'], 'name' => $one['name']);
            }, $before))),
            array('op' => 'patch', 'uid' => 'room' . $this->run, 'data' => array('attendees' => array())),
        ));
        $this->checks->same('nothing new, then nobody', array_column($done, 'changed'), array(false, true));
        $this->checks->same('the room stays', array_column($this->export('room')['attendees'], 'kind'), array('resource'));
        $this->apply(array(array('op' => 'delete', 'uid' => 'room' . $this->run)));
        $this->as(self::OWNER, function () use ($room) {
            Kronolith::getDriver('Resource')->delete($room);
        });
    }

    /**
     * What Kronolith has and no phone would send: it comes back as it was shown, and stays as it was.
     */
    public function checkOdd()
    {
        $this->as(self::OWNER, function () {
            $event = Kronolith::getDriver(null, $this->calendar)->getEvent();
            $event->uid = 'odd' . $this->run;
            $event->title = " two\nlines ";
            $event->description = "one\ntwo";
            $event->start = new Horde_Date('2026-12-01 00:00:00');
            $event->end = new Horde_Date('2026-12-01 23:59:59');
            $event->addAttendee('Aunt Mary', Kronolith::PART_REQUIRED, Kronolith::RESPONSE_ACCEPTED);
            $event->addAttendee('Bob B <bob@example.test>', Kronolith::PART_NONE, Kronolith::RESPONSE_NONE);
            $event->timezone = 'EST';
            $event->alarm = -5;
            $event->tags = array('One', 'Two');
            $event->initialized = true;
            $event->save();
        });
        $data = $this->export('odd');
        $this->checks->same('odd people', array_column($data['attendees'], 'name', 'email'), array('aunt mary' => '', 'bob@example.test' => 'bob b'));
        $this->checks->same('odd day', array($data['allday'], $data['end']['local'], $data['alarm']), array(true, '2026-12-02T00:00:00', -5));
        $back = array_intersect_key($data, array_flip(array('title', 'location', 'description', 'url', 'status', 'private', 'alarm', 'attendees',
            'tags', 'zone', 'allday', 'start', 'end', 'recurrence')));
        $back['description'] = "one\r\ntwo";
        $done = $this->apply(array(
            array('op' => 'patch', 'uid' => 'odd' . $this->run, 'data' => $back),
            array('op' => 'patch', 'uid' => 'odd' . $this->run, 'data' => array('attendees' => array_merge($back['attendees'], array(
                array('email' => 'nobody'), array('email' => 'new@example.test'))))),
        ));
        $this->checks->same('odd and back', array_column($done, 'changed'), array(false, true));
        $this->checks->same('new people', array_column($this->export('odd')['attendees'], 'email'),
            array('aunt mary', 'bob@example.test', 'new@example.test'));
    }

    /**
     * Nonsense is refused, or taken for what it is; it is never an accident.
     */
    public function checkNonsense()
    {
        $odd = array(null, true, 0, -1, 3.5, PHP_INT_MAX, '', 'x', "\0", "\u{1f382}", '2026-02-30T00:00:00', array(), array(1), array(array()),
            array('local' => 'x'), array('utc' => 'x'), array('utc' => PHP_INT_MAX), array('local' => '2026-12-01T09:00:00'), array('type' => 'daily'),
            array('type' => 'weekly', 'interval' => 0), array('type' => 'weekly', 'days' => 128), array('type' => 'daily', 'count' => -1),
            array('type' => 'daily', 'until' => '1000-01-01T00:00:00'), array('type' => 'daily', 'until' => 7), array('type' => array()),
            array('deleted' => 7), array('deleted' => array('x')), array('changed' => array(7)), array('changed' => array(array('original' => 1, 'data' => 7))),
            array('changed' => array(array('original' => 1, 'data' => array('start' => 1, 'end' => 0)))), array('email' => 7), array(array('email' => array())),
            array(array('email' => 'a@b', 'role' => 7, 'name' => array())), str_repeat('x', 70000), str_repeat('x,', 200));
        $names = array('title', 'location', 'description', 'url', 'status', 'private', 'alarm', 'attendees', 'tags', 'zone', 'allday', 'start',
            'end', 'recurrence', 'instances', 'organizer', 'cut', 'nosuch');
        $this->apply(array($this->adding('nonsense', '2026-12-01T09:00:00', array('recurrence' => array('type' => 'daily')))));
        $kinds = array();
        foreach ($names as $name) {
            $ops = array();
            foreach ($odd as $at => $value) {
                $ops[] = array('op' => 'patch', 'uid' => 'nonsense' . $this->run, 'data' => array($name => $value));
                $ops[] = array('op' => 'add') + $this->adding('nonsense-' . $name . $at, '2026-12-01T09:00:00', array($name => $value));
                $ops[] = array('op' => 'patch', 'uid' => 'nonsense' . $this->run, 'instance' => $value, 'data' => array($name => $value));
            }
            foreach ($this->apply($ops) as $at => $result) {
                $kind = isset($result['error']) ? $result['error']['kind'] : 'done';
                $kinds[$kind] = true;
                if (!in_array($kind, array('done', 'invalid', 'notfound'), true)) {
                    $this->checks->same('nonsense ' . json_encode($ops[$at]['data']), $result['error'], null);
                }
            }
        }
        ksort($kinds);
        $this->checks->same('all kinds', array_keys($kinds), array('done', 'invalid', 'notfound'));
        foreach ($this->listed() as $uid) {
            if (strncmp($uid, 'nonsense', 8) === 0) {
                $data = $this->export(substr($uid, 0, -strlen($this->run)));
                $this->checks->same('reads ' . $uid, isset($data['error']) ? $data['error'] : null, null);
            }
        }
    }

    /**
     * Where the store is not SQL.
     */
    public function checkPlain()
    {
        $factory = $GLOBALS['injector']->getInstance('Kronolith_Factory_Driver');
        $swap = function ($to) {
            $was = $this->_instances['Sql'];
            $this->_instances['Sql'] = $to ? $to : new PlainDriver($was);
            return $was;
        };
        $swap = Closure::bind($swap, $factory, get_class($factory));
        $sql = $swap(null);
        try {
            $op = $this->adding('plain', '2026-12-01T09:00:00', array('recurrence' => array('type' => 'daily', 'count' => 9),
                'instances' => array('deleted' => array(array('local' => '2026-12-02T09:00:00')), 'changed' => array(array(
                    'original' => array('local' => '2026-12-03T09:00:00'), 'data' => array('title' => 'other'))))));
            $done = $this->apply(array($op, $op, array('op' => 'patch', 'uid' => $op['uid'], 'instance' => array('local' => '2026-12-03T09:00:00'),
                'data' => array('location' => 'there')), array('op' => 'patch', 'uid' => $op['uid'], 'data' => array('title' => 'plain now'))));
            $this->checks->same('plain writes', array_column($done, 'changed'), array(true, false, true, true));
            $data = $this->export('plain');
            $this->checks->same('plain reads', array($data['title'], $data['dates'], $data['bound'][0]['title'], $data['bound'][0]['location'],
                $data['bound'][0]['original']['local']), array('plain now', array('2026-12-02'), 'other', 'there', '2026-12-03T09:00:00'));
            $listed = $this->listed();
            $this->checks->same('plain lists', array(in_array($op['uid'], $listed, true), in_array($data['bound'][0]['uid'], $listed, true)),
                array(true, false));
            $done = $this->apply(array(array('op' => 'delete', 'uid' => $op['uid'])))[0];
            $this->checks->same('plain deletes', array($done['changed'], $done['unbound']), array(true, array($data['bound'][0]['uid'])));
        } finally {
            $swap($sql);
        }
    }

    public function checkTexts()
    {
        $long = str_repeat('ä', 300);
        $results = $this->apply(array(
            $this->adding('long', '2026-12-01T09:00:00', array('title' => $long, 'description' => str_repeat('x', 65535))),
            $this->adding('longer', '2026-12-01T09:00:00', array('description' => str_repeat('x', 65536))),
            $this->adding('many', '2026-12-01T09:00:00', array('attendees' => array_map(function ($at) {
                return array('email' => 'somebody' . $at . '@example.test', 'name' => 'Some Body ' . $at);
            }, range(1, 1500)))),
            $this->adding('all', '2026-12-01T09:00:00', array('allday' => true)),
        ));
        $this->checks->same('left out', array_column($results, 'long'), array(array(), array('description'), array('attendees'), array()));
        $this->checks->same('shown again', array_column($results, 'differs'), array(false, true, true, false));
        $data = $this->export('long');
        $this->checks->same('cut', array($data['title'], strlen($data['description'])), array(str_repeat('ä', 255), 65535));
        $done = $this->apply(array(
            array('op' => 'patch', 'uid' => 'long' . $this->run, 'data' => array('description' => str_repeat('x', 100), 'cut' => 100)),
            array('op' => 'patch', 'uid' => 'long' . $this->run, 'data' => array('description' => str_repeat('x', 99), 'cut' => 100)),
        ));
        $this->checks->same('the beginning is no change', array_column($done, 'changed'), array(false, true));
        $data = $this->export('all');
        $this->checks->same('a whole day', array($data['start']['local'], $data['end']['local']),
            array('2026-12-01T00:00:00', '2026-12-02T00:00:00'));
    }

    private function queries(array $ops)
    {
        $items = array_map(function (array $op) {
            return array('class' => 'calendar', 'share' => $this->calendar, 'uid' => $op['uid']);
        }, $ops);
        return $this->as(self::OWNER, function () use ($items) {
            $before = $this->asked();
            $out = Hordeeas_Items::export($items, array(), new Hordeeas_Budget(array()));
            $asked = $this->asked() - $before - 1;
            $this->checks->same('all of ' . count($items), count(array_filter(array_column($out['results'], 'data'))), count($items));
            return $asked;
        });
    }

    /**
     * How many queries operations take.
     */
    private function applying(array $ops)
    {
        $ops = array_map(function (array $op) {
            return $op + array('class' => 'calendar', 'share' => $this->calendar);
        }, $ops);
        return $this->as(self::OWNER, function () use ($ops) {
            $before = $this->asked();
            $out = Hordeeas_Items::apply($ops, new Hordeeas_Budget(array('ms' => 60000)));
            $asked = $this->asked() - $before - 1;
            $this->checks->same('all of ' . count($ops), count(array_filter(array_column($out['results'], 'existed'))), count($ops));
            return $asked;
        });
    }

    private function asked()
    {
        $row = $GLOBALS['injector']->getInstance('Horde_Db_Adapter')->selectOne("SHOW SESSION STATUS LIKE 'Questions'");
        return (int)end($row);
    }
}
