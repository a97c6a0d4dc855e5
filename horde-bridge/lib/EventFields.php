<?php
/**
 * Puts what a writer names into one of Kronolith's events.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_EventFields
{
    /** Characters of a title that the store keeps, where it does not say itself. */
    const TITLE = 255;

    /**
     * @param array $input  See Hordeeas_EventInput::read().
     *
     * @return array  Names of what was left out, since its column can not hold it.
     *
     * @throws Hordeeas_Failure  invalid
     */
    public static function put(Kronolith_Event $event, array $input)
    {
        $columns = Hordeeas_EventRows::columns($event->getDriver());
        $long = self::texts($event, $input, $columns);
        foreach (array('status', 'private', 'alarm') as $name) {
            if (array_key_exists($name, $input)) {
                $event->$name = $input[$name];
            }
        }
        if (isset($input['tags']) && !self::alike($event->tags, $input['tags'])) {
            $event->tags = $input['tags'];
        }
        if (isset($input['attendees'])) {
            $column = isset($columns['event_attendees']) ? $columns['event_attendees'] : null;
            if (!Hordeeas_Attendees::put($event, $input['attendees'], $column)) {
                $long[] = 'attendees';
            }
        }
        self::times($event, $input);
        if (array_key_exists('recurrence', $input)) {
            $event->recurrence = $input['recurrence'] === null ? null : self::rule($event, $input['recurrence']);
        } elseif ($event->recurs()) {
            $event->recurrence->setRecurStart($event->start);
        }
        self::spare($event);
        $event->initialized = true;
        return $long;
    }

    private static function texts(Kronolith_Event $event, array $input, array $columns)
    {
        $long = array();
        foreach (array('title', 'location', 'description', 'url') as $name) {
            if (!isset($input[$name])) {
                continue;
            }
            $column = isset($columns['event_' . $name]) ? $columns['event_' . $name] : null;
            $text = Hordeeas_Columns::spelled($input[$name], $column);
            if ($name === 'title') {
                $text = Horde_String::substr($text, 0, isset($column['chars']) ? $column['chars'] : self::TITLE);
            }
            $was = Hordeeas_EventInput::text($name, (string)$event->$name);
            if (Hordeeas_Shown::lines($was) === Hordeeas_Shown::lines($text)
                || Hordeeas_Shown::isHead($was, $text, isset($input['cut']) ? $input['cut'] : null)) {
                continue;
            }
            if (!Hordeeas_Columns::fits($text, $column)) {
                $long[] = $name;
                continue;
            }
            $event->$name = $text;
        }
        return $long;
    }

    /**
     * Kronolith would look for ever for the next instance of a yearly event that begins in the first
     * hours of a day in a zone to the west of the user's: such a one goes by the user's own clock.
     */
    private static function spare(Kronolith_Event $event)
    {
        $types = array(Horde_Date_Recurrence::RECUR_YEARLY_DATE, Horde_Date_Recurrence::RECUR_YEARLY_DAY);
        if (!$event->recurs() || !in_array($event->recurrence->getRecurType(), $types, true)) {
            return;
        }
        $start = (new Hordeeas_EventTimes($event))->start();
        // It asks for what comes after the same hour of the next day, but by the user's clock.
        $after = new DateTimeImmutable($start->modify('+1 day')->format('Y-m-d H:i:s'),
            new DateTimeZone(date_default_timezone_get()));
        if ($after->setTimezone($start->getTimezone())->modify('-1 hour')->format('Y-m-d') <= $start->format('Y-m-d')) {
            $event->timezone = null;
        }
    }

    /**
     * Whether two lists of tags are the same to the store, which does not tell apart by case.
     */
    private static function alike(array $one, array $other)
    {
        $plain = function (array $tags) {
            $tags = array_map(array('Horde_String', 'lower'), array_map('strval', array_values($tags)));
            sort($tags);
            return $tags;
        };
        return $plain($one) === $plain($other);
    }

    private static function times(Kronolith_Event $event, array $input)
    {
        $named = array_intersect_key($input, array('zone' => 1, 'allday' => 1, 'start' => 1, 'end' => 1));
        if (!$named) {
            return;
        }
        if (!$event->start && !isset($input['start'], $input['end'])) {
            throw new Hordeeas_Failure('invalid', 'an event needs a start and an end');
        }
        $own = date_default_timezone_get();
        $now = $event->start ? new Hordeeas_EventTimes($event) : null;
        $allday = isset($input['allday']) ? $input['allday'] : $now && $now->isAllDay();
        $zone = isset($input['zone']) ? $input['zone'] : ($now ? $now->zone() : $own);
        $clock = new DateTimeZone($zone);
        $start = (isset($input['start']) ? $input['start'] : $now->start())->setTimezone($clock);
        $end = (isset($input['end']) ? $input['end'] : $now->end())->setTimezone($clock);
        if ($end < $start) {
            throw new Hordeeas_Failure('invalid', 'the end is before the start');
        }
        if ($now && $now->isAllDay() === $allday && ($allday || $now->zone() === $zone)
            && $start == $now->start() && $end == $now->end()) {
            return;
        }
        if ($allday) {
            $event->start = new Horde_Date($start->format('Y-m-d') . ' 00:00:00', $own);
            $last = $end->setTime(0, 0);
            $last = $last == $end && $last > $start->setTime(0, 0) ? $last : $last->modify('+1 day');
            $event->end = new Horde_Date($last->format('Y-m-d') . ' 00:00:00', $own);
        } else {
            $event->start = self::horde($start);
            $event->end = self::horde($end);
            if (!$now || $now->isAllDay() || $now->zone() !== $zone) {
                $event->timezone = $zone === $own || !$event->getDriver()->supportsTimezones() ? null : $zone;
            }
        }
        $event->allday = $allday;
        if ($event->isAllDay()) {
            // Also what lasts from midnight to midnight by the user's clock.
            $event->timezone = null;
        }
    }

    /**
     * A moment as Kronolith has its own: by the user's clock.
     */
    public static function horde(DateTimeInterface $moment)
    {
        $own = date_default_timezone_get();
        return new Horde_Date((new DateTime('@' . $moment->getTimestamp()))->setTimezone(new DateTimeZone($own))
            ->format('Y-m-d H:i:s'), $own);
    }

    private static function rule(Kronolith_Event $event, array $told)
    {
        $times = new Hordeeas_EventTimes($event);
        $rule = new Horde_Date_Recurrence($event->start);
        $rule->setRecurType($told['type']);
        $rule->setRecurInterval($told['interval']);
        if ($told['type'] === Horde_Date_Recurrence::RECUR_WEEKLY) {
            $rule->setRecurOnDay($told['days'] ? $told['days'] : 1 << (int)$times->start()->format('w'));
        }
        if ($told['count'] !== null) {
            $rule->setRecurCount($told['count']);
        } elseif ($told['until'] !== null) {
            // By the day; and Kronolith takes a time at a full hour for another, older notation.
            $zone = $times->start()->getTimezone();
            $last = $times->isAllDay()
                ? new DateTimeImmutable($told['until']->format('Y-m-d H:i:s'), $zone)
                : $told['until']->setTimezone($zone);
            $last = $last->format('His') < $times->start()->format('His') ? $last->modify('-1 day') : $last;
            $rule->setRecurEnd(self::horde(max($last, $times->start())->setTime(23, 59, 59)));
        }
        if ($event->recurrence) {
            $rule->exceptions = $event->recurrence->exceptions;
            $rule->completions = $event->recurrence->completions;
        }
        return $rule;
    }
}
