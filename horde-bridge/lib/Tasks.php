<?php
/**
 * Lists and reads tasks. All methods run inside Nag.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Tasks extends Hordeeas_Reader
{
    public function noun()
    {
        return 'task';
    }

    public function parent($tasklist)
    {
        return 'nag:' . $tasklist;
    }

    public function permit($tasklist, $perm)
    {
        if (!self::share($tasklist)->hasPermission($GLOBALS['registry']->getAuth(), $perm)) {
            throw new Hordeeas_Failure('denied', 'no permission in the task list ' . $tasklist);
        }
    }

    /**
     * @return array  uid => Nag_Task
     */
    public function read($tasklist, array $uids)
    {
        $uids = array_values(array_unique(array_filter($uids, 'strlen')));
        $driver = self::driver($tasklist);
        if (!$uids) {
            return array();
        }
        $found = $driver instanceof Nag_Driver_Sql
            ? $this->readMany($driver, $tasklist, $uids)
            : $this->all($driver);
        // The database may find what differs in case alone.
        return array_intersect_key($found, array_flip($uids));
    }

    /**
     * @return Nag_Driver
     *
     * @throws Hordeeas_Failure  notfound
     */
    public static function driver($tasklist)
    {
        self::share($tasklist);
        return $GLOBALS['injector']->getInstance('Nag_Factory_Driver')->create($tasklist);
    }

    /**
     * The labels that a driver keeps itself, else those of Horde.
     *
     * @param array $tags  uid => tags
     *
     * @return array  Sorted.
     */
    public static function tagsOf(Nag_Task $task, array $tags)
    {
        $out = isset($tags[$task->uid]) ? $tags[$task->uid] : array();
        if (isset($task->internaltags)) {
            $out = array_map('strval', array_values((array)$task->internaltags));
        }
        sort($out);
        return $out;
    }

    protected function writer()
    {
        return new Hordeeas_TaskWriter($this);
    }

    /**
     * With "completed" in the options only those that are done, or only the others.
     */
    protected function uids($tasklist)
    {
        $driver = self::driver($tasklist);
        $done = isset($this->wanted['completed']) ? (bool)$this->wanted['completed'] : null;
        if (!$driver instanceof Nag_Driver_Sql) {
            return array_keys(array_filter($this->all($driver), function ($task) use ($done) {
                return $done === null || (bool)$task->completed === $done;
            }));
        }
        $uids = function () use ($tasklist, $done) {
            $filter = $done === null ? '' : ' AND task_completed ' . ($done ? '<> 0' : '= 0');
            return $this->_db->selectValues('SELECT task_uid FROM ' . $this->_params['table']
                . " WHERE task_owner = ? AND task_uid <> ''" . $filter, array($tasklist));
        };
        return Closure::bind($uids, $driver, 'Nag_Driver_Sql')();
    }

    protected function extras($tasklist, array $uids, array $items)
    {
        return array('tags' => Hordeeas_Tags::of('Nag_Tagger', 'task', $uids));
    }

    protected function data($task, array $extras, $binary, Hordeeas_Budget $budget)
    {
        $text = str_replace("\0", '', Hordeeas_Json::utf8((string)$task->desc));
        $budget->spend(strlen($text) + strlen((string)$task->name) + 500);
        $series = new Hordeeas_Series($task);
        return array(
            'title' => Hordeeas_Json::utf8((string)$task->name),
            'description' => $text,
            'private' => (bool)$task->private,
            'priority' => (int)$task->priority,
            'completed' => (bool)$task->completed,
            'completed_at' => self::instant($task->completed_date),
            'start' => self::instant($task->start),
            'due' => self::instant($task->due),
            'next_start' => $series->nextStart(),
            'next_due' => $series->nextDue(),
            'zone' => date_default_timezone_get(),
            'alarm' => (int)$task->alarm > 0 ? (int)$task->alarm : null,
            'tags' => self::tagsOf($task, $extras['tags']),
            'recurrence' => $series->rule(),
        );
    }

    public static function instant($seconds)
    {
        return (int)$seconds ? (int)$seconds : null;
    }

    private static function share($tasklist)
    {
        if (!is_string($tasklist) || $tasklist === '') {
            throw new Hordeeas_Failure('notfound', 'no such task list');
        }
        try {
            $share = $GLOBALS['nag_shares']->getShare($tasklist);
        } catch (Horde_Exception_NotFound $e) {
            $share = null;
        }
        // A search that was saved is no place of tasks.
        if (!$share || $share->get('issmart')) {
            throw new Hordeeas_Failure('notfound', 'no such task list: ' . Hordeeas_Json::utf8($tasklist));
        }
        return $share;
    }

    /**
     * One query for all, and none for their histories and labels, which the driver would ask one by one.
     */
    private function readMany($driver, $tasklist, array $uids)
    {
        $tasks = function () use ($tasklist, $uids) {
            $rows = $this->_db->selectAll('SELECT * FROM ' . $this->_params['table']
                . ' WHERE task_owner = ? AND task_uid IN (' . implode(',', array_fill(0, count($uids), '?')) . ')',
                array_merge(array($tasklist), $uids));
            return array_map(function ($row) {
                return new Nag_Task($this, $this->_buildTask($row, false));
            }, $rows);
        };
        $out = array();
        foreach (Closure::bind($tasks, $driver, 'Nag_Driver_Sql')() as $task) {
            $out[(string)$task->uid] = $task;
        }
        return $out;
    }

    /**
     * @return array  uid => task, of a store that lists whole task lists only
     */
    private function all($driver)
    {
        $driver->retrieve();
        $driver->tasks->reset();
        $out = array();
        while ($task = $driver->tasks->each()) {
            $out[(string)$task->uid] = $task;
        }
        return $out;
    }
}
