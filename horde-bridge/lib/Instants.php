<?php
/**
 * The instances of a series, as Horde reckons them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Instants
{
    /** Days that pass at most from one instance to the next, for an interval of one. */
    const DAYS = array(1 => 1, 2 => 7, 3 => 31, 4 => 36, 5 => 366, 6 => 366, 7 => 372, 8 => 36);

    /** What does not end before this year never ends. */
    const FAR = 2200;

    /**
     * The begin of the last instance, in some steps however many there are; null: it never ends.
     *
     * @param Horde_Date_Recurrence $rule  Its start and end in the zone of the start.
     *
     * @return DateTimeImmutable|null
     */
    public static function last(Horde_Date_Recurrence $rule, DateTimeImmutable $start)
    {
        if (!$rule->recurEnd && !$rule->hasRecurCount()) {
            return null;
        }
        $guess = self::guess($rule, $start);
        if ($guess && $guess->format('Y') < self::FAR && self::following($rule, $guess->setTime(0, 0)) == $guess
            && !self::following($rule, $guess->setTime(0, 0)->modify('+1 day'))) {
            return $guess;
        }
        $type = $rule->getRecurType();
        $gap = (isset(self::DAYS[$type]) ? self::DAYS[$type] : 366) * max(1, (int)$rule->getRecurInterval());
        if ($rule->recurEnd) {
            $limit = new DateTimeImmutable($rule->recurEnd->format('Y-m-d H:i:s'), $start->getTimezone());
        } else {
            $days = $type === Horde_Date_Recurrence::RECUR_WEEKLY
                ? max(1, substr_count(decbin((int)$rule->getRecurOnDays() & 127), '1'))
                : 1;
            $limit = $start->modify('+' . min(3000000, $gap * (intdiv($rule->getRecurCount(), $days) + 1)) . ' days');
        }
        // From midnight on: for what comes after its own hour of the day, each day, Kronolith finds nothing.
        $limit = $limit->setTime(0, 0)->modify('+1 day');
        if ($limit->format('Y') >= self::FAR) {
            $limit = $start->setDate(self::FAR, 1, 1)->setTime(0, 0);
            if ($limit < $start || self::following($rule, $limit)) {
                return null;
            }
        }
        // Backwards in growing steps to one that there is, then closer and closer to the last.
        $last = $start;
        for ($back = 2 * $gap; $limit->modify('-' . $back . ' days') > $start; $back *= 2) {
            $found = self::following($rule, $limit->modify('-' . $back . ' days'));
            if ($found) {
                $last = max($last, $found);
                break;
            }
            $limit = $limit->modify('-' . $back . ' days');
        }
        while ($last->modify('+' . (2 * $gap) . ' days') < $limit) {
            $middle = $last->setTimestamp(intdiv($last->getTimestamp() + $limit->getTimestamp(), 2))->setTime(0, 0);
            $found = self::following($rule, $middle);
            if ($found && $found > $last) {
                $last = $found;
            } else {
                $limit = $middle;
            }
        }
        for ($steps = 0; $steps < 1000; $steps++) {
            $next = self::following($rule, $last->modify('+1 day'));
            if (!$next || $next <= $last) {
                break;
            }
            $last = $next;
        }
        return $last;
    }

    /**
     * Where the last instance should be, for what comes each so many days; null: there is no telling.
     *
     * @return DateTimeImmutable|null
     */
    private static function guess(Horde_Date_Recurrence $rule, DateTimeImmutable $start)
    {
        $days = max(1, (int)$rule->getRecurInterval());
        if ($rule->getRecurType() === Horde_Date_Recurrence::RECUR_WEEKLY
            && (int)$rule->getRecurOnDays() === 1 << (int)$start->format('w')) {
            $days *= 7;
        } elseif ($rule->getRecurType() !== Horde_Date_Recurrence::RECUR_DAILY) {
            return null;
        }
        if ($rule->recurEnd) {
            $end = new DateTimeImmutable($rule->recurEnd->format('Y-m-d H:i:s'), $start->getTimezone());
            $steps = $end < $start ? 0 : intdiv($start->diff($end)->days, $days);
        } else {
            $steps = max(0, (int)$rule->getRecurCount() - 1);
        }
        return $steps > 100000 ? null : $start->modify('+' . $steps * $days . ' days');
    }

    /**
     * The first instance that does not begin before a moment, or null.
     */
    public static function following(Horde_Date_Recurrence $rule, DateTimeInterface $after)
    {
        $next = $rule->nextRecurrence(new Horde_Date($after->format('Y-m-d H:i:s'), $rule->start->timezone));
        return $next
            ? new DateTimeImmutable($next->format('Y-m-d H:i:s'), new DateTimeZone($rule->start->timezone))
            : null;
    }
}
