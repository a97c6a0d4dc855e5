<?php
/**
 * The calendar inside a running Horde, where stories over HTTP can not look: how many queries it
 * takes, what Kronolith itself shows of the same series, what becomes of broken events, and of a
 * PHP that dies after the save.
 *
 * HORDE_EAS_TEST_STACK names the folder of the stack (default: the demo's own).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
$stack = getenv('HORDE_EAS_TEST_STACK') ?: sys_get_temp_dir() . '/horde-eas-demo';
if (!getenv('HORDE_EAS_TEST_INSIDE')) {
    putenv('HORDE_EAS_TEST_INSIDE=1');
    putenv('PHP_INI_SCAN_DIR=' . $stack . '/etc/php/conf.d');
    putenv('PHP_PEAR_INSTALL_DIR=' . $stack . '/php');
    passthru(implode(' ', array_map('escapeshellarg', array(PHP_BINARY, '-c', $stack . '/etc/php/php.ini', __FILE__))), $code);
    exit($code);
}

ini_set('display_errors', '1');
$_SERVER += array('REMOTE_ADDR' => '127.0.0.1', 'SERVER_NAME' => 'localhost', 'REQUEST_URI' => '/', 'HTTP_HOST' => 'localhost');
// Before Horde's own loader, which would take what is installed there.
require_once dirname(__DIR__) . '/lib/Loader.php';
define('HORDE_BASE', $stack . '/web/horde');
require_once HORDE_BASE . '/lib/core.php';
// The demo mends what PHP 8 dies of; here it is to die.
if (is_file('/usr/share/php/Date/Calc.php')) {
    require_once '/usr/share/php/Date/Calc.php';
}
require_once __DIR__ . '/support/Checks.php';
require_once __DIR__ . '/support/CalendarChecks.php';
require_once __DIR__ . '/support/EventChecks.php';
require_once __DIR__ . '/support/SeriesChecks.php';
Horde_Registry::appInit('horde', array('authentication' => 'none', 'nocompress' => true, 'nonotificationinit' => true,
    'session_control' => 'none', 'cli' => true));

spl_autoload_register(function ($class) {
    if ($class === 'PlainDriver') {
        require_once __DIR__ . '/support/PlainDriver.php';
    }
});

$checks = new Checks(basename(__FILE__));
try {
    foreach (array(new SeriesChecks($checks, $stack), new EventChecks($checks, $stack)) as $calendar) {
        foreach (get_class_methods($calendar) as $name) {
            if (strncmp($name, 'check', 5) === 0) {
                $calendar->$name();
            }
        }
    }
} catch (Throwable $e) {
    $checks->fail((string)$e);
}
exit($checks->done());
