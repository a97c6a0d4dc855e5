<?php
/**
 * The address books, calendars, task lists and notepads of a user, as bridge.session shows them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Shares
{
    const CLASSES = array('contacts', 'calendar', 'tasks', 'notes');

    /**
     * @param array $named  Classes whose shares are always listed. Of the others that are shown as
     *                      one folder only the title is told, and their application is not loaded.
     *
     * @return array  class => description, or null where the user has no such application
     */
    public static function all($user, array $named = self::CLASSES)
    {
        $out = array();
        foreach (self::CLASSES as $class) {
            $merged = in_array($class, $named, true) ? null : self::merged($class);
            $out[$class] = $merged === null ? self::one($class, $user) : $merged;
        }
        return $out;
    }

    /**
     * A class that is shown as one folder; null when that can not be told without its application.
     */
    private static function merged($class)
    {
        global $prefs, $registry;

        $app = Hordeeas_Call::app($class);
        if ($app === null || !$registry->hasPermission($app, Horde_Perms::READ)) {
            return null;
        }
        $scope = $registry->getApp();
        try {
            $prefs->changeScope($app);
            $separate = (bool)$prefs->getValue('activesync_no_multiplex');
        } catch (Throwable $e) {
            return null;
        } finally {
            $prefs->changeScope($scope ? $scope : 'horde');
        }
        return $separate ? null : array('title' => Hordeeas_Titles::of($class), 'multiplex' => true,
            'default' => null, 'sync' => array(), 'items' => array());
    }

    /**
     * One class, whatever it is shown as; null where the user has no such application.
     *
     * @return array|null
     */
    public static function of($class, $user)
    {
        return self::one($class, $user);
    }

    private static function one($class, $user)
    {
        $app = Hordeeas_Call::app($class);
        if ($app === null) {
            return null;
        }
        try {
            return Hordeeas_Call::within($app, function () use ($class, $app, $user) {
                $separate = (bool)$GLOBALS['prefs']->getValue('activesync_no_multiplex');
                $out = $app === 'turba'
                    ? Hordeeas_Books::describe($separate, $user)
                    : self::describe($class, $app, $separate, $user);
                return array('title' => Hordeeas_Titles::of($class), 'multiplex' => !$separate) + $out;
            });
        } catch (Throwable $e) {
            if (Hordeeas_Failure::kindOf($e) === 'denied') {
                return null;
            }
            throw $e;
        }
    }

    private static function describe($class, $app, $separate, $user)
    {
        global $registry;

        $names = (array)$registry->call($class . '/sources', array(false, false));
        $default = $registry->call($class . '/getDefaultShare');
        $sync = $separate
            ? array_keys((array)$registry->call($class . '/sources', array(true, true)))
            : self::synced($app, $default);
        $shares = $names
            ? $GLOBALS['injector']->getInstance('Horde_Core_Factory_Share')->create($app)
                ->listShares($user, array('perm' => Horde_Perms::READ))
            : array();
        $items = array();
        foreach ($names as $id => $name) {
            $share = isset($shares[$id]) ? $shares[$id] : null;
            $perms = 0;
            foreach (array(Horde_Perms::SHOW, Horde_Perms::READ, Horde_Perms::EDIT, Horde_Perms::DELETE) as $bit) {
                if ($share && $share->hasPermission($user, $bit)) {
                    $perms |= $bit;
                }
            }
            $items[] = array(
                'id' => (string)$id,
                'name' => (string)$name,
                'owner' => $share ? (string)$share->get('owner') : '',
                'perms' => $share ? $perms : Horde_Perms::SHOW | Horde_Perms::READ,
                'primary' => (string)$id === (string)$default,
            );
        }
        // The preference also names what is no more, or may not be read any more.
        $readable = array_column(array_filter($items, function (array $item) {
            return (bool)($item['perms'] & Horde_Perms::READ);
        }), 'id');
        return array(
            'default' => strlen((string)$default) ? (string)$default : null,
            'sync' => array_values(array_intersect(array_map('strval', array_filter($sync, 'is_scalar')), $readable)),
            'items' => $items,
        );
    }

    /**
     * The shares that appear in the one folder of the class.
     */
    private static function synced($app, $default)
    {
        $ways = array(
            'kronolith' => array('Kronolith', 'getSyncCalendars'),
            'nag' => array('Nag', 'getSyncLists'),
            'mnemo' => array('Mnemo', 'getSyncNotepads'),
        );
        if (isset($ways[$app]) && is_callable($ways[$app])) {
            return array_filter((array)call_user_func($ways[$app]));
        }
        return strlen((string)$default) ? array($default) : array();
    }
}
