<?php
/**
 * An event as it travels, with the instances of its series that differ.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_EventView
{
    /** Kronolith's states of an event. */
    const STATUS = array(0 => 'none', 1 => 'tentative', 2 => 'confirmed', 3 => 'cancelled', 4 => 'free');

    private $calendar;
    private $tags;
    private $weekStart;

    /** @var array  who made an event => whether the user may change it */
    private $editable = array();

    /**
     * @param array $tags  uid => list of tags, of the events and of their instances
     */
    public function __construct($calendar, array $tags)
    {
        $this->calendar = $calendar;
        $this->tags = $tags;
        $this->weekStart = (int)(bool)$GLOBALS['prefs']->getValue('week_start_monday');
    }

    /**
     * @param array $bound  Items that stand for instances of this one.
     */
    public function series(array $item, array $bound)
    {
        $event = Hordeeas_Events::event($this->calendar, $item);
        $times = new Hordeeas_EventTimes($event);
        $missing = $times->missing();
        $data = $this->one($event, $times);
        $data['recurrence'] = $times->rule();
        $data['bound'] = array();
        $ends = $times->last();
        $events = array();
        foreach ($data['recurrence'] ? $bound : array() as $other) {
            $events[] = Hordeeas_Events::event($this->calendar, $other);
        }
        foreach (self::originals($events, array_keys($missing)) as $at => $name) {
            $its = new Hordeeas_EventTimes($events[$at]);
            $data['bound'][] = array('uid' => (string)$events[$at]->uid,
                'original' => Hordeeas_EventTimes::told($times->day($name))) + $this->one($events[$at], $its);
            $ends = $ends === null ? null : max($ends, $its->last());
            unset($missing[$name]);
        }
        $data['dates'] = array_values($missing);
        $data['ends'] = $ends;
        $data['week_start'] = $this->weekStart;
        $data['editable'] = $this->mayEdit($event)
            && (!$event->private || $event->creator === $GLOBALS['registry']->getAuth());
        return $data;
    }

    private function mayEdit(Kronolith_Event $event)
    {
        $creator = (string)$event->creator;
        if (!isset($this->editable[$creator])) {
            $this->editable[$creator] = $event->hasPermission(Horde_Perms::EDIT);
        }
        return $this->editable[$creator];
    }

    /**
     * Which instance each of some events stands for.
     *
     * Kronolith loses the day of an instance that was moved to another one, each time the series is
     * saved; the day is still among those that are left out.
     *
     * @param array $events  List of Kronolith_Event.
     * @param array $names   Kronolith's names of the days that are left out.
     *
     * @return array  index of the event => name, the earlier ones first
     */
    public static function originals(array $events, array $names)
    {
        $names = array_map('strval', $names);
        $out = array();
        $lost = array();
        foreach ($events as $at => $event) {
            $date = $event->exceptionoriginaldate ? $event->exceptionoriginaldate : $event->start;
            $name = Hordeeas_EventTimes::name($date->toDateTime());
            $found = array_search($name, $names, true);
            if ($found === false) {
                $lost[$at] = $name;
            } else {
                $out[$at] = $name;
                unset($names[$found]);
            }
        }
        asort($lost);
        sort($names);
        foreach ($lost as $at => $name) {
            $out[$at] = $names ? self::nearest($name, $names) : $name;
            $names = array_values(array_diff($names, array($out[$at])));
        }
        asort($out);
        return $out;
    }

    private static function nearest($name, array $names)
    {
        usort($names, function ($one, $other) use ($name) {
            return abs(strtotime($one) - strtotime($name)) - abs(strtotime($other) - strtotime($name));
        });
        return $names[0];
    }

    /**
     * What the event itself and one instance of it have alike.
     */
    private function one(Kronolith_Event $event, Hordeeas_EventTimes $times)
    {
        $hidden = $event->isPrivate();
        $text = function ($value) use ($hidden) {
            return $hidden ? '' : str_replace("\0", '', Hordeeas_Json::utf8((string)$value));
        };
        $attendees = $hidden ? array() : Hordeeas_Attendees::told($event);
        $uid = (string)$event->uid;
        return array(
            'title' => $hidden ? Hordeeas_Json::utf8((string)$event->getTitle()) : $text($event->title),
            'location' => $text($event->location),
            'description' => $text($event->description),
            'url' => $text($event->url) === '' ? null : $text($event->url),
            'status' => isset(self::STATUS[(int)$event->status]) ? self::STATUS[(int)$event->status] : 'none',
            'private' => (bool)$event->private,
            'zone' => $times->zone(),
            'allday' => $times->isAllDay(),
            'start' => Hordeeas_EventTimes::told($times->start()),
            'end' => Hordeeas_EventTimes::told($times->end()),
            // Kronolith reminds nobody else of what is private either.
            'alarm' => $hidden || (int)$event->alarm === 0 ? null : (int)$event->alarm,
            'attendees' => $attendees,
            'tags' => $hidden || !isset($this->tags[$uid]) ? array() : $this->tags[$uid],
            'files' => $hidden ? array() : self::files($event),
        ) + ($attendees ? Hordeeas_Organizer::of($event) : array('organizer' => null, 'mine' => false));
    }

    /**
     * Files that hang at an event, where Kronolith knows such.
     */
    private static function files(Kronolith_Event $event)
    {
        if (!is_callable(array($event, 'listFiles'))) {
            return array();
        }
        $out = array();
        foreach ((array)$event->listFiles() as $file) {
            $file = (array)$file;
            $out[] = array(
                'name' => isset($file['name']) ? Hordeeas_Json::utf8((string)$file['name']) : '',
                'size' => isset($file['size']) ? (int)$file['size'] : 0,
                'type' => isset($file['type']) ? (string)$file['type'] : 'application/octet-stream',
            );
        }
        return $out;
    }
}
