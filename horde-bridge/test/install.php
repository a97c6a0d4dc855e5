<?php
/**
 * The installer on a folder that looks like a Horde.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
$root = dirname(__DIR__);
$place = sys_get_temp_dir() . '/hordeeas-install-' . getmypid();
$horde = $place . '/horde';
foreach (array('/lib', '/config/registry.d', '/turba/lib') as $dir) {
    mkdir($horde . $dir, 0700, true);
}
foreach (array('/lib/core.php', '/rpc.php', '/config/conf.php', '/turba/lib/Api.php') as $file) {
    touch($horde . $file);
}
file_put_contents($place . '/secret', "s3cret\n");
chmod($horde . '/config/conf.php', 0640);
$failures = 0;
$checks = 0;
$run = function ($arguments, $status, $says) use ($root, $horde, &$failures, &$checks) {
    $checks++;
    exec(escapeshellarg(PHP_BINARY) . ' ' . escapeshellarg($root . '/install') . ' ' . $arguments . ' 2>&1', $lines, $is);
    $text = implode("\n", $lines);
    if ($is !== $status || strpos($text, $says) === false) {
        $failures++;
        echo 'FAILED install ', $arguments, ': ', $is, ' ', $text, "\n";
    }
};
$same = function ($what, $is, $wanted) use (&$failures, &$checks) {
    $checks++;
    if ($is !== $wanted) {
        $failures++;
        echo 'FAILED ', $what, ': ', var_export($is, true), "\n";
    }
};
$in = '--horde ' . escapeshellarg($horde);
$snippet = function () use ($horde) {
    $registry = new stdClass();
    $registry->applications = array();
    Closure::bind(function ($file) {
        include $file;
    }, $registry)($horde . '/config/registry.d/hordeeas.php');
    return $registry->applications;
};
require_once $root . '/lib/Place.php';

$run('--help', 0, 'Usage');
$run('--bogus', 1, 'unknown option');
$run('--horde ' . escapeshellarg($place), 1, 'no Horde');
$run($in . ' --check', 1, 'is not in');
$run($in . ' --secret-file ' . escapeshellarg($place . '/none'), 1, 'no secret');
$run($in . ' --allow 10.0.0.0/8 --allow ::1 --secret-file ' . escapeshellarg($place . '/secret'), 0, 'all is well');
$applications = $snippet();
$same('hidden', $applications['hordeeas']['status'], 'hidden');
$same('interface', $applications['hordeeas']['provides'], 'bridge');
$same('folder', $applications['hordeeas']['fileroot'], $horde . '/hordeeas');
$conf = Hordeeas_Place::conf($horde . '/hordeeas');
$same('addresses', $conf['allow'], array('10.0.0.0/8', '::1'));
$same('secret', $conf['secret'], 's3cret');
$same('base', Hordeeas_Place::horde($horde . '/hordeeas'), $horde);
$same('mode of the secret', fileperms($horde . '/hordeeas/config/bridge.php') & 0777, 0640);
$same('lib is closed', is_file($horde . '/hordeeas/lib/.htaccess'), true);
$run($in, 0, 'all is well');
$same('kept', Hordeeas_Place::conf($horde . '/hordeeas')['secret'], 's3cret');
$same('no tests in it', is_dir($horde . '/hordeeas/test'), false);
file_put_contents($horde . '/hordeeas/lib/Api.php', "\n", FILE_APPEND);
$run($in . ' --check', 1, 'another version');
$run($in . ' --remove', 0, 'removed');
$same('registry', is_file($horde . '/config/registry.d/hordeeas.php'), false);
$same('only the settings are left', glob($horde . '/hordeeas/*/*'), array($horde . '/hordeeas/config/bridge.php'));
$run($in, 0, 'all is well');
$same('kept over a removal', Hordeeas_Place::conf($horde . '/hordeeas')['secret'], 's3cret');
$run($in . ' --remove', 0, 'removed');

exec('rm -r ' . escapeshellarg($place));
echo basename(__FILE__), ': ', $checks, ' checks, ', $failures, " failures\n";
exit($failures ? 1 : 0);
