<?php
/**
 * The bridge's own door: JSON-RPC 2.0, one login for each request, no session, no cookie.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
require_once __DIR__ . '/lib/Entry.php';

Hordeeas_Entry::run(__DIR__);
