<?php
/**
 * Whether a class of ours can stand in for one of Horde's, whose releases differ.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Fitting
{
    /**
     * Whether the class is there, and its methods can be replaced by such that declare no types.
     */
    public static function fits($class, array $methods)
    {
        foreach ($methods as $name) {
            if (!method_exists($class, $name)) {
                return false;
            }
            $method = new ReflectionMethod($class, $name);
            if ($method->isFinal() || $method->hasReturnType()) {
                return false;
            }
        }
        return true;
    }
}
