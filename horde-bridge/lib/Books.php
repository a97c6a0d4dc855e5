<?php
/**
 * Turba's address books. All methods expect to run inside Turba.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Books
{
    /**
     * The address books as bridge.session shows them.
     */
    public static function describe($separate, $user)
    {
        global $cfgSources, $registry;

        $default = self::defaultBook();
        $items = array();
        foreach (Turba::getAddressBooks(Horde_Perms::READ) as $id => $config) {
            $driver = self::driver($id);
            $share = isset($config['params']['config']['params']['share'])
                ? $config['params']['config']['params']['share']
                : null;
            $items[] = array(
                'id' => (string)$id,
                'name' => (string)$config['title'],
                'owner' => $share ? (string)$share->get('owner') : '',
                'perms' => self::perms($driver),
                'primary' => (string)$id === $default,
                'type' => self::type($config),
                'fields' => array_keys(array_filter($config['map'], 'is_string')),
                'history' => 'turba:' . $driver->getName(),
            );
        }
        return array(
            'default' => $default,
            'sync' => $separate
                ? array_map('strval', array_keys((array)$registry->call('contacts/sources', array(true, true))))
                : self::synced(),
            'items' => $items,
        );
    }

    /**
     * The books that appear in the one contacts folder.
     */
    private static function synced()
    {
        global $cfgSources, $prefs;

        $books = array_filter((array)@unserialize((string)$prefs->getValue('sync_books')), 'is_string');
        if (!$books) {
            $first = Turba::getDefaultAddressbook();
            $books = $first === null || $first === false ? array() : array((string)$first);
        }
        return array_values(array_filter($books, function ($id) use ($cfgSources) {
            return isset($cfgSources[$id]);
        }));
    }

    /**
     * The book that takes new contacts, or null.
     */
    public static function defaultBook()
    {
        global $registry;

        $editable = Turba::getAddressBooks(Horde_Perms::EDIT, array('require_add' => true));
        foreach (array($registry->call('contacts/getDefaultShare'), Turba::getDefaultAddressbook()) as $id) {
            if (is_string($id) && isset($editable[$id])) {
                return $id;
            }
        }
        foreach ($editable as $id => $config) {
            return (string)$id;
        }
        return null;
    }

    private static function type(array $config)
    {
        $inner = isset($config['params']['config']['type']) ? $config['params']['config']['type'] : $config['type'];
        return (string)$inner;
    }

    private static function perms($driver)
    {
        $perms = 0;
        foreach (array(Horde_Perms::SHOW, Horde_Perms::READ, Horde_Perms::EDIT, Horde_Perms::DELETE) as $bit) {
            if ($driver->hasPermission($bit)) {
                $perms |= $bit;
            }
        }
        return $driver->canAdd() ? $perms : $perms & ~(Horde_Perms::EDIT | Horde_Perms::DELETE);
    }

    /**
     * The driver of a book.
     *
     * @throws Hordeeas_Failure  notfound
     */
    public static function driver($id)
    {
        if (!is_string($id) || !isset($GLOBALS['cfgSources'][$id])) {
            throw new Hordeeas_Failure('notfound', 'no such address book: ' . Hordeeas_Json::utf8((string)$id));
        }
        return $GLOBALS['injector']->getInstance('Turba_Factory_Driver')->create($id);
    }

    /**
     * How many contacts a book may have by the permissions of the source behind it; true: any number.
     *
     * Turba offers that permission for sources, and looks it up under the name of the book.
     *
     * @return int|bool
     */
    public static function limit($id)
    {
        $config = $GLOBALS['cfgSources'][$id];
        if (!isset($config['params']['config']['params']['share'])) {
            return true;
        }
        $params = @unserialize(
            (string)$config['params']['config']['params']['share']->get('params'), array('allowed_classes' => false));
        $node = 'turba:sources:' . (isset($params['source']) ? $params['source'] : '') . ':max_contacts';
        $perms = $GLOBALS['injector']->getInstance('Horde_Perms');
        if (!$perms->exists($node)) {
            return true;
        }
        $allowed = $perms->getPermissions($node, $GLOBALS['registry']->getAuth());
        $allowed = is_array($allowed) ? max($allowed) : $allowed;
        return $allowed === true ? true : (int)$allowed;
    }

    /**
     * The driver of a book in which the user has a permission.
     *
     * @throws Hordeeas_Failure  notfound, denied
     */
    public static function permitted($id, $perm)
    {
        $driver = self::driver($id);
        if (!$driver->hasPermission($perm)) {
            throw new Hordeeas_Failure('denied', 'no permission in the address book ' . $id);
        }
        return $driver;
    }
}
