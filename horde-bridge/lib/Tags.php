<?php
/**
 * Labels of items.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Tags
{
    /** Characters of a label that Horde keeps. */
    const LENGTH = 255;

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
            // Without Horde's application for them there are none. Else an item without its labels
            // would lose them as soon as a phone changes it.
            if (class_exists('Content_Tagger')) {
                throw $e;
            }
            return array_fill_keys($uids, array());
        }
        $out = array();
        foreach ($uids as $uid) {
            $list = isset($tags[$uid]) ? array_map('strval', array_values((array)$tags[$uid])) : array();
            sort($list);
            $out[$uid] = $list;
        }
        return $out;
    }

    /**
     * Labels as Horde can keep them: it takes a comma for the border between two.
     *
     * @param mixed $tags  A list of texts.
     *
     * @throws Hordeeas_Failure  invalid
     */
    public static function input($tags)
    {
        if (!is_array($tags)) {
            throw new Hordeeas_Failure('invalid', 'tags must be a list');
        }
        $tags = array_map(function ($tag) {
            $tag = is_scalar($tag) ? str_replace(array(',', "\0"), array(' ', ''), Hordeeas_Json::utf8((string)$tag)) : '';
            return trim(Horde_String::substr(trim($tag), 0, self::LENGTH));
        }, $tags);
        return array_values(array_unique(array_filter($tags, 'strlen')));
    }
}
