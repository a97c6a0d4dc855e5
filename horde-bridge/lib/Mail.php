<?php
/**
 * The mail part of bridge.session: which server, which login, which special mailboxes.
 *
 * IMP's configuration and preferences are read without a login at the mail server, save once a
 * day for each user to learn the namespaces.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Mail
{
    /**
     * @return array  enabled, and reason or the rest
     */
    public static function describe($user)
    {
        global $conf, $registry;

        if (empty($conf['activesync']['emailsync'])) {
            return self::off('switched off');
        }
        $app = Hordeeas_Call::app('mail');
        if ($app !== 'imp') {
            return self::off('IMP is not installed');
        }
        if (!self::mayUse($app, $user)) {
            return self::off('no permission for IMP');
        }
        return self::inside(function () {
            $server = self::server();
            if (is_string($server)) {
                return self::off($server);
            }
            return array('enabled' => true) + self::parts($server);
        });
    }

    /**
     * The mail login, where it is not the one that the request carried.
     */
    public static function credentials()
    {
        if (Hordeeas_Call::app('mail') !== 'imp') {
            return array('same' => true);
        }
        return self::inside(function () {
            $server = self::server();
            if (is_string($server)) {
                return array('same' => true);
            }
            $password = (string)self::password();
            if (self::isSent($password)) {
                return array('same' => true);
            }
            $conf = Hordeeas_Place::conf(dirname(__DIR__));
            if (empty($conf['credentials'])) {
                throw new Hordeeas_Failure('denied', 'the bridge is told not to hand out mail passwords');
            }
            return array('imap' => array('user' => self::login($server), 'pass' => $password));
        });
    }

    /**
     * The login in Horde's mailer settings. It is the site's, not the user's: so it is told only through the
     * bridge's own entry, which looks at who calls.
     */
    public static function mailer()
    {
        if (!Hordeeas_Guard::hasPassed()) {
            throw new Hordeeas_Failure('denied', "the mailer's login is told through the bridge's own entry alone");
        }
        $conf = Hordeeas_Place::conf(dirname(__DIR__));
        if (empty($conf['credentials'])) {
            throw new Hordeeas_Failure('denied', 'the bridge is told not to hand out mail passwords');
        }
        list(, $params) = $GLOBALS['injector']->getInstance('Horde_Core_Factory_Mail')->getConfig();
        if (empty($params['auth']) || !isset($params['username'], $params['password'])) {
            throw new Hordeeas_Failure('notfound', "Horde's mailer settings have no login");
        }
        return array('smtp' => array('user' => (string)$params['username'], 'pass' => (string)$params['password']));
    }

    private static function off($reason)
    {
        return array('enabled' => false, 'reason' => $reason);
    }

    private static function mayUse($app, $user)
    {
        global $injector, $registry;

        $perms = $injector->getInstance('Horde_Perms');
        return $registry->isAdmin() || !$perms->exists($app)
            || $perms->hasPermission($app, $user, Horde_Perms::READ);
    }

    /**
     * Runs the work inside IMP without logging in at the mail server.
     */
    private static function inside(callable $work)
    {
        global $registry;

        $pushed = $registry->pushApp('imp', array('check_perms' => false));
        try {
            return $work();
        } finally {
            if ($pushed) {
                $registry->popApp();
            }
        }
    }

    /**
     * The server that IMP logs in to by itself, or why there is none.
     *
     * @return array|string  key, config, way
     */
    private static function server()
    {
        global $conf;

        $key = IMP_Auth::getAutoLoginServer();
        $config = $key === null ? false : IMP_Imap::loadServerConfig($key);
        if (!$config) {
            return 'no mail server is configured';
        }
        if ($config->protocol === 'pop') {
            return 'POP3 only';
        }
        $byImp = $conf['auth']['driver'] === 'application'
            && isset($conf['auth']['params']['app']) && $conf['auth']['params']['app'] === 'imp';
        if ($byImp) {
            $way = 'imp';
        } elseif (!$config->hordeauth) {
            return 'separate login';
        } else {
            $way = is_string($config->hordeauth) && strcasecmp($config->hordeauth, 'full') === 0 ? 'full' : 'bare';
        }
        return array('key' => $key, 'config' => $config, 'way' => $way);
    }

    private static function parts(array $server)
    {
        global $prefs;

        $config = $server['config'];
        $security = self::security($config->secure);
        $port = (int)$config->port;
        return array(
            'imap' => array(
                'server' => (string)$server['key'],
                'host' => (string)$config->hostspec === '' ? 'localhost' : (string)$config->hostspec,
                'port' => $port > 0 ? $port : ($security === 'tls' ? 993 : 143),
                'secure' => $security,
                'user' => self::login($server),
                'hordeauth' => $server['way'],
                'same' => self::isSent((string)self::password()),
                'capability_ignore' => array_values(array_map('strtoupper',
                    array_filter((array)$config->capability_ignore, 'is_string'))),
            ),
            'special' => self::special($server),
            'subscribed_only' => (bool)$prefs->getValue('subscribe'),
            'flags' => self::flags(),
        );
    }

    /**
     * @return string  plain, starttls_if_offered, starttls or tls
     */
    public static function security($secure)
    {
        if ($secure === true || $secure === 1 || $secure === '1') {
            return 'starttls_if_offered';
        }
        switch (strtolower((string)$secure)) {
            case 'tls':
                return 'starttls';

            case 'ssl':
            case 'sslv2':
            case 'sslv3':
            case 'tlsv1':
                return 'tls';

            default:
                return 'plain';
        }
    }

    private static function login(array $server)
    {
        global $injector, $registry;

        if ($server['way'] === 'imp') {
            $base = $injector->getInstance('IMP_Factory_Imap')->create();
            $name = $base->init ? $base->getParam('username') : null;
            return strlen((string)$name) ? (string)$name : (string)$registry->getAuth();
        }
        return (string)$registry->getAuth($server['way'] === 'full' ? null : 'bare');
    }

    private static function password()
    {
        return $GLOBALS['registry']->getAuthCredential('password');
    }

    /**
     * Whether the request itself carried this password.
     */
    private static function isSent($password)
    {
        $basic = Hordeeas_Guard::basic($_SERVER);
        return $basic !== null && hash_equals($basic[1], $password);
    }

    /**
     * Full names of the mailboxes with a purpose.
     */
    private static function special(array $server)
    {
        global $injector, $prefs, $registry;

        $forced = $server['config']->special_mboxes;
        $value = function ($name) use ($forced, $prefs) {
            return isset($forced[$name]) && is_string($forced[$name]) ? $forced[$name] : (string)$prefs->getValue($name);
        };
        $identity = $injector->getInstance('Horde_Core_Factory_Identity')->create($registry->getAuth());
        $sent = array();
        foreach (array_keys($identity->getAll('id')) as $id) {
            $own = $identity->get($id);
            $name = isset($forced['sent_mail_folder']) || empty($own['sent_mail_folder'])
                ? $value('sent_mail_folder')
                : (string)$own['sent_mail_folder'];
            if ($name !== '') {
                $sent[$id] = $name;
            }
        }
        $names = array('drafts' => $value('drafts_folder'), 'spam' => $value('spam_folder'),
            'templates' => $value('composetemplates_mbox'),
            'trash' => $prefs->getValue('use_trash') ? $value('trash_folder') : '');
        $known = array_filter(array_merge(array_values($names), array_values($sent)), 'strlen');
        $spaces = $known ? Hordeeas_Namespaces::of($server) : null;
        $out = array();
        foreach ($names as $purpose => $name) {
            $out[$purpose] = $name === '' ? null : Hordeeas_Namespaces::full($name, $spaces);
        }
        $all = array_map(function ($name) use ($spaces) {
            return Hordeeas_Namespaces::full($name, $spaces);
        }, $sent);
        $chosen = Hordeeas_Session::chosen((int)$identity->getDefault());
        $out['sent_all'] = array_values(array_unique($all));
        $out['sent'] = count($out['sent_all']) > 1 && isset($all[$chosen])
            ? $all[$chosen]
            : ($out['sent_all'] ? $out['sent_all'][0] : null);
        $out['titles'] = self::titles();
        $out['prefix'] = isset($spaces['prefix']) ? (string)$spaces['prefix'] : '';
        return $out;
    }

    /**
     * What IMP shows users instead of the names of these mailboxes.
     */
    private static function titles()
    {
        $texts = array('inbox' => 'Inbox', 'drafts' => 'Drafts', 'sent' => 'Sent', 'spam' => 'Spam',
            'trash' => 'Trash', 'templates' => 'Templates');
        return array_map(function ($text) {
            return dgettext('imp', $text);
        }, $texts);
    }

    /**
     * The keywords that the user gave a label.
     */
    private static function flags()
    {
        $list = @unserialize((string)$GLOBALS['prefs']->getValue('msgflags'));
        $out = array();
        foreach (is_array($list) ? $list : array() as $flag) {
            if (!$flag instanceof IMP_Flag_Base) {
                continue;
            }
            $keyword = (string)$flag->imapflag;
            if ($keyword !== '' && $keyword[0] !== '\\') {
                $out[] = array(
                    'keyword' => Horde_String::lower($keyword),
                    'label' => (string)$flag->label,
                );
            }
        }
        return $out;
    }
}
