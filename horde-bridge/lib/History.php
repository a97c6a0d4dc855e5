<?php
/**
 * Modification numbers out of Horde's history.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_History
{
    /**
     * The highest number of an application or of one of its containers.
     *
     * @param string $parent  Such as turba or turba:localsql.
     *
     * @return int
     */
    public static function highest($parent)
    {
        return (int)$GLOBALS['injector']->getInstance('Horde_History')->getHighestModSeq($parent);
    }

    /**
     * The latest number of each object, in one query where the history is in SQL.
     *
     * @param array $guids  Such as turba:localsql:uid.
     *
     * @return array  guid => number; 0 where there is none
     */
    public static function latest(array $guids)
    {
        global $injector;

        $out = array_fill_keys($guids, 0);
        if (!$guids) {
            return $out;
        }
        if (self::isSql()) {
            $rows = self::db()->selectAssoc('SELECT object_uid, MAX(history_modseq) FROM horde_histories'
                . ' WHERE object_uid IN (' . implode(',', array_fill(0, count($guids), '?'))
                . ') GROUP BY object_uid', array_values($guids));
            foreach ($rows as $guid => $modseq) {
                $out[$guid] = (int)$modseq;
            }
            return $out;
        }
        $history = $injector->getInstance('Horde_History');
        foreach ($guids as $guid) {
            foreach ($history->getHistory($guid) as $entry) {
                $out[$guid] = max($out[$guid], isset($entry['modseq']) ? (int)$entry['modseq'] : 0);
            }
        }
        return $out;
    }

    /**
     * When each object was changed last, or made, in one query where the history is in SQL.
     *
     * @param array $guids    Such as mnemo:notepad:uid.
     * @param array $actions  What to look at.
     *
     * @return array  guid => Unix time; 0 where the history does not tell
     */
    public static function changed(array $guids, array $actions = array('add', 'modify'))
    {
        global $injector;

        $out = array_fill_keys($guids, 0);
        if (!$guids) {
            return $out;
        }
        if (self::isSql()) {
            $rows = self::db()->selectAll('SELECT object_uid, MAX(history_ts) AS at FROM horde_histories'
                . ' WHERE object_uid IN (' . implode(',', array_fill(0, count($guids), '?'))
                . ') AND history_action IN (' . implode(',', array_fill(0, count($actions), '?'))
                . ') GROUP BY object_uid', array_merge(array_values($guids), $actions));
            foreach ($rows as $row) {
                $out[$row['object_uid']] = (int)$row['at'];
            }
            return $out;
        }
        $history = $injector->getInstance('Horde_History');
        foreach ($guids as $guid) {
            foreach ($actions as $action) {
                $out[$guid] = max($out[$guid], (int)$history->getActionTimestamp($guid, $action));
            }
        }
        return $out;
    }

    /**
     * What the history tells of each object, in one query where it is in SQL.
     *
     * @param array $guids  Such as kronolith:calendar:uid.
     *
     * @return array  guid => modseq: the latest number, created: when it was made, changed: when it
     *                was changed last, or made; 0 where the history does not tell
     */
    public static function facts(array $guids)
    {
        $out = array_fill_keys($guids, array('modseq' => 0, 'created' => 0, 'changed' => 0));
        if ($guids && self::isSql()) {
            $rows = self::db()->selectAll('SELECT object_uid, MAX(history_modseq) AS modseq,'
                . " MAX(CASE WHEN history_action = 'add' THEN history_ts ELSE 0 END) AS created,"
                . " MAX(CASE WHEN history_action IN ('add', 'modify') THEN history_ts ELSE 0 END) AS changed"
                . ' FROM horde_histories WHERE object_uid IN (' . implode(',', array_fill(0, count($guids), '?'))
                . ') GROUP BY object_uid', array_values($guids));
            foreach ($rows as $row) {
                $out[$row['object_uid']] = array('modseq' => (int)$row['modseq'], 'created' => (int)$row['created'],
                    'changed' => (int)$row['changed']);
            }
            return $out;
        }
        $latest = self::latest($guids);
        $created = self::changed($guids, array('add'));
        $changed = self::changed($guids);
        foreach ($guids as $guid) {
            $out[$guid] = array('modseq' => $latest[$guid], 'created' => $created[$guid], 'changed' => $changed[$guid]);
        }
        return $out;
    }

    /**
     * What happened to the objects of a container in a range of numbers, one answer for each.
     *
     * @return array  uid => add, modify or delete, whichever came last
     */
    public static function between($parent, $since, $now)
    {
        $history = $GLOBALS['injector']->getInstance('Horde_History');
        $seen = array();
        foreach (array('add', 'modify', 'delete') as $action) {
            $filter = array(array('field' => 'action', 'op' => '=', 'value' => $action));
            foreach (array_keys($history->getByModSeq($since, $now, $filter, $parent)) as $guid) {
                $seen[substr($guid, strlen($parent) + 1)][] = $action;
            }
        }
        $out = array();
        foreach ($seen as $uid => $actions) {
            $last = null;
            foreach ($actions as $action) {
                $at = count($actions) === 1 ? 0 : (int)$history->getActionModSeq($parent . ':' . $uid, $action);
                if ($last === null || $at > $last) {
                    $last = $at;
                    $out[(string)$uid] = $action;
                }
            }
        }
        return $out;
    }

    private static function isSql()
    {
        global $conf;

        return strtolower(empty($conf['history']['driver']) ? 'sql' : $conf['history']['driver']) === 'sql';
    }

    private static function db()
    {
        return $GLOBALS['injector']->getInstance('Horde_Core_Factory_Db')->create('horde', 'history');
    }
}
