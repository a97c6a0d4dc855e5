<?php
/**
 * The table of Kronolith's events in SQL: many rows by one query, where the driver takes one for each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_EventRows
{
    /**
     * What the columns of the table hold, see Hordeeas_Columns; of a store that is not SQL nothing is known.
     */
    public static function columns($driver)
    {
        if (!$driver instanceof Kronolith_Driver_Sql) {
            return array();
        }
        $columns = function () {
            return Hordeeas_Columns::of($this->_db, $this->_params['table']);
        };
        return Closure::bind($columns, $driver, get_class($driver))();
    }

    /**
     * All columns of the rows with one of some values.
     */
    public static function whole($driver, $calendar, $column, array $values)
    {
        $rows = self::select($driver, '*', $calendar, $column . ' IN (' . self::marks($values) . ')',
            array_values($values));
        return array_map(array($driver, 'convertBlobs'), $rows);
    }

    /**
     * Some columns of some rows of a calendar.
     */
    public static function select($driver, $columns, $calendar, $where, array $values)
    {
        $select = function () use ($columns, $calendar, $where, $values) {
            return $this->_db->selectAll('SELECT ' . $columns . ' FROM ' . $this->_params['table']
                . ' WHERE calendar_id = ? AND ' . $where, array_merge(array($calendar), $values));
        };
        return Closure::bind($select, $driver, get_class($driver))();
    }

    /**
     * What says when an event takes place, row by row: all at once, some ten thousand events do not
     * fit into PHP's memory.
     *
     * @return Traversable
     */
    public static function each($driver, $calendar, $where)
    {
        $rows = function () use ($calendar, $where) {
            return $this->_db->select('SELECT event_id, event_uid, event_baseid, event_start, event_end, event_allday,'
                . ' event_timezone, event_recurtype, event_recurinterval, event_recurdays, event_recurenddate,'
                . ' event_recurcount FROM ' . $this->_params['table']
                . " WHERE calendar_id = ? AND event_uid <> '' AND " . $where, array($calendar));
        };
        return Closure::bind($rows, $driver, get_class($driver))();
    }

    /**
     * Writes which instance an event stands for, and nothing else.
     */
    public static function settle($calendar, $id, Horde_Date $original)
    {
        $driver = Hordeeas_Events::driver($calendar);
        if (!$driver instanceof Kronolith_Driver_Sql) {
            return;
        }
        $moment = clone $original;
        if ($driver->getParam('utc')) {
            $moment->setTimezone('UTC');
        }
        $update = function () use ($calendar, $id, $moment) {
            $this->_db->update('UPDATE ' . $this->_params['table'] . ' SET event_exceptionoriginaldate = ?'
                . ' WHERE calendar_id = ? AND event_id = ?', array($moment->format('Y-m-d H:i:s'), $calendar, $id));
            unset($this->_cache[$calendar][$id]);
        };
        Closure::bind($update, $driver, get_class($driver))();
    }

    /**
     * Question marks for a list of values.
     */
    public static function marks(array $values)
    {
        return implode(',', array_fill(0, count($values), '?'));
    }
}
