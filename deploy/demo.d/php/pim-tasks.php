<?php
// Tasks (some recurring, some completed).

function demo_tasks(DateTimeImmutable $monday)
{
    demo_push('nag');
    $list = Nag::getDefaultTasklist(Horde_Perms::EDIT);
    $storage = $GLOBALS['injector']->getInstance('Nag_Factory_Driver')->create($list);
    $day = function ($n) use ($monday) {
        return $monday->modify("$n days")->modify('12:00')->getTimestamp();
    };
    $r = 'Horde_Date_Recurrence';
    $tasks = array(
        array('name' => 'Steuererklärung', 'due' => $day(20), 'priority' => 1, 'alarm' => 1440, 'desc' => "Belege suchen\nAnna fragen"),
        array('name' => 'Buy milk', 'desc' => ''),
        array('name' => 'Fertig', 'due' => $day(-10), 'completed' => 1, 'completed_date' => $day(-11), 'desc' => ''),
        array('name' => 'Überfällig', 'start' => $day(-20), 'due' => $day(-3), 'priority' => 5, 'desc' => 'too late'),
        array('name' => 'Privat', 'private' => true, 'due' => $day(2), 'desc' => 'nobody else sees this'),
        array('name' => 'Mit "Zeichen" <&> 日本語', 'desc' => str_repeat("Zeile ä\n", 200), 'tags' => 'demo,Geschäft'),
        array('name' => 'Estimate', 'estimate' => 2.5, 'due' => $day(8), 'desc' => 'two hours and a half'),
        array('name' => 'Blumen gießen', 'due' => $day(0), 'desc' => '', 'recur' => array($r::RECUR_DAILY, 2, null)),
        array('name' => 'Müll', 'due' => $day(1), 'desc' => '', 'recur' => array($r::RECUR_WEEKLY, 1, Horde_Date::MASK_TUESDAY)),
        array('name' => 'Miete', 'due' => $day(3), 'desc' => '', 'recur' => array($r::RECUR_MONTHLY_DATE, 1, null)),
        array('name' => 'TÜV', 'due' => $day(40), 'desc' => '', 'recur' => array($r::RECUR_YEARLY_DATE, 2, null)),
    );
    for ($n = 0; $n < 9; $n++) {
        $tasks[] = array('name' => "Aufgabe $n", 'due' => $n % 2 ? $day($n) : 0, 'desc' => "Number $n", 'priority' => 1 + $n % 5);
    }
    $tasks = array_merge($tasks, demo_odd_tasks($day));
    $ids = array();
    foreach ($tasks as $number => $task) {
        if (isset($task['recur'])) {
            $task['recurrence'] = demo_task_rule($task['due'], $task['recur']);
            unset($task['recur']);
        }
        if (isset($task['below'])) {
            $task['parent'] = $ids[$task['below']];
            unset($task['below']);
        }
        list($ids[$task['name']]) = $storage->add($task + array('uid' => "demo-task-$number@example.test"));
    }
    demo_pop();
    return array('tasks' => count($tasks));
}

/** Kind, interval, days, number of occurrences or day of the last one, days that are done. */
function demo_task_rule($due, array $rule)
{
    list($type, $interval, $days, $end, $done) = $rule + array(null, 1, null, null, array());
    $recurrence = new Horde_Date_Recurrence($due);
    $recurrence->setRecurType($type);
    $recurrence->setRecurInterval($interval);
    if ($days) {
        $recurrence->setRecurOnDay($days);
    }
    if (is_string($end)) {
        $recurrence->setRecurEnd(new Horde_Date($end));
    } elseif ($end) {
        $recurrence->setRecurCount($end);
    }
    foreach ($done as $at) {
        $recurrence->addCompletion(date('Y', $at), date('m', $at), date('d', $at));
    }
    return $recurrence;
}

/** Tasks that programs stumble over, and one of each rule. */
function demo_odd_tasks(callable $day)
{
    $r = 'Horde_Date_Recurrence';
    $later = (int)date('Y') + 3;
    return array(
        array('name' => 'Oben', 'desc' => '', 'tags' => array('a, b', 'Ideen & Pläne', '😀')),
        array('name' => 'Unten', 'desc' => '', 'below' => 'Oben', 'assignee' => 'bob', 'estimate' => 7.5),
        array('name' => str_repeat('ü', 255), 'desc' => "one\r\ntwo\nthree\r\n\r\n  five\t", 'priority' => 2),
        array('name' => 'As long as can be', 'desc' => str_repeat("äöü 😀\n", 5400), 'priority' => 4),
        array('name' => ' Spaces around ', 'desc' => ' spaces around '),
        array('name' => 'Reminded at the time', 'due' => $day(5), 'alarm' => 1, 'desc' => ''),
        array('name' => 'Reminded by mail', 'due' => $day(6), 'alarm' => 20160, 'methods' => array('mail' => array()), 'desc' => ''),
        array('name' => 'Never reminded', 'alarm' => 15, 'desc' => ''),
        array('name' => 'Begins without an end', 'start' => $day(1), 'desc' => ''),
        array('name' => 'Fünfmal', 'start' => $day(0), 'due' => $day(1), 'desc' => '', 'recur' => array($r::RECUR_DAILY, 3, null, 5, array($day(1), $day(4)))),
        array('name' => 'Werktags', 'due' => $day(0), 'desc' => '', 'alarm' => 30, 'recur' => array($r::RECUR_WEEKLY, 1, 62, "$later-06-30 00:00:00", array($day(0)))),
        array('name' => 'Alle zwei Wochen', 'due' => $day(6), 'desc' => '', 'recur' => array($r::RECUR_WEEKLY, 2, 65, 9)),
        array('name' => 'Am 31.', 'due' => strtotime("$later-01-31 12:00"), 'desc' => '', 'recur' => array($r::RECUR_MONTHLY_DATE, 1, null, 7)),
        array('name' => 'Zweiter Freitag', 'due' => strtotime("second friday of january $later 08:30"), 'desc' => '', 'recur' => array($r::RECUR_MONTHLY_WEEKDAY, 2, null, "$later-12-31 00:00:00")),
        array('name' => 'Letzter Freitag', 'due' => strtotime("last friday of january $later 08:30"), 'desc' => '', 'recur' => array($r::RECUR_MONTHLY_LAST_WEEKDAY, 1)),
        array('name' => 'Schalttag', 'due' => strtotime('2028-02-29 12:00'), 'desc' => '', 'recur' => array($r::RECUR_YEARLY_DATE, 1, null, 3)),
        array('name' => 'Hundertster Tag', 'due' => strtotime("$later-04-10 12:00"), 'desc' => '', 'recur' => array($r::RECUR_YEARLY_DAY, 1, null, 4)),
        array('name' => 'Erntedank', 'due' => strtotime("first sunday of october $later 10:00"), 'desc' => '', 'recur' => array($r::RECUR_YEARLY_WEEKDAY, 1, null, 6)),
    );
}
