<?php
/**
 * What the columns of a table can hold: a database refuses more, or cuts it without a word.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Columns
{
    /** Bytes that the types hold. */
    const BYTES = array('tinytext' => 255, 'text' => 65535, 'mediumtext' => 16777215,
        'tinyblob' => 255, 'blob' => 65535, 'mediumblob' => 16777215);

    /** @var array  table => column => chars, bytes, isNarrow */
    private static $known = array();

    /**
     * The columns of a table, by one query.
     *
     * @param Horde_Db_Adapter $db
     *
     * @return array  column => chars and bytes at most (null for no limit); isNarrow, where the four-byte
     *                characters of UTF-8 have no place
     */
    public static function of($db, $table)
    {
        if (!isset(self::$known[$table])) {
            self::$known[$table] = strncasecmp($db->adapterName(), 'mysql', 5) === 0
                ? self::ofMysql($db, $table)
                : self::ofOthers($db, $table);
        }
        return self::$known[$table];
    }

    private static function ofMysql($db, $table)
    {
        $out = array();
        foreach ($db->selectAll('SHOW FULL COLUMNS FROM ' . $db->quoteTableName($table)) as $row) {
            $row = array_change_key_case($row);
            $type = strtolower((string)$row['type']);
            $isText = preg_match('/^(?:var)?char\((\d+)\)/', $type, $found);
            $out[$row['field']] = array(
                'chars' => $isText ? (int)$found[1] : null,
                'bytes' => isset(self::BYTES[$type]) ? self::BYTES[$type] : null,
                'isNarrow' => (bool)preg_match('/^(utf8|utf8mb3|ucs2)_/', (string)$row['collation']),
            );
        }
        return $out;
    }

    private static function ofOthers($db, $table)
    {
        $out = array();
        foreach ($db->columns($table) as $name => $column) {
            $limit = $column->getType() === 'string' ? $column->getLimit() : null;
            $out[$name] = array('chars' => $limit ? (int)$limit : null, 'bytes' => null, 'isNarrow' => false);
        }
        return $out;
    }

    /**
     * A text with nothing in it that the column has no character for.
     *
     * @param array|null $column  See of(); null when nothing is known of it.
     */
    public static function spelled($text, $column)
    {
        return $column !== null && $column['isNarrow'] ? preg_replace('/[\x{10000}-\x{10ffff}]/u', "\u{fffd}", $text) : $text;
    }

    /**
     * @param array|null $column  See of(); null when nothing is known of it.
     */
    public static function fits($text, $column)
    {
        return $column === null
            || (($column['chars'] === null || Horde_String::length($text, 'UTF-8') <= $column['chars'])
                && ($column['bytes'] === null || strlen($text) <= $column['bytes']));
    }
}
