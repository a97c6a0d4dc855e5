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
    foreach ($tasks as $number => $task) {
        if (isset($task['recur'])) {
            list($type, $interval, $days) = $task['recur'];
            $recurrence = new Horde_Date_Recurrence($task['due']);
            $recurrence->setRecurType($type);
            $recurrence->setRecurInterval($interval);
            if ($days) {
                $recurrence->setRecurOnDay($days);
            }
            $task['recurrence'] = $recurrence;
            unset($task['recur']);
        }
        $storage->add($task + array('uid' => "demo-task-$number@example.test"));
    }
    demo_pop();
    return array('tasks' => count($tasks));
}
