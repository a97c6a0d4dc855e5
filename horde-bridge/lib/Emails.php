<?php
/**
 * Three addresses of the protocol in the attributes that an address book has.
 *
 * The first goes to "email", the second to "homeEmail", the third to "workEmail"; what has no
 * attribute of its own goes to the list "emails", where the book has that.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Emails
{
    const SLOTS = array('email', 'homeEmail', 'workEmail');

    /**
     * The three slots as a reader sees them.
     *
     * @param array $attrs  Attributes of the contact.
     *
     * @return array  slot => address, '' for none
     */
    public static function slots(array $attrs)
    {
        $out = array();
        foreach (self::SLOTS as $slot) {
            $out[$slot] = isset($attrs[$slot]) ? (string)$attrs[$slot] : '';
        }
        $more = isset($attrs['emails']) ? array_map('trim', explode(',', (string)$attrs['emails'])) : array();
        foreach ($more as $address) {
            $free = array_search('', $out, true);
            if ($address === '' || $free === false || in_array(strtolower($address), array_map('strtolower', $out), true)) {
                continue;
            }
            $out[$free] = $address;
        }
        return $out;
    }

    /**
     * Moves the addresses of a write to where the book can hold them.
     *
     * @param array $map      The book's attributes.
     * @param array $attrs    What is to be written; slots that are not named stay as they are.
     * @param array $current  The contact's attributes now.
     *
     * @return array  attributes to write, names of slots that found no place
     */
    public static function place(array $map, array $attrs, array $current)
    {
        $named = array_intersect_key($attrs, array_flip(self::SLOTS));
        $attrs = array_diff_key($attrs, $named);
        if (!$named) {
            return array($attrs, array());
        }
        $before = self::slots($current);
        $list = isset($current['emails'])
            ? array_values(array_filter(array_map('trim', explode(',', (string)$current['emails'])), 'strlen'))
            : array();
        $homeless = array();
        foreach ($named as $slot => $address) {
            $address = trim((string)$address);
            $mapped = isset($map[$slot]) && is_string($map[$slot]);
            if ($mapped) {
                $attrs[$slot] = $address === '' ? null : $address;
            }
            $at = $before[$slot] === '' ? false
                : array_search(strtolower($before[$slot]), array_map('strtolower', $list), true);
            if ($at !== false) {
                array_splice($list, $at, 1, $address === '' ? array() : array($address));
            } elseif (!$mapped && $address !== '') {
                $list[] = $address;
            }
            if (!$mapped && $address !== '' && !isset($map['emails'])) {
                $homeless[$slot] = $address;
            }
        }
        if (isset($map['emails'])) {
            $attrs['emails'] = $list ? implode(',', $list) : null;
        }
        return self::housed($map, $attrs, $current, $homeless);
    }

    /**
     * Puts addresses whose slot the book does not have into slots that are free.
     *
     * @return array  attributes to write, names of slots that found no place
     */
    private static function housed(array $map, array $attrs, array $current, array $homeless)
    {
        $lost = array();
        foreach ($homeless as $slot => $address) {
            $held = array_intersect_key($attrs + $current, array_flip(self::SLOTS));
            $held = array_map('trim', array_map('strval', array_intersect_key($held, array_filter($map, 'is_string'))));
            $free = array_filter(self::SLOTS, function ($other) use ($map, $held) {
                return isset($map[$other]) && is_string($map[$other]) && (!isset($held[$other]) || $held[$other] === '');
            });
            if (in_array(strtolower($address), array_map('strtolower', $held), true)) {
                continue;
            }
            if (!$free) {
                $lost[] = $slot;
                continue;
            }
            $attrs[reset($free)] = $address;
        }
        return array($attrs, $lost);
    }

    /**
     * An address without the name before it.
     */
    public static function bare($text)
    {
        return preg_match('/<([^<>]*)>[^<>]*$/', $text, $found) ? trim($found[1]) : trim($text);
    }
}
