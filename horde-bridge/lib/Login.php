<?php
/**
 * Proves a name and a password at Horde's own authentication driver.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Login
{
    /**
     * Logs in, or throws: auth for wrong credentials, temporary when nobody can tell.
     *
     * @throws Hordeeas_Failure
     */
    public static function prove($name, $password)
    {
        global $injector, $registry;

        $auth = $injector->getInstance('Horde_Core_Factory_Auth')->create();
        if ($auth->authenticate($name, array('password' => $password)) && strlen((string)$registry->getAuth())) {
            return;
        }
        $driver = self::innermost($auth);
        $kind = self::kind($auth->getError(), self::answers($driver));
        $text = trim((string)$auth->getError(true));
        if ($kind === 'auth') {
            Horde::log(sprintf('Login failed from ActiveSync client for user %s (%s).', $name,
                $_SERVER['REMOTE_ADDR']), 'NOTICE');
        }
        throw new Hordeeas_Failure($kind, $kind === 'auth'
            ? 'wrong credentials'
            : 'the authentication back end does not answer' . ($text === '' ? '' : ': ' . $text));
    }

    /**
     * The login that a site's hook makes of what was sent, where the site says that a hook does.
     *
     * @return string
     */
    public static function name($sent)
    {
        global $conf, $injector;

        if (!isset($conf['activesync']['autodiscovery']) || $conf['activesync']['autodiscovery'] !== 'hook') {
            return $sent;
        }
        $hooks = $injector->getInstance('Horde_Core_Hooks');
        if (!$hooks->hookExists('activesync_get_autodiscover_username', 'horde')) {
            return $sent;
        }
        $name = $hooks->callHook('activesync_get_autodiscover_username', 'horde', array($sent));
        return is_string($name) && $name !== '' ? $name : $sent;
    }

    /**
     * What a reason means when the back end answers (true), is down (false) or can not be asked (null).
     *
     * @return string  auth or temporary
     */
    public static function kind($reason, $answers)
    {
        $final = array(Horde_Auth::REASON_EXPIRED, Horde_Auth::REASON_LOCKED, Horde_Auth::REASON_LOGOUT);
        if (in_array($reason, $final, true) || $answers === true) {
            return 'auth';
        }
        if ($answers === false) {
            return 'temporary';
        }
        $unsure = array(Horde_Auth::REASON_FAILED, Horde_Auth::REASON_MESSAGE);
        if (!in_array($reason, $unsure, true)) {
            return 'auth';
        }
        // A hook that refuses leaves the same reason behind.
        $hooks = $GLOBALS['injector']->getInstance('Horde_Core_Hooks');
        return $hooks->hookExists('preauthenticate', 'horde') || $hooks->hookExists('postauthenticate', 'horde')
            ? 'auth'
            : 'temporary';
    }

    /**
     * The driver that really asks, below Horde's wrappers.
     */
    private static function innermost($auth)
    {
        $inner = self::read($auth, '_base');
        return $inner ? $inner : $auth;
    }

    /**
     * Whether the driver's server answers; null when this driver can not be asked.
     *
     * @return bool|null
     */
    private static function answers($driver)
    {
        if ($driver instanceof Horde_Auth_Sql || is_a($driver, 'Horde_Auth_Customsql')) {
            try {
                self::read($driver, '_db')->selectValue('SELECT 1');
                return true;
            } catch (Throwable $e) {
                return false;
            }
        }
        if ($driver instanceof Horde_Auth_Imap) {
            $params = self::read($driver, '_params');
            $host = empty($params['hostspec']) ? 'localhost' : $params['hostspec'];
            $port = empty($params['port']) ? 143 : (int)$params['port'];
            $socket = @fsockopen($host, $port, $errno, $error, 3);
            if ($socket === false) {
                return false;
            }
            fclose($socket);
            return true;
        }
        return null;
    }

    /**
     * Reads a property that its class does not show.
     */
    private static function read($object, $name)
    {
        $reader = function () use ($name) {
            return isset($this->$name) ? $this->$name : null;
        };
        return Closure::bind($reader, $object, get_class($object))();
    }
}
