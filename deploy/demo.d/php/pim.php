<?php
// Fills one user's address books, calendars, task lists and notepads through Horde's own classes, so that
// histories, tags, alarms and shares come out as if the user had typed it all:
//   pim.php BASE USER full|small
ini_set('error_reporting', E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
list(, $base, $user, $size) = $argv;
require_once $base . '/lib/Application.php';
foreach (array('contacts', 'events', 'tasks', 'notes') as $part) {
    require_once __DIR__ . "/pim-$part.php";
}

Horde_Registry::appInit('horde', array('authentication' => 'none', 'cli' => true));
$registry->setAuth($user, array('password' => "$user-pw"));

try {
    // Dates hang on the Monday of the running week, in the user's own time zone.
    date_default_timezone_set($prefs->getValue('timezone') ?: 'UTC');
    $monday = new DateTimeImmutable('monday this week');
    $made = $size == 'full'
        ? array_merge(demo_contacts(), demo_events($monday), demo_tasks($monday), demo_notes())
        : array('contacts' => demo_few_contacts());
    foreach ($made as $what => $count) {
        echo "$user: $count $what\n";
    }
} catch (Throwable $e) {
    fwrite(STDERR, $e . "\n");
    exit(1);
}

function demo_push($app)
{
    $GLOBALS['registry']->pushApp($app, array('check_perms' => false));
}

function demo_pop()
{
    $GLOBALS['registry']->popApp();
}
