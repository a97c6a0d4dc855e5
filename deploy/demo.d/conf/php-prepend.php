<?php
// Since PHP 8.1 mysqli throws on an error; Horde 5.2's migrations and its paths for duplicate keys
// look at the result instead. MYSQLI_THROWS in the environment keeps PHP's default, to test both.
if (!getenv('MYSQLI_THROWS') && function_exists('mysqli_report')) {
    mysqli_report(MYSQLI_REPORT_OFF);
}

// Gone since PHP 8.0; Horde 5.2's mail pages (not its ActiveSync) still walk lists with it.
if (!function_exists('each')) {
    function each(&$list)
    {
        $key = key($list);
        if ($key === null) {
            return false;
        }
        $value = current($list);
        next($list);
        return array($key, $value, 'key' => $key, 'value' => $value);
    }
}
