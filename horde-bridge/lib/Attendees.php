<?php
/**
 * The people and things that are asked to an event.
 *
 * Kronolith 4 keeps them as arrays by address, later ones as objects.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Attendees
{
    const ROLES = array(1 => 'required', 2 => 'optional', 3 => 'none');
    const RESPONSES = array(1 => 'none', 2 => 'accepted', 3 => 'declined', 4 => 'tentative');

    /**
     * @return array  List of email, name, role, response, kind
     */
    public static function told(Kronolith_Event $event)
    {
        $out = array();
        foreach (self::people($event) as $email => $one) {
            $out[] = array('email' => (string)$email, 'kind' => 'person') + $one;
        }
        foreach ($event->getResources() as $id => $resource) {
            $email = self::address($id);
            // A phone can do nothing with one that has no address.
            if ($email !== '') {
                $out[] = array('email' => $email, 'kind' => 'resource')
                    + self::one($resource['name'], $resource['attendance'], $resource['response']);
            }
        }
        return $out;
    }

    /**
     * @return array  address => name, role, response
     */
    public static function people(Kronolith_Event $event)
    {
        $out = array();
        foreach ($event->attendees ? $event->attendees : array() as $email => $one) {
            if (is_object($one)) {
                $name = (string)$one->name;
                $out[(string)$one->email] = self::one($name, $one->role, $one->response);
                continue;
            }
            $address = new Horde_Mail_Rfc822_Address(Hordeeas_Json::utf8((string)$email));
            $bare = (string)$address->bare_address;
            $name = isset($one['name']) && strlen((string)$one['name']) ? $one['name'] : $address->personal;
            $out[$bare === '' ? Hordeeas_Json::utf8((string)$email) : $bare]
                = self::one($name, $one['attendance'], $one['response']);
        }
        return $out;
    }

    private static function one($name, $role, $response)
    {
        return array(
            'name' => str_replace("\0", '', Hordeeas_Json::utf8((string)$name)),
            'role' => isset(self::ROLES[(int)$role]) ? self::ROLES[(int)$role] : 'none',
            'response' => isset(self::RESPONSES[(int)$response]) ? self::RESPONSES[(int)$response] : 'none',
        );
    }

    /**
     * The address of a room or a thing; empty where it has none, or is no more.
     */
    private static function address($id)
    {
        static $known = array();

        if (!isset($known[$id])) {
            try {
                $known[$id] = (string)Kronolith::getDriver('Resource')->getResource($id)->get('email');
            } catch (Exception $e) {
                $known[$id] = '';
            }
        }
        return $known[$id];
    }
}
