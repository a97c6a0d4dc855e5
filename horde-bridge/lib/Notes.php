<?php
/**
 * Lists and reads notes. All methods run inside Mnemo.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Notes extends Hordeeas_Reader
{
    /** How an encrypted body begins. */
    const CIPHER = '-----BEGIN PGP MESSAGE-----';

    public function noun()
    {
        return 'note';
    }

    public function parent($notepad)
    {
        return 'mnemo:' . $notepad;
    }

    public function permit($notepad, $perm)
    {
        if (!is_string($notepad) || $notepad === '') {
            throw new Hordeeas_Failure('notfound', 'no such notepad');
        }
        try {
            $share = $GLOBALS['mnemo_shares']->getShare($notepad);
        } catch (Horde_Exception_NotFound $e) {
            throw new Hordeeas_Failure('notfound', 'no such notepad: ' . Hordeeas_Json::utf8($notepad));
        }
        if (!$share->hasPermission($GLOBALS['registry']->getAuth(), $perm)) {
            throw new Hordeeas_Failure('denied', 'no permission in the notepad ' . $notepad);
        }
    }

    /**
     * @return array  uid => id, uid, title, body (null when it is encrypted)
     */
    public function read($notepad, array $uids)
    {
        $uids = array_values(array_unique(array_filter($uids, 'strlen')));
        $driver = self::driver($notepad);
        if (!$uids) {
            return array();
        }
        $found = $driver instanceof Mnemo_Driver_Sql
            ? $this->readMany($driver, $notepad, $uids)
            : array_intersect_key($this->all($driver), array_flip($uids));
        // The database may find what differs in case alone.
        return array_intersect_key($found, array_flip($uids));
    }

    /**
     * @return Mnemo_Driver
     */
    public static function driver($notepad)
    {
        return $GLOBALS['injector']->getInstance('Mnemo_Factory_Driver')->create($notepad);
    }

    protected function writer()
    {
        return new Hordeeas_NoteWriter($this);
    }

    protected function uids($notepad)
    {
        $driver = self::driver($notepad);
        if (!$driver instanceof Mnemo_Driver_Sql) {
            return array_keys($this->all($driver));
        }
        $uids = function () use ($notepad) {
            return $this->_db->selectValues('SELECT memo_uid FROM ' . $this->_table
                . " WHERE memo_owner = ? AND memo_uid <> ''", array($notepad));
        };
        return Closure::bind($uids, $driver, 'Mnemo_Driver_Sql')();
    }

    protected function extras($notepad, array $uids, array $items)
    {
        return array(
            'tags' => Hordeeas_Tags::of('Mnemo_Tagger', 'note', $uids),
            'changed' => Hordeeas_History::changed(array_values($this->guids($notepad, $uids))),
        );
    }

    protected function data($note, array $extras, $binary, Hordeeas_Budget $budget)
    {
        $body = $note['body'] === null ? null : str_replace("\0", '', Hordeeas_Json::utf8($note['body']));
        $budget->spend(strlen((string)$body) + strlen($note['title']) + 200);
        $changed = $extras['changed'][$note['guid']];
        return array(
            'title' => Hordeeas_Json::utf8($note['title']),
            'body' => $body,
            'notice' => $body === null ? self::notice() : null,
            'tags' => isset($extras['tags'][$note['uid']]) ? $extras['tags'][$note['uid']] : array(),
            'changed' => $changed ? $changed : null,
        );
    }

    /**
     * What users are told in the place of an encrypted text.
     */
    public static function notice()
    {
        return dgettext('mnemo', 'This note has been encrypted.');
    }

    /**
     * One query for all, and none for their histories and labels, which the driver would ask one by one.
     */
    private function readMany($driver, $notepad, array $uids)
    {
        $rows = function () use ($notepad, $uids) {
            $rows = $this->_db->selectAll('SELECT memo_id, memo_uid, memo_desc, memo_body FROM ' . $this->_table
                . ' WHERE memo_owner = ? AND memo_uid IN (' . implode(',', array_fill(0, count($uids), '?')) . ')',
                array_merge(array($notepad), $uids));
            return array_map(function ($row) {
                $row['memo_body'] = $this->_column->binaryToString($row['memo_body']);
                return array_map(function ($text) {
                    return Horde_String::convertCharset((string)$text, $this->_charset, 'UTF-8');
                }, $row);
            }, $rows);
        };
        $notes = array();
        foreach (Closure::bind($rows, $driver, 'Mnemo_Driver_Sql')() as $row) {
            $notes[$row['memo_uid']] = $this->note($notepad, $row['memo_id'], $row['memo_uid'], $row['memo_desc'],
                strncmp($row['memo_body'], self::CIPHER, strlen(self::CIPHER)) === 0 ? null : $row['memo_body']);
        }
        return $notes;
    }

    /**
     * @return array  uid => note, of a store that lists whole notepads only
     */
    private function all($driver)
    {
        $driver->retrieve();
        $notes = array();
        foreach ($driver->listMemos() as $memo) {
            $body = empty($memo['encrypted']) && is_string($memo['body']) ? $memo['body'] : null;
            $notes[$memo['uid']] = $this->note($memo['memolist_id'], $memo['memo_id'], $memo['uid'], $memo['desc'], $body);
        }
        return $notes;
    }

    private function note($notepad, $id, $uid, $title, $body)
    {
        return array('id' => $id, 'uid' => (string)$uid, 'guid' => $this->parent($notepad) . ':' . $uid,
            'title' => (string)$title, 'body' => $body);
    }
}
