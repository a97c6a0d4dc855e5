<?php
/**
 * Counts what holds and tells what does not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Checks
{
    private $name;
    private $count = 0;
    private $failures = 0;

    public function __construct($name)
    {
        $this->name = $name;
    }

    public function same($what, $is, $wanted)
    {
        $this->count++;
        if ($is !== $wanted) {
            $this->failures++;
            echo 'FAILED ', $what, ': ', var_export($is, true), ', not ', var_export($wanted, true), "\n";
        }
    }

    public function fail($text)
    {
        $this->failures++;
        echo 'FAILED ', $text, "\n";
    }

    /**
     * @return int  The exit code.
     */
    public function done()
    {
        if ($this->count === 0) {
            $this->fail('nothing was checked');
        }
        echo $this->name, ': ', $this->count, ' checks, ', $this->failures, " failures\n";
        return $this->failures ? 1 : 0;
    }
}
