<?php
/**
 * What a writer of an event names, looked at before anything is written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_EventInput
{
    /** The most attendees, and the most instances that differ. */
    const MANY = 2000;
    /** The longest time, in minutes, that a reminder may lie before or after the start. */
    const ALARM = 5256000;

    /**
     * @param mixed $data        As it came.
     * @param string|null $zone  Where no zone is named: that of the event; null: the user's.
     *
     * @return array  What data name, checked; from, to and originals as DateTimeImmutable
     *
     * @throws Hordeeas_Failure  invalid
     */
    public static function read($data, $zone = null)
    {
        if (!is_array($data)) {
            throw new Hordeeas_Failure('invalid', 'data must be an object');
        }
        $out = self::texts($data);
        if (array_key_exists('status', $data)) {
            $out['status'] = self::among(Hordeeas_EventView::STATUS, $data['status'] === null ? 'none' : $data['status'], 'status');
        }
        foreach (array('private', 'allday') as $name) {
            if (array_key_exists($name, $data)) {
                $out[$name] = (bool)$data[$name];
            }
        }
        if (array_key_exists('alarm', $data)) {
            $out['alarm'] = self::alarm($data['alarm']);
        }
        if (array_key_exists('tags', $data)) {
            $out['tags'] = Hordeeas_Tags::input($data['tags'] === null ? array() : $data['tags']);
        }
        if (array_key_exists('attendees', $data)) {
            $out['attendees'] = self::attendees($data['attendees']);
        }
        if (isset($data['cut']) && is_int($data['cut'])) {
            $out['cut'] = $data['cut'];
        }
        if (isset($data['organizer']['email']) && is_string($data['organizer']['email'])) {
            $out['organizer'] = trim($data['organizer']['email']);
        }
        return self::times($data, $zone) + $out;
    }

    /**
     * A moment: Unix time, or utc, or local.
     *
     * @return DateTimeImmutable  In the zone.
     *
     * @throws Hordeeas_Failure  invalid
     */
    public static function moment($value, DateTimeZone $zone)
    {
        $utc = is_array($value) && isset($value['utc']) ? $value['utc'] : $value;
        if (is_array($value) && isset($value['local'])) {
            $moment = self::local($value['local'], $zone);
        } elseif (is_int($utc)) {
            if (abs($utc) > 300000000000) {
                throw new Hordeeas_Failure('invalid', 'a moment is out of range');
            }
            $moment = (new DateTimeImmutable('@' . $utc))->setTimezone($zone);
        } else {
            throw new Hordeeas_Failure('invalid', 'a moment is neither utc nor local');
        }
        if ($moment->format('Y') < 1000 || $moment->format('Y') > 9998) {
            throw new Hordeeas_Failure('invalid', 'a moment is out of range');
        }
        return $moment;
    }

    /**
     * A moment by the clock of a zone.
     */
    public static function local($text, DateTimeZone $zone)
    {
        if (!is_string($text)
            || !preg_match('/^(\d{4})-(\d\d)-(\d\d)(?:T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?)?$/D', $text, $part)
            || !checkdate((int)$part[2], (int)$part[3], (int)$part[1])) {
            throw new Hordeeas_Failure('invalid', 'not a local time');
        }
        return new DateTimeImmutable($text, $zone);
    }

    private static function texts(array $data)
    {
        $out = array();
        foreach (array('title', 'location', 'description', 'url') as $name) {
            if (!array_key_exists($name, $data)) {
                continue;
            }
            if ($data[$name] !== null && !is_string($data[$name])) {
                throw new Hordeeas_Failure('invalid', $name . ' must be a text');
            }
            $out[$name] = self::text($name, (string)$data[$name]);
        }
        return $out;
    }

    /**
     * A text as an event keeps it: a title is one line.
     */
    public static function text($name, $text)
    {
        $text = str_replace("\0", '', Hordeeas_Json::utf8($text));
        if ($name === 'title') {
            $text = trim(preg_replace('/\s*[\r\n]+\s*/', ' ', $text));
        }
        return $name === 'url' ? trim($text) : $text;
    }

    /**
     * Kronolith's nought stands for none: who is to be reminded at the start is so a minute before.
     */
    private static function alarm($minutes)
    {
        if ($minutes === null) {
            return 0;
        }
        if (!is_int($minutes) || abs($minutes) > self::ALARM) {
            throw new Hordeeas_Failure('invalid', 'alarm is out of range');
        }
        return $minutes === 0 ? 1 : $minutes;
    }

    /**
     * @return array  address in lower case => name, role, response; those that were told
     */
    private static function attendees($list)
    {
        $out = array();
        foreach ((array)$list as $one) {
            $email = isset($one['email']) && is_string($one['email']) ? trim($one['email']) : '';
            if ($email === '' || strlen($email) > 255 || preg_match('/[\x00-\x1f\x7f]/', $email)) {
                throw new Hordeeas_Failure('invalid', 'an attendee has no address');
            }
            if (isset($one['kind']) && $one['kind'] === 'resource') {
                continue;
            }
            $told = array();
            if (isset($one['name']) && is_string($one['name'])) {
                $told['name'] = Horde_String::substr(trim(str_replace("\0", '', $one['name'])), 0, 255);
            }
            foreach (array('role' => Hordeeas_Attendees::ROLES, 'response' => Hordeeas_Attendees::RESPONSES) as $name => $known) {
                if (isset($one[$name])) {
                    $told[$name] = self::among($known, $one[$name], $name);
                }
            }
            $out[Horde_String::lower($email)] = $told;
        }
        if (count($out) > self::MANY) {
            throw new Hordeeas_Failure('invalid', 'too many attendees');
        }
        return $out;
    }

    private static function times(array $data, $zone)
    {
        $out = array();
        if (isset($data['zone'])) {
            $known = is_string($data['zone'])
                && in_array($data['zone'], DateTimeZone::listIdentifiers(DateTimeZone::ALL_WITH_BC), true);
            if (!$known && (isset($data['start']['local']) || isset($data['end']['local']))) {
                throw new Hordeeas_Failure('invalid', 'no such zone');
            }
            $zone = $known ? $data['zone'] : $zone;
            $out = $known ? array('zone' => $zone) : array();
        }
        $clock = new DateTimeZone($zone === null ? date_default_timezone_get() : $zone);
        foreach (array('start', 'end') as $name) {
            if (isset($data[$name])) {
                $out[$name] = self::moment($data[$name], $clock);
            }
        }
        if (array_key_exists('recurrence', $data)) {
            $out['recurrence'] = $data['recurrence'] === null ? null : self::rule($data['recurrence'], $clock);
        }
        if (isset($data['instances'])) {
            $cut = isset($data['cut']) ? array('cut' => $data['cut']) : array();
            $out['instances'] = self::instances($data['instances'], $clock, $cut);
        }
        return $out;
    }

    /**
     * @return array  type (Kronolith's number), interval, days, until (DateTimeImmutable or null), count
     */
    private static function rule($rule, DateTimeZone $clock)
    {
        if (!is_array($rule) || !isset($rule['type'])) {
            throw new Hordeeas_Failure('invalid', 'a recurrence has no type');
        }
        $type = self::among(Hordeeas_EventTimes::TYPES, $rule['type'], 'recurrence');
        $number = function ($name, $default, $most) use ($rule) {
            $value = isset($rule[$name]) ? $rule[$name] : $default;
            if ($value !== $default && (!is_int($value) || $value < 1 || $value > $most)) {
                throw new Hordeeas_Failure('invalid', 'the recurrence has an odd ' . $name);
            }
            return $value;
        };
        return array(
            'type' => $type,
            'interval' => $number('interval', 1, 1000),
            'days' => $number('days', 0, 127),
            'until' => isset($rule['until']) ? self::moment(array('local' => $rule['until']), $clock) : null,
            'count' => $number('count', null, 100000),
        );
    }

    /**
     * @return array  deleted: list of moments; changed: list of moment, data
     */
    private static function instances($told, DateTimeZone $clock, array $more)
    {
        $lists = array();
        foreach (array('deleted', 'changed') as $name) {
            $lists[$name] = is_array($told) && isset($told[$name]) ? $told[$name] : array();
            if (!is_array($lists[$name]) || count($lists[$name]) > self::MANY) {
                throw new Hordeeas_Failure('invalid', 'instances must be two lists, and not too long');
            }
        }
        $out = array('deleted' => array(), 'changed' => array());
        foreach ($lists['deleted'] as $moment) {
            $out['deleted'][] = self::moment($moment, $clock);
        }
        foreach ($lists['changed'] as $one) {
            if (!isset($one['original']) || !isset($one['data']) || !is_array($one['data'])) {
                throw new Hordeeas_Failure('invalid', 'a changed instance needs original and data');
            }
            $out['changed'][] = array(self::moment($one['original'], $clock), $one['data'] + $more);
        }
        return $out;
    }

    private static function among(array $known, $value, $name)
    {
        $found = is_string($value) ? array_search($value, $known, true) : false;
        if ($found === false) {
            throw new Hordeeas_Failure('invalid', 'no such ' . $name);
        }
        return $found;
    }
}
