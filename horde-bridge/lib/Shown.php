<?php
/**
 * What a client was shown of a contact: what comes back as it was shown is not written.
 *
 * So a field that the client does not know, or can not show as it is, stays what it is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Shown
{
    /**
     * @param Turba_Object $object
     *
     * @return array  attribute => text, as a client shows it
     */
    public static function of($object)
    {
        $attrs = Hordeeas_Card::attrs($object);
        return array('name' => Hordeeas_Json::utf8((string)Turba::formatName($object)))
            + Hordeeas_Countries::named($attrs) + Hordeeas_Emails::slots($attrs) + $attrs;
    }

    /**
     * Leaves out what came back as it was shown.
     *
     * @param array $attrs  What the client sends.
     * @param array $shown  See of().
     * @param int|null $cut  After so many bytes texts were cut for the client.
     */
    public static function news(array $attrs, array $shown, $cut)
    {
        foreach ($attrs as $name => $value) {
            $was = isset($shown[$name]) ? (string)$shown[$name] : '';
            $is = (string)$value;
            if (self::plain($name, $was) === self::plain($name, $is)
                || ($name === 'notes' && self::isHead($was, $is, $cut))) {
                unset($attrs[$name]);
            }
        }
        return $attrs;
    }

    /**
     * Whether a text is what a client has of a longer one.
     *
     * @param int|null $cut  After so many bytes texts were cut for the client.
     */
    public static function isHead($whole, $text, $cut)
    {
        if (!is_int($cut) || $cut < 1 || strlen($whole) <= $cut) {
            return false;
        }
        while ($cut > 0 && (ord($whole[$cut]) & 0xc0) === 0x80) {
            $cut--;
        }
        return self::lines(substr($whole, 0, $cut)) === self::lines($text);
    }

    /**
     * A text without what phones and stores change on their own: ends of lines, space around it.
     */
    public static function lines($text)
    {
        return trim(str_replace(array("\r\n", "\r"), "\n", $text));
    }

    private static function plain($name, $text)
    {
        if (in_array($name, Hordeeas_Emails::SLOTS, true)) {
            return Hordeeas_Emails::bare($text);
        }
        if ($name === 'children') {
            return implode(',', array_filter(array_map('trim', explode(',', $text)), 'strlen'));
        }
        return self::lines($text);
    }
}
