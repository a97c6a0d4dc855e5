<?php
/**
 * What an operation says of a task, checked: only what it names is there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_TaskInput
{
    /** Characters of a title that the store keeps. */
    const TITLE = 255;
    /** The last second that the store's columns keep. */
    const LAST = 2147483647;
    /** Priorities, as phones know them: low, normal, high => Nag's, when it had another. */
    const PRIORITIES = array(5, 3, 1);

    /**
     * @return array  title, description: text; private, completed, tell: boolean; priority, importance,
     *                alarm: number; start, due, remind, completed_at: Unix time; tags; recurrence; cut: bytes after which the
     *                phone was shown no more of the text. Null clears.
     *
     * @throws Hordeeas_Failure  invalid
     */
    public static function of($data)
    {
        if (!is_array($data)) {
            throw new Hordeeas_Failure('invalid', 'data must be an object');
        }
        $out = array();
        foreach ($data as $name => $value) {
            switch ($name) {
            case 'title':
                $out[$name] = self::line(self::text($name, $value));
                break;
            case 'description':
                $out[$name] = self::text($name, $value);
                break;
            case 'private':
            case 'completed':
            case 'tell':
                $out[$name] = self::flag($name, $value);
                break;
            case 'priority':
                $out[$name] = self::number($name, $value, 1, 5);
                break;
            case 'importance':
                $out[$name] = self::number($name, $value, 0, 2);
                break;
            case 'cut':
                $out[$name] = self::number($name, $value, 0, self::LAST);
                break;
            case 'alarm':
                $out[$name] = $value === null ? null : self::number($name, $value, 1, self::LAST);
                break;
            case 'start':
            case 'due':
            case 'remind':
            case 'completed_at':
                $out[$name] = self::instant($name, $value);
                break;
            case 'tags':
                $tags = array_filter((array)$value, 'is_string');
                $out[$name] = array_values(array_unique(array_filter(array_map('trim', $tags), 'strlen')));
                sort($out[$name]);
                break;
            case 'recurrence':
                $out[$name] = Hordeeas_Series::checked($value);
                break;
            }
        }
        return $out;
    }

    /**
     * Nag's priority: what a phone that knows three of them sends must not change one that it was
     * shown as the same.
     */
    public static function priority(array $input, $now)
    {
        if (isset($input['priority'])) {
            return $input['priority'];
        }
        if (!isset($input['importance']) || ($now !== null && self::importance($now) === $input['importance'])) {
            return $now === null ? self::PRIORITIES[1] : $now;
        }
        return self::PRIORITIES[$input['importance']];
    }

    private static function importance($priority)
    {
        return $priority === 1 ? 2 : ($priority === 5 ? 0 : 1);
    }

    private static function text($name, $value)
    {
        if ($value !== null && !is_string($value)) {
            throw new Hordeeas_Failure('invalid', $name . ' must be a text');
        }
        return str_replace("\0", '', (string)$value);
    }

    /**
     * A title is one line.
     */
    private static function line($title)
    {
        return Horde_String::substr(preg_replace('/\s*[\r\n]+\s*/', ' ', trim($title, "\r\n")), 0, self::TITLE);
    }

    private static function flag($name, $value)
    {
        if (!is_bool($value)) {
            throw new Hordeeas_Failure('invalid', $name . ' must be true or false');
        }
        return $value;
    }

    private static function number($name, $value, $least, $most)
    {
        if (!is_int($value) || $value < $least || $value > $most) {
            throw new Hordeeas_Failure('invalid', $name . ' is out of range');
        }
        return $value;
    }

    /**
     * Unix time, or {"local": "2026-11-24T09:00:00"}, which is in the user's zone.
     */
    private static function instant($name, $value)
    {
        if ($value === null) {
            return null;
        }
        if (is_array($value) && isset($value['local']) && is_string($value['local'])
            && preg_match('/^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/', $value['local'], $part)
            && checkdate((int)$part[2], (int)$part[3], (int)$part[1])) {
            $value = mktime((int)$part[4], (int)$part[5], (int)$part[6], (int)$part[2], (int)$part[3], (int)$part[1]);
        }
        if (!is_int($value) || $value < 1 || $value > self::LAST) {
            throw new Hordeeas_Failure('invalid', $name . ' is no time that can be kept');
        }
        return $value;
    }
}
