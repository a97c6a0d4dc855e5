<?php
/**
 * Lists and reads the items of one application. All methods run inside it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
abstract class Hordeeas_Reader
{
    /** Items in one answer of listing(). */
    const PAGE = 10000;
    /** Items that are read at once. */
    const RUN = 50;

    /** @var array  share => true, where the user may read */
    private $readable = array();

    /** @var array  from, to: what listing() is to show, for a class that has times */
    protected $window = array();

    /** @var array  completed: whether listing() is to show only what is done, or only what is not */
    protected $wanted = array();

    /**
     * The name under which the history keeps a share.
     */
    abstract public function parent($share);

    /**
     * Makes sure that the user has a permission in a share.
     *
     * @throws Hordeeas_Failure  notfound, denied
     */
    abstract public function permit($share, $perm);

    /**
     * The items with these uids, also those that are not shown.
     *
     * @return array  uid => item
     */
    abstract public function read($share, array $uids);

    /**
     * The writer to this reader.
     *
     * @return Hordeeas_Writer
     */
    abstract protected function writer();

    /**
     * The uids of all items of a share that are shown.
     */
    abstract protected function uids($share);

    /**
     * What belongs to some items of a share and is kept elsewhere, in a constant number of queries.
     *
     * @param array $items  uid => item, of these uids
     *
     * @return array  What data() needs; modseqs: as modseqs() has it, where it is known.
     */
    abstract protected function extras($share, array $uids, array $items);

    /**
     * An item as it travels.
     *
     * @param array $extras  See extras().
     */
    abstract protected function data($item, array $extras, $binary, Hordeeas_Budget $budget);

    /**
     * What a user calls an item.
     */
    abstract public function noun();

    /**
     * Whether an item may be seen and changed over the bridge at all.
     */
    public function isShown($item)
    {
        return true;
    }

    /**
     * All items of some shares; a share that is not there or may not be read fails the whole.
     */
    public function listing(array $shares, array $opts)
    {
        $after = isset($opts['after']) ? (int)$opts['after'] : 0;
        $this->window = isset($opts['window']) && is_array($opts['window']) ? $opts['window'] : array();
        $this->wanted = $opts;
        if (!$shares) {
            throw new Hordeeas_Failure('notfound', 'no share is named');
        }
        foreach ($shares as $share) {
            $this->open($share);
        }
        // Before the items: what changes while they are listed is told again.
        $parent = count($shares) === 1 ? $this->parent(reset($shares)) : $GLOBALS['registry']->getApp();
        $modseq = Hordeeas_History::highest($parent);
        $items = array();
        foreach ($shares as $share) {
            foreach ($this->uids($share) as $uid) {
                $items[] = array('uid' => (string)$uid, 'share' => $share);
            }
        }
        $page = array_slice($items, $after, self::PAGE);
        return array(
            'items' => $page,
            'modseq' => $modseq,
            'next' => $after + count($page) < count($items) ? $after + count($page) : null,
        );
    }

    public function changes($share, $since)
    {
        $this->open($share);
        $parent = $this->parent($share);
        $now = Hordeeas_History::highest($parent);
        $seen = $now > $since ? Hordeeas_History::between($parent, $since, $now) : array();
        $there = $this->read($share, array_map('strval', array_keys(array_diff($seen, array('delete')))));
        $items = array();
        foreach ($seen as $uid => $op) {
            $uid = (string)$uid;
            // Shares that all users have under one name have one history: what is not there is not ours.
            if ($op === 'delete' || (isset($there[$uid]) && $this->isShown($there[$uid]))) {
                $items[] = array('uid' => $uid, 'op' => $op);
            }
        }
        return array('now' => $now, 'items' => $items, 'denied' => false);
    }

    /**
     * Reads items; stops early when the budget is spent.
     */
    public function export(array $items, $binary, Hordeeas_Budget $budget)
    {
        $results = array();
        foreach (array_chunk($items, static::RUN) as $run) {
            $found = $this->prefetch($run);
            foreach ($run as $item) {
                if (!$budget->allows()) {
                    return $results;
                }
                $result = Hordeeas_Items::echoed($item);
                try {
                    $uid = Hordeeas_Items::field($item, 'uid');
                    $share = $this->place(Hordeeas_Items::places($item), $uid, $found['items']);
                    list($own, $there) = $found['items'][$share][$uid];
                    $result = array(
                        'uid' => $uid,
                        'share' => $share,
                        'modseq' => $found['modseqs'][$share][$own],
                        'data' => $this->data($there, $found['extras'][$share], $binary, $budget),
                    ) + ($own === $uid ? array() : array('base' => $own));
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
        return $this->writer()->apply($ops, $budget);
    }

    /**
     * @return array  uid => latest modification number
     */
    public function modseqs($share, array $uids)
    {
        $guids = $this->guids($share, $uids);
        $latest = Hordeeas_History::latest(array_values($guids));
        return array_map(function ($guid) use ($latest) {
            return $latest[$guid];
        }, $guids);
    }

    /**
     * The names of items in Horde's history.
     *
     * @return array  uid => guid
     */
    protected function guids($share, array $uids)
    {
        $parent = $this->parent($share);
        $guids = array();
        foreach ($uids as $uid) {
            $guids[$uid] = $parent . ':' . $uid;
        }
        return $guids;
    }

    /**
     * Makes sure, once, that the user may read a share.
     */
    protected function open($share)
    {
        if (!is_string($share) || !isset($this->readable[$share])) {
            $this->permit($share, Horde_Perms::READ);
            $this->readable[$share] = true;
        }
    }

    /**
     * What answers for each of some items: itself; nothing for one that is not shown.
     *
     * @return array  uid asked for => uid that answers, its item
     */
    protected function answering($share, array $found)
    {
        $out = array();
        foreach (array_filter($found, array($this, 'isShown')) as $uid => $item) {
            $out[$uid] = array((string)$uid, $item);
        }
        return $out;
    }

    /**
     * The first of some shares that has the item.
     *
     * @throws Hordeeas_Failure  notfound, denied
     */
    private function place(array $shares, $uid, array $found)
    {
        foreach ($shares as $share) {
            if (isset($found[$share][$uid])) {
                return $share;
            }
        }
        if (count($shares) === 1) {
            $this->open($shares[0]);
        }
        throw new Hordeeas_Failure('notfound', 'no such ' . $this->noun());
    }

    /**
     * Reads all that a run needs, by few queries for each share.
     */
    private function prefetch(array $run)
    {
        $out = array('items' => array(), 'modseqs' => array(), 'extras' => array());
        foreach (Hordeeas_Items::byShare($run) as $share => $uids) {
            $share = (string)$share;
            try {
                $this->open($share);
            } catch (Throwable $e) {
                if (Hordeeas_Failure::kindOf($e) === 'temporary') {
                    throw $e;
                }
                continue;
            }
            $items = $this->answering($share, $this->read($share, $uids));
            $uids = array_values(array_unique(array_column($items, 0)));
            $out['items'][$share] = $items;
            $extras = $this->extras($share, $uids, array_column($items, 1, 0));
            $out['modseqs'][$share] = isset($extras['modseqs']) ? $extras['modseqs'] : $this->modseqs($share, $uids);
            $out['extras'][$share] = $extras;
        }
        return $out;
    }
}
