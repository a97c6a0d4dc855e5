<?php
// Appended for the first migration only: drivers that ask no table.
$conf['auth']['driver'] = 'auto';
$conf['auth']['params'] = array('username' => 'admin');
$conf['perms']['driver'] = 'Null';
$conf['history']['driver'] = 'Null';
$conf['prefs']['driver'] = 'Session';
$conf['group']['driver'] = 'Mock';
$conf['alarms']['driver'] = false;
