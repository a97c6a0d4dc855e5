<?php
// Removes what a user has in Horde's applications, but neither login nor name and address: clear.php BASE USER
ini_set('error_reporting', E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
list(, $base, $user) = $argv;
require_once $base . '/lib/Application.php';
Horde_Registry::appInit('horde', array('authentication' => 'none', 'cli' => true));
$registry->setAuth('admin', array());

$db = $injector->getInstance('Horde_Db_Adapter');
foreach (array('turba', 'kronolith', 'nag', 'mnemo') as $app) {
    $registry->callAppMethod($app, 'removeUserData', array('args' => array($user), 'noperms' => true));
    $db->delete('DELETE FROM horde_prefs WHERE pref_uid = ? AND pref_scope = ?', array($user, $app));
}
