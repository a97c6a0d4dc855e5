<?php
/**
 * Holds the bridge's code to what PHP 7.4 can read, on whatever PHP runs this.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
require_once __DIR__ . '/support/Syntax.php';

$root = dirname(__DIR__);
$files = array_merge(glob($root . '/*.php'), glob($root . '/lib/*.php'), glob($root . '/config/*'),
    glob($root . '/test/*.php'), glob($root . '/test/support/*.php'), array($root . '/install'));
$problems = 0;
foreach ($files as $file) {
    foreach (Syntax::problems(file_get_contents($file)) as $problem) {
        echo 'FAILED ', substr($file, strlen($root) + 1), ': ', $problem, "\n";
        $problems++;
    }
}
// The check itself must be able to fail.
foreach (Syntax::EXAMPLES as $code) {
    if (!Syntax::problems('<?php ' . $code)) {
        echo 'FAILED the check does not see: ', $code, "\n";
        $problems++;
    }
}
foreach (Syntax::HARMLESS as $code) {
    foreach (Syntax::problems('<?php ' . $code) as $problem) {
        echo 'FAILED the check sees too much: ', $code, ': ', $problem, "\n";
        $problems++;
    }
}
echo basename(__FILE__), ': ', count($files), ' files, ', $problems, " problems\n";
exit($problems ? 1 : 0);
