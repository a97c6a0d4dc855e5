<?php
/**
 * Kronolith's labels, which cost a new event nothing when it has none.
 *
 * Horde enters each event into three tables of its labels, also one that has none: a fifth of what
 * it does to make an event.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_EventTagger extends Kronolith_Tagger
{
    public function tag($id, $tags, $owner, $type = null)
    {
        if ($tags) {
            parent::tag($id, $tags, $owner, $type);
        }
    }
}
