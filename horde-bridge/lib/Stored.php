<?php
/**
 * In which tables Horde keeps what bridge.session tells, so that the sidecar can see by itself
 * whether any of it changed.
 *
 * What files say (conf.php, backends.php, hooks) is not in them: for that, and for a password that
 * changed, an answer of bridge.session is believed for a few minutes, as for any other command.
 *
 * Only where all of it lies in Horde's own database, in the form of the SQL drivers, and no hook
 * has a say; else the reason is told, and bridge.session must be asked each time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Stored
{
    /** Preferences that bridge.session does not read and that Horde's own hooks set: in which books IMP looks. */
    const HARMLESS = array('add_source', 'search_fields', 'search_sources');

    /**
     * @param array $named   Classes whose shares were listed in any case.
     * @param array $shares  The classes as bridge.session shows them.
     *
     * @return array  prefs, perms, members (or null), shares (class => table); or only why_not
     */
    public static function describe(array $named, array $shares)
    {
        try {
            $why = self::whyNot();
        } catch (Throwable $e) {
            $why = 'it can not be told: ' . $e->getMessage();
        }
        if ($why !== null) {
            return array('why_not' => $why);
        }
        $tables = array();
        foreach ($shares as $class => $found) {
            if ($found !== null && (in_array($class, $named, true) || !$found['multiplex'])) {
                $tables[$class] = Hordeeas_Call::app($class) . '_sharesng';
            }
        }
        return array(
            'prefs' => self::param('prefs', 'table', 'horde_prefs'),
            'perms' => self::param('perms', 'table', 'horde_perms'),
            'members' => self::driver('group') === 'sql' ? 'horde_groups_members' : null,
            'shares' => Hordeeas_Json::map($tables),
        );
    }

    /**
     * @return string|null
     */
    private static function whyNot()
    {
        global $conf;

        if (!isset($conf['sql']['phptype']) || !in_array($conf['sql']['phptype'], array('mysql', 'mysqli'), true)) {
            return 'the database is not MySQL or MariaDB';
        }
        if (!empty($conf['sql']['splitread'])) {
            return 'Horde reads from another database server than it writes to';
        }
        foreach (array('prefs', 'perms') as $section) {
            if (self::driver($section) !== 'sql') {
                return 'not kept in SQL: ' . $section;
            }
        }
        if (!in_array(self::driver('group'), array('', 'mock', 'sql'), true)) {
            return 'not kept in SQL: groups';
        }
        if (self::driver('share') !== 'sqlng') {
            return 'the driver of shares is not Sqlng';
        }
        if (self::param('prefs', 'user_hook', '') !== '') {
            return 'a hook names the user of the preferences';
        }
        foreach (array('activesync', 'prefs', 'perms', 'group', 'share') as $section) {
            if (!self::isHordesDatabase($section)) {
                return 'in another database than Horde\'s own: ' . $section;
            }
        }
        return self::hook();
    }

    /**
     * A hook that decides what no table shows.
     */
    private static function hook()
    {
        $hooks = $GLOBALS['injector']->getInstance('Horde_Core_Hooks');
        foreach (array('share_init', 'share_list') as $name) {
            if ($hooks->hookExists($name, 'horde')) {
                return 'the hook ' . $name;
            }
        }
        $apps = array_filter(array_map(array('Hordeeas_Call', 'app'), Hordeeas_Shares::CLASSES));
        foreach (array_merge(array('horde', 'imp'), $apps) as $app) {
            foreach ($hooks->hookExists('prefs_init', $app) ? self::hooked($app) : array() as $pref) {
                if (!in_array($pref, self::HARMLESS, true)) {
                    return 'the hook prefs_init of ' . $app . ' for ' . $pref;
                }
            }
        }
        return null;
    }

    /**
     * The preferences of an application that its hook may set.
     */
    private static function hooked($app)
    {
        $file = $GLOBALS['registry']->loadConfigFile('prefs.php', '_prefs', $app);
        $prefs = isset($file->config['_prefs']) ? (array)$file->config['_prefs'] : array();
        return array_keys(array_filter($prefs, function ($pref) {
            return is_array($pref) && !empty($pref['hook']);
        }));
    }

    private static function driver($section)
    {
        global $conf;

        return empty($conf[$section]['driver']) ? '' : Horde_String::lower($conf[$section]['driver']);
    }

    private static function param($section, $name, $default)
    {
        global $conf;

        return empty($conf[$section]['params'][$name]) ? $default : (string)$conf[$section]['params'][$name];
    }

    /**
     * Whether Horde's factory gives a section the same connection as everything else.
     */
    private static function isHordesDatabase($section)
    {
        $factory = $GLOBALS['injector']->getInstance('Horde_Core_Factory_Db');
        return $factory->create('horde', $section) === $factory->create();
    }
}
