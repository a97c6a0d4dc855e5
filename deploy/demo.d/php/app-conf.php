<?php
// Writes conf.php of each application with the defaults of its conf.xml, as Horde's own set-up page does.
ini_set('error_reporting', E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
$base = $argv[1];
require_once $base . '/lib/Application.php';
Horde_Registry::appInit('horde', array('authentication' => 'none', 'cli' => true));
$registry->setAuth('admin', array());

$failed = 0;
foreach (glob($base . '/*/config/conf.xml') as $xml) {
    $app = basename(dirname($xml, 2));
    $target = dirname($xml) . '/conf.php';
    $config = new Horde_Config($app);
    try {
        $php = $config->generatePHPConfig(new Horde_Variables());
        if (file_put_contents($target, $php) === false) {
            throw new RuntimeException("cannot write $target");
        }
        echo "$app: $target\n";
    } catch (Throwable $e) {
        echo "$app: ", $e->getMessage(), "\n";
        $failed = 1;
    }
}
exit($failed);
