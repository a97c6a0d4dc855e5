<?php
/**
 * Series: what we tell of them against what Kronolith shows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class SeriesChecks extends CalendarChecks
{
    /**
     * The days that we tell are the days that Kronolith shows.
     *
     * Left out is what it shows wrongly: each day in a zone to the east of the user's it leaves out
     * every second, and by the morning of one to the west it may look for the next for ever.
     */
    public function checkSeries()
    {
        $zones = array('Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Asia/Kathmandu', 'Pacific/Auckland');
        $types = array('daily', 'weekly', 'monthly_date', 'monthly_weekday', 'yearly_date', 'yearly_weekday', 'monthly_last_weekday');
        foreach ($zones as $zone) {
            foreach ($types as $number => $type) {
                if ($type === 'daily' && strncmp($zone, 'Europe', 6) !== 0 && strncmp($zone, 'America', 7) !== 0) {
                    continue;
                }
                $hours = $zone === 'America/New_York' ? array('20:00', '23:30') : array('00:30', '09:00', '18:15', '23:30');
                $hour = $hours[$number % count($hours)];
                $uid = $type . '-' . strtr($zone, '/', '-');
                $rule = array('type' => $type, 'interval' => 1 + $number % 2, 'days' => $type === 'weekly' ? 20 : 0);
                $rule += $number % 3 ? array('count' => 6) : array('until' => '2027-03-20T23:59:59');
                $out = $this->apply(array($this->adding($uid, '2026-11-24T' . $hour . ':00', array('zone' => $zone,
                    'end' => array('local' => '2026-11-24T' . $hour . ':59'), 'recurrence' => $rule))));
                $this->checks->same('added ' . $uid, isset($out[0]['error']) ? $out[0]['error'] : null, null);
                $shown = $this->shown($uid);
                $data = $this->export($uid);
                $this->checks->same('ends ' . $uid, $data['ends'], end($shown) + 59);
                if (count($shown) < 3) {
                    continue;
                }
                // One goes, one moves by three hours.
                $this->apply(array(
                    array('op' => 'delete', 'uid' => $uid . $this->run, 'instance' => $shown[1]),
                    array('op' => 'patch', 'uid' => $uid . $this->run, 'instance' => $shown[2], 'data' => array(
                        'start' => array('utc' => $shown[2] + 10800), 'end' => array('utc' => $shown[2] + 10859))),
                ));
                $left = $this->shown($uid);
                $this->checks->same('left ' . $uid, $left, array_values(array_diff($shown, array($shown[1], $shown[2]))));
                $data = $this->export($uid);
                $this->checks->same('gone ' . $uid, $data['dates'],
                    array((new DateTime('@' . $shown[1]))->setTimezone(new DateTimeZone($zone))->format('Y-m-d')));
                $this->checks->same('moved ' . $uid, array($data['bound'][0]['original']['utc'], $data['bound'][0]['start']['utc']),
                    array($shown[2], $shown[2] + 10800));
                // Kronolith saves the series by itself, and forgets the day of what was moved.
                $this->as(self::OWNER, function () use ($uid) {
                    $event = Kronolith::getDriver(null, $this->calendar)->getByUID($uid . $this->run, array($this->calendar));
                    $event->title = 'saved by Kronolith';
                    $event->save();
                });
                $again = $this->export($uid);
                $this->checks->same('kept ' . $uid, array($again['dates'], $again['bound'][0]['original']),
                    array($data['dates'], $data['bound'][0]['original']));
                // The series moves to the next day.
                $next = (new DateTime($data['start']['local']))->modify('+1 day')->format('Y-m-d\TH:i');
                $this->apply(array(array('op' => 'patch', 'uid' => $uid . $this->run, 'data' => array(
                    'start' => array('local' => $next . ':00'), 'end' => array('local' => $next . ':59'),
                    'recurrence' => ($type === 'weekly' ? array('days' => 40) : array()) + $rule))));
                $moved = $this->export($uid);
                $this->checks->same('next day ' . $uid, count($this->shown($uid)),
                    count($this->shown($uid, true)) - count($moved['dates']) - count($moved['bound']));
            }
        }
    }

    /**
     * The last instance is the one that is found when all are gone through.
     */
    public function checkLast()
    {
        mt_srand(7);
        for ($at = 0; $at < 200; $at++) {
            $allday = mt_rand(0, 3) === 0;
            $start = mktime($allday ? 0 : mt_rand(0, 23), $allday ? 0 : mt_rand(0, 59), 0, 1, mt_rand(1, 5000), 2015);
            $row = array('event_id' => 'x', 'event_uid' => 'x', 'event_title' => '', 'event_creator_id' => self::OWNER,
                'event_organizer' => null, 'event_allday' => (int)$allday,
                'event_start' => $allday ? date('Y-m-d H:i:s', $start) : gmdate('Y-m-d H:i:s', $start),
                'event_end' => $allday ? date('Y-m-d H:i:s', $start + 90000) : gmdate('Y-m-d H:i:s', $start + mt_rand(0, 200000)),
                'event_timezone' => array(null, 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe')[mt_rand(0, 3)],
                'event_recurtype' => mt_rand(1, 8), 'event_recurinterval' => mt_rand(0, 3) ? mt_rand(1, 4) : mt_rand(1, 40),
                'event_recurdays' => mt_rand(1, 127));
            $row += mt_rand(0, 1)
                ? array('event_recurcount' => mt_rand(1, 100))
                : array('event_recurenddate' => gmdate('Y-m-d', $start + mt_rand(-100, 3000) * 86400) . ' 22:59:59');
            $this->as(self::OWNER, function () use ($row) {
                $times = new Hordeeas_EventTimes(Hordeeas_Events::event($this->calendar, array('row' => $row)));
                $slow = function () {
                    $rule = $this->series();
                    for ($last = $this->start; ($next = Hordeeas_Instants::following($rule, $last->modify('+1 day'))) && $next > $last;) {
                        $last = $next;
                    }
                    return $last->format('Y') < Hordeeas_Instants::FAR ? $this->endOf($last)->getTimestamp() : null;
                };
                $this->checks->same('last of ' . json_encode($row), $times->last(),
                    Closure::bind($slow, $times, get_class($times))());
            });
        }
    }

    /**
     * A phone on a journey does not make Horde hang.
     */
    public function checkForEver()
    {
        foreach (array('yearly_date', 'yearly_day') as $type) {
            foreach (array('00:30', '05:45') as $hour) {
                $uid = 'ever' . $type . $hour;
                $data = array('zone' => 'America/New_York', 'recurrence' => array('type' => $type, 'count' => 4));
                $this->apply(array($this->adding($uid, '2026-11-24T' . $hour . ':00', $data)));
                $this->checks->same($uid, count($this->shown($uid)), 4);
                $again = $this->apply(array(array('op' => 'patch', 'uid' => $uid . $this->run, 'data' => $data
                    + array('start' => array('local' => '2026-11-24T' . $hour . ':00')))));
                $this->checks->same('again ' . $uid, $again[0]['changed'], false);
            }
        }
    }

    /**
     * Moments at which Kronolith shows a series, without what stands for an instance.
     */
    private function shown($uid, $whole = false)
    {
        return $this->as(self::OWNER, function () use ($uid, $whole) {
            $driver = Kronolith::getDriver(null, $this->calendar);
            $event = $driver->getByUID($uid . $this->run, array($this->calendar));
            if ($whole) {
                $event->recurrence->exceptions = array();
            }
            $results = array();
            Kronolith::addEvents($results, $event, new Horde_Date('2026-11-01'), new Horde_Date('2040-12-31'), true, false, false);
            $out = array();
            foreach ($results as $events) {
                foreach ($events as $one) {
                    $out[] = $one->start->toDateTime()->getTimestamp();
                }
            }
            sort($out);
            return $out;
        });
    }
}
