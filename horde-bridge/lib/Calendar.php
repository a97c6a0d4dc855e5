<?php
/**
 * Lists and reads events. All methods run inside Kronolith.
 *
 * An item is array(uid, id, base, and row or event); base names the series of an event that stands
 * for one of its instances. Such an event is no item of its own: it travels with its series.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Calendar extends Hordeeas_Reader
{
    /** Events are small. */
    const RUN = 100;

    public function noun()
    {
        return 'event';
    }

    public function parent($calendar)
    {
        return 'kronolith:' . $calendar;
    }

    public function permit($calendar, $perm)
    {
        if (!is_string($calendar) || $calendar === '') {
            throw new Hordeeas_Failure('notfound', 'no such calendar');
        }
        try {
            $share = $GLOBALS['injector']->getInstance('Kronolith_Shares')->getShare($calendar);
        } catch (Horde_Exception_NotFound $e) {
            throw new Hordeeas_Failure('notfound', 'no such calendar: ' . Hordeeas_Json::utf8($calendar));
        }
        if (!$share->hasPermission($GLOBALS['registry']->getAuth(), $perm)) {
            throw new Hordeeas_Failure('denied', 'no permission in the calendar ' . $calendar);
        }
    }

    public function read($calendar, array $uids)
    {
        return Hordeeas_Events::read($calendar, $uids);
    }

    public function isShown($event)
    {
        return $event['base'] === '';
    }

    public function changes($calendar, $since)
    {
        $this->open($calendar);
        $parent = $this->parent($calendar);
        $now = Hordeeas_History::highest($parent);
        $seen = $now > $since ? Hordeeas_History::between($parent, $since, $now) : array();
        $there = $this->read($calendar, array_map('strval', array_keys(array_diff($seen, array('delete')))));
        $ops = array();
        foreach ($seen as $uid => $op) {
            $uid = (string)$uid;
            if ($op === 'delete') {
                $ops += array($uid => $op);
            } elseif (isset($there[$uid]) && $this->isShown($there[$uid])) {
                $ops[$uid] = $op;
            } elseif (isset($there[$uid])) {
                // Kronolith does not always tell of the series when one of its instances came.
                $ops += array($there[$uid]['base'] => 'modify');
            }
        }
        $items = array();
        foreach ($ops as $uid => $op) {
            $items[] = array('uid' => (string)$uid, 'op' => $op);
        }
        return array('now' => $now, 'items' => $items, 'denied' => false);
    }

    /**
     * A series counts as changed when one of its instances is.
     */
    public function modseqs($calendar, array $uids)
    {
        $bound = $uids ? Hordeeas_Events::boundUids($calendar, $uids) : array();
        $numbers = parent::modseqs($calendar, array_unique(array_merge($uids, array_keys($bound))));
        return self::withBound($numbers, $bound, $uids);
    }

    /**
     * @param array $numbers  uid => modification number, of the events and of what is bound to them
     * @param array $bound    uid => uid of its series
     */
    private static function withBound(array $numbers, array $bound, array $uids)
    {
        foreach ($bound as $uid => $base) {
            $numbers[$base] = max($numbers[$base], $numbers[$uid]);
        }
        return array_intersect_key($numbers, array_flip($uids));
    }

    protected function writer()
    {
        Hordeeas_CalendarParts::toWrite();
        return new Hordeeas_EventWriter($this);
    }

    protected function uids($calendar)
    {
        return Hordeeas_Events::ending($calendar,
            isset($this->window['from']) ? (int)$this->window['from'] : null,
            isset($this->window['to']) ? (int)$this->window['to'] : null);
    }

    /**
     * A series answers for its instances: who asks for one of them learns of the series.
     */
    protected function answering($calendar, array $found)
    {
        $bases = array_diff(array_unique(array_column($found, 'base')), array(''), array_map('strval', array_keys($found)));
        $there = $found + ($bases ? $this->read($calendar, $bases) : array());
        $out = array();
        foreach ($found as $uid => $item) {
            $own = $item['base'] === '' ? (string)$uid : $item['base'];
            if (isset($there[$own]) && $this->isShown($there[$own])) {
                $out[$uid] = array($own, $there[$own]);
            }
        }
        return $out;
    }

    protected function extras($calendar, array $uids, array $items)
    {
        $series = array_filter($items, array('Hordeeas_Events', 'recurs'));
        $bound = Hordeeas_Events::bound($calendar, array_map('strval', array_keys($series)));
        $bases = array();
        foreach ($bound as $base => $events) {
            $bases += array_fill_keys(array_column($events, 'uid'), (string)$base);
        }
        $all = array_merge($uids, array_map('strval', array_keys($bases)));
        $guids = $this->guids($calendar, $all);
        $facts = Hordeeas_History::facts(array_values($guids));
        $numbers = array_map(function ($guid) use ($facts) {
            return $facts[$guid]['modseq'];
        }, $guids);
        return array(
            'calendar' => $calendar,
            'bound' => $bound,
            'view' => new Hordeeas_EventView($calendar, Hordeeas_Tags::of('Kronolith_Tagger', 'event', $all)),
            'facts' => $facts,
            'modseqs' => self::withBound($numbers, $bases, $uids),
        );
    }

    protected function data($item, array $extras, $binary, Hordeeas_Budget $budget)
    {
        $data = $extras['view']->series($item, isset($extras['bound'][$item['uid']]) ? $extras['bound'][$item['uid']] : array());
        foreach (array('created', 'changed') as $when) {
            $at = $extras['facts'][$this->parent($extras['calendar']) . ':' . $item['uid']][$when];
            $data[$when] = $at ? $at : null;
        }
        $budget->spend(600 + strlen($data['title']) + strlen($data['location']) + strlen($data['description'])
            + 100 * count($data['attendees']) + 800 * count($data['bound']));
        return $data;
    }
}
