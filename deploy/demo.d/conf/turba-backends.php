<?php
// Debian's address book has no shares, so each user could have only one; a lived-in site has them.
$cfgSources['localsql']['use_shares'] = true;
