<?php
/**
 * Tasks: queries, broken ones, those below others, a limit, and lists that are searches.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class TaskChecks
{
    const OWNER = 'user17';

    /** 2026-12-07 09:00 in Berlin, a Monday. */
    const DUE = 1796630400;

    private $checks;
    private $tasklist;
    private $run;

    public function __construct(Checks $checks)
    {
        $this->checks = $checks;
        $this->run = bin2hex(random_bytes(4));
        $this->tasklist = $this->inside(function () {
            return Nag::getDefaultTasklist(Horde_Perms::EDIT);
        });
        // Whatever a run before has left.
        $listed = $this->inside(function () {
            return Hordeeas_Items::listing('tasks', array($this->tasklist), array());
        });
        foreach (array_chunk(array_column($listed['items'], 'uid'), 400) as $uids) {
            $this->apply(array_map(function ($uid) {
                return array('op' => 'delete', 'uid' => $uid);
            }, $uids));
        }
    }

    public function checkQueries()
    {
        $ops = array();
        for ($at = 0; $at < 100; $at++) {
            $ops[] = $this->adding('q' . $at, array('tags' => array('t' . $at % 5), 'alarm' => 5)
                + ($at % 3 ? array() : array('recurrence' => array('type' => 'weekly', 'days' => 2))));
        }
        foreach ($this->apply($ops) as $result) {
            $this->checks->same('added ' . $result['uid'], isset($result['error']), false);
        }
        $ten = $this->queries(array_slice($ops, 0, 10));
        $hundred = $this->queries($ops);
        // A hundred are read in two runs.
        $this->checks->same('queries of 100: ' . $hundred . ', of 10: ' . $ten, $hundred <= 2 * $ten, true);
        $this->checks->same('few queries: ' . $ten, $ten < 10, true);
        $this->apply($this->deleting($ops));
    }

    /**
     * One that is broken fails alone, or is shown as far as it can be.
     */
    public function checkBroken()
    {
        $broken = array(
            'methods' => "task_alarm_methods = 'a:1:{s:3'",
            'kind' => 'task_recurtype = 99',
            'interval' => 'task_recurinterval = 0',
            'days' => 'task_recurdays = 0',
            'done' => "task_completions = 'x,,20269999'",
            'text' => "task_name = 0xC328, task_desc = 0xFF00FE",
            'priority' => 'task_priority = 77',
        );
        $ops = array($this->adding('sound', array()));
        foreach (array_keys($broken) as $name) {
            $ops[] = $this->adding($name, array('recurrence' => array('type' => 'weekly', 'days' => 2)));
        }
        $this->apply($ops);
        $db = $GLOBALS['injector']->getInstance('Horde_Db_Adapter');
        $mode = $db->selectValue('SELECT @@sql_mode');
        $db->execute("SET SESSION sql_mode = ''");
        foreach ($broken as $name => $set) {
            $db->update('UPDATE nag_tasks SET ' . $set . ' WHERE task_uid = ?', array($name . $this->run));
        }
        $db->execute('SET SESSION sql_mode = ' . $db->quoteString($mode));
        foreach ($this->export($ops) as $at => $result) {
            $is = isset($result['data']) ? $result['data']['title'] !== null && json_encode($result['data']) !== false : null;
            $this->checks->same('read ' . $result['uid'], $at === 0 ? $is : $is === true || isset($result['error']), true);
        }
        $patched = $this->apply(array_map(function (array $op) {
            return array('op' => 'patch', 'data' => array('title' => 'new', 'due' => self::DUE)) + $op;
        }, $ops));
        $this->checks->same('the sound one', array($patched[0]['changed'], count($patched)), array(true, count($ops)));
        foreach ($this->apply($this->deleting($ops)) as $result) {
            $this->checks->same('deleted ' . $result['uid'], isset($result['error']), false);
        }
    }

    /**
     * What phones have no word for stays when they send the task back.
     */
    public function checkUntold()
    {
        $op = $this->adding('untold', array('recurrence' => array('type' => 'weekly', 'days' => 2)));
        $this->apply(array($op));
        $db = $GLOBALS['injector']->getInstance('Horde_Db_Adapter');
        $db->update('UPDATE nag_tasks SET task_recurdays = 0 WHERE task_uid = ?', array($op['uid']));
        $data = array('title' => 'untold', 'due' => self::DUE, 'recurrence' => null);
        $result = $this->apply(array(array('op' => 'patch', 'data' => $data) + $op))[0];
        $this->checks->same('untold', $result['changed'], false);
        $kind = $db->selectValue('SELECT task_recurtype FROM nag_tasks WHERE task_uid = ?', array($op['uid']));
        $this->checks->same('its kind', (int)$kind, 2);
        $this->apply($this->deleting(array($op)));
    }

    /**
     * What lies below a deleted task moves up, with all that it has.
     */
    public function checkLevels()
    {
        $ops = array($this->adding('top', array()), $this->adding('middle', array()),
            $this->adding('bottom', array('tags' => array('kept'), 'alarm' => 10)));
        $this->apply($ops);
        $db = $GLOBALS['injector']->getInstance('Horde_Db_Adapter');
        foreach (array('middle' => 'top', 'bottom' => 'middle') as $name => $above) {
            $db->update('UPDATE nag_tasks SET task_parent = ? WHERE task_uid = ?',
                array($this->row($above)['task_id'], $name . $this->run));
        }
        $before = $this->export(array($ops[2]))[0];
        $this->checks->same('middle goes', $this->apply($this->deleting(array($ops[1])))[0]['changed'], true);
        $this->checks->same('bottom is below top', $this->row('bottom')['task_parent'], $this->row('top')['task_id']);
        $after = $this->export(array($ops[2]))[0];
        $this->checks->same('bottom is as it was', $after['data'], $before['data']);
        $this->checks->same('and is told of', $after['modseq'] > $before['modseq'], true);
        $this->checks->same('top goes', $this->apply($this->deleting(array($ops[0])))[0]['changed'], true);
        $this->checks->same('bottom is at the top', $this->row('bottom')['task_parent'], '');
        $this->apply($this->deleting(array($ops[2])));
    }

    /**
     * A saved search is no place of tasks.
     */
    public function checkSearches()
    {
        $id = $this->inside(function () {
            $share = $GLOBALS['nag_shares']->newShare(self::OWNER, 'search-' . $this->run, 'Search');
            $share->set('issmart', 1);
            $share->set('search', serialize(new Nag_Search('x', 0)));
            $GLOBALS['nag_shares']->addShare($share);
            return $share->getName();
        });
        $listing = $this->inside(function () use ($id) {
            return Hordeeas_Shares::all(self::OWNER)['tasks']['items'];
        });
        $this->checks->same('is no folder', in_array($id, array_column($listing, 'id'), true), false);
        $op = array('share' => $id) + $this->adding('lost', array());
        $this->checks->same('takes no task', $this->apply(array($op))[0]['error']['kind'], 'notfound');
        $this->inside(function () use ($id) {
            $GLOBALS['nag_shares']->removeShare($GLOBALS['nag_shares']->getShare($id));
        });
    }

    /**
     * Horde's limit of tasks holds, also within one call. A real limit would be that of all users: who
     * has several gets the largest.
     */
    public function checkLimit()
    {
        $ops = array();
        foreach (array('one', 'two', 'three') as $name) {
            $ops[] = $this->adding($name, array());
        }
        $injector = $GLOBALS['injector'];
        $perms = $injector->getInstance('Horde_Core_Perms');
        $most = $this->inside(function () {
            return Nag::countTasks();
        }) + 2;
        $injector->setInstance('Horde_Core_Perms', new class($most) {
            private $most;

            public function __construct($most)
            {
                $this->most = $most;
            }

            public function hasAppPermission($name)
            {
                return $name === 'max_tasks' ? $this->most : true;
            }
        });
        try {
            $results = $this->apply($ops);
        } finally {
            $injector->setInstance('Horde_Core_Perms', $perms);
        }
        $kinds = array_map(function (array $result) {
            return isset($result['error']) ? $result['error']['kind'] : null;
        }, $results);
        $this->checks->same('limit', $kinds, array(null, null, 'denied'));
        $this->apply($this->deleting($ops));
    }

    private function adding($name, array $data)
    {
        return array('op' => 'add', 'class' => 'tasks', 'share' => $this->tasklist, 'uid' => $name . $this->run,
            'data' => $data + array('title' => $name, 'due' => self::DUE));
    }

    private function deleting(array $ops)
    {
        return array_map(function (array $op) {
            return array('op' => 'delete') + $op;
        }, $ops);
    }

    private function apply(array $ops)
    {
        $ops = array_map(function (array $op) {
            return $op + array('class' => 'tasks', 'share' => $this->tasklist);
        }, $ops);
        return $this->inside(function () use ($ops) {
            return Hordeeas_Items::apply($ops, new Hordeeas_Budget(array('ms' => 60000)))['results'];
        });
    }

    private function export(array $ops)
    {
        return $this->inside(function () use ($ops) {
            return Hordeeas_Items::export($ops, array(), new Hordeeas_Budget(array()))['results'];
        });
    }

    private function queries(array $ops)
    {
        $db = $GLOBALS['injector']->getInstance('Horde_Db_Adapter');
        $asked = function () use ($db) {
            $row = $db->selectOne("SHOW SESSION STATUS LIKE 'Questions'");
            return (int)end($row);
        };
        $before = $asked();
        $read = $this->export($ops);
        $count = $asked() - $before - 1;
        $this->checks->same('all of ' . count($ops), count(array_filter(array_column($read, 'data'))), count($ops));
        return $count;
    }

    private function row($name)
    {
        return $GLOBALS['injector']->getInstance('Horde_Db_Adapter')
            ->selectOne('SELECT * FROM nag_tasks WHERE task_uid = ?', array($name . $this->run));
    }

    /**
     * Works as the owner, inside Nag.
     */
    private function inside(callable $work)
    {
        global $registry;

        if ($registry->getAuth() !== self::OWNER) {
            $registry->setAuth(self::OWNER, array());
            $registry->setTimeZone();
        }
        return Hordeeas_Call::within('nag', $work);
    }
}
