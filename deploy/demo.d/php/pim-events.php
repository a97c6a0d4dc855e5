<?php
// Events with every kind of recurrence, exceptions, alarms, attendees, all-day, in two calendars.

function demo_events(DateTimeImmutable $monday)
{
    global $prefs, $registry;
    demo_push('kronolith');
    $default = Kronolith::getDefaultCalendar(Horde_Perms::EDIT);
    $second = $registry->call('calendar/addCalendar', array('Verein Übersee', array('color' => '#3366cc')));
    $prefs->setValue('sync_calendars', serialize(array($default, $second)));
    $prefs->store();
    $count = 0;
    foreach (demo_event_list() as $number => $spec) {
        demo_event($default, $monday, "demo-event-$number@example.test", $spec);
        $count++;
    }
    for ($n = 0; $n < 4; $n++) {
        demo_event($second, $monday, "demo-verein-$n@example.test", array("Training $n", $n, '18:30', 90));
    }
    demo_pop();
    return array('events' => $count + 4, 'calendars' => 2);
}

/**
 * Title, day after Monday, time (null: all day), minutes, and more:
 * recur (type, interval, days), count or until (days after Monday), skip (days after Monday),
 * move (day of the occurrence, minutes later), and properties.
 */
function demo_event_list()
{
    $r = 'Horde_Date_Recurrence';
    $d = 'Horde_Date';
    return array(
        array('Frühstück mit Anna', 1, '08:15', 45, 'set' => array('location' => 'Café "Zum Hirsch"', 'alarm' => 15)),
        array('Urlaub', -10, null, 5 * 1440, 'set' => array('description' => "Zwei Zeilen,\neine davon mit Umlaut: ä")),
        array('Feiertag', 3, null, 1440, 'set' => array('status' => Kronolith::STATUS_FREE)),
        array('Geheim', 2, '22:00', 60, 'set' => array('private' => true, 'status' => Kronolith::STATUS_TENTATIVE)),
        array('Projektsitzung Brücke', 2, '10:00', 120, 'people' => true,
            'set' => array('alarm' => 30, 'tags' => array('Brücke', 'project'))),
        array('Einladung von Bob', 4, '10:00', 60, 'people' => true, 'asked' => true, 'set' => array('alarm' => -15)),
        array('Abgesagt', 4, '13:00', 30, 'set' => array('status' => Kronolith::STATUS_CANCELLED)),
        array('Tokyo call', 3, '09:00', 30, 'set' => array('timezone' => 'Asia/Tokyo')),
        array('Daily', -7, '09:00', 15, 'recur' => array($r::RECUR_DAILY, 1), 'count' => 30, 'skip' => array(-5, 1)),
        array('Every third day', -6, '07:00', 20, 'recur' => array($r::RECUR_DAILY, 3), 'until' => 60, 'set' => array('alarm' => 5)),
        array('Tokyo, each week', -14, '08:30', 30, 'recur' => array($r::RECUR_WEEKLY, 1, $d::MASK_MONDAY), 'count' => 20,
            'skip' => array(14), 'move' => array(7, 60),
            'set' => array('timezone' => 'Asia/Tokyo', 'private' => true, 'tags' => array('日本'), 'alarm' => 1)),
        array('Weekdays', -14, '12:00', 45, 'recur' => array($r::RECUR_WEEKLY, 1, $d::MASK_WEEKDAYS)),
        array('Monday, Wednesday, Friday', -21, '17:00', 60,
            'recur' => array($r::RECUR_WEEKLY, 2, $d::MASK_MONDAY | $d::MASK_WEDNESDAY | $d::MASK_FRIDAY), 'until' => 120),
        array('Weekly with a moved one', -14, '14:00', 60, 'recur' => array($r::RECUR_WEEKLY, 1, $d::MASK_MONDAY),
            'skip' => array(7), 'move' => array(0, 90), 'set' => array('alarm' => 10), 'people' => true),
        array('Monthly by date', -30, '16:00', 60, 'recur' => array($r::RECUR_MONTHLY_DATE, 1), 'count' => 12),
        array('Monthly by weekday', -28, '16:30', 60, 'recur' => array($r::RECUR_MONTHLY_WEEKDAY, 1)),
        array('Last weekday of the month', 'last friday of previous month', '11:00', 60, 'recur' => array($r::RECUR_MONTHLY_LAST_WEEKDAY, 1)),
        array('Every quarter', -60, '10:30', 60, 'recur' => array($r::RECUR_MONTHLY_DATE, 3), 'until' => 700),
        array('Geburtstag Oma', -100, null, 1440, 'recur' => array($r::RECUR_YEARLY_DATE, 1), 'set' => array('alarm' => 1440)),
        array('Yearly by day of the year', -90, '09:00', 60, 'recur' => array($r::RECUR_YEARLY_DAY, 1)),
        array('Yearly by weekday', -80, '09:30', 60, 'recur' => array($r::RECUR_YEARLY_WEEKDAY, 1)),
        array('All day, each week', -13, null, 1440, 'recur' => array($r::RECUR_WEEKLY, 1, $d::MASK_TUESDAY), 'skip' => array(8)),
        array('Over midnight', 5, '23:00', 180),
        array('Long ago', -400, '10:00', 60),
        array('Next year', 370, '10:00', 60),
        array('No length', 1, '19:00', 0),
        array("Title with \"quotes\", <tags> & 日本語 \u{1F382}", 6, '15:00', 30, 'set' => array('url' => 'https://example.net/?a=1&b=2')),
    );
}

function demo_event($calendar, DateTimeImmutable $monday, $uid, array $spec)
{
    list($title, $day, $time, $minutes) = $spec;
    $driver = Kronolith::getDriver(null, $calendar);
    $event = demo_new_event($driver, $title, demo_moment($monday, $day, $time), $minutes, $time === null);
    $event->uid = $uid;
    foreach (isset($spec['set']) ? $spec['set'] : array() as $property => $value) {
        $event->$property = $value;
    }
    if (isset($spec['recur'])) {
        $event->recurrence = demo_recurrence($event->start, $monday, $time, $spec);
    }
    if (isset($spec['people'])) {
        $event->addAttendee('bob@example.test', Kronolith::PART_REQUIRED, Kronolith::RESPONSE_ACCEPTED, 'Bob Brandt');
        $event->addAttendee('carol@example.test', Kronolith::PART_OPTIONAL, Kronolith::RESPONSE_DECLINED, 'Carol Castaño');
        if (isset($spec['asked'])) {
            $event->addAttendee('alice@example.test', Kronolith::PART_REQUIRED, Kronolith::RESPONSE_TENTATIVE, 'Alice');
        }
        $event->addAttendee('guest@elsewhere.test', Kronolith::PART_REQUIRED, Kronolith::RESPONSE_NONE, 'Gäst, Günther');
    }
    $event->save();
    if (isset($spec['move'])) {
        list($day, $later) = $spec['move'];
        $original = demo_moment($monday, $day, $time);
        $moved = demo_new_event($driver, "$title (moved)", $original->modify("+$later minutes"), $minutes, false);
        $moved->uid = "moved-$uid";
        $moved->baseid = $uid;
        $moved->exceptionoriginaldate = new Horde_Date($original->format('Y-m-d H:i:s'), $original->getTimezone()->getName());
        $moved->save();
        $event->recurrence->addException($original->format('Y'), $original->format('n'), $original->format('j'));
        $event->save();
    }
}

function demo_new_event($driver, $title, DateTimeImmutable $start, $minutes, $allday)
{
    $zone = $start->getTimezone()->getName();
    $event = $driver->getEvent();
    $event->title = $title;
    $event->start = new Horde_Date($start->format('Y-m-d H:i:s'), $zone);
    $event->end = new Horde_Date($start->modify("+$minutes minutes")->format('Y-m-d H:i:s'), $zone);
    $event->allday = $allday;
    $event->initialized = true;
    return $event;
}

function demo_moment(DateTimeImmutable $monday, $day, $time)
{
    return (is_string($day) ? $monday->modify($day) : $monday->modify("$day days"))->modify($time ?: '00:00');
}

function demo_recurrence(Horde_Date $start, DateTimeImmutable $monday, $time, array $spec)
{
    $recurrence = new Horde_Date_Recurrence($start);
    $recurrence->setRecurType($spec['recur'][0]);
    $recurrence->setRecurInterval($spec['recur'][1]);
    if (isset($spec['recur'][2])) {
        $recurrence->setRecurOnDay($spec['recur'][2]);
    }
    if (isset($spec['count'])) {
        $recurrence->setRecurCount($spec['count']);
    }
    if (isset($spec['until'])) {
        $recurrence->setRecurEnd(new Horde_Date(demo_moment($monday, $spec['until'], $time)->format('Y-m-d H:i:s')));
    }
    foreach (isset($spec['skip']) ? $spec['skip'] : array() as $day) {
        $date = demo_moment($monday, $day, $time);
        $recurrence->addException($date->format('Y'), $date->format('n'), $date->format('j'));
    }
    return $recurrence;
}
