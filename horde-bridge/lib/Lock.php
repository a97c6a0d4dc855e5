<?php
/**
 * One writer for each user and class; a writer that dies lets go.
 *
 * MySQL's own locks reach over several web servers; elsewhere it is a locked file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Lock
{
    const WAIT = 15;

    private $db;
    private $name;
    private $file;

    /**
     * Takes the lock.
     *
     * @throws Hordeeas_Failure  temporary, when somebody else holds it too long
     */
    public function __construct($user, $class)
    {
        global $conf, $injector;

        $this->name = 'hordeeas:' . substr(hash('sha256', serialize(array(
            isset($conf['sql']['database']) ? $conf['sql']['database'] : '', $user, $class))), 0, 40);
        $type = isset($conf['sql']['phptype']) ? strtolower((string)$conf['sql']['phptype']) : '';
        if (strpos($type, 'mysql') !== false && empty($conf['sql']['splitread'])) {
            $this->db = $injector->getInstance('Horde_Db_Adapter');
            if ((int)$this->db->selectValue('SELECT GET_LOCK(?, ?)', array($this->name, self::WAIT)) !== 1) {
                throw new Hordeeas_Failure('temporary', 'another request of this user is being written');
            }
            return;
        }
        $this->takeFile();
    }

    private function takeFile()
    {
        $own = Hordeeas_Place::conf(dirname(__DIR__));
        $folder = $own['lock_dir'] !== '' ? $own['lock_dir'] : sys_get_temp_dir();
        $path = $folder . '/' . str_replace(':', '-', $this->name) . '.lock';
        $this->file = @fopen($path, 'c');
        if ($this->file === false) {
            throw new Hordeeas_Failure('temporary', 'can not open the lock file in ' . $folder);
        }
        for ($until = microtime(true) + self::WAIT; !flock($this->file, LOCK_EX | LOCK_NB);) {
            if (microtime(true) > $until) {
                throw new Hordeeas_Failure('temporary', 'another request of this user is being written');
            }
            usleep(20000);
        }
    }

    public function release()
    {
        if ($this->db) {
            $this->db->selectValue('SELECT RELEASE_LOCK(?)', array($this->name));
            $this->db = null;
        }
        if ($this->file) {
            flock($this->file, LOCK_UN);
            fclose($this->file);
            $this->file = null;
        }
    }
}
