<?php
/**
 * Kronolith's events as they are kept, many at a time; of a store that is not SQL one at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Events
{
    /**
     * @return Kronolith_Driver
     */
    public static function driver($calendar)
    {
        return Kronolith::getDriver(null, $calendar);
    }

    /**
     * The events with these uids.
     *
     * @return array  uid => item, see Hordeeas_Calendar
     */
    public static function read($calendar, array $uids)
    {
        $uids = array_values(array_unique(array_filter($uids, 'strlen')));
        if (!$uids) {
            return array();
        }
        $driver = self::driver($calendar);
        $items = self::items($driver instanceof Kronolith_Driver_Sql
            ? Hordeeas_EventRows::whole($driver, $calendar, 'event_uid', $uids)
            : self::objects($driver, $calendar, $uids));
        // The database may find what differs in case alone.
        $items = array_intersect_key($items, array_flip($uids));
        $bases = array_diff(array_unique(array_column($items, 'base')), array(''));
        if ($bases) {
            // Who was asked to one instance of a series has no series.
            $there = array_flip(self::series($driver, $calendar, $bases));
            foreach ($items as $uid => $item) {
                if ($item['base'] !== '' && !isset($there[$item['base']])) {
                    $items[$uid]['base'] = '';
                }
            }
        }
        return $items;
    }

    /**
     * The events that stand for an instance of one of these series.
     *
     * @return array  uid of the series => list of items
     */
    public static function bound($calendar, array $bases)
    {
        if (!$bases) {
            return array();
        }
        $driver = self::driver($calendar);
        if ($driver instanceof Kronolith_Driver_Sql) {
            $found = self::items(Hordeeas_EventRows::whole($driver, $calendar, 'event_baseid', $bases));
        } else {
            $found = array_filter(self::items(self::all($driver)), function (array $item) use ($bases) {
                return in_array($item['base'], $bases, true);
            });
        }
        $out = array();
        foreach ($found as $item) {
            $out[$item['base']][] = $item;
        }
        return $out;
    }

    /**
     * @return array  uid => uid of its series
     */
    public static function boundUids($calendar, array $bases)
    {
        $driver = self::driver($calendar);
        if (!$driver instanceof Kronolith_Driver_Sql) {
            $out = array();
            foreach (self::bound($calendar, $bases) as $base => $items) {
                $out += array_fill_keys(array_column($items, 'uid'), (string)$base);
            }
            return $out;
        }
        $found = Hordeeas_EventRows::select($driver, 'event_uid, event_baseid', $calendar,
            'event_baseid IN (' . Hordeeas_EventRows::marks($bases) . ')', array_values($bases));
        $out = array();
        foreach ($found as $row) {
            if (in_array($row['event_baseid'], $bases, true)) {
                $out[$row['event_uid']] = $row['event_baseid'];
            }
        }
        return $out;
    }

    /**
     * The uids of the events and series whose last instance ends in a range; those that never end
     * only in a range that does not end either.
     *
     * @param int|null $from  Not before this moment.
     * @param int|null $to    Before this moment.
     */
    public static function ending($calendar, $from, $to)
    {
        $driver = self::driver($calendar);
        list($series, $bound, $others) = $driver instanceof Kronolith_Driver_Sql
            ? self::partsOfMany($driver, $calendar)
            : self::parts($driver);
        $late = array();
        $uids = array();
        $take = function (array $item) use ($driver, $from, $to, &$late, &$uids) {
            $end = $from === null && $to === null ? null : self::end($driver, $item);
            if ($end !== null && isset($late[$item['uid']])) {
                $end = max($end, $late[$item['uid']]);
            }
            if ($end === null ? $to === null : ($from === null || $end >= $from) && ($to === null || $end < $to)) {
                $uids[] = $item['uid'];
            }
        };
        foreach ($bound as $item) {
            if (!isset($series[$item['base']])) {
                $take($item);
                continue;
            }
            $end = self::end($driver, $item);
            $late[$item['base']] = isset($late[$item['base']]) ? max($late[$item['base']], $end) : $end;
        }
        foreach ($others as $item) {
            $take($item);
        }
        return $uids;
    }

    /**
     * A calendar in three: uids of the series as keys, what stands for an instance, all others.
     */
    private static function parts($driver)
    {
        $items = self::items(self::all($driver));
        $bound = array_filter($items, function (array $item) {
            return $item['base'] !== '';
        });
        return array(array_filter($items, array(__CLASS__, 'recurs')), $bound, array_diff_key($items, $bound));
    }

    /**
     * The same, row by row: all at once, some ten thousand events do not fit into PHP's memory.
     */
    private static function partsOfMany($driver, $calendar)
    {
        $items = function ($where) use ($driver, $calendar) {
            foreach (Hordeeas_EventRows::each($driver, $calendar, $where) as $row) {
                yield self::item($row);
            }
        };
        $series = array_column(Hordeeas_EventRows::select($driver, 'event_uid', $calendar, 'event_recurtype > 0', array()), 'event_uid');
        return array(array_flip($series), $items("event_baseid <> ''"), $items("(event_baseid = '' OR event_baseid IS NULL)"));
    }

    /**
     * Kronolith's own object of an item: a new one with each call, that can be changed.
     *
     * @return Kronolith_Event
     */
    public static function event($calendar, array $item)
    {
        if (isset($item['event'])) {
            return self::copied($item['event']);
        }
        $driver = self::driver($calendar);
        $make = function (array $row) {
            return new $this->_eventClass($this, $row);
        };
        $event = Closure::bind($make, $driver, get_class($driver))($item['row']);
        if ($event->start->year < 1 || $event->end->year < 1) {
            throw new Hordeeas_Failure('internal', 'the event has no date');
        }
        return $event;
    }

    private static function copied(Kronolith_Event $event)
    {
        $copy = clone $event;
        foreach (array('start', 'end', 'recurrence', 'exceptionoriginaldate') as $name) {
            if (is_object($copy->$name)) {
                $copy->$name = clone $copy->$name;
            }
        }
        foreach (array('start', 'recurEnd') as $name) {
            if ($copy->recurrence && is_object($copy->recurrence->$name)) {
                $copy->recurrence->$name = clone $copy->recurrence->$name;
            }
        }
        return $copy;
    }

    /**
     * The end of the last instance; null: it never ends. What can not be told counts as never.
     */
    private static function end($driver, array $item)
    {
        try {
            if (isset($item['row']) && !(int)$item['row']['event_recurtype'] && !(int)$item['row']['event_allday']) {
                $zone = new DateTimeZone($driver->getParam('utc') ? 'UTC' : date_default_timezone_get());
                return (new DateTime((string)$item['row']['event_end'], $zone))->getTimestamp();
            }
            if (isset($item['row'])) {
                $item['row'] += array('event_title' => '', 'event_creator_id' => '', 'event_organizer' => null);
            }
            $event = self::event($driver->calendar, $item);
            return (new Hordeeas_EventTimes($event))->last();
        } catch (Throwable $e) {
            Horde::log($e, 'DEBUG');
            return null;
        }
    }

    /**
     * @param array $found  Rows of the table, or Kronolith's objects.
     */
    private static function items(array $found)
    {
        $items = array();
        foreach ($found as $one) {
            $item = self::item($one);
            $items[$item['uid']] = $item;
        }
        return $items;
    }

    private static function item($one)
    {
        return is_array($one)
            ? array('uid' => (string)$one['event_uid'], 'id' => $one['event_id'],
                'base' => (string)$one['event_baseid'], 'row' => $one)
            : array('uid' => (string)$one->uid, 'id' => $one->id, 'base' => (string)$one->baseid, 'event' => $one);
    }

    /**
     * Those of some uids that are series.
     */
    private static function series($driver, $calendar, array $uids)
    {
        if ($driver instanceof Kronolith_Driver_Sql) {
            return array_column(Hordeeas_EventRows::select($driver, 'event_uid', $calendar, 'event_recurtype > 0 AND event_uid IN ('
                . Hordeeas_EventRows::marks($uids) . ')', array_values($uids)), 'event_uid');
        }
        return array_keys(array_filter(self::items(self::objects($driver, $calendar, $uids)), array(__CLASS__, 'recurs')));
    }

    /**
     * Whether an event is a series.
     */
    public static function recurs(array $item)
    {
        return isset($item['event']) ? $item['event']->recurs() : (int)$item['row']['event_recurtype'] > 0;
    }

    private static function objects($driver, $calendar, array $uids)
    {
        $found = array();
        foreach ($uids as $uid) {
            try {
                $found[] = $driver->getByUID($uid, array($calendar));
            } catch (Horde_Exception_NotFound $e) {
                continue;
            }
        }
        return $found;
    }

    private static function all($driver)
    {
        $found = array();
        foreach ($driver->listEvents(null, null, array('cover_dates' => false)) as $events) {
            foreach ($events as $event) {
                $found[] = $event;
            }
        }
        return $found;
    }
}
