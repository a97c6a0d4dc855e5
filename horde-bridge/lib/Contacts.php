<?php
/**
 * Lists and reads contacts. All methods run inside Turba.
 *
 * Distribution lists are not contacts: they are never listed, read or written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Contacts
{
    /** Items in one answer of listing(). */
    const PAGE = 20000;

    /** @var array  book => driver with READ */
    private $readable = array();

    /**
     * All contacts of some books; a book that is not there or may not be read fails the whole.
     */
    public function listing(array $books, $after)
    {
        $modseq = Hordeeas_History::highest(count($books) === 1
            ? self::parent($this->reader(reset($books)))
            : 'turba');
        $items = array();
        foreach ($books as $book) {
            $found = $this->reader($book)->search(array(), null, 'AND', array('__uid'));
            foreach ($found->objects as $object) {
                $uid = isset($object->attributes['__uid']) ? (string)$object->attributes['__uid'] : '';
                if ($uid !== '' && !$object->isGroup()) {
                    $items[] = array('uid' => $uid, 'share' => $book);
                }
            }
        }
        $page = array_slice($items, $after, self::PAGE);
        return array(
            'items' => $page,
            'modseq' => $modseq,
            'next' => $after + count($page) < count($items) ? $after + count($page) : null,
        );
    }

    public function changes($book, $since)
    {
        $driver = $this->reader($book);
        $parent = self::parent($driver);
        $now = Hordeeas_History::highest($parent);
        $seen = $now > $since ? Hordeeas_History::between($parent, $since, $now) : array();
        $there = $this->read($driver, array_map('strval', array_keys(array_diff($seen, array('delete')))));
        $items = array();
        foreach ($seen as $uid => $op) {
            $uid = (string)$uid;
            // Books that all users have under one name share a history: what is not there is not ours.
            if ($op === 'delete' || (isset($there[$uid]) && !$there[$uid]->isGroup())) {
                $items[] = array('uid' => $uid, 'op' => $op);
            }
        }
        return array('now' => $now, 'items' => $items, 'denied' => false);
    }

    /**
     * Reads contacts; stops early when the budget is spent.
     */
    public function export(array $items, $binary, Hordeeas_Budget $budget)
    {
        $results = array();
        foreach (array_chunk($items, 50) as $run) {
            $prefetched = $this->prefetch($run);
            foreach ($run as $item) {
                if (!$budget->allows()) {
                    return $results;
                }
                $result = Hordeeas_Items::echoed($item);
                try {
                    $uid = Hordeeas_Items::field($item, 'uid');
                    $book = $this->place(Hordeeas_Items::places($item), $uid, $prefetched['objects']);
                    $object = $prefetched['objects'][$book][$uid];
                    $result = array(
                        'uid' => $uid,
                        'share' => $book,
                        'modseq' => $prefetched['modseqs'][$book][$uid],
                        'data' => Hordeeas_Card::of($object, $prefetched['tags'], $binary, $budget),
                    );
                } catch (Throwable $e) {
                    $result += array('error' => Hordeeas_Call::error($e));
                }
                $results[] = $result;
            }
        }
        return $results;
    }

    public function apply(array $ops, Hordeeas_Budget $budget)
    {
        $writer = new Hordeeas_ContactWriter($this);
        return $writer->apply($ops, $budget);
    }

    /**
     * The first of some books that has the contact.
     *
     * @throws Hordeeas_Failure  notfound, denied
     */
    private function place(array $books, $uid, array $objects)
    {
        foreach ($books as $book) {
            if (isset($objects[$book][$uid])) {
                return $book;
            }
        }
        if (count($books) === 1) {
            $this->reader($books[0]);
        }
        throw new Hordeeas_Failure('notfound', 'no such contact');
    }

    /**
     * @return array  book => uids that may be in it
     */
    public static function byBook(array $inputs)
    {
        $wanted = array();
        foreach ($inputs as $input) {
            $named = Hordeeas_Items::echoed($input);
            try {
                foreach (Hordeeas_Items::places($input) as $book) {
                    $wanted[$book][] = $named['uid'];
                }
            } catch (Hordeeas_Failure $e) {
                // Told when its turn comes.
                continue;
            }
        }
        return $wanted;
    }

    /**
     * The objects, numbers and tags of a run, in a constant number of queries for each book.
     */
    private function prefetch(array $run)
    {
        $wanted = self::byBook($run);
        $out = array('objects' => array(), 'modseqs' => array(), 'tags' => array());
        foreach ($wanted as $book => $uids) {
            $book = (string)$book;
            try {
                $driver = $this->reader($book);
            } catch (Throwable $e) {
                continue;
            }
            $objects = array_filter($this->read($driver, $uids), function ($object) {
                return !$object->isGroup();
            });
            $out['objects'][$book] = $objects;
            $out['modseqs'][$book] = self::modseqs($driver, array_map('strval', array_keys($objects)));
            $out['tags'] += Hordeeas_Card::tags(array_map('strval', array_keys($objects)));
        }
        return $out;
    }

    /**
     * @return array  uid => latest modification number
     */
    public static function modseqs($driver, array $uids)
    {
        $guids = array();
        foreach ($uids as $uid) {
            $guids[$uid] = self::parent($driver) . ':' . $uid;
        }
        $latest = Hordeeas_History::latest(array_values($guids));
        return array_map(function ($guid) use ($latest) {
            return $latest[$guid];
        }, $guids);
    }

    /**
     * The name under which the history keeps a book.
     */
    public static function parent($driver)
    {
        return 'turba:' . $driver->getName();
    }

    /**
     * The objects with these uids, distribution lists among them.
     *
     * @return array  uid => Turba_Object
     */
    public function read($driver, array $uids)
    {
        $uids = array_values(array_unique(array_filter($uids, 'strlen')));
        if (!$uids) {
            return array();
        }
        $out = array();
        foreach ($this->isSql($driver) ? $this->readMany($driver, $uids) : $this->readEach($driver, $uids) as $object) {
            $uid = isset($object->attributes['__uid']) ? (string)$object->attributes['__uid'] : '';
            if (in_array($uid, $uids, true) && !isset($out[$uid])) {
                $out[$uid] = $object;
            }
        }
        return $out;
    }

    private function isSql($driver)
    {
        if ($driver instanceof Turba_Driver_Share) {
            $driver = Closure::bind(function () {
                return $this->_driver;
            }, $driver, 'Turba_Driver_Share')();
        }
        return $driver instanceof Turba_Driver_Sql;
    }

    /**
     * One query for all: the driver reads by any column, but shows only reading by its key.
     */
    private function readMany($driver, array $uids)
    {
        $reader = function () use ($uids) {
            $rows = $this->_read($this->map['__uid'], $uids, $this->getContactOwner(),
                array_values(array_unique(array_values($this->fields))),
                $this->toDriverKeys($this->getBlobs()), $this->toDriverKeys($this->getDateFields()));
            $objects = array();
            foreach (is_array($rows) ? $rows : array() as $row) {
                $row = $this->toTurbaKeys($row);
                $isGroup = !empty($row['__type']) && strcasecmp($row['__type'], 'Group') === 0;
                $class = $isGroup ? 'Turba_Object_Group' : 'Turba_Object';
                $objects[] = new $class($this, $row, $this->_objectOptions);
            }
            return $objects;
        };
        return Closure::bind($reader, $driver, 'Turba_Driver')();
    }

    private function readEach($driver, array $uids)
    {
        $objects = array();
        foreach ($uids as $uid) {
            foreach ($driver->search(array('__uid' => $uid))->objects as $object) {
                $objects[] = $object;
            }
        }
        return $objects;
    }

    private function reader($book)
    {
        if (!is_string($book) || !isset($this->readable[$book])) {
            $driver = Hordeeas_Books::permitted($book, Horde_Perms::READ);
            if (empty($driver->map['__uid'])) {
                throw new Hordeeas_Failure('unsupported', 'the address book ' . $book . ' has no uids');
            }
            $this->readable[$book] = $driver;
        }
        return $this->readable[$book];
    }
}
