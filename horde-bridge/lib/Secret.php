<?php
/**
 * Secrets of a session that ends with the request and is stored nowhere: they need no cipher.
 *
 * Horde's own, in PHP alone, takes a fifth of the time that a login takes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Secret
{
    public static function install()
    {
        $GLOBALS['injector']->setInstance('Horde_Secret_Cbc', new self());
    }

    public function setKey($name = null)
    {
        return 'unused';
    }

    public function getKey($name = null)
    {
        return 'unused';
    }

    public function clearKey($name = null)
    {
        return true;
    }

    public function write($key, $message)
    {
        return $message;
    }

    public function read($key, $ciphertext)
    {
        return $ciphertext;
    }
}
