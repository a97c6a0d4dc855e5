<?php
/**
 * Holds a running Horde to the stories of tests/bridge, over both roads.
 *
 * HORDE_EAS_TEST_STACK names the folder of the stack (default: the demo's own).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
require_once __DIR__ . '/support/Story.php';

$stack = getenv('HORDE_EAS_TEST_STACK') ?: sys_get_temp_dir() . '/horde-eas-demo';
$offset = (int)@file_get_contents($stack . '/offset');
$base = 'http://127.0.0.1:' . (8481 + $offset) . '/horde/';
$roads = array('bridge' => $base . 'hordeeas/rpc.php', 'rpc' => $base . 'rpc.php');
$failures = 0;
$steps = 0;
foreach (glob(__DIR__ . '/../../tests/bridge/*.json') as $file) {
    foreach ($roads as $road => $url) {
        try {
            $story = new Story($file, $road, $url, 'user7', 'user7-pw');
            $steps += $story->run();
        } catch (Exception $e) {
            $failures++;
            echo 'FAILED ', basename($file), ' over ', $road, ': ', $e->getMessage(), "\n";
        }
    }
}
if ($steps === 0) {
    echo "no step was run\n";
    $failures++;
}
echo basename(__FILE__), ': ', $steps, ' steps, ', $failures, " failures\n";
exit($failures ? 1 : 0);
