<?php
/**
 * Writes events, through Kronolith's own objects: with their history, labels, reminders and rooms.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_EventWriter extends Hordeeas_Writer
{
    protected function add($calendar, $uid, $data)
    {
        if (strlen($uid) > 255) {
            throw new Hordeeas_Failure('unsupported', 'the calendar can not keep this uid');
        }
        $input = Hordeeas_EventInput::read($data);
        $event = Hordeeas_Events::driver($calendar)->getEvent();
        $event->uid = $uid;
        $event->creator = $GLOBALS['registry']->getAuth();
        $event->alarm = 0;
        $event->tags = array();
        $this->quota->allow('events', Hordeeas_Quota::ofUser('max_events'), array('Kronolith', 'countEvents'),
            'the user may not have more events');
        $long = Hordeeas_EventFields::put($event,
            $this->organized($event, $input) + array('zone' => date_default_timezone_get()));
        $instances = new Hordeeas_Instances($calendar, $event, array());
        if (isset($input['instances']) && $event->recurs()) {
            $instances->replace($input['instances']);
        }
        $instances->name($event);
        $this->save($calendar, $event);
        $this->settle($calendar, $event, $instances);
        unset($this->known[$calendar][$uid]);
        $this->quota->add('events', 1);
        return array('uid' => (string)$event->uid, 'existed' => false, 'changed' => true)
            + self::told($instances, $long, true);
    }

    /**
     * An invitation that came by mail, and what the phone makes of it: the same title and start.
     */
    protected function isSame($calendar, $item, $data)
    {
        $input = Hordeeas_EventInput::read($data);
        $event = Hordeeas_Events::event($calendar, $item);
        if (!isset($input['start']) || (string)$event->title !== (isset($input['title']) ? $input['title'] : '')) {
            return false;
        }
        return $event->isAllDay() ? $event->start->format('Ymd') === $input['start']->format('Ymd')
            : $event->start->timestamp() === $input['start']->getTimestamp();
    }

    protected function patch($calendar, $item, $data)
    {
        $event = $this->loaded($calendar, $item);
        $input = Hordeeas_EventInput::read($data, $this->zone($event, $data));
        $instances = $this->instances($calendar, $event, $item);
        $long = Hordeeas_EventFields::put($event, $this->organized($event, $input));
        if (!$event->recurs()) {
            $instances->drop();
        } elseif (isset($input['instances'])) {
            $instances->replace($input['instances']);
        } else {
            $instances->follow();
        }
        return $this->finish($calendar, $item, $event, $instances, $long);
    }

    protected function instance($calendar, $item, $instance, $data)
    {
        $event = $this->loaded($calendar, $item);
        if (!$event->recurs()) {
            throw new Hordeeas_Failure('invalid', 'the event has no instances');
        }
        $zone = isset($data['zone']) && is_string($data['zone']) ? $data['zone'] : null;
        $clock = Hordeeas_EventInput::read(array('zone' => $zone), $this->zone($event, array()));
        $times = new Hordeeas_EventTimes($event);
        $day = Hordeeas_EventInput::moment($instance,
            new DateTimeZone(isset($clock['zone']) ? $clock['zone'] : $times->zone()));
        $day = $times->dayOf($day);
        $instances = $this->instances($calendar, $event, $item);
        if (!$times->has($day) && !$instances->knows($day)) {
            throw new Hordeeas_Failure('notfound', 'the event has no such instance');
        }
        if ($data === null) {
            $instances->delete($day);
        } else {
            $instances->change($day, $data);
        }
        return $this->finish($calendar, $item, $event, $instances, array());
    }

    protected function remove($calendar, $item)
    {
        $this->loaded($calendar, $item);
        $bound = Hordeeas_Events::boundUids($calendar, array($item['uid']));
        Hordeeas_Events::driver($calendar)->deleteEvent($item['id']);
        $this->quota->add('events', -1);
        $left = Hordeeas_Events::read($calendar, array_map('strval', array_keys($bound)));
        return array('unbound' => array_map('strval', array_keys(array_diff_key($bound, $left))));
    }

    /**
     * Writes what became of an event and of its instances, where that is anything.
     */
    private function finish($calendar, $item, Kronolith_Event $event, Hordeeas_Instances $instances, array $long)
    {
        $instances->name($event);
        $before = Hordeeas_Events::event($calendar, $item);
        $own = !self::same($before, $event);
        if (!$own && !$instances->changed()) {
            return array('existed' => true, 'changed' => false) + self::told($instances, $long, false);
        }
        $instances->clear(Hordeeas_Events::driver($calendar));
        if ($own || $instances->grows()) {
            $this->save($calendar, $event);
        }
        $this->settle($calendar, $event, $instances);
        unset($this->known[$calendar][$item['uid']]);
        return array('existed' => true, 'changed' => true) + self::told($instances, $long, $own || $instances->grows());
    }

    /**
     * What else is told of a write.
     *
     * @param bool $whole  Whether the series itself was written.
     *
     * @return array  bound, unbound: uids of instances written and taken away; long: what was left out;
     *                differs: whether what is stored is not what was sent
     */
    private static function told(Hordeeas_Instances $instances, array $long, $whole)
    {
        $told = $instances->told($whole);
        $told['long'] = array_values(array_unique(array_merge($long, $told['long'])));
        $told['differs'] = $told['differs'] || $told['long'];
        return $told;
    }

    /**
     * Writes the instances that differ, after their series.
     */
    private function settle($calendar, Kronolith_Event $event, Hordeeas_Instances $instances)
    {
        foreach ($instances->written($event) as $one) {
            $this->save($calendar, $one);
        }
        $instances->settle();
    }

    /**
     * Kronolith may die after all was written: PHP 8 has no more what it reckons reminders of a
     * series with. That is no failure.
     */
    private function save($calendar, Kronolith_Event $event)
    {
        try {
            $event->save();
        } catch (Error $e) {
            $there = Hordeeas_Events::read($calendar, array((string)$event->uid));
            if (!isset($there[$event->uid])
                || !self::same(Hordeeas_Events::event($calendar, $there[$event->uid]), $event)) {
                throw $e;
            }
            Horde::log($e, 'NOTICE');
            // It would remind of what the event was before.
            $GLOBALS['injector']->getInstance('Horde_Alarm')->delete($event->uid);
        }
    }

    /**
     * Whether two states of an event are kept alike.
     */
    public static function same(Kronolith_Event $one, Kronolith_Event $other)
    {
        if (!is_callable(array($one, 'toProperties'))) {
            return false;
        }
        $kept = function (Kronolith_Event $event) {
            $tags = array_map('strval', array_values((array)$event->tags));
            sort($tags);
            $kept = $event->toProperties();
            // The latter is written by itself, see Hordeeas_Instances::settle().
            unset($kept['event_modified'], $kept['event_exceptionoriginaldate']);
            ksort($kept);
            return array_map('strval', $kept) + array('tags' => implode("\n", $tags));
        };
        return $kept($one) === $kept($other);
    }

    /**
     * The event, where the user may change it.
     *
     * @throws Hordeeas_Failure  denied
     */
    private function loaded($calendar, array $item)
    {
        $event = Hordeeas_Events::event($calendar, $item);
        if ($event->private && $event->creator !== $GLOBALS['registry']->getAuth()) {
            throw new Hordeeas_Failure('denied', 'the event is private');
        }
        return $event;
    }

    /**
     * The zone in which what names none is to be read.
     */
    private function zone(Kronolith_Event $event, $data)
    {
        return is_array($data) && isset($data['zone']) ? null : (new Hordeeas_EventTimes($event))->zone();
    }

    private function instances($calendar, Kronolith_Event $event, array $item)
    {
        $bound = $event->recurs() ? Hordeeas_Events::bound($calendar, array($item['uid'])) : array();
        return new Hordeeas_Instances($calendar, $event, isset($bound[$item['uid']]) ? $bound[$item['uid']] : array());
    }

    /**
     * Keeps the meeting of somebody else somebody else's, see Hordeeas_Organizer.
     */
    private function organized(Kronolith_Event $event, array $input)
    {
        if (!isset($input['organizer'])) {
            return $input;
        }
        $own = Hordeeas_Organizer::addresses();
        $mine = in_array(Horde_String::lower($input['organizer']), $own, true);
        if (property_exists($event, 'organizer')) {
            if (!$event->stored) {
                $event->organizer = $input['organizer'];
            }
        } elseif (isset($input['attendees']) && !$event->stored) {
            $asked = array_intersect_key($input['attendees'], array_flip($own));
            if ($mine) {
                $input['attendees'] = array_diff_key($input['attendees'], $asked);
            } elseif (!$asked && $own) {
                $input['attendees'][$own[0]] = array('response' => Kronolith::RESPONSE_ACCEPTED);
            }
        }
        return $input;
    }
}
