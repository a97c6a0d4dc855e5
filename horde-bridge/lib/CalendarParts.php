<?php
/**
 * Puts parts of ours in the place of Kronolith's own, where they fit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_CalendarParts
{
    /**
     * What has to be there before Kronolith is started.
     */
    public static function toStart()
    {
        $file = $GLOBALS['registry']->get('fileroot', 'kronolith') . '/lib/CalendarsManager.php';
        if (!class_exists('Kronolith_CalendarsManager') && is_file($file)) {
            // Horde finds an application's classes once it was started.
            require_once $file;
        }
        if (Hordeeas_Fitting::fits('Kronolith_CalendarsManager', array('get', 'set', 'getEntry'))) {
            $GLOBALS['injector']->bindImplementation('Kronolith_CalendarsManager', 'Hordeeas_CalendarsManager');
        }
    }

    /**
     * What helps to write events.
     */
    public static function toWrite()
    {
        if (property_exists('Kronolith', '_tagger') && Hordeeas_Fitting::fits('Kronolith_Tagger', array('tag'))) {
            $install = function () {
                self::$_tagger = new Hordeeas_EventTagger();
            };
            Closure::bind($install, null, 'Kronolith')();
        }
    }
}
