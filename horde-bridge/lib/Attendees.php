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
            if (is_a($one, 'Kronolith_Attendee')) {
                $out[self::bareOf($one)] = self::one($one->name, $one->role, $one->response);
                continue;
            }
            if (!is_array($one)) {
                throw new Hordeeas_Failure('internal', 'the attendees of the event are broken');
            }
            $address = new Horde_Mail_Rfc822_Address(Hordeeas_Json::utf8((string)$email));
            $name = isset($one['name']) && strlen((string)$one['name']) ? $one['name'] : $address->personal;
            $out[self::bare((string)$email)] = self::one($name, $one['attendance'], $one['response']);
        }
        return $out;
    }

    /**
     * Makes these people the attendees; what is not told of one who was asked already stays.
     *
     * @param array $told         See Hordeeas_EventInput.
     * @param array|null $column  Their column, see Hordeeas_Columns.
     *
     * @return bool  False, and nothing is changed, when there are more than their column holds.
     */
    public static function put(Kronolith_Event $event, array $told, $column)
    {
        foreach ($told as $email => $one) {
            if (isset($one['name'])) {
                $told[$email]['name'] = Hordeeas_Columns::spelled($one['name'], $column);
            }
        }
        foreach (array_keys($event->getResources()) as $id) {
            unset($told[Horde_String::lower(self::address($id))]);
        }
        $objects = class_exists('Kronolith_Attendee_List');
        $shown = array_change_key_case(self::people($event));
        $kept = array();
        foreach ($event->attendees ? $event->attendees : array() as $key => $one) {
            $email = Horde_String::lower(is_object($one) ? self::bareOf($one) : self::bare((string)$key));
            if (isset($told[$email])) {
                if (isset($told[$email]['name'], $shown[$email]) && $told[$email]['name'] === $shown[$email]['name']) {
                    unset($told[$email]['name']);
                }
                $kept[$key] = $objects ? self::changedObject($one, $told[$email]) : self::changed($one, $told[$email]);
                unset($told[$email]);
            }
        }
        foreach ($told as $email => $one) {
            // Who has no address can be kept, but not asked.
            if (!preg_match('/^[^\s<>,;@]+@[^\s<>,;@]+$/Du', (string)$email)) {
                continue;
            }
            $kept[$email] = $objects
                ? self::changedObject(new Kronolith_Attendee(array('email' => (string)$email)), $one + array('role' => 1, 'response' => 1))
                : self::changed(array('attendance' => Kronolith::PART_REQUIRED, 'response' => Kronolith::RESPONSE_NONE,
                    'name' => null), $one);
        }
        $kept = $objects ? new Kronolith_Attendee_List(array_values($kept)) : $kept;
        if (!Hordeeas_Columns::fits(serialize($kept), $column)) {
            return false;
        }
        $event->attendees = $kept;
        return true;
    }

    private static function changed(array $one, array $told)
    {
        foreach (array('role' => 'attendance', 'response' => 'response') as $name => $own) {
            if (isset($told[$name]) && (!isset($one[$own]) || (int)$one[$own] !== $told[$name])) {
                $one[$own] = $told[$name];
            }
        }
        if (isset($told['name']) && $told['name'] !== '') {
            $one['name'] = $told['name'];
        }
        return $one;
    }

    private static function changedObject($one, array $told)
    {
        // An instance may have the same ones as its series.
        $one = clone $one;
        foreach ($told as $name => $value) {
            if ($value !== '') {
                $one->$name = $value;
            }
        }
        return $one;
    }

    /**
     * The same of one that is an object: it may be a user of Horde, or a name.
     */
    private static function bareOf($one)
    {
        if (strlen((string)$one->email)) {
            return self::bare((string)$one->email);
        }
        $email = strlen((string)$one->user) ? (string)Kronolith::getUserEmail($one->user) : '';
        return $email !== '' ? self::bare($email) : Hordeeas_Json::utf8((string)$one->displayName);
    }

    /**
     * The address alone of what Kronolith has for one; it also has people by name alone.
     */
    private static function bare($key)
    {
        $key = Hordeeas_Json::utf8($key);
        $address = new Horde_Mail_Rfc822_Address($key);
        $bare = (string)$address->bare_address;
        return strpos($bare, '@') === false ? $key : $bare;
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
