<?php
// A site's own defaults beside Debian's. (Names and addresses are rows of each user.)
$_prefs['timezone']['value'] = 'Europe/Berlin';
