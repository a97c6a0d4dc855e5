<?php
/**
 * The names of the folders that show all shares of a class as one.
 *
 * Horde's ActiveSync makes them before the login, in the site's language; so that the two
 * servers show the same names, they are made here at the same moment.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Titles
{
    /** @var array|null */
    private static $titles;

    public static function remember()
    {
        if (self::$titles !== null) {
            return;
        }
        $names = array('calendar' => 'Calendar', 'contacts' => 'Contacts', 'tasks' => 'Tasks', 'notes' => 'Notes');
        foreach ($names as $class => $name) {
            self::$titles[$class] = class_exists('Horde_ActiveSync_Translation')
                ? (string)Horde_ActiveSync_Translation::t($name)
                : $name;
        }
    }

    public static function of($class)
    {
        self::remember();
        return self::$titles[$class];
    }
}
