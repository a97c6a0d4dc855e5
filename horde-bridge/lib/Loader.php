<?php
/**
 * Finds the bridge's own classes, whatever autoloader Horde has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
spl_autoload_register(function ($class) {
    if (strncmp($class, 'Hordeeas_', 9) === 0) {
        $file = __DIR__ . '/' . substr($class, 9) . '.php';
        if (strpos($class, '/') === false && is_file($file)) {
            require_once $file;
        }
    }
});
