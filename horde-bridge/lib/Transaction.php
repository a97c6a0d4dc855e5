<?php
/**
 * Transactions one after the other, each marked at its beginning.
 *
 * A deadlock rolls a transaction back, and Horde's applications may keep that to themselves: then the
 * mark is gone, and nothing was done.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Transaction
{
    /** @var Horde_Db_Adapter */
    private $db;

    /** @var bool  Whether the next one begins by itself, without a statement. */
    private $chains;

    public function __construct(Horde_Db_Adapter $db)
    {
        $this->db = $db;
        $this->chains = $db instanceof Horde_Db_Adapter_Mysqli;
    }

    public function begin()
    {
        if (!$this->chains || !$this->db->transactionStarted()) {
            $this->db->beginDbTransaction();
        }
        $this->mark('SAVEPOINT hordeeas');
    }

    /**
     * @throws Horde_Db_Exception  When it was rolled back meanwhile.
     */
    public function commit()
    {
        $this->mark('RELEASE SAVEPOINT hordeeas');
        if ($this->chains) {
            $this->db->execute('COMMIT');
        } else {
            $this->db->commitDbTransaction();
        }
    }

    public function rollback()
    {
        $this->db->rollbackDbTransaction();
    }

    /**
     * After the last one.
     */
    public function end()
    {
        if ($this->chains && $this->db->transactionStarted()) {
            $this->db->commitDbTransaction();
        }
    }

    private function mark($statement)
    {
        if (stripos($this->db->adapterName(), 'oci') === false) {
            $this->db->execute($statement);
        }
    }
}
