<?php
/**
 * When an event takes place: its zone, its first instance, its rule, its last instance.
 *
 * Kronolith reckons a series in the zone of the event, but names the days that are left out as the
 * user's own clock shows them; here all of it is told in the zone of the event. What lasts whole
 * days floats: its zone is the user's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_EventTimes
{
    /** Kronolith's kinds of recurrence. */
    const TYPES = array(1 => 'daily', 2 => 'weekly', 3 => 'monthly_date', 4 => 'monthly_weekday', 5 => 'yearly_date',
        6 => 'yearly_day', 7 => 'yearly_weekday', 8 => 'monthly_last_weekday');

    /** @var Kronolith_Event */
    private $event;

    /** @var DateTimeZone */
    private $zone;

    /** @var DateTimeImmutable */
    private $start;

    /** @var DateTimeImmutable */
    private $end;

    private $allday;

    public function __construct(Kronolith_Event $event)
    {
        $this->event = $event;
        $this->allday = (bool)$event->isAllDay();
        $this->zone = new DateTimeZone($this->allday
            ? date_default_timezone_get()
            : self::zoneName($event->getDriver()->supportsTimezones() ? (string)$event->timezone : ''));
        $this->start = $this->at($event->start);
        $this->end = $this->at($event->end);
        if ($this->allday) {
            $this->start = $this->start->setTime(0, 0);
            $last = $this->end->setTime(0, 0);
            $this->end = $last == $this->end && $last > $this->start ? $last : $last->modify('+1 day');
        }
    }

    public function isAllDay()
    {
        return $this->allday;
    }

    public function zone()
    {
        return $this->zone->getName();
    }

    /**
     * @return DateTimeImmutable  In the event's zone.
     */
    public function start()
    {
        return $this->start;
    }

    /**
     * @return DateTimeImmutable  In the event's zone.
     */
    public function end()
    {
        return $this->end;
    }

    /**
     * A moment as it travels.
     */
    public static function told(DateTimeInterface $moment)
    {
        return array('utc' => $moment->getTimestamp(), 'local' => $moment->format('Y-m-d\TH:i:s'));
    }

    /**
     * One of Horde's dates in the zone of the event.
     *
     * @return DateTimeImmutable
     */
    public function at(Horde_Date $date)
    {
        return (new DateTimeImmutable('@' . $date->toDateTime()->getTimestamp()))->setTimezone($this->zone);
    }

    /**
     * The rule of a series as it travels, or null.
     *
     * @throws Hordeeas_Failure  internal, when it makes no sense
     */
    public function rule()
    {
        if (!$this->event->recurs()) {
            return null;
        }
        $rule = $this->event->recurrence;
        $type = $rule->getRecurType();
        if (!isset(self::TYPES[$type])) {
            throw new Hordeeas_Failure('internal', 'the recurrence of the event is broken');
        }
        $out = array(
            'type' => self::TYPES[$type],
            'interval' => max(1, (int)$rule->getRecurInterval()),
            'days' => $type === Horde_Date_Recurrence::RECUR_WEEKLY ? (int)$rule->getRecurOnDays() & 127 : 0,
            'until' => $rule->hasRecurEnd() ? $this->at($rule->getRecurEnd())->format('Y-m-d\TH:i:s') : null,
            'count' => $rule->hasRecurCount() && !$rule->hasRecurEnd() ? (int)$rule->getRecurCount() : null,
        );
        if ($type === Horde_Date_Recurrence::RECUR_WEEKLY && $out['days'] === 0) {
            // Kronolith shows such a one once.
            $out['days'] = 1 << (int)$this->start->format('w');
            $out['until'] = null;
            $out['count'] = 1;
        }
        return $out;
    }

    /**
     * The days that are left out, as they are in the zone of the event, under Kronolith's own names.
     *
     * @return array  Ymd by the user's clock => Y-m-d by the clock of the event
     */
    public function missing()
    {
        $out = array();
        foreach ($this->event->recurs() ? $this->event->recurrence->getExceptions() : array() as $date) {
            if (preg_match('/^(\d{4})(\d\d)(\d\d)$/', trim((string)$date), $part)
                && checkdate((int)$part[2], (int)$part[3], (int)$part[1])) {
                $out[$part[0]] = $this->day($part[0])->format('Y-m-d');
            }
        }
        return $out;
    }

    /**
     * Kronolith's name for the instance at a moment.
     *
     * @return string  Ymd by the user's clock
     */
    public static function name(DateTimeInterface $moment)
    {
        return (new DateTime('@' . $moment->getTimestamp()))
            ->setTimezone(new DateTimeZone(date_default_timezone_get()))->format('Ymd');
    }

    /**
     * The instance that Kronolith knows under a name.
     *
     * @return DateTimeImmutable
     */
    public function day($name)
    {
        $there = $this->start->setDate((int)substr($name, 0, 4), (int)substr($name, 4, 2), (int)substr($name, 6, 2));
        foreach (array('+0 day', '-1 day', '+1 day') as $step) {
            $day = $there->modify($step);
            if (self::name($day) === $name) {
                return $day;
            }
        }
        return $there;
    }

    /**
     * The day of the instance that is meant by a moment: by the clock of the event; what lasts whole
     * days floats, and is meant by the clock of who speaks of it.
     *
     * @return string  Y-m-d
     */
    public function dayOf(DateTimeImmutable $moment)
    {
        return ($this->allday ? $moment : $moment->setTimezone($this->zone))->format('Y-m-d');
    }

    /**
     * The instance on a day, if there were one.
     *
     * @param string $day  Y-m-d by the clock of the event.
     *
     * @return DateTimeImmutable
     */
    public function on($day)
    {
        list($year, $month, $mday) = explode('-', $day);
        return $this->start->setDate((int)$year, (int)$month, (int)$mday);
    }

    /**
     * Whether the rule of the series has an instance on a day, left out or not.
     *
     * @param string $day  Y-m-d by the clock of the event.
     */
    public function has($day)
    {
        $there = $this->on($day);
        $found = $there < $this->start ? null : Hordeeas_Instants::following($this->series(), $there->setTime(0, 0));
        return $found !== null && $found->format('Y-m-d') === $day;
    }

    /**
     * When an instance ends, by the clock: its day may have another length.
     *
     * @return DateTimeImmutable
     */
    public function endOf(DateTimeImmutable $start)
    {
        $days = (int)$this->start->setTime(0, 0)->diff($this->end->setTime(0, 0))->format('%r%a');
        return $start->modify(sprintf('%+d days', $days))
            ->setTime((int)$this->end->format('G'), (int)$this->end->format('i'), (int)$this->end->format('s'));
    }

    /**
     * The end of the last instance; null: it never ends.
     */
    public function last()
    {
        if (!$this->event->recurs()) {
            return $this->end->getTimestamp();
        }
        $start = Hordeeas_Instants::last($this->series(), $this->start);
        return $start === null ? null : $this->endOf($start)->getTimestamp();
    }

    /**
     * Kronolith's rule by the clock of the event.
     */
    private function series()
    {
        $rule = clone $this->event->recurrence;
        $rule->start = new Horde_Date($this->start->format('Y-m-d H:i:s'), $this->zone->getName());
        $rule->recurEnd = $rule->hasRecurEnd() ? clone $rule->recurEnd : null;
        if ($rule->recurEnd) {
            $rule->recurEnd->setTimezone($this->zone->getName());
        }
        return $rule;
    }

    /**
     * A zone that others know, for whatever Horde has stored.
     */
    private static function zoneName($name)
    {
        static $known;

        $own = date_default_timezone_get();
        if ($name === '' || $name === $own) {
            return $own;
        }
        if ($known === null) {
            $known = array_flip(DateTimeZone::listIdentifiers(DateTimeZone::ALL_WITH_BC));
        }
        $name = is_callable(array('Horde_Date', 'getTimezoneAlias')) ? (string)Horde_Date::getTimezoneAlias($name) : $name;
        if (isset($known[$name])) {
            return $name;
        }
        // Horde's ActiveSync stores abbreviations, and offsets such as +0530.
        $found = preg_match('/^([+-])(\d\d):?(\d\d)?$/', $name, $part)
            ? timezone_name_from_abbr('', ($part[1] . '1') * ($part[2] * 3600 + (isset($part[3]) ? $part[3] * 60 : 0)), 0)
            : timezone_name_from_abbr($name);
        return $found === false ? $own : $found;
    }
}
