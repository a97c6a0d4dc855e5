<?php
/**
 * Labels of items.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Tags
{
    /**
     * The tags of some items, in one query.
     *
     * @param string $tagger  Class of the application's tagger.
     * @param string $type    What it calls the items.
     *
     * @return array  uid => sorted list of tags
     */
    public static function of($tagger, $type, array $uids)
    {
        if (!$uids) {
            return array();
        }
        try {
            $tags = $GLOBALS['injector']->getInstance($tagger)->getTags($uids, $type);
        } catch (Throwable $e) {
            Horde::log($e, 'DEBUG');
            return array();
        }
        $out = array();
        foreach ($uids as $uid) {
            $list = isset($tags[$uid]) ? array_map('strval', array_values((array)$tags[$uid])) : array();
            sort($list);
            $out[$uid] = $list;
        }
        return $out;
    }
}
