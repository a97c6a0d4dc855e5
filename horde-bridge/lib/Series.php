<?php
/**
 * The occurrences of a recurring task. Nag keeps the first one's dates, the rule, and the days whose
 * occurrences are done; users see the first that is not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Series
{
    /** word => Horde's number */
    const TYPES = array(
        'daily' => 1,
        'weekly' => 2,
        'monthly_date' => 3,
        'monthly_weekday' => 4,
        'yearly_date' => 5,
        'yearly_day' => 6,
        'yearly_weekday' => 7,
        'monthly_last_weekday' => 8,
    );

    /** How many occurrences are done at once at most. */
    const MOST = 1000;

    /** @var Nag_Task */
    private $task;

    public function __construct(Nag_Task $task)
    {
        $this->task = $task;
    }

    public function recurs()
    {
        return (bool)$this->task->recurs();
    }

    /**
     * When the current occurrence is due: the first that is not done, or the last one when all are.
     *
     * @return int  Unix time; null where the task has no date.
     */
    public function nextDue()
    {
        $due = Hordeeas_Tasks::instant($this->task->due);
        if ($due === null || !$this->recurs() || !$this->isSane()) {
            return $due;
        }
        $rule = $this->task->recurrence;
        $next = $rule->nextActiveRecurrence(new Horde_Date($due));
        if ($next) {
            return $next->timestamp();
        }
        $done = $rule->getCompletions();
        return $done ? $this->on(max($done)) : $due;
    }

    /**
     * When work on the current occurrence begins.
     */
    public function nextStart()
    {
        $start = Hordeeas_Tasks::instant($this->task->start);
        $due = $this->nextDue();
        return $start === null || $due === null ? $start : self::shifted($start, self::days($this->task->due, $due));
    }

    /**
     * The rule as it travels; null when there is none.
     */
    public function rule()
    {
        if (!$this->recurs()) {
            return null;
        }
        $rule = $this->task->recurrence;
        $type = array_search((int)$rule->getRecurType(), self::TYPES, true);
        if ($type === false) {
            return null;
        }
        return array(
            'type' => $type,
            'interval' => (int)$rule->getRecurInterval(),
            'days' => $type === 'weekly' ? (int)$rule->getRecurOnDays() : 0,
            'until' => $rule->hasRecurEnd() ? $rule->getRecurEnd()->format('Y-m-d\TH:i:s') : null,
            'count' => $rule->getRecurCount() ? (int)$rule->getRecurCount() : null,
            'done' => array_values(array_map(array($this, 'dashed'), $rule->getCompletions())),
            'gone' => array_values(array_map(array($this, 'dashed'), $rule->getExceptions())),
        );
    }

    /**
     * Whether the protocol has no word for the rule: phones do not see it, and do not mean to clear it.
     */
    public function isUntold()
    {
        $rule = $this->rule();
        return $rule !== null && ($rule['interval'] < 1 || $rule['interval'] > 999
            || ($rule['type'] === 'weekly' && ($rule['days'] & 127) === 0));
    }

    /**
     * Whether a rule says what the task's own says. The end counts by its day, as Horde compares it.
     */
    public function follows(array $wanted)
    {
        $own = $this->rule();
        return $this->differsInEnd($wanted) && $own['count'] === $wanted['count']
            && substr((string)$own['until'], 0, 10) === substr((string)$wanted['until'], 0, 10);
    }

    /**
     * Whether a rule names the occurrences that the task's own names, up to the end of one of them.
     */
    public function differsInEnd(array $wanted)
    {
        $own = $this->rule();
        return $own !== null && $own['type'] === $wanted['type'] && $own['interval'] === $wanted['interval']
            && $own['days'] === $wanted['days'];
    }

    /**
     * The rule with all occurrences done that are due before one of them; null when there is none at
     * that time.
     *
     * @param int $due  When the new current occurrence is due.
     *
     * @return Horde_Date_Recurrence
     */
    public function advanced($due)
    {
        if (!$this->recurs() || !$this->isSane()) {
            return null;
        }
        $rule = clone $this->task->recurrence;
        $there = $rule->nextRecurrence(new Horde_Date($due));
        if (!$there || $there->timestamp() !== $due || $rule->hasException($there->year, $there->month, $there->mday)) {
            return null;
        }
        // What the user goes back to is to be done again.
        $from = $there->format('Ymd');
        $rule->completions = array_values(array_filter($rule->getCompletions(), function ($day) use ($from) {
            return strcmp($day, $from) < 0;
        }));
        $at = new Horde_Date((int)$this->task->due);
        for ($left = self::MOST; $left > 0; $left--) {
            $next = $rule->nextActiveRecurrence($at);
            if (!$next || $next->timestamp() >= $due) {
                return $rule;
            }
            $rule->addCompletion($next->year, $next->month, $next->mday);
            $at = $next->add(array('day' => 1));
        }
        return null;
    }

    /**
     * Whether the occurrence of a day is done.
     */
    public function isDone($due)
    {
        return $this->recurs() && in_array(date('Ymd', $due), $this->task->recurrence->getCompletions(), true);
    }

    /**
     * How many occurrences lie before the current one.
     */
    public function passed()
    {
        $until = $this->nextDue();
        $at = new Horde_Date((int)$this->task->due);
        for ($count = 0; $this->isSane() && $count < self::MOST; $count++) {
            $next = $this->task->recurrence->nextRecurrence($at);
            if (!$next || $next->timestamp() >= $until) {
                break;
            }
            $at = $next->add(array('day' => 1));
        }
        return $count;
    }

    /**
     * A rule of Horde's.
     *
     * @param array $rule  As it travels.
     * @param int $due     When the first occurrence is due.
     *
     * @return Horde_Date_Recurrence
     */
    public static function made(array $rule, $due)
    {
        $out = new Horde_Date_Recurrence(new Horde_Date($due));
        $out->setRecurType(self::TYPES[$rule['type']]);
        $out->setRecurInterval($rule['interval']);
        if ($rule['type'] === 'weekly') {
            $out->setRecurOnDay($rule['days']);
        }
        if ($rule['count'] !== null) {
            $out->setRecurCount($rule['count']);
        } elseif ($rule['until'] !== null) {
            $out->setRecurEnd(new Horde_Date($rule['until']));
        }
        return $out;
    }

    /**
     * A rule that came, checked; null when there is none.
     *
     * @throws Hordeeas_Failure  invalid
     */
    public static function checked($rule)
    {
        if ($rule === null) {
            return null;
        }
        if (!is_array($rule) || !isset($rule['type']) || !is_string($rule['type'])) {
            throw new Hordeeas_Failure('invalid', 'recurrence must be a rule');
        }
        if (!isset(self::TYPES[$rule['type']])) {
            return null;
        }
        $out = array('type' => $rule['type'], 'days' => 0, 'until' => null);
        $out['interval'] = self::number($rule, 'interval', 1, 9999, 1);
        $out['count'] = self::number($rule, 'count', 1, 9999, null);
        if ($rule['type'] === 'weekly') {
            $out['days'] = self::number($rule, 'days', 1, 127, null);
            if ($out['days'] === null) {
                throw new Hordeeas_Failure('invalid', 'a weekly rule must name its days');
            }
        }
        if (isset($rule['until']) && $out['count'] === null) {
            if (!is_string($rule['until'])
                || !preg_match('/^([12]\d{3})-(\d\d)-(\d\d)(T\d\d:\d\d:\d\d)?$/', $rule['until'], $part)
                || !checkdate((int)$part[2], (int)$part[3], (int)$part[1])) {
                throw new Hordeeas_Failure('invalid', 'until must be a date');
            }
            $out['until'] = $rule['until'];
        }
        return $out;
    }

    /**
     * An instant some days later, at the same time of the day.
     */
    public static function shifted($at, $days)
    {
        if ($days === 0) {
            return $at;
        }
        $date = new Horde_Date($at);
        return $date->add(array('day' => $days))->timestamp();
    }

    /**
     * How many days one instant lies after another, by the calendar.
     */
    public static function days($from, $to)
    {
        $zone = new DateTimeZone('UTC');
        $day = function ($at) use ($zone) {
            return new DateTime(date('Y-m-d', (int)$at), $zone);
        };
        return (int)$day($from)->diff($day($to))->format('%r%a');
    }

    /**
     * Whether the next occurrence can be looked for.
     */
    private function isSane()
    {
        $rule = $this->task->recurrence;
        return (int)$rule->getRecurInterval() > 0 && in_array((int)$rule->getRecurType(), self::TYPES, true);
    }

    /**
     * The time of the first occurrence on another day.
     */
    private function on($day)
    {
        $date = new Horde_Date((int)$this->task->due);
        list($date->year, $date->month, $date->mday) = array_map('intval',
            array(substr($day, 0, 4), substr($day, 4, 2), substr($day, 6, 2)));
        return $date->timestamp();
    }

    private function dashed($day)
    {
        return substr((string)$day, 0, 4) . '-' . substr((string)$day, 4, 2) . '-' . substr((string)$day, 6, 2);
    }

    private static function number(array $rule, $name, $least, $most, $otherwise)
    {
        if (!isset($rule[$name])) {
            return $otherwise;
        }
        if (!is_int($rule[$name]) || $rule[$name] < $least || $rule[$name] > $most) {
            throw new Hordeeas_Failure('invalid', $name . ' is out of range');
        }
        return $rule[$name];
    }
}
