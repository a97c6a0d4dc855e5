<?php
/**
 * Makes, renames and deletes the calendars, address books, task lists and notepads of a user.
 *
 * What the applications' own methods for it do is broken in part, or changes what is synced:
 * here the share objects are asked themselves. Only the owner may, and the share that takes new
 * items stays. The id of a new share comes from the caller: the same call twice makes one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Folders
{
    /** class => preferences: shares to sync, default share, shares shown in Horde */
    const PREFS = array(
        'calendar' => array('sync_calendars', 'default_share', 'display_cals'),
        'contacts' => array('sync_books', 'default_dir', null),
        'tasks' => array('sync_lists', 'default_tasklist', 'display_tasklists'),
        'notes' => array('sync_notepads', 'default_notepad', 'display_notepads'),
    );

    /** The longest name that the tables of shares hold, in characters. */
    const LONGEST = 255;

    /**
     * @param string $op     create, rename, delete
     * @param string $class  calendar, contacts, tasks, notes
     * @param string $share  The share's id.
     * @param array $args    name: for create and rename
     *
     * @return array  share, name, existed (of create); share, changed (of the others)
     */
    public static function op($op, $class, $share, array $args)
    {
        if (!is_string($op) || !in_array($op, array('create', 'rename', 'delete'), true)) {
            throw new Hordeeas_Failure('unsupported', 'no such operation');
        }
        if (!is_string($class) || !isset(self::PREFS[$class]) || ($app = Hordeeas_Call::app($class)) === null) {
            throw new Hordeeas_Failure('unsupported', 'no such class of folders');
        }
        if (!is_string($share) || $share === '') {
            throw new Hordeeas_Failure('invalid', 'the id of a share is missing');
        }
        return Hordeeas_Call::within($app, function () use ($op, $class, $app, $share, $args) {
            $user = (string)$GLOBALS['registry']->getAuth();
            if (!$GLOBALS['prefs']->getValue('activesync_no_multiplex')) {
                throw new Hordeeas_Failure('unsupported', 'all of this class are shown as one folder');
            }
            $lock = new Hordeeas_Lock($user, $class . '-folders');
            $db = $GLOBALS['injector']->getInstance('Horde_Db_Adapter');
            try {
                $self = new self($class, $app, $user);
                $db->beginDbTransaction();
                $result = $self->$op($share, isset($args['name']) ? $args['name'] : null);
                // Not at the end of the request: the caller's next look must see it.
                $GLOBALS['prefs']->store();
                $db->commitDbTransaction();
                return $result;
            } catch (Throwable $e) {
                $db->rollbackDbTransaction();
                throw $e;
            } finally {
                $lock->release();
            }
        });
    }

    private $class;
    private $app;
    private $user;
    private $shares;

    private function __construct($class, $app, $user)
    {
        $this->class = $class;
        $this->app = $app;
        $this->user = $user;
        $this->shares = $GLOBALS['injector']->getInstance('Horde_Core_Factory_Share')->create($app);
    }

    private function create($id, $name)
    {
        $name = self::name($name);
        if (!preg_match('/^[A-Za-z0-9_-]{8,64}$/', $id)) {
            throw new Hordeeas_Failure('invalid', 'not an id for a new share');
        }
        list($sync, $default) = self::PREFS[$this->class];
        foreach (array($sync, $default) as $pref) {
            if ($GLOBALS['prefs']->isLocked($pref)) {
                throw new Hordeeas_Failure('denied', 'the preference ' . $pref . ' is locked');
            }
        }
        $share = $this->find($id);
        if ($share && (string)$share->get('owner') !== $this->user) {
            throw new Hordeeas_Failure('exists', 'somebody else has a share of this id');
        }
        // Before there is one more: what is synced now goes on.
        $synced = $this->synced();
        if (!$share) {
            $this->make($id, $name);
            $this->show($id);
        }
        if (!in_array($id, $synced, true)) {
            $GLOBALS['prefs']->setValue($sync, serialize(array_merge($synced, array($id))));
        }
        return array('share' => $id, 'name' => $share ? (string)$share->get('name') : $name, 'existed' => (bool)$share);
    }

    private function rename($id, $name)
    {
        $name = self::name($name);
        $share = $this->own($id);
        $changed = (string)$share->get('name') !== $name;
        if ($changed) {
            $share->set('name', $name);
            $share->save();
        }
        return array('share' => $id, 'changed' => $changed);
    }

    private function delete($id)
    {
        $share = $this->own($id);
        $default = $this->class === 'contacts'
            ? Hordeeas_Books::defaultBook()
            : $GLOBALS['registry']->call($this->class . '/getDefaultShare');
        if ((string)$default === $id) {
            throw new Hordeeas_Failure('denied', 'new items go there: it can not be deleted');
        }
        $this->remove($share);
        foreach (array(self::PREFS[$this->class][0], self::PREFS[$this->class][2]) as $pref) {
            $listed = $pref === null ? array() : $this->listed($pref);
            if (in_array($id, $listed, true)) {
                // Locked, it goes on naming what is no more; whoever reads it looks.
                $GLOBALS['prefs']->setValue($pref, serialize(array_values(array_diff($listed, array($id)))));
            }
        }
        return array('share' => $id, 'changed' => true);
    }

    /**
     * A name as it is stored.
     */
    private static function name($name)
    {
        $name = is_string($name) ? trim($name) : '';
        if ($name === '' || Horde_String::length($name, 'UTF-8') > self::LONGEST || preg_match('/[\x00-\x1f\x7f]/', $name)) {
            throw new Hordeeas_Failure('invalid', 'not a name for a folder');
        }
        return $name;
    }

    /**
     * @return Horde_Share_Object|null
     */
    private function find($id)
    {
        try {
            return $this->shares->getShare($id);
        } catch (Horde_Exception_NotFound $e) {
            return null;
        }
    }

    /**
     * A share of the user's own; of others not even that they are there is told.
     *
     * @return Horde_Share_Object
     */
    private function own($id)
    {
        $share = $this->find($id);
        if (!$share) {
            if ($this->class === 'contacts' && isset($GLOBALS['cfgSources'][$id])) {
                throw new Hordeeas_Failure('denied', 'the address book is the site\'s');
            }
            throw new Hordeeas_Failure('notfound', 'no such share');
        }
        if (!$share->hasPermission($this->user, Horde_Perms::SHOW) && !$share->hasPermission($this->user, Horde_Perms::READ)) {
            throw new Hordeeas_Failure('notfound', 'no such share');
        }
        $owner = $share->get('owner');
        if ($this->user === '' || (string)$owner !== $this->user) {
            throw new Hordeeas_Failure('denied', 'the share is somebody else\'s');
        }
        if ($this->app === 'nag' && $share->get('issmart')) {
            throw new Hordeeas_Failure('unsupported', 'the task list is a search');
        }
        return $share;
    }

    private function make($id, $name)
    {
        if ($this->app === 'turba') {
            $this->makeBook($id, $name);
            return;
        }
        $share = $this->shares->newShare($this->user, $id, $name);
        if ($this->app === 'kronolith') {
            $share->set('color', Kronolith::randomColor());
        }
        $this->shares->addShare($share);
    }

    private function makeBook($id, $name)
    {
        global $conf, $injector;

        $sources = Turba::availableSources();
        $source = isset($conf['shares']['source']) ? $conf['shares']['source'] : '';
        if ($source === '' || empty($sources[$source]['use_shares'])) {
            throw new Hordeeas_Failure('unsupported', 'this Horde has no address books of users');
        }
        $injector->getInstance('Turba_Factory_Driver')
            ->createFromConfig($sources[$source], $source)
            ->createShare($id, array('params' => array('source' => $source), 'name' => $name));
    }

    /**
     * Shows the new share in Horde, as its own pages do.
     */
    private function show($id)
    {
        $pref = self::PREFS[$this->class][2];
        $shown = $pref === null ? array() : $this->listed($pref);
        // An empty list stands for the default share.
        if ($shown) {
            $GLOBALS['prefs']->setValue($pref, serialize(array_merge($shown, array($id))));
        }
    }

    private function remove($share)
    {
        switch ($this->app) {
        case 'kronolith':
            Kronolith::deleteShare($share);
            return;
        case 'nag':
            Nag::deleteTasklist($share);
            return;
        case 'turba':
            $driver = Hordeeas_Books::driver($share->getName());
            if (!$driver->hasCapability('delete_all')) {
                throw new Hordeeas_Failure('unsupported', 'the address book can not be emptied');
            }
            $driver->deleteAll();
            break;
        case 'mnemo':
            $GLOBALS['injector']->getInstance('Mnemo_Factory_Driver')->create($share->getName())->deleteAll();
            break;
        default:
            throw new Hordeeas_Failure('unsupported', 'not known: ' . $this->app);
        }
        $this->shares->removeShare($share);
    }

    /**
     * What is synced now: the preference, or the share that stands in for an empty one.
     */
    private function synced()
    {
        $listed = $this->listed(self::PREFS[$this->class][0]);
        if ($listed) {
            return $listed;
        }
        $found = Hordeeas_Shares::of($this->class, $this->user);
        return $found['sync'] || $found['default'] === null ? $found['sync'] : array($found['default']);
    }

    /**
     * A preference that is a list of shares.
     */
    private function listed($pref)
    {
        $list = @unserialize((string)$GLOBALS['prefs']->getValue($pref), array('allowed_classes' => false));
        $list = array_filter(is_array($list) ? $list : array(), 'is_scalar');
        return array_values(array_filter(array_map('strval', $list), 'strlen'));
    }
}
