<?php
// Debian's address book has no shares, so each user could have only one; a lived-in site has them.
$cfgSources['localsql']['use_shares'] = true;

// A few users have more fields, as FIELDS.md shows; the column for nicknames stands in for one that a site adds.
if (preg_match('/^user3[4-9]$/', (string)$GLOBALS['registry']->getAuth())) {
    $cfgSources['localsql']['map']['homeEmail'] = 'object_homeemail';
    $cfgSources['localsql']['map']['workEmail'] = 'object_workemail';
    $cfgSources['localsql']['map']['children'] = 'object_nickname';
}
