<?php
/**
 * The instances of series, as Kronolith lists them.
 *
 * Reads a JSON list of series from standard input, writes a JSON list of lists of local times.
 */

spl_autoload_register(function ($class) {
    $file = '/usr/share/php/' . str_replace('_', '/', $class) . '.php';
    if (is_file($file)) {
        require_once $file;
    }
});
// Horde itself is older than this PHP.
error_reporting(E_ALL & ~E_DEPRECATED);

const TYPES = [
    'daily' => Horde_Date_Recurrence::RECUR_DAILY,
    'weekly' => Horde_Date_Recurrence::RECUR_WEEKLY,
    'monthly_date' => Horde_Date_Recurrence::RECUR_MONTHLY_DATE,
    'monthly_weekday' => Horde_Date_Recurrence::RECUR_MONTHLY_WEEKDAY,
    'monthly_last_weekday' => Horde_Date_Recurrence::RECUR_MONTHLY_LAST_WEEKDAY,
    'yearly_date' => Horde_Date_Recurrence::RECUR_YEARLY_DATE,
    'yearly_day' => Horde_Date_Recurrence::RECUR_YEARLY_DAY,
    'yearly_weekday' => Horde_Date_Recurrence::RECUR_YEARLY_WEEKDAY,
];

$answers = [];
foreach (json_decode(stream_get_contents(STDIN), true) as $series) {
    date_default_timezone_set($series['zone']);
    $rule = $series['rule'];
    $recurrence = new Horde_Date_Recurrence(new Horde_Date($series['start'], $series['zone']));
    $recurrence->setRecurType(TYPES[$rule['type']]);
    $recurrence->setRecurInterval($rule['interval']);
    $recurrence->setRecurOnDay($rule['days']);
    if ($rule['count'] !== null) {
        $recurrence->setRecurCount($rule['count']);
    } elseif ($rule['until'] !== null) {
        $recurrence->setRecurEnd(new Horde_Date($rule['until'], $series['zone']));
    }
    foreach ($series['deleted'] as $date) {
        $recurrence->addException(...array_map('intval', explode('-', $date)));
    }
    $found = [];
    foreach ($series['windows'] as list($from, $to)) {
        $end = new Horde_Date($to, $series['zone']);
        $next = $recurrence->nextRecurrence(new Horde_Date($from, $series['zone']));
        while ($next && $next->compareDateTime($end) < 0) {
            if (!$recurrence->hasException($next->year, $next->month, $next->mday)) {
                $found[] = $next->format('Y-m-d\TH:i:s');
            }
            $next = $recurrence->nextRecurrence([
                'year' => $next->year,
                'month' => $next->month,
                'mday' => $next->mday + 1,
                'hour' => $next->hour,
                'min' => $next->min,
                'sec' => $next->sec,
            ]);
        }
    }
    $answers[] = $found;
}
echo json_encode($answers);
