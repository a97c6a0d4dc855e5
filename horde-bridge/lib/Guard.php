<?php
/**
 * Who may call, and how large a call may be; asked before Horde is loaded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Guard
{
    /** @var bool */
    private static $passed = false;

    /**
     * Whether the caller of this request was looked at, and may call.
     *
     * @return bool
     */
    public static function hasPassed()
    {
        return self::$passed;
    }

    /**
     * Throws unless the caller's address is allowed and the secret, when one is set, was sent.
     *
     * @throws Hordeeas_Failure
     */
    public static function check(array $conf, array $server)
    {
        self::$passed = false;
        $address = isset($server['REMOTE_ADDR']) ? $server['REMOTE_ADDR'] : '';
        $allowed = false;
        foreach ((array)$conf['allow'] as $range) {
            $allowed = $allowed || self::inside($address, $range);
        }
        if (!$allowed) {
            throw new Hordeeas_Failure('denied', 'this address may not call the bridge: ' . $address);
        }
        $secret = (string)$conf['secret'];
        if ($secret !== '') {
            $sent = isset($server['HTTP_X_HORDE_EAS_SECRET']) ? $server['HTTP_X_HORDE_EAS_SECRET'] : '';
            if (!hash_equals($secret, $sent)) {
                throw new Hordeeas_Failure('denied', 'the shared secret is missing or wrong');
            }
        }
        self::$passed = true;
    }

    /**
     * Whether an address lies in a network such as 10.0.0.0/8, or is the address given.
     *
     * @return bool
     */
    public static function inside($address, $range)
    {
        $parts = explode('/', $range, 2);
        $one = @inet_pton(self::plain($address));
        $two = @inet_pton(self::plain($parts[0]));
        if ($one === false || $two === false || strlen($one) !== strlen($two)) {
            return false;
        }
        $bits = isset($parts[1]) ? (int)$parts[1] : 8 * strlen($one);
        $bytes = intdiv($bits, 8);
        if (substr($one, 0, $bytes) !== substr($two, 0, $bytes)) {
            return false;
        }
        $rest = $bits % 8;
        if ($rest === 0) {
            return true;
        }
        $mask = (0xff << (8 - $rest)) & 0xff;
        return (ord($one[$bytes]) & $mask) === (ord($two[$bytes]) & $mask);
    }

    /**
     * An IPv4 address that came in IPv6 clothes, without them.
     */
    private static function plain($address)
    {
        return stripos($address, '::ffff:') === 0 && strpos($address, '.') !== false
            ? substr($address, 7)
            : $address;
    }

    /**
     * The name and password of the Basic header, or null.
     *
     * @return array|null  name, password
     *
     * @throws Hordeeas_Failure
     */
    public static function basic(array $server)
    {
        // PHP cuts its own copy at a NUL: the header goes first.
        $pair = self::header($server);
        if ($pair === null && isset($server['PHP_AUTH_USER'])) {
            $pair = array($server['PHP_AUTH_USER'], isset($server['PHP_AUTH_PW']) ? $server['PHP_AUTH_PW'] : '');
        }
        if ($pair === null) {
            return null;
        }
        if (strpos($pair[0] . $pair[1], "\0") !== false) {
            throw new Hordeeas_Failure('auth', 'a NUL in the credentials');
        }
        if ($pair[0] === '' || $pair[1] === '') {
            throw new Hordeeas_Failure('auth', 'an empty name or password');
        }
        return $pair;
    }

    private static function header(array $server)
    {
        $headers = function_exists('getallheaders') && PHP_SAPI !== 'cli' ? (array)getallheaders() : array();
        foreach (array('HTTP_AUTHORIZATION', 'REDIRECT_HTTP_AUTHORIZATION', 'Authorization') as $name) {
            $value = isset($server[$name]) ? $server[$name] : (isset($headers[$name]) ? $headers[$name] : '');
            if (preg_match('/^Basic\s+(\S+)\s*$/i', $value, $match)) {
                $plain = base64_decode($match[1], true);
                if ($plain !== false && strpos($plain, ':') !== false) {
                    return explode(':', $plain, 2);
                }
            }
        }
        return null;
    }
}
