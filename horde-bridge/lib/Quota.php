<?php
/**
 * Horde's limits of items. Horde's applications count once in a request, and do not see what is added
 * or taken away since.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Quota
{
    /** @var array  what has a limit => items that may still be added; true: any number */
    private $left = array();

    /**
     * Makes sure that one more may be added.
     *
     * @param string   $of     What has the limit: a share, or the user's items.
     * @param callable $most   Answers the limit; true: there is none. Asked once.
     * @param callable $count  Answers how many there are. Asked once.
     *
     * @throws Hordeeas_Failure  denied
     */
    public function allow($of, callable $most, callable $count, $message)
    {
        if (!isset($this->left[$of])) {
            $max = $most();
            $this->left[$of] = $max === true ? true : (int)$max - (int)$count();
        }
        if ($this->left[$of] !== true && $this->left[$of] <= 0) {
            throw new Hordeeas_Failure('denied', $message);
        }
    }

    /**
     * Takes note that items were added; fewer than none: that they were taken away.
     */
    public function add($of, $n)
    {
        if (isset($this->left[$of]) && $this->left[$of] !== true) {
            $this->left[$of] -= $n;
        }
    }

    /**
     * A limit that Horde keeps for each user in an application, for allow().
     */
    public static function ofUser($permission)
    {
        return function () use ($permission) {
            return $GLOBALS['injector']->getInstance('Horde_Core_Perms')->hasAppPermission($permission);
        };
    }
}
