<?php
/**
 * The methods of the interface "bridge".
 *
 * Each gives its result, or {"error": {"kind", "message", "class"}}: no throwable leaves it, so
 * that they also answer over Horde's stock JSON-RPC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
require_once __DIR__ . '/Loader.php';

class Hordeeas_Api extends Horde_Registry_Api
{
    /** Version of the methods and their shapes. */
    const VERSION = 3;

    /**
     * What Horde says of the user who calls.
     *
     * @param array $opts  want: parts wanted (policy, shares, mail, identities); all without it.
     *
     * @return array
     */
    public function session($opts = array())
    {
        return Hordeeas_Call::guarded(function () use ($opts) {
            return Hordeeas_Session::describe((array)$opts);
        });
    }

    /**
     * Horde's settings for the whole site; needs no login over the bridge's own entry.
     *
     * @return array
     */
    public function config()
    {
        return Hordeeas_Call::guarded(function () {
            return Hordeeas_Site::describe();
        });
    }

    /**
     * The mail login, where it is not the one that was sent; or the login in Horde's mailer settings.
     *
     * @param string $what  imap, or smtp.
     *
     * @return array  {"same": true}, {"imap": {"user", "pass"}} or {"smtp": {"user", "pass"}}
     */
    public function credentials($what = 'imap')
    {
        return Hordeeas_Call::guarded(function () use ($what) {
            return $what === 'smtp' ? Hordeeas_Mail::mailer() : Hordeeas_Mail::credentials();
        });
    }

    /**
     * All items of some shares.
     *
     * @param string $class   calendar, contacts, notes
     * @param array $shares   Ids of shares.
     * @param array $window   after: cursor of the answer before; window: for the calendar, from and to;
     *                       completed: for tasks, whether only those that are done, or the others.
     *
     * @return array  items, modseq, next
     */
    public function list($class, $shares, $window = array())
    {
        return Hordeeas_Call::guarded(function () use ($class, $shares, $window) {
            return Hordeeas_Items::listing($class, (array)$shares, (array)$window);
        });
    }

    /**
     * What changed since a modseq; for sites whose history is not in SQL.
     *
     * @param array $sets  List of class, share, since.
     *
     * @return array  List of now, items, denied.
     */
    public function changes($sets)
    {
        return Hordeeas_Call::guarded(function () use ($sets) {
            return Hordeeas_Items::changes((array)$sets);
        });
    }

    /**
     * Reads items.
     *
     * @param array $items  List of class, share, uid.
     * @param array $opts   binary: false leaves photos out.
     *
     * @return array  results, next
     */
    public function export($items, $opts = array())
    {
        return Hordeeas_Call::guarded(function () use ($items, $opts) {
            return Hordeeas_Items::export((array)$items, (array)$opts, new Hordeeas_Budget((array)$opts));
        });
    }

    /**
     * Writes items, in order; one that fails does not stop the others.
     *
     * @param array $ops   List of op (add, patch, delete), class, share, uid, data, if_modseq; instance: one of a series.
     * @param array $opts  Limits.
     *
     * @return array  results, next
     */
    public function apply($ops, $opts = array())
    {
        return Hordeeas_Call::guarded(function () use ($ops, $opts) {
            return Hordeeas_Items::apply((array)$ops, new Hordeeas_Budget((array)$opts));
        });
    }

    /**
     * Writes, then lists changes, then reads, in one call.
     *
     * @param array $req  apply, sets, export, opts
     *
     * @return array  apply, sets, export: the answers of the three
     */
    public function sync($req)
    {
        return Hordeeas_Call::guarded(function () use ($req) {
            return Hordeeas_Items::sync((array)$req);
        });
    }

    /**
     * Makes, renames or deletes a calendar, an address book, a task list or a notepad of the user's own.
     *
     * @param string $op     create, rename, delete
     * @param string $class  calendar, contacts, tasks, notes
     * @param string $share  Its id; of a new one, the id that it shall have.
     * @param array $args    name
     *
     * @return array  share, name, existed (of create); share, changed (of the others)
     */
    public function folderOp($op, $class, $share, $args = array())
    {
        return Hordeeas_Call::guarded(function () use ($op, $class, $share, $args) {
            return Hordeeas_Folders::op($op, $class, $share, (array)$args);
        });
    }
}
