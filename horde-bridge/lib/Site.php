<?php
/**
 * The answer of bridge.config: settings of the site, without secrets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Site
{
    public static function describe()
    {
        global $conf, $registry;

        $eas = isset($conf['activesync']) ? (array)$conf['activesync'] : array();
        $version = isset($eas['version']) ? (string)$eas['version'] : '14.1';
        $ping = isset($eas['ping']) ? (array)$eas['ping'] : array();
        return array(
            'bridge' => Hordeeas_Api::VERSION,
            'activesync' => array(
                'enabled' => !empty($eas['enabled']),
                'version' => $version,
                'announced' => self::announced($version),
                'storage' => isset($eas['storage']) ? (string)$eas['storage'] : 'Sql',
                'emailsync' => !empty($eas['emailsync']) && Hordeeas_Call::app('mail') !== null,
                'auth' => isset($eas['auth']['type']) ? (string)$eas['auth']['type'] : 'basic',
                'autodiscovery' => isset($eas['autodiscovery']) ? (string)$eas['autodiscovery'] : 'full',
                'maillog_sync' => empty($eas['no_maillogsync']),
                'ping' => array(
                    'heartbeatmin' => self::number($ping, 'heartbeatmin', 60),
                    'heartbeatmax' => self::number($ping, 'heartbeatmax', 2700),
                    'heartbeatdefault' => self::number($ping, 'heartbeatdefault', 480),
                    'forcedheartbeat' => self::number($ping, 'forcedheartbeat', null),
                    'maximumwindowsize' => self::number($ping, 'maximumwindowsize', null),
                    'maximumrequestwindowsize' => self::number($ping, 'maximumrequestwindowsize', null),
                    'waitinterval' => self::number($ping, 'waitinterval', 15),
                ),
            ),
            'history' => array('driver' => self::lower($conf, 'history', 'driver', 'sql')),
            'sql' => array(
                'phptype' => self::lower($conf, 'sql', 'phptype', ''),
                'charset' => self::lower($conf, 'sql', 'charset', 'utf-8'),
            ),
            'mailer' => self::mailer(),
            'maillog' => self::maillog(),
            'webroot' => (string)$registry->get('webroot', 'horde'),
            'versions' => self::versions(),
            'php' => self::php(),
        );
    }

    /**
     * The PHP that runs here, for an operator who looks for what is wrong.
     */
    private static function php()
    {
        $wanted = array('ctype', 'dom', 'gettext', 'iconv', 'json', 'mbstring', 'openssl');
        return array(
            'sapi' => PHP_SAPI,
            'time' => (int)round(microtime(true) * 1000),
            'opcache' => function_exists('opcache_get_status') && (bool)ini_get('opcache.enable'),
            'memory_limit' => (string)ini_get('memory_limit'),
            'missing' => array_values(array_filter($wanted, function ($name) {
                return !extension_loaded($name);
            })),
        );
    }

    /**
     * The versions up to the highest one offered, as Horde's library writes them.
     */
    private static function announced($version)
    {
        try {
            $class = new ReflectionClass('Horde_ActiveSync');
            $server = $class->newInstanceWithoutConstructor();
            $server->setSupportedVersion($version);
            return (string)$server->getSupportedVersions();
        } catch (Throwable $e) {
            $all = array('2.5', '12.0', '12.1', '14.0', '14.1', '16.0');
            $at = array_search($version, $all, true);
            return implode(',', array_slice($all, 0, $at === false ? 5 : $at + 1));
        }
    }

    private static function number(array $from, $name, $default)
    {
        return isset($from[$name]) && is_numeric($from[$name]) ? (int)$from[$name] : $default;
    }

    private static function lower($conf, $section, $name, $default)
    {
        return empty($conf[$section][$name]) ? $default : strtolower((string)$conf[$section][$name]);
    }

    /**
     * How Horde sends mail; never with which password.
     */
    private static function mailer()
    {
        global $conf;

        $params = isset($conf['mailer']['params']) ? (array)$conf['mailer']['params'] : array();
        $port = self::number($params, 'port', 25);
        return array(
            'type' => self::lower($conf, 'mailer', 'type', 'null'),
            'host' => empty($params['host']) ? 'localhost' : (string)$params['host'],
            'port' => $port > 0 ? $port : 25,
            'secure' => Hordeeas_Mail::security(isset($params['secure']) ? $params['secure'] : true),
            'auth' => self::mailerAuth($params),
            'lmtp' => !empty($params['lmtp']),
            'hello' => empty($params['localhost']) ? '' : (string)$params['localhost'],
        );
    }

    /**
     * Whose login the mailer uses.
     *
     * @return string  none, user (each user's own) or fixed
     */
    public static function mailerAuth(array $params)
    {
        if (empty($params['auth'])) {
            return 'none';
        }
        return !empty($params['username_auth']) && !empty($params['password_auth']) ? 'user' : 'fixed';
    }

    private static function maillog()
    {
        $app = Hordeeas_Call::app('mail');
        if ($app !== 'imp') {
            return 'none';
        }
        try {
            $imp = $GLOBALS['registry']->loadConfigFile('conf.php', 'conf', 'imp')->config['conf'];
            return empty($imp['maillog']['driver']) ? 'history' : (string)$imp['maillog']['driver'];
        } catch (Throwable $e) {
            return 'none';
        }
    }

    private static function versions()
    {
        global $registry;

        $out = array('php' => PHP_VERSION);
        foreach (array('horde', 'hordeeas', 'imp', 'turba', 'kronolith', 'nag', 'mnemo', 'ingo') as $app) {
            try {
                if (!$registry->isInactive($app)) {
                    $out[$app] = (string)$registry->getVersion($app);
                }
            } catch (Throwable $e) {
                continue;
            }
        }
        if (defined('Horde_ActiveSync::LIBRARY_VERSION')) {
            $out['activesync'] = constant('Horde_ActiveSync::LIBRARY_VERSION');
        }
        return $out;
    }
}
