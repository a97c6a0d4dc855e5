<?php
/**
 * Attributes that take the place of others, where a book has no such or keeps nothing in them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_StandIns
{
    const PAIRS = array('alias' => 'nickname', 'homeStreet' => 'homeAddress', 'workStreet' => 'workAddress',
        'otherStreet' => 'otherAddress');

    /**
     * Adds what is shown in the place of an attribute that is empty.
     *
     * @param array $map  The book's attributes; one that is made of others stands in for none.
     */
    public static function filled(array $attrs, array $map)
    {
        foreach (self::PAIRS as $name => $other) {
            if (self::standsIn($attrs, $map, $name)) {
                $attrs[$name] = $attrs[$other];
            }
        }
        return $attrs;
    }

    /**
     * Moves what is to be written to the attribute that it was shown from, or that the book has.
     *
     * @param array $attrs    What is to be written.
     * @param array $current  The contact's attributes now.
     */
    public static function place(array $attrs, array $map, array $current)
    {
        foreach (self::PAIRS as $name => $other) {
            if (!array_key_exists($name, $attrs)) {
                continue;
            }
            $isMissing = !isset($map[$name]) && isset($map[$other]) && is_string($map[$other]);
            if ($isMissing || self::standsIn($current, $map, $name)) {
                $attrs[$other] = $attrs[$name];
                unset($attrs[$name]);
            }
        }
        return $attrs;
    }

    private static function standsIn(array $attrs, array $map, $name)
    {
        $other = self::PAIRS[$name];
        return (!isset($attrs[$name]) || trim((string)$attrs[$name]) === '')
            && isset($map[$other]) && is_string($map[$other])
            && isset($attrs[$other]) && trim((string)$attrs[$other]) !== '';
    }
}
