<?php
/**
 * A store of events of which nothing is known but Kronolith's own interface.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class PlainDriver extends Kronolith_Driver
{
    private $inner;

    public function __construct(Kronolith_Driver_Sql $inner)
    {
        $this->inner = $inner;
        parent::__construct();
        $this->open($inner->calendar);
    }

    public function open($calendar)
    {
        $this->calendar = $calendar;
        $this->inner->open($calendar);
    }

    public function getParam($name)
    {
        return $this->inner->getParam($name);
    }

    public function supportsTimezones()
    {
        return $this->inner->supportsTimezones();
    }

    public function colors()
    {
        return $this->inner->colors();
    }

    public function __call($method, $arguments)
    {
        return call_user_func_array(array($this->inner, $method), $arguments);
    }

    public function exists($uid, $calendar = null)
    {
        return $this->inner->exists($uid, $calendar);
    }

    public function getEvent($id = null)
    {
        return $this->inner->getEvent($id);
    }

    public function getByUID($uid, $calendars = null, $all = false)
    {
        return $this->inner->getByUID($uid, $calendars, $all);
    }

    public function listEvents(?Horde_Date $start = null, ?Horde_Date $end = null, array $options = array())
    {
        return $this->inner->listEvents($start, $end, $options);
    }

    public function search($query, $json = false)
    {
        return $this->inner->search($query, $json);
    }

    public function saveEvent(Kronolith_Event $event)
    {
        return $this->inner->saveEvent($event);
    }

    public function deleteEvent($id, $silent = false)
    {
        return $this->inner->deleteEvent($id, $silent);
    }
}
