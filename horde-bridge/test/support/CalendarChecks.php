<?php
/**
 * A calendar inside a running Horde, for what is to be checked of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
abstract class CalendarChecks
{
    /** Whose calendar is written to, and who looks at it. */
    const OWNER = 'user15';
    const GUEST = 'user16';

    /** @var Checks */
    protected $checks;
    protected $calendar;
    protected $run;
    private $url;

    public function __construct(Checks $checks, $stack)
    {
        $this->checks = $checks;
        $this->url = 'http://127.0.0.1:' . (8481 + (int)@file_get_contents($stack . '/offset')) . '/horde/hordeeas/rpc.php';
        $this->run = bin2hex(random_bytes(4));
        $this->calendar = $this->as(self::OWNER, function () {
            foreach (Kronolith::listInternalCalendars(true, Horde_Perms::READ) as $id => $found) {
                return (string)$id;
            }
            return (string)Kronolith::getDefaultCalendar(Horde_Perms::EDIT);
        });
        // Whatever a run before has left.
        foreach (array_chunk($this->listed(), 400) as $some) {
            $this->apply(array_map(function ($uid) {
                return array('op' => 'delete', 'uid' => $uid);
            }, $some));
        }
    }

    /**
     * @return array  uids
     */
    protected function listed()
    {
        return array_column($this->call('listing', array('calendar', array($this->calendar), array()))['items'], 'uid');
    }

    protected function adding($name, $start, array $data)
    {
        return array('op' => 'add', 'uid' => $name . $this->run, 'data' => $data + array('title' => $name,
            'start' => array('local' => $start), 'end' => array('local' => $start)));
    }

    protected function apply(array $ops)
    {
        $ops = array_map(function (array $op) {
            return $op + array('class' => 'calendar', 'share' => $this->calendar);
        }, $ops);
        return $this->call('apply', array($ops, new Hordeeas_Budget(array('ms' => 60000))))['results'];
    }

    protected function export($name)
    {
        $item = array('class' => 'calendar', 'share' => $this->calendar, 'uid' => $name . $this->run);
        $result = $this->call('export', array(array($item), array(), new Hordeeas_Budget(array())))['results'][0];
        return isset($result['data']) ? $result['data'] : $result;
    }

    /**
     * What another user is told, over HTTP: Horde keeps too much of a user to change it in between.
     */
    protected function asGuest($method, array $items)
    {
        $items = array_map(function (array $item) {
            return $item + array('class' => 'calendar', 'share' => $this->calendar);
        }, $items);
        $context = stream_context_create(array('http' => array('method' => 'POST', 'ignore_errors' => true,
            'header' => array('Content-Type: application/json',
                'Authorization: Basic ' . base64_encode(self::GUEST . ':' . self::GUEST . '-pw')),
            'content' => json_encode(array('jsonrpc' => '2.0', 'method' => 'bridge.' . $method, 'params' => array($items),
                'id' => 7)))));
        return json_decode(file_get_contents($this->url, false, $context), true)['result']['results'];
    }

    private function call($method, array $arguments)
    {
        return $this->as(self::OWNER, function () use ($method, $arguments) {
            return call_user_func_array(array('Hordeeas_Items', $method), $arguments);
        });
    }

    /**
     * Works as a user, inside Kronolith.
     */
    protected function as($user, callable $work)
    {
        global $registry;

        if ($registry->getAuth() !== $user) {
            $registry->setAuth($user, array());
        }
        return Hordeeas_Call::within('kronolith', $work);
    }
}
