<?php
/**
 * Makes full mailbox names of the names in IMP's preferences.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Namespaces
{
    const LIFETIME = 86400;

    /**
     * The namespaces of the user's server: from the cache, else from the server itself.
     *
     * @return array|null  prefix (of the personal one), all (prefixes), empty (delimiter); null when the
     *                     server does not tell
     */
    public static function of(array $server)
    {
        global $injector, $registry;

        $cache = $injector->getInstance('Horde_Cache');
        $config = $server['config'];
        $id = 'hordeeas_ns1_' . hash('sha256', serialize(array($server['key'], (string)$config->hostspec,
            (string)$config->port, $config->namespace, $registry->getAuth())));
        $known = json_decode((string)$cache->get($id, self::LIFETIME), true);
        if (is_array($known)) {
            return $known;
        }
        try {
            $spaces = self::ask();
        } catch (Throwable $e) {
            Horde::log('horde-bridge: namespaces of the mail server are not known: ' . $e->getMessage(), 'NOTICE');
            return null;
        }
        if ($spaces !== null) {
            $cache->set($id, json_encode($spaces), self::LIFETIME);
        }
        return $spaces;
    }

    private static function ask()
    {
        global $injector, $registry;

        if (!$registry->isAuthenticated(array('app' => 'imp'))) {
            return null;
        }
        $spaces = array('prefix' => '', 'all' => array(), 'empty' => null);
        $found = false;
        foreach ($injector->getInstance('IMP_Factory_Imap')->create()->getNamespaces() as $space) {
            $name = (string)$space->name;
            if (!$found && $space->type === Horde_Imap_Client_Data_Namespace::NS_PERSONAL) {
                $spaces['prefix'] = $name;
                $found = true;
            }
            if ($name === '') {
                $spaces['empty'] = (string)$space->delimiter;
            } else {
                $spaces['all'][] = $name;
            }
        }
        return $spaces;
    }

    /**
     * The full UTF-8 name of a mailbox that a preference names.
     *
     * @param string $name        As the preference has it.
     * @param array|null $spaces  See of().
     *
     * @return string
     */
    public static function full($name, $spaces)
    {
        if ($spaces === null) {
            return self::utf8($name);
        }
        $delimiter = $spaces['empty'];
        if ($delimiter !== null && $delimiter !== '' && strpos($name, $delimiter) === 0) {
            return self::utf8(substr($name, strlen($delimiter)));
        }
        foreach ($spaces['all'] as $prefix) {
            if (strpos($name . $prefix[strlen($prefix) - 1], $prefix) === 0) {
                return self::utf8($name);
            }
        }
        return self::utf8($spaces['prefix'] . $name);
    }

    /**
     * Old preferences hold names in modified UTF-7.
     */
    private static function utf8($name)
    {
        if (preg_match('/^[\x20-\x7e]*&[A-Za-z0-9+,]*-[\x20-\x7e]*$/', $name)
            && is_callable(array('Horde_Imap_Client_Utf7imap', 'Utf7ImapToUtf8'))) {
            try {
                return Horde_Imap_Client_Utf7imap::Utf7ImapToUtf8($name);
            } catch (Throwable $e) {
                return $name;
            }
        }
        return $name;
    }
}
