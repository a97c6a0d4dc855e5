<?php
// Settings of the demo's Horde. Debian ships none; names are those of Horde's conf.xml.
$conf['vhosts'] = false;
$conf['debug_level'] = E_ALL & ~E_NOTICE & ~E_DEPRECATED & ~E_WARNING;
$conf['max_exec_time'] = 0;
$conf['compress_pages'] = true;
$conf['secret_key'] = 'horde-eas-demo-not-a-secret';
$conf['umask'] = 077;
$conf['testdisable'] = true;
$conf['use_ssl'] = 0;
$conf['server'] = array('name' => '127.0.0.1', 'port' => @PORT_WEB@);
$conf['cookie'] = array('domain' => '', 'path' => '/');
$conf['session'] = array(
    'name' => 'Horde', 'use_only_cookies' => true, 'timeout' => 0, 'cache_limiter' => 'nocache', 'max_time' => 72000,
);
$conf['sessionhandler'] = array('type' => 'Builtin', 'hashtable' => false);
$conf['tmpdir'] = '@DIR@/tmp/horde';

$conf['sql'] = array(
    'phptype' => 'mysqli', 'protocol' => 'tcp', 'hostspec' => '127.0.0.1', 'port' => @PORT_SQL@,
    'username' => 'horde', 'password' => 'hordepw', 'database' => 'horde', 'charset' => 'utf-8',
    'ssl' => false, 'splitread' => false, 'logqueries' => false,
);
$conf['nosql'] = array('phptype' => false);
$conf['ldap'] = array('useldap' => false);
$conf['hashtable'] = array('driver' => 'none');

$conf['auth'] = array(
    'driver' => 'sql', 'admins' => array('admin'), 'checkip' => false, 'checkbrowser' => false,
    'resetpassword' => false, 'alternate_login' => false, 'redirect_on_logout' => false, 'list_users' => 'list',
    'params' => array(
        'driverconfig' => 'horde', 'table' => 'horde_users', 'username_field' => 'user_uid',
        'password_field' => 'user_pass', 'encryption' => 'ssha', 'show_encryption' => false,
    ),
);
$conf['signup'] = array('allow' => false);
$conf['log'] = array(
    'enabled' => true, 'priority' => 'INFO', 'ident' => 'HORDE', 'type' => 'file',
    'name' => '@DIR@/log/horde.log', 'params' => array('append' => true),
);
$conf['log_accesskeys'] = false;

foreach (array('history', 'lock', 'token', 'alarms', 'prefs') as $section) {
    $conf[$section] = array('driver' => 'Sql', 'params' => array('driverconfig' => 'horde'));
}
$conf['prefs']['maxsize'] = 65535;
$conf['token']['timeout'] = 86400;
$conf['alarms']['params']['ttl'] = 300;
$conf['group'] = array('driver' => 'Sql', 'driverconfig' => 'horde');
$conf['perms'] = array('driver' => 'Sql', 'driverconfig' => 'horde');
$conf['vfs'] = array('type' => 'Sql', 'params' => array('driverconfig' => 'horde'));
$conf['share'] = array(
    'driver' => 'Sqlng', 'no_sharing' => false, 'auto_create' => true, 'world' => true, 'any_group' => false,
    'hidden' => false, 'cache' => false,
);
$conf['cache'] = array(
    'driver' => 'File', 'default_lifetime' => 86400, 'use_memorycache' => '',
    'params' => array('dir' => '@DIR@/cache', 'sub' => 0),
);
$conf['cachecssparams'] = array('url_version_param' => true);

$conf['mailer'] = array('type' => 'smtp', 'params' => array(
    'host' => '127.0.0.1', 'port' => @PORT_SMTP@, 'secure' => 'none', 'auth' => false, 'lmtp' => false,
));
$conf['mailformat'] = array('brokenrfc2231' => false);

// Horde's own defaults, but for the two that decide how long a test waits: heartbeatmin (60) and waitinterval (15).
$conf['activesync'] = array(
    'enabled' => true, 'storage' => 'Sql', 'params' => array('driverconfig' => 'horde'), 'emailsync' => true,
    'version' => '14.1', 'autodiscovery' => 'user', 'outlookdiscovery' => false,
    'auth' => array('type' => 'basic'),
    'logging' => array('type' => false, 'path' => '@DIR@/log/activesync.log'),
    'ping' => array(
        'deviceping' => true, 'heartbeatmin' => 10, 'heartbeatmax' => 2700, 'heartbeatdefault' => 480, 'waitinterval' => 5,
    ),
);

$conf['timezone'] = array('location' => '');
$conf['user'] = array('autosave_interval' => false);
$conf['menu'] = array('always' => false);
$conf['portal'] = array('fixed_blocks' => array());
$conf['accounts'] = array('driver' => 'null');
$conf['openssl'] = array('path' => '/usr/bin/openssl', 'cafile' => '/etc/ssl/certs');
$conf['image'] = array('driver' => false);
$conf['exif'] = array('driver' => 'Bundled');
$conf['weather'] = array('provider' => false);
foreach (array('imsp', 'kolab', 'problems', 'facebook', 'twitter') as $section) {
    $conf[$section] = array('enabled' => false);
}
$conf['nobase64_img'] = false;
$conf['urlshortener'] = false;
