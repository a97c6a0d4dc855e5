<?php
/**
 * Makes of any PHP value what JSON can carry.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Json
{
    const DEPTH = 64;

    /**
     * The value as JSON; never fails.
     *
     * @param bool $isPlain  Whether its objects are all maps, so that it may be clean as it is.
     *
     * @return string
     */
    public static function encode($value, $isPlain = false)
    {
        $flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;
        $json = $isPlain ? json_encode($value, $flags, self::DEPTH) : false;
        if ($json === false) {
            $json = json_encode(self::clean($value, 0), $flags);
        }
        if ($json === false) {
            $json = json_encode(array('error' => array('kind' => 'internal',
                'message' => 'answer can not be written as JSON: ' . json_last_error_msg())));
        }
        return $json;
    }

    /**
     * Strings become valid UTF-8 or {"b64"}, objects become maps, the rest that JSON lacks null.
     */
    public static function clean($value, $depth)
    {
        if (is_string($value)) {
            return self::text($value);
        }
        if ($value === null || is_bool($value) || is_int($value)) {
            return $value;
        }
        if (is_float($value)) {
            return is_finite($value) ? $value : null;
        }
        if ($depth > self::DEPTH || is_resource($value)) {
            return null;
        }
        if (is_object($value)) {
            return self::object($value, $depth);
        }
        if (!is_array($value)) {
            return null;
        }
        $out = array();
        foreach ($value as $key => $item) {
            $out[is_string($key) ? self::utf8($key) : $key] = self::clean($item, $depth + 1);
        }
        return $out;
    }

    private static function object($value, $depth)
    {
        if ($value instanceof Horde_Date) {
            return array(
                'utc' => (int)$value->timestamp(),
                'local' => $value->format('Y-m-d\TH:i:s'),
                'tz' => (string)$value->timezone,
            );
        }
        $vars = $value instanceof JsonSerializable ? $value->jsonSerialize() : get_object_vars($value);
        $clean = self::clean($vars, $depth + 1);
        return is_array($clean) ? (object)$clean : $clean;
    }

    private static function text($value)
    {
        if (preg_match('//u', $value)) {
            return $value;
        }
        if (strpbrk($value, "\0\1\2\3\4\5\6\7\x08\x0e\x0f\x10") !== false) {
            return array('b64' => base64_encode($value));
        }
        return self::utf8($value);
    }

    /**
     * Text in UTF-8; what is not is taken for Windows-1252.
     *
     * @return string
     */
    public static function utf8($value)
    {
        if (preg_match('//u', $value)) {
            return $value;
        }
        $converted = @iconv('WINDOWS-1252', 'UTF-8//IGNORE', $value);
        return $converted === false ? preg_replace('/[^\x20-\x7e]/', '?', $value) : $converted;
    }

    /**
     * A map that stays one when it is empty.
     *
     * @return object
     */
    public static function map(array $map)
    {
        return (object)$map;
    }
}
