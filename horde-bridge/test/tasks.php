<?php
/**
 * Tasks inside a running Horde, where stories over HTTP can not look: how many queries they take,
 * what becomes of broken ones, of those below others, and of a limit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
require __DIR__ . '/support/Inside.php';

exit(runChecks(basename(__FILE__), array('TaskChecks'), $stack));
