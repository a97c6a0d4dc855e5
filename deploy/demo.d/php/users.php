<?php
// Makes the demo's users in one go: rows with salted hashes, as Horde's SQL driver would store them, and the
// preferences that a lived-in site has: a name and an address in the default identity.
ini_set('error_reporting', E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
require_once $argv[1] . '/lib/Application.php';
Horde_Registry::appInit('horde', array('authentication' => 'none', 'cli' => true));

$names = array(
    'admin' => 'Ada Admin', 'alice' => 'Alice Adler', 'bob' => 'Bob Brandt',
    'carol' => 'Carol Castaño', 'dave' => 'Dave Đorđević',
);
for ($i = 0; $i < 2000; $i++) {
    $names["user$i"] = "User $i";
}

$db = $injector->getInstance('Horde_Db_Adapter');
$db->beginDbTransaction();
foreach (array_chunk($names, 250, true) as $chunk) {
    $users = $prefs = array();
    foreach ($chunk as $user => $name) {
        $hash = Horde_Auth::getCryptedPassword("$user-pw", '', 'ssha', false);
        $users[] = '(' . $db->quoteString($user) . ', ' . $db->quoteString($hash) . ')';
        foreach (array('fullname' => $name, 'from_addr' => "$user@example.test") as $pref => $value) {
            $prefs[] = '(' . $db->quoteString($user) . ", 'horde', '$pref', " . $db->quoteString($value) . ')';
        }
    }
    $db->execute('REPLACE INTO horde_users (user_uid, user_pass) VALUES ' . implode(', ', $users));
    $db->execute('REPLACE INTO horde_prefs (pref_uid, pref_scope, pref_name, pref_value) VALUES ' . implode(', ', $prefs));
}
// As a user does who looks through the mail settings: without it Horde has no trash, and its type is that of any folder.
foreach (array('alice', 'bob') as $user) {
    foreach (array('use_trash' => '1', 'trash_folder' => 'Trash') as $pref => $value) {
        $db->execute('REPLACE INTO horde_prefs (pref_uid, pref_scope, pref_name, pref_value) VALUES (?, ?, ?, ?)', array($user, 'imp', $pref, $value));
    }
}
$db->commitDbTransaction();

$auth = $injector->getInstance('Horde_Core_Factory_Auth')->create();
foreach (array('admin', 'alice', 'user1999') as $user) {
    if (!$auth->authenticate($user, array('password' => "$user-pw"), false)) {
        fwrite(STDERR, "$user cannot log in\n");
        exit(1);
    }
}
echo count($names), " users\n";
