<?php
/**
 * Kronolith's lists of calendars, made when somebody asks for one of them.
 *
 * For the lists Kronolith starts all applications that add to its pages, and logs in at the mail
 * server: more work than to read a hundred events, which need one calendar alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_CalendarsManager extends Kronolith_CalendarsManager
{
    private $isMade = false;

    /** @var array  name => calendar, or false where the user may not see it */
    private $entries = array();

    public function __construct($user = null)
    {
        if ($user !== null) {
            $this->make($user);
        }
    }

    public function get($list)
    {
        $this->make();
        return parent::get($list);
    }

    public function set($list, array $value)
    {
        $this->make();
        parent::set($list, $value);
    }

    public function getEntry($list, $entry)
    {
        if ($this->isMade || $list !== Kronolith::ALL_CALENDARS) {
            return parent::getEntry($list, $entry);
        }
        if (!isset($this->entries[$entry])) {
            $this->entries[$entry] = self::calendar($entry);
        }
        return $this->entries[$entry];
    }

    private function make($user = null)
    {
        if (!$this->isMade) {
            $this->isMade = true;
            parent::__construct($user);
        }
    }

    private static function calendar($name)
    {
        try {
            $share = $GLOBALS['injector']->getInstance('Kronolith_Shares')->getShare($name);
        } catch (Horde_Exception_NotFound $e) {
            return false;
        }
        return $share->hasPermission($GLOBALS['registry']->getAuth(), Horde_Perms::SHOW)
            ? new Kronolith_Calendar_Internal(array('share' => $share))
            : false;
    }
}
