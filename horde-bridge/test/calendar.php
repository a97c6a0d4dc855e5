<?php
/**
 * The calendar inside a running Horde, where stories over HTTP can not look: how many queries it
 * takes, what Kronolith itself shows of the same series, what becomes of broken events, and of a
 * PHP that dies after the save.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
require __DIR__ . '/support/Inside.php';

exit(runChecks(basename(__FILE__), array('SeriesChecks', 'EventChecks'), $stack));
