<?php
/**
 * What is to be written, so that a task becomes what a phone wants.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_TaskPlan
{
    /** @var Nag_Task */
    private $task;

    /** @var Hordeeas_Series */
    private $series;

    /** @var array */
    private $input;

    /** @var array  Fields of Nag's, as they are. */
    private $now;

    /** @var array  Fields of Nag's, as they are to be. */
    private $new;

    /** @var bool */
    private $differs;

    public function __construct(Nag_Task $task, array $tags, array $input)
    {
        $this->task = $task;
        $this->series = new Hordeeas_Series($task);
        $this->input = $input;
        $this->differs = !empty($input['tell']);
        $this->now = array(
            'name' => (string)$task->name,
            'desc' => (string)$task->desc,
            'private' => (bool)$task->private,
            'priority' => $task->priority === null ? null : (int)$task->priority,
            'completed' => (bool)$task->completed,
            'completed_date' => (int)$task->completed_date,
            'start' => (int)$task->start,
            'due' => (int)$task->due,
            'alarm' => (int)$task->alarm,
            'tags' => $tags,
            'recurrence' => $task->recurs() ? $task->recurrence : null,
        );
        $this->new = $this->now;
        $names = array('title' => 'name', 'description' => 'desc', 'private' => 'private', 'tags' => 'tags');
        foreach (array_intersect_key($names, $input) as $from => $to) {
            $this->new[$to] = $input[$from];
        }
        $cut = isset($input['cut']) ? $input['cut'] : null;
        if (isset($input['description']) && self::isShown($this->now['desc'], $input['description'], $cut)) {
            $this->new['desc'] = $this->now['desc'];
        }
        $this->new['priority'] = Hordeeas_TaskInput::priority($input, $this->now['priority']);
        $due = $this->dates();
        $this->alarm($due);
        $this->completion($due);
    }

    /**
     * Whether the task will be another than the phone thinks.
     */
    public function differs()
    {
        return $this->differs;
    }

    /**
     * All fields, of a new task.
     */
    public function wanted()
    {
        return $this->new;
    }

    /**
     * What the driver is to change, in one step or two: of a recurring task that becomes completed it
     * looks at the occurrences itself, as they are stored.
     *
     * @return array  Lists of fields; none when nothing changes.
     */
    public function steps()
    {
        $step = array();
        foreach ($this->new as $name => $value) {
            if ($name === 'recurrence' ? $this->isOtherRule() : $value !== $this->now[$name]) {
                $step[$name] = $value;
            }
        }
        if (!isset($step['completed'])) {
            return $step ? array($step) : array();
        }
        $last = array_intersect_key($step, array('completed' => true, 'completed_date' => true));
        $step = array_diff_key($step, $last);
        if ($this->now['recurrence'] === null && $this->new['recurrence'] === null) {
            return array($step + $last);
        }
        return array_values(array_filter(array($step, $last)));
    }

    /**
     * Dates and rule.
     *
     * @return int  When the current occurrence will be due; 0: no date.
     */
    private function dates()
    {
        $current = (int)$this->series->nextDue();
        $begins = (int)$this->series->nextStart();
        $due = array_key_exists('due', $this->input) ? (int)$this->input['due'] : $current;
        $start = array_key_exists('start', $this->input) ? (int)$this->input['start'] : $begins;
        $isNamed = array_key_exists('recurrence', $this->input);
        $rule = $isNamed ? $this->input['recurrence'] : $this->series->rule();
        if ($rule === null && $this->series->isUntold()) {
            $rule = $this->series->rule();
        }
        if ($rule !== null && !$due) {
            // Nag repeats what is due.
            $due = $start;
            $rule = $due ? $rule : null;
            $this->differs = true;
        }
        $base = $due;
        if ($rule === null) {
            $this->new['recurrence'] = null;
        } else {
            list($base, $this->new['recurrence']) = $this->rule($rule, $due, $current);
        }
        $this->new['due'] = $base;
        $this->new['start'] = $this->start($start, $base, $due);
        return $due;
    }

    /**
     * When work on the first occurrence begins.
     *
     * @param int $start  On the one that is due at $due.
     * @param int $base   When the first one is due.
     */
    private function start($start, $base, $due)
    {
        $isKept = $base === $this->now['due'];
        $isNamed = array_key_exists('start', $this->input);
        if (!$start || ($isKept && (!$isNamed || $start === $this->now['start']))) {
            return $isNamed ? $start : $this->now['start'];
        }
        if (!$isNamed) {
            return $this->series->recurs() && $base
                ? Hordeeas_Series::shifted($this->now['start'], Hordeeas_Series::days($this->now['due'], $base))
                : $this->now['start'];
        }
        return Hordeeas_Series::shifted($start, -Hordeeas_Series::days($base, $due));
    }

    /**
     * @return array  When the first occurrence is due, and the rule.
     */
    private function rule(array $rule, $due, $current)
    {
        $own = $this->now['recurrence'];
        if ($this->series->follows($rule)) {
            if ($due === $current) {
                return array($this->now['due'], $own);
            }
            if (!empty($this->input['completed']) && $due < $current && $this->series->isDone($due)) {
                // Completed again: the first answer was lost.
                return array($this->now['due'], $own);
            }
            $advanced = $this->series->advanced($due);
            if ($advanced) {
                return array($this->now['due'], $advanced);
            }
            if ($rule['count'] !== null) {
                $rule['count'] = max(1, $rule['count'] - $this->series->passed());
            }
        } elseif ($due === $current && $this->series->differsInEnd($rule)) {
            $made = Hordeeas_Series::made($rule, $this->now['due']);
            $made->completions = $own->getCompletions();
            $made->exceptions = $own->getExceptions();
            return array($this->now['due'], $made);
        }
        return array($due, Hordeeas_Series::made($rule, $due));
    }

    private function alarm($due)
    {
        $input = $this->input;
        if (array_key_exists('remind', $input) && $input['remind'] !== null) {
            // Nag reminds before what is due, or not at all.
            $this->new['alarm'] = $due ? max(1, (int)round(($due - $input['remind']) / 60)) : 0;
        } elseif (isset($input['alarm'])) {
            $this->new['alarm'] = $input['alarm'];
        } elseif (array_key_exists('remind', $input) || array_key_exists('alarm', $input)) {
            // Without a date phones do not see it.
            $this->new['alarm'] = $this->now['due'] || $due ? 0 : $this->now['alarm'];
        }
    }

    private function completion($due)
    {
        if (!isset($this->input['completed'])) {
            return;
        }
        $at = isset($this->input['completed_at']) ? $this->input['completed_at'] : 0;
        if (!$this->input['completed']) {
            $this->new['completed'] = false;
            $this->new['completed_date'] = 0;
            $this->differs = $this->differs || ($this->now['completed'] && $this->now['recurrence'] !== null);
            return;
        }
        if ($this->now['completed']) {
            $this->new['completed_date'] = $at ? $at : $this->now['completed_date'];
            return;
        }
        $rule = $this->new['recurrence'];
        if ($rule !== null) {
            $this->differs = true;
            if ($this->series->isDone($due) && $rule === $this->now['recurrence']) {
                return;
            }
            $day = new Horde_Date($due);
            $rest = clone $rule;
            $rest->addCompletion($day->year, $day->month, $day->mday);
            if ($rest->nextActiveRecurrence($day->add(array('day' => 1)))) {
                $this->new['recurrence'] = $rest;
                return;
            }
        }
        $this->new['completed'] = true;
        $this->new['completed_date'] = $at ? $at : time();
    }

    /**
     * Whether a text is what the phone was shown of another: all of it, or its first bytes.
     */
    private static function isShown($whole, $text, $cut)
    {
        $plain = function ($text) {
            return str_replace("\r\n", "\n", $text);
        };
        if ($cut !== null && strlen($whole) > $cut && $text !== '') {
            $whole = mb_strcut($whole, 0, $cut, 'UTF-8');
        }
        return rtrim($plain($whole), "\r") === rtrim($plain($text), "\r");
    }

    private function isOtherRule()
    {
        list($now, $new) = array($this->now['recurrence'], $this->new['recurrence']);
        if ($now === null || $new === null) {
            return $now !== $new;
        }
        return $now !== $new
            && (!$now->isEqual($new) || $now->getCompletions() != $new->getCompletions()
                || $now->getExceptions() != $new->getExceptions());
    }
}
