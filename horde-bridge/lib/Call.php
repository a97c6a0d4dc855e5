<?php
/**
 * The frame around the work of a method.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Call
{
    /** Whether who writes the answer cleans it, see Hordeeas_Json::clean(); Horde's own JSON-RPC does not. */
    public static $isCleaned = false;

    /**
     * Runs the work; whatever it throws becomes an error object, whatever it prints is dropped.
     *
     * @return mixed
     */
    public static function guarded(callable $work)
    {
        ob_start();
        try {
            $result = $work();
            $result = self::$isCleaned ? $result : Hordeeas_Json::clean($result, 0);
        } catch (Throwable $e) {
            $result = array('error' => self::error($e));
        }
        $stray = ob_get_clean();
        if (trim((string)$stray) !== '') {
            Horde::log('horde-bridge: dropped stray output: ' . substr(trim($stray), 0, 500), 'DEBUG');
        }
        return $result;
    }

    /**
     * A throwable as the error object, its text in UTF-8; unexpected ones go to Horde's log.
     *
     * @return array
     */
    public static function error(Throwable $e)
    {
        $error = Hordeeas_Failure::describe($e);
        if ($error['kind'] === 'internal' || $error['kind'] === 'temporary') {
            Horde::log($e, 'ERR');
        }
        $error['message'] = Hordeeas_Json::utf8($error['message']);
        return $error;
    }

    /**
     * Runs the work inside another application, as its own code would run.
     *
     * @param string $app  The application's key.
     *
     * @return mixed
     */
    public static function within($app, callable $work)
    {
        global $registry;

        $pushed = $registry->pushApp($app);
        try {
            return $work();
        } finally {
            if ($pushed) {
                $registry->popApp();
            }
        }
    }

    /**
     * The application behind an interface, or null when the user has none.
     *
     * @param string $interface  Such as contacts.
     *
     * @return string|null
     */
    public static function app($interface)
    {
        global $registry;

        $app = $registry->hasInterface($interface);
        return $app && !$registry->isInactive($app) ? $app : null;
    }
}
