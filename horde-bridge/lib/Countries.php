<?php
/**
 * Country names and ISO codes, by Horde's own table in the user's language and in English.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Countries
{
    /** Turba's attributes that hold a code. */
    const FIELDS = array('homeCountry', 'workCountry', 'otherCountry');

    /** Names that people write and tables lack. */
    const COMMON = array('usa' => 'US', 'united states of america' => 'US', 'uk' => 'GB', 'great britain' => 'GB',
        'england' => 'GB', 'deutschland' => 'DE', 'österreich' => 'AT', 'schweiz' => 'CH', 'russia' => 'RU',
        'south korea' => 'KR', 'korea' => 'KR', 'vietnam' => 'VN', 'czechia' => 'CZ', 'the netherlands' => 'NL');

    /** @var array|null  lower-case name => code */
    private static $codes;

    /**
     * The names of the countries that attributes hold.
     *
     * @return array  homeCountry and so on => name
     */
    public static function named(array $attrs)
    {
        $out = array();
        foreach (self::FIELDS as $field) {
            if (!empty($attrs[$field . 'Free'])) {
                $out[$field] = $attrs[$field . 'Free'];
            } elseif (!empty($attrs[$field])) {
                $name = strlen($attrs[$field]) === 2 ? Horde_Nls::getCountryISO($attrs[$field]) : null;
                $out[$field] = $name === null ? $attrs[$field] : (string)$name;
            }
        }
        return $out;
    }

    /**
     * The code of a country's name, or null.
     *
     * @return string|null
     */
    public static function code($name)
    {
        $name = trim($name);
        $upper = Horde_String::upper($name, true, 'UTF-8');
        if (strlen($upper) === 2 && Horde_Nls::getCountryISO($upper) !== null) {
            return $upper;
        }
        if (self::$codes === null) {
            self::$codes = self::COMMON;
            foreach (self::english() as $code => $text) {
                self::$codes[Horde_String::lower($text, true, 'UTF-8')] = $code;
            }
            foreach (Horde_Nls::getCountryISO() as $code => $text) {
                self::$codes[Horde_String::lower((string)$text, true, 'UTF-8')] = $code;
            }
        }
        $lower = Horde_String::lower($name, true, 'UTF-8');
        return isset(self::$codes[$lower]) ? self::$codes[$lower] : null;
    }

    /**
     * The table untranslated: out of the source of Horde's own.
     */
    private static function english()
    {
        $class = new ReflectionClass('Horde_Nls');
        $text = (string)@file_get_contents(dirname($class->getFileName()) . '/Nls/Countries.php');
        preg_match_all('/\'([A-Z]{2})\'\s*=>\s*Horde_Nls_Translation::t\("([^"]+)"\)/', $text, $found);
        return $found[1] ? array_combine($found[1], $found[2]) : array();
    }
}
