<?php
/**
 * How long and how large an answer may grow before it is cut and continued by a cursor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Budget
{
    const MILLISECONDS = 8000;
    const BYTES = 4194304;

    private $deadline;
    private $left;
    private $started = false;

    public function __construct(array $opts)
    {
        $time = isset($opts['ms']) ? (int)$opts['ms'] : self::MILLISECONDS;
        $this->deadline = microtime(true) + $time / 1000;
        $this->left = isset($opts['bytes']) ? (int)$opts['bytes'] : self::BYTES;
    }

    /**
     * Whether one more item may be begun. The first always may, so that a cursor moves on.
     */
    public function allows()
    {
        if (!$this->started) {
            $this->started = true;
            return true;
        }
        return $this->left > 0 && microtime(true) < $this->deadline;
    }

    public function spend($bytes)
    {
        $this->left -= $bytes;
    }
}
