<?php
/**
 * Lists, reads and writes items of all classes: one bootstrap for all, one try for each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Items
{
    /** The most items that one call takes. */
    const MOST = 500;

    /** class => application that it needs, class that does the work */
    const CLASSES = array(
        'calendar' => array('kronolith', 'Hordeeas_Calendar'),
        'contacts' => array('turba', 'Hordeeas_Contacts'),
        'notes' => array('mnemo', 'Hordeeas_Notes'),
        'tasks' => array('nag', 'Hordeeas_Tasks'),
    );

    public static function listing($class, array $shares, array $opts)
    {
        return self::within($class, function ($worker) use ($shares, $opts) {
            return $worker->listing($shares, $opts);
        });
    }

    public static function changes(array $sets)
    {
        $out = array();
        foreach (self::checked($sets) as $set) {
            try {
                $out[] = self::within(self::field($set, 'class'), function ($worker) use ($set) {
                    return $worker->changes(self::field($set, 'share'), isset($set['since']) ? (int)$set['since'] : 0);
                });
            } catch (Throwable $e) {
                $out[] = array('error' => Hordeeas_Call::error($e),
                    'denied' => Hordeeas_Failure::kindOf($e) === 'denied');
            }
        }
        return $out;
    }

    public static function export(array $items, array $opts, Hordeeas_Budget $budget)
    {
        return self::each($items, $budget, function ($worker, array $run, $budget) use ($opts) {
            return $worker->export($run, !isset($opts['binary']) || $opts['binary'], $budget);
        });
    }

    public static function apply(array $ops, Hordeeas_Budget $budget)
    {
        return self::each($ops, $budget, function ($worker, array $run, $budget) {
            return $worker->apply($run, $budget);
        });
    }

    public static function sync(array $req)
    {
        $opts = isset($req['opts']) ? (array)$req['opts'] : array();
        $budget = new Hordeeas_Budget($opts);
        $out = array('apply' => null, 'sets' => null, 'export' => null);
        if (isset($req['apply'])) {
            $out['apply'] = self::apply((array)$req['apply'], $budget);
            if ($out['apply']['next'] !== null) {
                return $out;
            }
        }
        if (isset($req['sets'])) {
            $out['sets'] = self::changes((array)$req['sets']);
        }
        if (isset($req['export'])) {
            $out['export'] = self::export((array)$req['export'], $opts, $budget);
        }
        return $out;
    }

    /**
     * Does the work in runs of one class, in order, until the budget is spent.
     *
     * @return array  results, one for each input; next: index of the first input not done, or null
     */
    private static function each(array $inputs, Hordeeas_Budget $budget, callable $work)
    {
        $inputs = self::checked($inputs);
        $results = array();
        while (($at = count($results)) < count($inputs)) {
            $class = isset($inputs[$at]['class']) ? $inputs[$at]['class'] : null;
            $end = $at;
            while ($end < count($inputs) && isset($inputs[$end]['class']) && $inputs[$end]['class'] === $class) {
                $end++;
            }
            $run = array_slice($inputs, $at, max(1, $end - $at));
            try {
                $done = self::within((string)$class, function ($worker) use ($work, $run, $budget) {
                    return $work($worker, $run, $budget);
                });
            } catch (Throwable $e) {
                $error = Hordeeas_Call::error($e);
                if ($error['kind'] === 'temporary') {
                    throw $e;
                }
                $done = array_map(function (array $input) use ($error) {
                    return self::echoed($input) + array('error' => $error);
                }, $run);
            }
            foreach ($done as $result) {
                $results[] = $result;
            }
            if (count($done) < count($run)) {
                return array('results' => $results, 'next' => count($results));
            }
        }
        return array('results' => $results, 'next' => null);
    }

    private static function within($class, callable $work)
    {
        if (!is_string($class) || !isset(self::CLASSES[$class])) {
            throw new Hordeeas_Failure('unsupported', 'no such class: ' . Hordeeas_Json::utf8((string)$class));
        }
        list($needed, $worker) = self::CLASSES[$class];
        if (Hordeeas_Call::app($class) !== $needed) {
            throw new Hordeeas_Failure('unsupported', 'the application for ' . $class . ' is not ' . $needed);
        }
        if ($needed === 'kronolith') {
            Hordeeas_CalendarParts::toStart();
        }
        return Hordeeas_Call::within($needed, function () use ($work, $worker) {
            return $work(new $worker());
        });
    }

    private static function checked(array $inputs)
    {
        if (count($inputs) > self::MOST) {
            throw new Hordeeas_Failure('invalid', 'more than ' . self::MOST . ' items');
        }
        foreach ($inputs as $input) {
            if (!is_array($input)) {
                throw new Hordeeas_Failure('invalid', 'an item must be an object');
            }
        }
        return array_values($inputs);
    }

    /**
     * A text that the caller must give.
     *
     * @throws Hordeeas_Failure  invalid
     */
    public static function field(array $input, $name)
    {
        if (!isset($input[$name]) || !is_string($input[$name]) || $input[$name] === '') {
            throw new Hordeeas_Failure('invalid', $name . ' is missing');
        }
        return $input[$name];
    }

    /**
     * Where an item is to be looked for: its share, or else the shares of its folder, in order.
     *
     * @throws Hordeeas_Failure  invalid
     */
    public static function places(array $input)
    {
        if (isset($input['share']) && $input['share'] !== '') {
            return array(self::field($input, 'share'));
        }
        $shares = isset($input['shares']) && is_array($input['shares'])
            ? array_values(array_filter($input['shares'], 'is_string'))
            : array();
        if (!$shares) {
            throw new Hordeeas_Failure('invalid', 'share is missing');
        }
        return $shares;
    }

    /**
     * @return array  share => uids that may be in it
     */
    public static function byShare(array $inputs)
    {
        $wanted = array();
        foreach ($inputs as $input) {
            $named = self::echoed($input);
            try {
                foreach (self::places($input) as $share) {
                    $wanted[$share][] = $named['uid'];
                }
            } catch (Hordeeas_Failure $e) {
                // Told when its turn comes.
                continue;
            }
        }
        return $wanted;
    }

    /**
     * What names an input in its answer.
     */
    public static function echoed(array $input)
    {
        $out = array();
        foreach (array('uid', 'share') as $name) {
            $out[$name] = isset($input[$name]) && is_string($input[$name]) ? $input[$name] : '';
        }
        return $out;
    }
}
