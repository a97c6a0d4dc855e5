<?php
/**
 * What Horde's permissions say about ActiveSync for a user.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Policy
{
    const NODE = 'horde:activesync';

    const NAMES = array('DevicePasswordEnabled', 'MaxInactivityTimeDeviceLock', 'MaxDevicePasswordFailedAttempts',
        'codewordfrequency', 'MinDevicePasswordLength', 'AttachmentsEnabled', 'DeviceEncryptionEnabled',
        'MaxAttachmentSize', 'AlphanumericDevicePasswordRequired', 'AllowStorageCard', 'AllowCamera',
        'AllowTextMessaging', 'AllowWiFi', 'AllowBluetooth', 'AllowPOPIMAPEmail', 'AllowBrowser',
        'AllowHTMLEmail', 'RequireEncryptedSMIMEMessages', 'RequireSignedSMIMEMessages',
        'RequireDeviceEncryption', 'MaxEmailAgeFilter', 'RequireManualSyncWhenRoaming');

    /** Policies of which the smallest of several values holds. */
    const SMALLEST = array('MinDevicePasswordLength', 'RequireManualSyncWhenRoaming');

    /**
     * @return array  activesync, no_gal, max_devices
     */
    public static function access($user)
    {
        $allowed = self::value('', $user);
        $max = self::value('max_devices', $user);
        return array(
            'activesync' => $allowed === null || (bool)self::largest($allowed),
            'no_gal' => (bool)self::largest(self::value('no_gal', $user)),
            'max_devices' => $max === null ? null : (int)self::largest($max),
        );
    }

    /**
     * @return string  none, loose or force
     */
    public static function provisioning($user)
    {
        $values = array_map('strval', (array)self::value('provisioning', $user));
        foreach (array('false' => 'none', 'allow' => 'loose', 'true' => 'force') as $value => $meaning) {
            if (in_array($value, $values, true)) {
                return $meaning;
            }
        }
        return 'none';
    }

    /**
     * The policies that an administrator set.
     *
     * @return array  name => number
     */
    public static function policies($user)
    {
        $out = array();
        if (self::value('provisioning', $user) === null) {
            return $out;
        }
        foreach (self::NAMES as $name) {
            $value = self::value('provisioning:' . $name, $user);
            if ($value === null || $value === false) {
                continue;
            }
            $values = array_map('intval', (array)$value);
            $out[$name] = in_array($name, self::SMALLEST, true) ? min($values) : max($values);
        }
        return $out;
    }

    /**
     * What a node gives the user: null when the node is not there, false when it gives nothing.
     */
    private static function value($node, $user)
    {
        $perms = $GLOBALS['injector']->getInstance('Horde_Perms');
        $name = $node === '' ? self::NODE : self::NODE . ':' . $node;
        return $perms->exists($name) ? $perms->getPermissions($name, $user) : null;
    }

    private static function largest($value)
    {
        return is_array($value) ? ($value ? max($value) : false) : $value;
    }
}
