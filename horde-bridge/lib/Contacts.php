<?php
/**
 * Lists and reads contacts. All methods run inside Turba.
 *
 * Distribution lists are not contacts: they are never listed, read or written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Contacts extends Hordeeas_Reader
{
    /** Bytes of a photo at most; a query with twice as many must pass any database. */
    const PHOTO = 4000000;

    /** @var array  book => name in the history */
    private $parents = array();

    public function noun()
    {
        return 'contact';
    }

    public function parent($book)
    {
        if (!isset($this->parents[$book])) {
            $this->parents[$book] = 'turba:' . Hordeeas_Books::driver($book)->getName();
        }
        return $this->parents[$book];
    }

    public function permit($book, $perm)
    {
        $driver = Hordeeas_Books::permitted($book, $perm);
        if (empty($driver->map['__uid'])) {
            throw new Hordeeas_Failure('unsupported', 'the address book ' . $book . ' has no uids');
        }
    }

    public function isShown($object)
    {
        return !$object->isGroup();
    }

    /**
     * @return array  uid => Turba_Object, distribution lists among them
     */
    public function read($book, array $uids)
    {
        $uids = array_values(array_unique(array_filter($uids, 'strlen')));
        $driver = Hordeeas_Books::driver($book);
        if (!$uids) {
            return array();
        }
        $out = array();
        foreach (self::sql($driver) ? $this->readMany($driver, $uids) : $this->readEach($driver, $uids) as $object) {
            $uid = isset($object->attributes['__uid']) ? (string)$object->attributes['__uid'] : '';
            if (in_array($uid, $uids, true) && !isset($out[$uid])) {
                $out[$uid] = $object;
            }
        }
        return $out;
    }

    protected function writer()
    {
        return new Hordeeas_ContactWriter($this);
    }

    protected function uids($book)
    {
        $driver = Hordeeas_Books::driver($book);
        if (self::sql($driver)) {
            return $this->uidsOfMany($driver);
        }
        $uids = array();
        foreach ($driver->search(array(), null, 'AND', array('__uid'))->objects as $object) {
            $uid = isset($object->attributes['__uid']) ? (string)$object->attributes['__uid'] : '';
            if ($uid !== '' && $this->isShown($object)) {
                $uids[] = $uid;
            }
        }
        return $uids;
    }

    protected function extras($book, array $uids, array $items)
    {
        return array('tags' => Hordeeas_Tags::of('Turba_Tagger', 'contact', $uids));
    }

    protected function data($object, array $extras, $binary, Hordeeas_Budget $budget)
    {
        return Hordeeas_Card::of($object, $extras['tags'], $binary, $budget);
    }

    /**
     * The driver that speaks SQL, within the one of a share; or null.
     *
     * @return Turba_Driver_Sql|null
     */
    private static function sql($driver)
    {
        if ($driver instanceof Turba_Driver_Share) {
            $driver = Closure::bind(function () {
                return $this->_driver;
            }, $driver, 'Turba_Driver_Share')();
        }
        return $driver instanceof Turba_Driver_Sql ? $driver : null;
    }

    /**
     * The columns of a book in SQL.
     *
     * @return array  attribute => column, see Hordeeas_Columns
     */
    public static function columns($driver)
    {
        $sql = self::sql($driver);
        if (!$sql) {
            return array();
        }
        $columns = Closure::bind(function () {
            return Hordeeas_Columns::of($this->_db, $this->_params['table']);
        }, $sql, 'Turba_Driver_Sql')();
        $out = array();
        foreach (array_filter($driver->map, 'is_string') as $name => $column) {
            $out[$name] = isset($columns[$column]) ? $columns[$column] : null;
        }
        return $out;
    }

    /**
     * Bytes of a photo that can be stored.
     *
     * @param array $columns  See columns().
     */
    public static function photoLimit(array $columns)
    {
        return isset($columns['photo']['bytes']) ? min($columns['photo']['bytes'], self::PHOTO) : self::PHOTO;
    }

    /**
     * Two columns of all rows: as objects, some ten thousand contacts do not fit into PHP's memory.
     */
    private function uidsOfMany($driver)
    {
        $reader = function () {
            $criteria = isset($this->map['__owner'])
                ? array('AND' => array(array('field' => $this->toDriver('__owner'), 'op' => '=',
                    'test' => $this->getContactOwner())))
                : array();
            $uid = $this->map['__uid'];
            $type = isset($this->map['__type']) ? $this->map['__type'] : null;
            $uids = array();
            foreach ($this->_search($criteria, array_filter(array($uid, $type))) as $row) {
                if ((string)$row[$uid] !== '' && ($type === null || strcasecmp((string)$row[$type], 'Group') !== 0)) {
                    $uids[] = (string)$row[$uid];
                }
            }
            return $uids;
        };
        return Closure::bind($reader, $driver, 'Turba_Driver')();
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
}
