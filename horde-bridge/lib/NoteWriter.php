<?php
/**
 * Writes notes. An encrypted note is never written: its text would be lost.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_NoteWriter extends Hordeeas_Writer
{
    /** Characters of a title that the store keeps. */
    const TITLE = 255;

    protected function add($notepad, $uid, $data)
    {
        if (strlen($uid) > 255) {
            throw new Hordeeas_Failure('unsupported', 'the notepad can not keep this uid');
        }
        $input = $this->input($data);
        $body = isset($input['body']) ? $input['body'] : '';
        $driver = Hordeeas_Notes::driver($notepad);
        $title = isset($input['title']) && trim($input['title']) !== ''
            ? $input['title']
            : $this->cut($driver->getMemoDescription($body));
        $tags = isset($input['tags']) ? $input['tags'] : array();
        $this->fit($driver, $body);
        $this->quota->allow('notes', Hordeeas_Quota::ofUser('max_notes'), array('Mnemo', 'countMemos'),
            'the user may not have more notes');
        if ($driver instanceof Mnemo_Driver_Sql) {
            $this->insert($driver, $notepad, $uid, $title, $body);
            $this->enter($notepad, $uid, $tags);
        } else {
            $note = $driver->get($driver->add($title, $body, $tags));
            $uid = $note['uid'];
        }
        unset($this->known[$notepad][$uid]);
        $this->quota->add('notes', 1);
        return array('uid' => $uid, 'existed' => false, 'changed' => true);
    }

    protected function remove($notepad, $note)
    {
        Hordeeas_Notes::driver($notepad)->delete($note['id']);
        $this->quota->add('notes', -1);
    }

    protected function patch($notepad, $note, $data)
    {
        $input = $this->input($data);
        $tags = Hordeeas_Tags::of('Mnemo_Tagger', 'note', array($note['uid']));
        $body = $note['body'] === null ? Hordeeas_Notes::notice() : $note['body'];
        $now = array('title' => $note['title'], 'body' => $body, 'tags' => $tags[$note['uid']]);
        $input = $this->news($input, $now, isset($data['cut']) ? $data['cut'] : null);
        if ($note['body'] === null && $input) {
            throw new Hordeeas_Failure('denied', 'the note is encrypted');
        }
        if (!$input) {
            return array('existed' => true, 'changed' => false);
        }
        $new = $input + $now;
        if (trim($new['title']) === '') {
            $new['title'] = $this->cut(Hordeeas_Notes::driver($notepad)->getMemoDescription($new['body']));
        }
        sort($new['tags']);
        if ($new['title'] === $now['title'] && $new['body'] === $now['body'] && $new['tags'] === $now['tags']) {
            return array('existed' => true, 'changed' => false);
        }
        $this->fit(Hordeeas_Notes::driver($notepad), $new['body']);
        Hordeeas_Notes::driver($notepad)->modify($note['id'], $new['title'], $new['body'], $new['tags']);
        unset($this->known[$notepad][$note['uid']]);
        return array('existed' => true, 'changed' => true);
    }

    /**
     * Leaves out what came back as it was shown.
     */
    private function news(array $input, array $now, $cut)
    {
        $body = str_replace("\0", '', Hordeeas_Json::utf8($now['body']));
        if (isset($input['body']) && (Hordeeas_Shown::lines($input['body']) === Hordeeas_Shown::lines($body)
            || Hordeeas_Shown::isHead($body, $input['body'], $cut))) {
            unset($input['body']);
        }
        if (isset($input['title']) && $input['title'] === $this->cut(Hordeeas_Json::utf8($now['title']))) {
            unset($input['title']);
        }
        $tags = isset($input['tags']) ? $input['tags'] : array();
        sort($tags);
        if ($tags === $now['tags']) {
            unset($input['tags']);
        }
        return $input;
    }

    /**
     * What an operation names: title, body, tags; null empties.
     *
     * @throws Hordeeas_Failure  invalid
     */
    private function input($data)
    {
        if (!is_array($data)) {
            throw new Hordeeas_Failure('invalid', 'data must be an object');
        }
        $out = array();
        foreach (array('title', 'body') as $name) {
            if (!array_key_exists($name, $data)) {
                continue;
            }
            if ($data[$name] !== null && !is_string($data[$name])) {
                throw new Hordeeas_Failure('invalid', $name . ' must be a text');
            }
            $out[$name] = str_replace("\0", '', (string)$data[$name]);
        }
        if (isset($out['title'])) {
            $out['title'] = $this->cut($out['title']);
        }
        if (isset($out['body']) && strncmp($out['body'], Hordeeas_Notes::CIPHER, strlen(Hordeeas_Notes::CIPHER)) === 0) {
            throw new Hordeeas_Failure('invalid', 'the text looks like an encrypted note');
        }
        if (array_key_exists('tags', $data)) {
            $out['tags'] = Hordeeas_Tags::input((array)$data['tags']);
        }
        return $out;
    }

    /**
     * The database may cut what is too long for it, or refuse it for ever.
     *
     * @throws Hordeeas_Failure  invalid
     */
    private function fit($driver, $body)
    {
        if (!$driver instanceof Mnemo_Driver_Sql) {
            return;
        }
        $type = Closure::bind(function () {
            return strtolower((string)$this->_column->getSqlType());
        }, $driver, 'Mnemo_Driver_Sql')();
        if (in_array($type, array('text', 'blob'), true) && strlen($body) > 65535) {
            throw new Hordeeas_Failure('invalid', 'the note is longer than its table can hold: 65,535 bytes');
        }
    }

    /**
     * A title is one line.
     */
    private function cut($title)
    {
        return Horde_String::substr(trim(preg_replace('/\s*[\r\n]+\s*/', ' ', $title)), 0, self::TITLE);
    }

    /**
     * The driver makes uids of its own, under which a repeated request would not be known again.
     */
    private function insert($driver, $notepad, $uid, $title, $body)
    {
        $insert = function () use ($notepad, $uid, $title, $body) {
            $row = array('memo_owner' => $notepad, 'memo_id' => $this->_generateId(), 'memo_uid' => $uid,
                'memo_desc' => $title, 'memo_body' => $body);
            $values = array_map(function ($text) {
                return Horde_String::convertCharset($text, 'UTF-8', $this->_charset);
            }, array_values($row));
            $this->_db->insert('INSERT INTO ' . $this->_table . ' (' . implode(', ', array_keys($row)) . ') VALUES ('
                . implode(', ', array_fill(0, count($row), '?')) . ')', $values);
        };
        Closure::bind($insert, $driver, 'Mnemo_Driver_Sql')();
    }

    /**
     * What goes with a new note: its labels and its history.
     */
    private function enter($notepad, $uid, array $tags)
    {
        global $injector, $registry;

        $injector->getInstance('Mnemo_Tagger')->tag($uid, $tags, $registry->getAuth(), 'note');
        $injector->getInstance('Horde_History')
            ->log($this->reader->parent($notepad) . ':' . $uid, array('action' => 'add'), true);
    }
}
