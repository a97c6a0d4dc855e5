<?php
// Horde's limits: user30 to user33 may have two items of each kind, all others as many as they like.
ini_set('error_reporting', E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
require_once $argv[1] . '/lib/Application.php';
Horde_Registry::appInit('horde', array('authentication' => 'none', 'cli' => true));

$users = array_fill_keys(array('user30', 'user31', 'user32', 'user33'), 2);
$limit = serialize(array('type' => 'int', 'default' => true, 'users' => $users));
$db = $injector->getInstance('Horde_Db_Adapter');
$cache = $injector->getInstance('Horde_Cache');
foreach (array('kronolith:max_events', 'mnemo:max_notes', 'nag:max_tasks', 'turba:sources:localsql:max_contacts') as $node) {
    $db->execute('DELETE FROM horde_perms WHERE perm_name = ?', array($node));
    $db->execute('INSERT INTO horde_perms (perm_name, perm_parents, perm_data) VALUES (?, ?, ?)', array($node, '', $limit));
    // Horde remembers what was not there, too.
    foreach (array('perm_sql_2', 'perm_sql_exists_2') as $key) {
        $cache->expire($key . $node);
    }
}
