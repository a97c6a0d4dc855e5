<?php
/**
 * A cache that keeps nothing and forgets what others keep: for a history that is written.
 *
 * With each entry Horde keeps the object's whole history in a file, to throw it away at once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_HistoryCache extends Horde_Cache
{
    /** @var Horde_Cache */
    private $kept;

    /**
     * Gives it to Horde's history for the rest of the request.
     */
    public static function install()
    {
        global $injector;

        if (!Hordeeas_Fitting::fits('Horde_Cache', array('get', 'set', 'exists', 'expire'))
            || !Hordeeas_Fitting::fits('Horde_History', array('setCache'))) {
            return;
        }
        $injector->getInstance('Horde_History')->setCache(new self($injector->getInstance('Horde_Cache')));
    }

    public function __construct(Horde_Cache $kept)
    {
        $this->kept = $kept;
    }

    public function get($key, $lifetime = 1)
    {
        return false;
    }

    public function set($key, $data, $lifetime = null)
    {
    }

    public function exists($key, $lifetime = 1)
    {
        return false;
    }

    public function expire($key)
    {
        return $this->kept->expire($key);
    }
}
