<?php
/**
 * A failure with a kind that the caller can act upon.
 *
 * Kinds: notfound, denied, exists, invalid, conflict, unsupported, auth, temporary, internal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Failure extends Exception
{
    /** @var string */
    private $kind;

    public function __construct($kind, $message, ?Throwable $previous = null)
    {
        parent::__construct($message, 0, $previous);
        $this->kind = $kind;
    }

    public function kind()
    {
        return $this->kind;
    }

    /**
     * Any throwable as the error object that travels.
     *
     * @return array  kind, message, class
     */
    public static function describe(Throwable $e)
    {
        return array(
            'kind' => self::kindOf($e),
            'message' => $e->getMessage(),
            'class' => get_class($e),
        );
    }

    /**
     * The kind of any throwable.
     *
     * @return string
     */
    public static function kindOf(Throwable $e)
    {
        if ($e instanceof self) {
            return $e->kind;
        }
        for ($inner = $e; $inner !== null; $inner = $inner->getPrevious()) {
            if (self::isOutage($inner)) {
                return 'temporary';
            }
        }
        $kinds = array(
            'Horde_Exception_NotFound' => 'notfound',
            'Horde_Exception_PermissionDenied' => 'denied',
            'Horde_Exception_PushApp' => 'denied',
            'Turba_Exception_ObjectExists' => 'exists',
            'Horde_Exception_AuthenticationFailure' => 'denied',
            'ArgumentCountError' => 'invalid',
            'InvalidArgumentException' => 'invalid',
        );
        foreach ($kinds as $class => $kind) {
            if (is_a($e, $class)) {
                return $kind;
            }
        }
        return 'internal';
    }

    /**
     * Whether a throwable says that a database or a server does not answer.
     */
    private static function isOutage(Throwable $e)
    {
        $classes = array(
            'Horde_Db_Exception', 'Horde_History_Exception', 'Horde_Imap_Client_Exception',
            'Horde_Ldap_Exception', 'Horde_Cache_Exception', 'mysqli_sql_exception', 'PDOException',
        );
        foreach ($classes as $class) {
            if (is_a($e, $class)) {
                return true;
            }
        }
        // Some hand on no more than the text of what the database said; what it says of the data stays.
        if (preg_match('/Horde_Db_Exception|QUERY FAILED|SQLSTATE/', $e->getMessage())
            && !preg_match('/Data too long|Incorrect \\S+ value|Out of range value|cannot be null/', $e->getMessage())) {
            return true;
        }
        // Turba says it in the user's language only.
        if (is_a($e, 'Turba_Exception')) {
            foreach (array('performing search', 'adding data', 'deleting data', 'saving data') as $what) {
                $text = 'Server error when ' . $what . '.';
                if ($e->getMessage() === $text || $e->getMessage() === dgettext('turba', $text)) {
                    return true;
                }
            }
            $text = 'Server error when initializing database connection.';
            return $e->getMessage() === $text || $e->getMessage() === dgettext('turba', $text);
        }
        return false;
    }
}
