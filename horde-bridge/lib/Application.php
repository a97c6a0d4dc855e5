<?php
/**
 * The hidden application that carries the bridge into Horde's registry.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
require_once __DIR__ . '/Loader.php';

if (!defined('HORDEEAS_BASE')) {
    define('HORDEEAS_BASE', realpath(__DIR__ . '/..'));
}
if (!defined('HORDE_BASE')) {
    define('HORDE_BASE', Hordeeas_Place::horde(HORDEEAS_BASE));
}
require_once HORDE_BASE . '/lib/core.php';

class Hordeeas_Application extends Horde_Registry_Application
{
    public $version = '0.1.0';
}
