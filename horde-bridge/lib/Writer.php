<?php
/**
 * Writes the items of one application. All methods run inside it, and under the user's lock.
 *
 * A patch changes what it names and nothing else. An add keeps the uid it is given, where the store
 * can, and answers "existed" when that uid is there already.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
abstract class Hordeeas_Writer
{
    /** How often an operation is begun. */
    const TRIES = 4;

    /** @var Hordeeas_Reader */
    protected $reader;

    /** @var Hordeeas_Quota */
    protected $quota;

    /** @var Hordeeas_Transaction */
    private $transaction;

    /** @var array  share => permission => true, where the user has it */
    private $permitted = array();

    /** @var array  share => uid => item, or false where there is none */
    protected $known = array();

    public function __construct(Hordeeas_Reader $reader)
    {
        $this->reader = $reader;
        $this->quota = new Hordeeas_Quota();
    }

    /**
     * Stores a new item under its uid, which is not there yet.
     *
     * @return array  existed, changed; uid where it became another; dropped
     */
    abstract protected function add($share, $uid, $data);

    /**
     * Changes what the data name.
     *
     * @return array  existed, changed; dropped
     */
    abstract protected function patch($share, $item, $data);

    /**
     * @return array|null  More of the result.
     */
    abstract protected function remove($share, $item);

    /**
     * Changes one instance of a series, or takes it out.
     *
     * @param mixed $instance  When it would begin.
     * @param mixed $data      What changes; null takes it out.
     *
     * @return array  existed, changed; dropped
     */
    protected function instance($share, $item, $instance, $data)
    {
        throw new Hordeeas_Failure('unsupported', 'it has no instances');
    }

    /**
     * @return array  One result for each operation; fewer when the budget was spent.
     */
    public function apply(array $ops, Hordeeas_Budget $budget)
    {
        $lock = new Hordeeas_Lock($GLOBALS['registry']->getAuth(), $this->reader->noun() . 's');
        $this->transaction = new Hordeeas_Transaction($GLOBALS['injector']->getInstance('Horde_Db_Adapter'));
        Hordeeas_HistoryCache::install();
        try {
            $this->prefetch($ops);
            $results = array();
            foreach ($ops as $op) {
                if (!$budget->allows()) {
                    break;
                }
                $result = Hordeeas_Items::echoed($op);
                try {
                    $result = $this->patiently($op) + $result;
                } catch (Throwable $e) {
                    $result += array('error' => Hordeeas_Call::error($e));
                }
                $results[] = $result;
            }
            $this->transaction->end();
            return $this->numbered($results);
        } finally {
            $lock->release();
        }
    }

    /**
     * Does an operation again when the database refused it: users who make the same new label, or
     * take numbers of the history, at the same moment get in each other's way.
     */
    private function patiently(array $op)
    {
        for ($left = self::TRIES - 1;; $left--) {
            try {
                return $this->whole($op);
            } catch (Throwable $e) {
                if ($left === 0 || Hordeeas_Failure::kindOf($e) !== 'temporary') {
                    throw $e;
                }
            }
            usleep(random_int(5000, 50000));
        }
    }

    /**
     * Does an operation in a transaction of its own: an item, its tags and its history come together.
     *
     * One commit for an operation, not for a batch: the history's numbers must not stay unseen for long.
     */
    private function whole(array $op)
    {
        try {
            $this->transaction->begin();
            $result = $this->one($op);
            $this->transaction->commit();
        } catch (Throwable $e) {
            $this->transaction->rollback();
            if (in_array(Hordeeas_Failure::kindOf($e), array('internal', 'temporary'), true)) {
                // What was found may have been rolled back.
                $this->known = array();
            }
            throw $e;
        }
        if (!empty($result['changed'])) {
            $this->forget($result, isset($result['uid']) ? $result['uid'] : $op['uid']);
        }
        return $result;
    }

    /**
     * Horde's history drops its cached entry before the commit; another process may have read the
     * old state since.
     */
    private function forget(array $result, $uid)
    {
        $guid = $this->reader->parent($result['share']) . ':' . $uid;
        $GLOBALS['injector']->getInstance('Horde_Cache')->expire('horde:history:' . $guid);
    }

    private function one(array $op)
    {
        $uid = Hordeeas_Items::field($op, 'uid');
        $share = $this->place($op, $uid);
        $kind = isset($op['op']) ? $op['op'] : '';
        $data = isset($op['data']) ? $op['data'] : null;
        $this->permit($share, $kind === 'delete' ? Horde_Perms::DELETE : Horde_Perms::EDIT);
        if ($kind === 'add') {
            return array('share' => $share) + $this->named($op, $share, $uid, $data);
        }
        if ($kind !== 'patch' && $kind !== 'delete') {
            throw new Hordeeas_Failure('unsupported', 'no such operation');
        }
        $item = $this->find($share, $uid);
        if (!$item || !$this->reader->isShown($item)) {
            throw new Hordeeas_Failure('notfound', 'no such ' . $this->reader->noun());
        }
        $this->compare($op, $share, $uid);
        if (isset($op['instance'])) {
            return array('share' => $share)
                + $this->instance($share, $item, $op['instance'], $kind === 'delete' ? null : (array)$data);
        }
        if ($kind === 'delete') {
            $more = $this->remove($share, $item);
            $this->known[$share][$uid] = false;
            return array('share' => $share, 'changed' => true) + (array)$more;
        }
        return array('share' => $share) + $this->patch($share, $item, $data);
    }

    /**
     * Adds an item under its uid, or under its spare one.
     *
     * A uid with a spare one was chosen by the phone. The item that has it already may be the same
     * that came another way: then it is told as it is. It may be another: that keeps it.
     */
    private function named(array $op, $share, $uid, $data)
    {
        $spare = isset($op['spare']) ? Hordeeas_Items::field($op, 'spare') : $uid;
        $is_chosen = $spare !== $uid;
        if ($is_chosen && $this->isTaken($op, $share, $uid, $data)) {
            $uid = $spare;
            $is_chosen = false;
        }
        return $this->find($share, $uid)
            ? array('uid' => $uid, 'existed' => true, 'changed' => false, 'differs' => $is_chosen)
            : $this->add($share, $uid, $data);
    }

    /**
     * Whether another item has a uid, in the share or in those that the phone sees beside it.
     */
    private function isTaken(array $op, $share, $uid, $data)
    {
        $there = $this->find($share, $uid);
        if ($there) {
            return !$this->reader->isShown($there) || !$this->isSame($share, $there, $data);
        }
        $beside = isset($op['beside']) && is_array($op['beside']) ? $op['beside'] : array();
        foreach (array_diff(array_filter($beside, 'is_string'), array($share)) as $other) {
            try {
                $this->permit($other, Horde_Perms::READ);
                if ($this->find($other, $uid)) {
                    return true;
                }
            } catch (Hordeeas_Failure $e) {
                if (!in_array($e->kind(), array('notfound', 'denied'), true)) {
                    throw $e;
                }
            }
        }
        return false;
    }

    /**
     * Whether an item that is there is what a phone wants to add.
     */
    protected function isSame($share, $item, $data)
    {
        return false;
    }

    /**
     * Makes sure, once in a request, that the user has a permission in a share.
     */
    private function permit($share, $perm)
    {
        if (!isset($this->permitted[$share][$perm])) {
            $this->reader->permit($share, $perm);
            $this->permitted[$share][$perm] = true;
        }
    }

    /**
     * @throws Hordeeas_Failure  conflict, when the item is newer than the operation allows
     */
    private function compare(array $op, $share, $uid)
    {
        if (!isset($op['if_modseq'])) {
            return;
        }
        $modseqs = $this->reader->modseqs($share, array($uid));
        if ($modseqs[$uid] > (int)$op['if_modseq']) {
            $text = 'the ' . $this->reader->noun() . ' changed: its number is ' . $modseqs[$uid];
            throw new Hordeeas_Failure('conflict', $text);
        }
    }

    /**
     * The share of an operation: the one it names, or the first of its folder's that has the item.
     */
    private function place(array $op, $uid)
    {
        $shares = Hordeeas_Items::places($op);
        foreach (count($shares) > 1 ? $shares : array() as $share) {
            try {
                if ($this->find($share, $uid)) {
                    return $share;
                }
            } catch (Hordeeas_Failure $e) {
                if ($e->kind() !== 'notfound') {
                    throw $e;
                }
            }
        }
        return $shares[0];
    }

    protected function find($share, $uid)
    {
        if (!isset($this->known[$share]) || !array_key_exists($uid, $this->known[$share])) {
            $found = $this->reader->read($share, array($uid));
            $this->known[$share][$uid] = isset($found[$uid]) ? $found[$uid] : false;
        }
        return $this->known[$share][$uid];
    }

    /**
     * Looks all uids up before the first write, one query for each share.
     */
    private function prefetch(array $ops)
    {
        foreach (Hordeeas_Items::byShare(array_merge($ops, self::besides($ops))) as $share => $uids) {
            $share = (string)$share;
            try {
                $found = $this->reader->read($share, $uids);
            } catch (Throwable $e) {
                if (Hordeeas_Failure::kindOf($e) === 'temporary') {
                    throw $e;
                }
                continue;
            }
            foreach ($uids as $uid) {
                $this->known[$share][$uid] = isset($found[$uid]) ? $found[$uid] : false;
            }
        }
    }

    /**
     * Where else items are looked for whose uid a phone chose: see named().
     */
    private static function besides(array $ops)
    {
        $besides = array();
        foreach ($ops as $op) {
            if (isset($op['spare'])) {
                $besides[] = array('uid' => $op['spare']) + $op;
                $besides[] = array('share' => '', 'shares' => isset($op['beside']) ? $op['beside'] : null) + $op;
            }
        }
        return $besides;
    }

    /**
     * Adds each item's own modification number, read after the last write.
     */
    private function numbered(array $results)
    {
        $shares = array();
        foreach ($results as $result) {
            if (!isset($result['error'])) {
                $shares[$result['share']][] = $result['uid'];
            }
        }
        $numbers = array();
        foreach ($shares as $share => $uids) {
            $numbers[$share] = $this->reader->modseqs((string)$share, array_unique($uids));
        }
        foreach ($results as $at => $result) {
            if (!isset($result['error'])) {
                $results[$at]['modseq'] = $numbers[$result['share']][$result['uid']];
            }
        }
        return $results;
    }
}
