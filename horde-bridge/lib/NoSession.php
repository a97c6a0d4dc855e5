<?php
/**
 * A session store that stores nothing: Horde starts a PHP session even when told not to.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_NoSession implements SessionHandlerInterface
{
    public static function install()
    {
        ini_set('session.use_cookies', '0');
        ini_set('session.use_trans_sid', '0');
        ini_set('session.use_strict_mode', '0');
        session_set_save_handler(new self(), false);
        session_cache_limiter('');
    }

    #[\ReturnTypeWillChange]
    public function open($path, $name)
    {
        return true;
    }

    #[\ReturnTypeWillChange]
    public function close()
    {
        return true;
    }

    #[\ReturnTypeWillChange]
    public function read($id)
    {
        return '';
    }

    #[\ReturnTypeWillChange]
    public function write($id, $data)
    {
        return true;
    }

    #[\ReturnTypeWillChange]
    public function destroy($id)
    {
        return true;
    }

    #[\ReturnTypeWillChange]
    public function gc($lifetime)
    {
        return 0;
    }
}
