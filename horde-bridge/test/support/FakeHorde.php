<?php
/**
 * Just enough of Horde for the entry script to stumble over.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Horde
{
    public static function log()
    {
    }
}

class Horde_Auth
{
    const REASON_BADLOGIN = 1;
    const REASON_FAILED = 2;
    const REASON_EXPIRED = 3;
    const REASON_LOGOUT = 4;
    const REASON_MESSAGE = 5;
    const REASON_LOCKED = 7;
}

class Horde_Auth_Sql
{
}

class Horde_Auth_Imap
{
}

class FakeAuth
{
    private $error;

    public function authenticate($user, array $credentials)
    {
        $this->error = $user === 'down' ? Horde_Auth::REASON_FAILED : Horde_Auth::REASON_BADLOGIN;
        return $credentials['password'] === $user . '-pw';
    }

    public function getError($text = false)
    {
        return $text ? '' : $this->error;
    }

    public function create()
    {
        return $this;
    }

    public function hookExists()
    {
        return false;
    }
}

class FakeInjector
{
    public function getInstance()
    {
        return new FakeAuth();
    }

    public function setInstance()
    {
    }
}

class Horde_Registry
{
    public static function appInit()
    {
        if (isset($_SERVER['HTTP_X_TEST'])) {
            throw new Exception('no database');
        }
        session_start();
        $_SESSION['a'] = 'b';
        session_write_close();
        setcookie('Horde', 'abc');
        $GLOBALS['registry'] = new self();
        $GLOBALS['injector'] = new FakeInjector();
    }

    public function getAuth()
    {
        return 'alice';
    }

    public function setTimeZone()
    {
    }

    public function hasMethod($method)
    {
        return in_array($method, array('fake/echo', 'fake/error', 'fake/memory', 'fake/leave', 'fake/output',
            'fake/seen', 'bridge/config'), true);
    }

    public function call($method, array $params)
    {
        switch ($method) {
            case 'fake/error':
                return undefined_function();

            case 'fake/memory':
                return str_repeat('x', 1 << 30);

            case 'fake/leave':
                exit('bye');

            case 'fake/output':
                echo '<b>Warning</b>';
                return 1;

            case 'fake/seen':
                return array(
                    'cookies' => count($_COOKIE),
                    'forwarded' => isset($_SERVER['HTTP_X_FORWARDED_FOR']),
                    'address' => $_SERVER['REMOTE_ADDR'],
                );

            default:
                return $params;
        }
    }
}
