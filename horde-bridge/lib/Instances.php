<?php
/**
 * The instances of a series that differ from it, while it is changed.
 *
 * Days are by the clock of the series (Y-m-d). Kronolith has a list of the days that are left out,
 * and an event of its own for each that is not gone but other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Instances
{
    private $calendar;

    /** @var Kronolith_Event */
    private $series;

    /** @var Hordeeas_EventTimes  When the series took place. */
    private $before;

    /** @var array|null  The rule that it had. */
    private $rule;

    /** @var array  day => true, of the days that are left out */
    private $days = array();

    /** @var array  day => item, of the events that stand for one */
    private $bound = array();

    /** @var array  day => what is to be changed of it */
    private $changes = array();

    /** @var array  items to be taken away */
    private $gone = array();

    private $grows = false;

    /** @var bool  Whether something was not changed that should have been. */
    private $isRefused = false;

    /** @var array  uids of what was written, and of what was taken away */
    private $written = array();
    private $unbound = array();

    /** @var array  names of what was left out, since its column can not hold it */
    private $long = array();

    /**
     * @param array $bound  Items that stand for an instance.
     */
    public function __construct($calendar, Kronolith_Event $series, array $bound)
    {
        $this->calendar = $calendar;
        $this->series = $series;
        $this->before = new Hordeeas_EventTimes($series);
        $this->rule = $this->before->rule();
        $missing = $this->before->missing();
        $this->days = array_fill_keys($missing, true);
        $events = array_map(function (array $item) use ($calendar) {
            return Hordeeas_Events::event($calendar, $item);
        }, $bound);
        foreach (Hordeeas_EventView::originals($events, array_keys($missing)) as $at => $name) {
            $day = isset($missing[$name]) ? $missing[$name] : $this->before->day($name)->format('Y-m-d');
            if (isset($this->bound[$day])) {
                // Two for one day: the later one counts.
                $this->gone[] = $this->bound[$day];
            }
            $this->bound[$day] = $bound[$at];
        }
    }

    /**
     * Whether a day is left out, or other.
     */
    public function knows($day)
    {
        return isset($this->days[$day]) || isset($this->bound[$day]);
    }

    /**
     * The whole set, as somebody else sees it.
     *
     * @param array $told  deleted, changed: see Hordeeas_EventInput
     */
    public function replace(array $told)
    {
        $this->follow();
        $times = new Hordeeas_EventTimes($this->series);
        $deleted = array_flip(array_map(array($times, 'dayOf'), $told['deleted']));
        $changed = array();
        foreach ($told['changed'] as $one) {
            $changed[$times->dayOf($one[0])] = $one[1];
        }
        $this->days = array_intersect_key($this->days, $deleted + $changed);
        foreach (array_keys(array_diff_key($this->bound, $changed)) as $day) {
            $this->take($day);
        }
        $this->days += array_fill_keys(array_keys(array_diff_key($deleted, $changed)), true);
        foreach ($changed as $day => $data) {
            $this->change($day, $data);
        }
    }

    public function change($day, array $data)
    {
        $this->days[$day] = true;
        if (isset($this->bound[$day])) {
            $event = Hordeeas_Events::event($this->calendar, $this->bound[$day]);
            if ($event->private && $event->creator !== $GLOBALS['registry']->getAuth()) {
                // The user does not see what it is.
                $this->isRefused = true;
                return;
            }
        }
        $this->changes[$day] = $data;
        $this->grows = $this->grows || !isset($this->bound[$day]);
    }

    public function delete($day)
    {
        $this->days[$day] = true;
        $this->take($day);
    }

    /**
     * The series is none any more.
     */
    public function drop()
    {
        foreach (array_keys($this->bound) as $day) {
            $this->take($day);
        }
        $this->days = array();
    }

    /**
     * The series may have moved: its instances move along; what the new rule does not have is no
     * instance any more.
     */
    public function follow()
    {
        $now = new Hordeeas_EventTimes($this->series);
        $shift = (int)self::noon($this->before->start())->diff(self::noon($now->start()))->format('%r%a');
        if (!$this->days && !$this->bound) {
            return;
        }
        $moved = array();
        foreach (array_keys($this->days + $this->bound) as $day) {
            $other = $this->before->on($day)->modify(sprintf('%+d days', $shift))->format('Y-m-d');
            $moved[$day] = $shift && $now->has($other) ? $other : $day;
        }
        if (!$shift && $this->rule == $now->rule()) {
            return;
        }
        $days = $this->days;
        $bound = $this->bound;
        $this->days = $this->bound = array();
        foreach ($moved as $day => $other) {
            if (!$now->has($other)) {
                if (isset($bound[$day])) {
                    $this->gone[] = $bound[$day];
                }
                continue;
            }
            if (isset($days[$day])) {
                $this->days[$other] = true;
            }
            if (isset($bound[$day])) {
                $this->bound[$other] = $bound[$day];
            }
        }
    }

    /**
     * Tells the series, as it is now, which days are left out, by Kronolith's names.
     */
    public function name(Kronolith_Event $series)
    {
        if (!$series->recurs()) {
            return;
        }
        $times = new Hordeeas_EventTimes($series);
        $names = array();
        foreach (array_keys($this->days) as $day) {
            $names[] = Hordeeas_EventTimes::name($times->on($day));
        }
        $old = array_values($series->recurrence->exceptions);
        if (array_diff($names, $old) || array_diff($old, $names)) {
            $series->recurrence->exceptions = array_merge(array_intersect($old, $names), array_diff($names, $old));
        }
    }

    /**
     * Whether anything is to be written but the series.
     */
    public function changed()
    {
        if ($this->gone || $this->grows) {
            return true;
        }
        foreach ($this->changes as $day => $data) {
            if (!Hordeeas_EventWriter::same(Hordeeas_Events::event($this->calendar, $this->bound[$day]),
                $this->made($this->series, $day, $data))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether an instance becomes other that was not: Kronolith does not tell of the series then.
     */
    public function grows()
    {
        return $this->grows;
    }

    /**
     * Takes away what is no instance any more.
     */
    public function clear(Kronolith_Driver $driver)
    {
        foreach ($this->gone as $item) {
            $driver->deleteEvent($item['id']);
            $this->unbound[] = $item['uid'];
        }
        $this->gone = array();
    }

    /**
     * The events to be written for instances; those that are as they were are left out.
     *
     * @return Generator
     */
    public function written(Kronolith_Event $series)
    {
        foreach ($this->changes as $day => $data) {
            $event = $this->made($series, (string)$day, $data);
            $known = isset($this->bound[$day]);
            if (!$known || !Hordeeas_EventWriter::same(Hordeeas_Events::event($this->calendar, $this->bound[$day]), $event)) {
                yield $event;
                $this->written[] = (string)$event->uid;
            }
            if (!$known) {
                $this->bound[$day] = array('uid' => $event->uid, 'id' => $event->id);
            }
        }
    }

    /**
     * Writes again which instance each event stands for: Kronolith forgets it when a series is saved.
     */
    public function settle()
    {
        $times = $this->series->recurs() ? new Hordeeas_EventTimes($this->series) : null;
        foreach ($times ? $this->bound : array() as $day => $item) {
            Hordeeas_EventRows::settle($this->calendar, $item['id'],
                Hordeeas_EventFields::horde($times->on((string)$day)));
        }
    }

    /**
     * What else of an answer is to be told.
     *
     * @param bool $all  Whether Kronolith wrote all of them, as it does with their series.
     *
     * @return array  bound, unbound, long, differs
     */
    public function told($all)
    {
        $bound = $all ? array_merge($this->written, array_column($this->bound, 'uid')) : $this->written;
        return array('bound' => array_values(array_unique($bound)), 'unbound' => $this->unbound,
            'long' => array_values(array_unique($this->long)), 'differs' => $this->isRefused);
    }

    private function take($day)
    {
        if (isset($this->bound[$day])) {
            $this->gone[] = $this->bound[$day];
            unset($this->bound[$day]);
        }
    }

    /**
     * The event for an instance: the one that is there, or a copy of the series, with what changes.
     */
    private function made(Kronolith_Event $series, $day, array $data)
    {
        $times = new Hordeeas_EventTimes($series);
        if (isset($this->bound[$day])) {
            $event = Hordeeas_Events::event($this->calendar, $this->bound[$day]);
        } else {
            $event = Hordeeas_Events::driver($this->calendar)->getEvent();
            foreach (array('creator', 'title', 'description', 'location', 'private', 'url', 'status', 'attendees',
                'timezone', 'allday', 'alarm', 'methods', 'tags') as $name) {
                $event->$name = $series->$name;
            }
            $event->setResources($series->getResources());
            $start = $times->on($day);
            $event->start = Hordeeas_EventFields::horde($start);
            $event->end = Hordeeas_EventFields::horde($times->endOf($start));
            $event->initialized = true;
        }
        $event->baseid = $series->uid;
        $event->exceptionoriginaldate = Hordeeas_EventFields::horde($times->on($day));
        $own = new Hordeeas_EventTimes($event);
        $input = Hordeeas_EventInput::read($data, isset($data['zone']) ? null : $own->zone());
        unset($input['recurrence'], $input['instances'], $input['organizer']);
        $this->long = array_merge($this->long, Hordeeas_EventFields::put($event, $input));
        return $event;
    }

    private static function noon(DateTimeImmutable $moment)
    {
        return new DateTimeImmutable($moment->format('Y-m-d') . ' 12:00:00', new DateTimeZone('UTC'));
    }
}
