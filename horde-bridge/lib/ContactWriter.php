<?php
/**
 * Writes contacts. All methods run inside Turba, and under the user's lock.
 *
 * A patch changes what it names and nothing else. An add keeps the uid it is given, and answers
 * "existed" when that uid, or the very same contact, is there already.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_ContactWriter
{
    /** @var Hordeeas_Contacts */
    private $contacts;

    /** @var array  book => uid => Turba_Object, or false where there is none */
    private $known = array();

    public function __construct(Hordeeas_Contacts $contacts)
    {
        $this->contacts = $contacts;
    }

    /**
     * @return array  One result for each operation; fewer when the budget was spent.
     */
    public function apply(array $ops, Hordeeas_Budget $budget)
    {
        $lock = new Hordeeas_Lock($GLOBALS['registry']->getAuth(), 'contacts');
        try {
            $this->prefetch($ops);
            $results = array();
            foreach ($ops as $op) {
                if (!$budget->allows()) {
                    break;
                }
                $result = Hordeeas_Items::echoed($op);
                try {
                    $result = $this->whole($op) + $result;
                } catch (Throwable $e) {
                    $result += array('error' => Hordeeas_Call::error($e));
                }
                $results[] = $result;
            }
            return $this->numbered($results);
        } finally {
            $lock->release();
        }
    }

    /**
     * Does an operation in a transaction of its own: a contact, its tags and its history come together.
     *
     * One commit for an operation, not for a batch: the history's numbers must not stay unseen for long.
     */
    private function whole(array $op)
    {
        $db = $GLOBALS['injector']->getInstance('Horde_Db_Adapter');
        $db->beginDbTransaction();
        try {
            $result = $this->one($op);
            $db->commitDbTransaction();
        } catch (Throwable $e) {
            $db->rollbackDbTransaction();
            if (in_array(Hordeeas_Failure::kindOf($e), array('internal', 'temporary'), true)) {
                // What was found may have been rolled back.
                $this->known = array();
            }
            throw $e;
        }
        if (!empty($result['changed'])) {
            $this->forget($op, $result);
        }
        return $result;
    }

    /**
     * Horde's history drops its cached entry before the commit; another process may have read the
     * old state since.
     */
    private function forget(array $op, array $result)
    {
        $book = isset($result['share']) ? $result['share'] : $op['share'];
        $guid = Hordeeas_Contacts::parent(Hordeeas_Books::driver($book)) . ':' . $op['uid'];
        $GLOBALS['injector']->getInstance('Horde_Cache')->expire('horde:history:' . $guid);
    }

    private function one(array $op)
    {
        $uid = Hordeeas_Items::field($op, 'uid');
        $book = $this->place($op, $uid);
        $kind = isset($op['op']) ? $op['op'] : '';
        $data = isset($op['data']) ? $op['data'] : null;
        $needed = $kind === 'delete' ? Horde_Perms::DELETE : Horde_Perms::EDIT;
        $driver = Hordeeas_Books::permitted($book, $needed);
        if ($kind === 'add') {
            return $this->add($driver, $book, $uid, $data);
        }
        if ($kind !== 'patch' && $kind !== 'delete') {
            throw new Hordeeas_Failure('unsupported', 'no such operation');
        }
        $object = $this->find($driver, $book, $uid);
        if (!$object || $object->isGroup()) {
            throw new Hordeeas_Failure('notfound', 'no such contact');
        }
        if (isset($op['if_modseq'])) {
            $now = Hordeeas_Contacts::modseqs($driver, array($uid))[$uid];
            if ($now > (int)$op['if_modseq']) {
                throw new Hordeeas_Failure('conflict', 'the contact changed: its number is ' . $now);
            }
        }
        if ($kind === 'delete') {
            $driver->delete($object->getValue('__key'));
            $this->known[$book][$uid] = false;
            return array('share' => $book, 'changed' => true);
        }
        return array('share' => $book) + $this->patch($driver, $object, $data);
    }

    /**
     * The book of an operation: the one it names, or the first of its folder's that has the contact.
     */
    private function place(array $op, $uid)
    {
        $books = Hordeeas_Items::places($op);
        foreach (count($books) > 1 ? $books : array() as $book) {
            if (isset($GLOBALS['cfgSources'][$book]) && $this->find(Hordeeas_Books::driver($book), $book, $uid)) {
                return $book;
            }
        }
        return $books[0];
    }

    private function add($driver, $book, $uid, $data)
    {
        if (!$driver->canAdd()) {
            throw new Hordeeas_Failure('denied', 'the address book ' . $book . ' takes no contacts');
        }
        if (empty($driver->map['__uid']) || strlen($uid) > 255) {
            throw new Hordeeas_Failure('unsupported', 'the address book can not keep this uid');
        }
        if ($this->find($driver, $book, $uid)) {
            return array('existed' => true, 'changed' => false);
        }
        $input = new Hordeeas_CardInput($data, $driver, array());
        $attrs = array_filter($input->attrs, 'is_string');
        $twin = $this->twin($driver, $attrs);
        if ($twin !== null) {
            return array('uid' => $twin, 'existed' => true, 'changed' => false);
        }
        $this->quota($driver);
        $hooks = $GLOBALS['injector']->getInstance('Horde_Core_Hooks');
        if ($hooks->hookExists('encode_attribute', 'turba')) {
            foreach ($attrs as $name => $value) {
                $attrs[$name] = $hooks->callHook('encode_attribute', 'turba', array($name, $value, null, null));
            }
        }
        $attrs['__uid'] = $uid;
        if ($input->tags) {
            $attrs['__tags'] = $input->tags;
        }
        $driver->add($attrs);
        unset($this->known[$book][$uid]);
        return array('existed' => false, 'changed' => true) + $this->drops($input);
    }

    private function patch($driver, $object, $data)
    {
        $current = array();
        foreach ($driver->map as $name => $column) {
            if (is_string($column)) {
                $current[$name] = Hordeeas_Card::plain($object, $name);
            }
        }
        $input = new Hordeeas_CardInput($data, $driver, $current + array('' => ''));
        $changed = false;
        foreach ($input->attrs as $name => $value) {
            $was = isset($current[$name]) ? (string)$current[$name] : '';
            $was = strncmp($was, '0000-00-00', 10) === 0 ? '' : $was;
            // The store trims what it reads, photos too.
            if (trim($was) !== trim((string)$value)) {
                $object->setValue($name, $value);
                $changed = true;
            }
        }
        $uid = (string)$object->getValue('__uid');
        if ($input->tags !== null) {
            $tags = Hordeeas_Card::tags(array($uid));
            $now = isset($tags[$uid]) ? $tags[$uid] : array();
            $new = $input->tags;
            sort($new);
            if ($now !== $new) {
                $object->setValue('__tags', $input->tags);
                $object->attributes['__tags'] = $input->tags;
                $changed = true;
            }
        }
        if ($changed) {
            $object->store();
        }
        return array('existed' => true, 'changed' => $changed) + $this->drops($input);
    }

    private function drops(Hordeeas_CardInput $input)
    {
        return $input->dropped ? array('dropped' => array_values(array_unique($input->dropped))) : array();
    }

    /**
     * The uid of a contact that holds exactly the same, or null.
     */
    private function twin($driver, array $attrs)
    {
        $blobs = $driver->getBlobs();
        $dates = $driver->getDateFields();
        $criteria = array_diff_key($attrs, $blobs, $dates, array('phototype' => true));
        if (!$criteria) {
            return null;
        }
        $found = $driver->search($criteria, null, 'AND', array(), array_keys($criteria));
        foreach ($found->objects as $object) {
            if (!$object->isGroup() && $this->same($driver, $object, $attrs)) {
                return (string)$object->getValue('__uid');
            }
        }
        return null;
    }

    private function same($driver, $object, array $attrs)
    {
        foreach ($driver->map as $name => $column) {
            if (!is_string($column) || strncmp($name, '__', 2) === 0 || $name === 'phototype') {
                continue;
            }
            $has = trim((string)Hordeeas_Card::plain($object, $name));
            $has = strncmp($has, '0000-00-00', 10) === 0 ? '' : $has;
            if ($has !== trim(isset($attrs[$name]) ? $attrs[$name] : '')) {
                return false;
            }
        }
        return true;
    }

    /**
     * Horde's limit of contacts for each book.
     */
    private function quota($driver)
    {
        $max = Turba::getExtendedPermission($driver, 'max_contacts');
        if ($max !== true && count($driver) >= (int)$max) {
            throw new Hordeeas_Failure('denied', 'the address book is full');
        }
    }

    private function find($driver, $book, $uid)
    {
        if (!isset($this->known[$book]) || !array_key_exists($uid, $this->known[$book])) {
            $found = $this->contacts->read($driver, array($uid));
            $this->known[$book][$uid] = isset($found[$uid]) ? $found[$uid] : false;
        }
        return $this->known[$book][$uid];
    }

    /**
     * Looks all uids up before the first write, one query for each book.
     */
    private function prefetch(array $ops)
    {
        $wanted = Hordeeas_Contacts::byBook($ops);
        foreach ($wanted as $book => $uids) {
            $book = (string)$book;
            try {
                $found = $this->contacts->read(Hordeeas_Books::driver($book), $uids);
            } catch (Throwable $e) {
                if (Hordeeas_Failure::kindOf($e) === 'temporary') {
                    throw $e;
                }
                continue;
            }
            foreach ($uids as $uid) {
                $this->known[$book][$uid] = isset($found[$uid]) ? $found[$uid] : false;
            }
        }
    }

    /**
     * Adds each item's own modification number, read after the last write.
     */
    private function numbered(array $results)
    {
        $books = array();
        foreach ($results as $result) {
            if (!isset($result['error'])) {
                $books[$result['share']][] = $result['uid'];
            }
        }
        $numbers = array();
        foreach ($books as $book => $uids) {
            $numbers[$book] = Hordeeas_Contacts::modseqs(Hordeeas_Books::driver((string)$book), array_unique($uids));
        }
        foreach ($results as $at => $result) {
            if (!isset($result['error'])) {
                $results[$at]['modseq'] = $numbers[$result['share']][$result['uid']];
            }
        }
        return $results;
    }
}
