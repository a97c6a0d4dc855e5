<?php
/**
 * Writes tasks. Of a recurring task phones see the current occurrence: its dates are what they send.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_TaskWriter extends Hordeeas_Writer
{
    protected function add($tasklist, $uid, $data)
    {
        if (strlen($uid) > 255) {
            throw new Hordeeas_Failure('unsupported', 'the task list can not keep this uid');
        }
        $input = Hordeeas_TaskInput::of($data);
        $driver = Hordeeas_Tasks::driver($tasklist);
        $task = new Nag_Task($driver, array('tasklist_id' => $tasklist, 'uid' => $uid, 'due' => 0, 'start' => 0));
        $plan = new Hordeeas_TaskPlan($task, array(), $input);
        $new = $plan->wanted();
        $this->fit($driver, $new['desc']);
        $this->quota->allow('tasks', Hordeeas_Quota::ofUser('max_tasks'), array('Nag', 'countTasks'),
            'the user may not have more tasks');
        $at = $new['completed_date'];
        list(, $made) = $driver->add(array('uid' => $uid) + $new);
        if ($new['completed']) {
            // The driver leaves it out.
            $this->set($driver, $made, 'task_completed_date', $at);
        }
        $this->quota->add('tasks', 1);
        unset($this->known[$tasklist][$uid], $this->known[$tasklist][$made]);
        return array('uid' => $made, 'existed' => false, 'changed' => true, 'differs' => $plan->differs());
    }

    protected function patch($tasklist, $task, $data)
    {
        $input = Hordeeas_TaskInput::of($data);
        $tags = Hordeeas_Tasks::tagsOf($task, Hordeeas_Tags::of('Nag_Tagger', 'task', array($task->uid)));
        $plan = new Hordeeas_TaskPlan($task, $tags, $input);
        $steps = $plan->steps();
        $driver = Hordeeas_Tasks::driver($tasklist);
        foreach ($steps as $step) {
            if (isset($step['desc'])) {
                $this->fit($driver, $step['desc']);
            }
            $this->modify($driver, $task, $step);
        }
        unset($this->known[$tasklist][$task->uid]);
        return array('existed' => true, 'changed' => (bool)$steps, 'differs' => $plan->differs());
    }

    /**
     * A phone's list has no levels: what lies below a deleted task moves up to where that was.
     */
    protected function remove($tasklist, $task)
    {
        $driver = Hordeeas_Tasks::driver($tasklist);
        foreach ($driver->getChildren($task->id, false) as $child) {
            $this->modify($driver, $child, array('parent' => (string)$task->parent_id));
            unset($this->known[$tasklist][$child->uid]);
        }
        $driver->delete($task->id);
        $this->quota->add('tasks', -1);
    }

    private function modify($driver, $task, array $step)
    {
        // The driver writes numbers with a comma, which the database takes for their end.
        $large = abs((float)$task->estimate) >= 1000;
        $driver->modify($task->id, $large ? $step + array('estimate' => 0) : $step);
        if ($large) {
            $this->set($driver, $task->uid, 'task_estimate', (float)$task->estimate);
        }
    }

    /**
     * Writes one column, where there are columns.
     */
    private function set($driver, $uid, $column, $value)
    {
        if (!$driver instanceof Nag_Driver_Sql) {
            return;
        }
        $set = function () use ($uid, $column, $value) {
            $this->_db->update('UPDATE ' . $this->_params['table'] . ' SET ' . $column
                . ' = ? WHERE task_owner = ? AND task_uid = ?', array($value, $this->_tasklist, $uid));
        };
        Closure::bind($set, $driver, 'Nag_Driver_Sql')();
    }

    /**
     * The database may cut what is too long for it, or refuse it for ever.
     *
     * @throws Hordeeas_Failure  invalid
     */
    private function fit($driver, $text)
    {
        if (strlen($text) <= 65535 || !$driver instanceof Nag_Driver_Sql) {
            return;
        }
        $type = Closure::bind(function () {
            $columns = $this->_db->columns($this->_params['table']);
            return strtolower((string)$columns['task_desc']->getSqlType());
        }, $driver, 'Nag_Driver_Sql')();
        if (in_array($type, array('text', 'blob'), true)) {
            throw new Hordeeas_Failure('invalid', 'the text is longer than its table can hold: 65,535 bytes');
        }
    }
}
