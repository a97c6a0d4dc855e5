<?php
/**
 * Who asked the others to an event.
 *
 * Kronolith 4 does not keep it: it takes the event's creator for the organizer, also of a meeting
 * that somebody else invited to. Such a one is known by the user's own address among the attendees.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Organizer
{
    /**
     * @return array  organizer: email and name, or null when it is somebody unknown; mine: it is the user
     */
    public static function of(Kronolith_Event $event)
    {
        $own = self::addresses();
        if (property_exists($event, 'organizer') && strlen((string)$event->organizer)) {
            $email = preg_replace('/^mailto:/i', '', (string)$event->organizer);
            $mine = in_array(Horde_String::lower($email), $own, true);
            return array('organizer' => array('email' => $email, 'name' => $mine ? self::self()['name'] : ''),
                'mine' => $mine);
        }
        $user = $GLOBALS['registry']->getAuth();
        if ($event->creator !== $user) {
            return array('organizer' => self::creator($event->creator), 'mine' => false);
        }
        $asked = array_map(array('Horde_String', 'lower'), array_map('strval',
            array_keys(Hordeeas_Attendees::people($event))));
        if (array_intersect($asked, $own)) {
            return array('organizer' => null, 'mine' => false);
        }
        return array('organizer' => self::self(), 'mine' => true);
    }

    /**
     * The user's own addresses.
     *
     * @return array  In lower case, the one of the default identity first.
     */
    public static function addresses()
    {
        static $known = array();

        $user = $GLOBALS['registry']->getAuth();
        if (!isset($known[$user])) {
            $identity = self::identity($user);
            $all = array_merge(array($identity->getValue('from_addr')), (array)$identity->getAll('from_addr'));
            $all = array_map(array('Horde_String', 'lower'), array_filter($all, 'is_string'));
            $known[$user] = array_values(array_unique(array_filter($all, 'strlen')));
        }
        return $known[$user];
    }

    /**
     * The user, under the identity that Horde's ActiveSync takes.
     */
    private static function self()
    {
        global $prefs, $registry;

        $identity = self::identity($registry->getAuth());
        $chosen = $prefs->getValue('activesync_identity');
        $chosen = $chosen === null || $chosen === '' || $chosen === 'horde' ? null : (int)$chosen;
        return array(
            'email' => (string)$identity->getValue('from_addr', $chosen),
            'name' => Hordeeas_Json::utf8((string)$identity->getValue('fullname', $chosen)),
        );
    }

    private static function creator($user)
    {
        static $known = array();

        if (!isset($known[$user])) {
            $known[$user] = array(
                'email' => (string)Kronolith::getUserEmail($user),
                'name' => Hordeeas_Json::utf8((string)Kronolith::getUserName($user)),
            );
        }
        return $known[$user];
    }

    private static function identity($user)
    {
        return $GLOBALS['injector']->getInstance('Horde_Core_Factory_Identity')->create($user);
    }
}
