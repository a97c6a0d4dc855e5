<?php
/**
 * The answer of bridge.session.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Session
{
    const PARTS = array('policy', 'shares', 'mail', 'identities');

    const HOOKS = array('preauthenticate', 'postauthenticate', 'activesync_provisioning_check',
        'activesync_create_device', 'activesync_device_check', 'activesync_device_modify',
        'activesync_mailboxlist', 'activesync_email_presend', 'activesync_get_autodiscover_username',
        'activesync_autodiscover_xml', 'activesync_autodiscover_parameters');

    public static function describe(array $opts)
    {
        global $language, $prefs, $registry;

        $want = isset($opts['want']) ? (array)$opts['want'] : self::PARTS;
        $user = (string)$registry->getAuth();
        if ($user === '') {
            throw new Hordeeas_Failure('auth', 'nobody is logged in');
        }
        $out = array(
            'bridge' => Hordeeas_Api::VERSION,
            'user' => $user,
            'is_admin' => (bool)$registry->isAdmin(),
            'tz' => (string)$prefs->getValue('timezone'),
            'locale' => (string)$language,
            'access' => Hordeeas_Policy::access($user),
            'hooks' => self::hooks(),
        );
        if (in_array('policy', $want, true)) {
            $out['provisioning'] = Hordeeas_Policy::provisioning($user);
            $out['policies'] = Hordeeas_Json::map(Hordeeas_Policy::policies($user));
        }
        if (in_array('identities', $want, true)) {
            $out['identities'] = self::identities($user);
        }
        if (in_array('shares', $want, true)) {
            $out['shares'] = isset($opts['list'])
                ? Hordeeas_Shares::all($user, (array)$opts['list'])
                : Hordeeas_Shares::all($user);
        }
        if (in_array('mail', $want, true)) {
            $out['mail'] = Hordeeas_Mail::describe($user);
        }
        if ($want === self::PARTS) {
            // Last: by now the preferences of all these applications are loaded.
            $out['stored'] = Hordeeas_Stored::describe(isset($opts['list']) ? (array)$opts['list'] : Hordeeas_Shares::CLASSES,
                $out['shares']);
        }
        return $out;
    }

    private static function hooks()
    {
        $hooks = $GLOBALS['injector']->getInstance('Horde_Core_Hooks');
        $set = array();
        foreach (self::HOOKS as $name) {
            if ($hooks->hookExists($name, 'horde')) {
                $set[] = $name;
            }
        }
        return $set;
    }

    /**
     * The identities, the default one first.
     */
    private static function identities($user)
    {
        global $injector, $prefs;

        $identity = $injector->getInstance('Horde_Core_Factory_Identity')->create($user);
        $default = (int)$identity->getDefault();
        $chosen = self::chosen($default);
        $out = array();
        foreach (array_keys($identity->getAll('id')) as $id) {
            $aliases = $identity->getValue('alias_addr', $id);
            $out[] = array(
                'id' => (int)$id,
                'name' => (string)$identity->getValue('id', $id),
                'fullname' => (string)$identity->getValue('fullname', $id),
                'from' => (string)$identity->getValue('from_addr', $id),
                'aliases' => array_values(array_filter(array_map('strval', (array)$aliases), 'strlen')),
                'replyto' => (string)$identity->getValue('replyto_addr', $id),
                'default' => (int)$id === $default,
                'activesync' => (int)$id === $chosen,
            );
        }
        usort($out, function ($a, $b) {
            return array($b['default'], $a['id']) <=> array($a['default'], $b['id']);
        });
        return $out;
    }

    /**
     * The identity under which phones write.
     */
    public static function chosen($default)
    {
        $value = $GLOBALS['prefs']->getValue('activesync_identity');
        return $value === null || $value === '' || $value === 'horde' ? $default : (int)$value;
    }
}
