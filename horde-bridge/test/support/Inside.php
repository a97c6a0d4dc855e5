<?php
/**
 * Puts a test inside the running Horde of a stack: first it runs itself again, with that PHP's
 * settings, then the bridge of this repository is loaded and Horde begun for nobody.
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
    passthru(implode(' ', array_map('escapeshellarg',
        array(PHP_BINARY, '-c', $stack . '/etc/php/php.ini', $_SERVER['SCRIPT_FILENAME']))), $code);
    exit($code);
}

ini_set('display_errors', '1');
$_SERVER += array('REMOTE_ADDR' => '127.0.0.1', 'SERVER_NAME' => 'localhost', 'REQUEST_URI' => '/', 'HTTP_HOST' => 'localhost');
// Before Horde's own loader, which would take what is installed there.
require_once dirname(__DIR__, 2) . '/lib/Loader.php';
define('HORDE_BASE', $stack . '/web/horde');
require_once HORDE_BASE . '/lib/core.php';
// The demo mends what PHP 8 dies of; here it is to die.
if (is_file('/usr/share/php/Date/Calc.php')) {
    require_once '/usr/share/php/Date/Calc.php';
}
spl_autoload_register(function ($class) {
    if (preg_match('/^(PlainDriver|\w*Checks)$/', $class)) {
        require_once __DIR__ . '/' . $class . '.php';
    }
});
Horde_Registry::appInit('horde', array('authentication' => 'none', 'nocompress' => true, 'nonotificationinit' => true,
    'session_control' => 'none', 'cli' => true));

/**
 * Runs all methods of some classes whose names begin with "check".
 */
function runChecks($name, array $classes, $stack)
{
    $checks = new Checks($name);
    try {
        foreach ($classes as $class) {
            $all = new $class($checks, $stack);
            foreach (get_class_methods($all) as $method) {
                if (strncmp($method, 'check', 5) === 0) {
                    $all->$method();
                }
            }
        }
    } catch (Throwable $e) {
        $checks->fail((string)$e);
    }
    return $checks->done();
}
