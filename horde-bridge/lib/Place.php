<?php
/**
 * Where Horde lives, seen from the bridge.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Place
{
    /**
     * Horde's base folder: what `install` wrote down, or the folder above the bridge.
     *
     * @param string $base  The bridge's own folder.
     *
     * @return string
     */
    public static function horde($base)
    {
        $conf = self::conf($base);
        if (!empty($conf['horde_base'])) {
            return $conf['horde_base'];
        }
        return dirname($base);
    }

    /**
     * The bridge's configuration, with defaults for what it leaves out.
     *
     * @param string $base  The bridge's own folder.
     *
     * @return array
     */
    public static function conf($base)
    {
        $hordeeas = array();
        if (is_readable($base . '/config/bridge.php')) {
            include $base . '/config/bridge.php';
        }
        return $hordeeas + array(
            'allow' => array('127.0.0.1', '::1'),
            'secret' => '',
            'credentials' => true,
            'max_request' => 67108864,
            'max_calls' => 100,
            'time_limit' => 60,
            'horde_base' => '',
            'lock_dir' => '',
        );
    }
}
