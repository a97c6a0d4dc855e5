//! Policies that a phone must keep.
//!
//! [MS-ASPROV] §2.2.2.28

use std::collections::BTreeMap;

use crate::element;

element! {
    /// The policy document.
    #[derive(Default)]
    pub struct EasProvisionDoc = Provision::EASProvisionDoc {
        /// Whether a password must be set.
        device_password_enabled: Option<u32> = Provision::DevicePasswordEnabled,
        /// Whether it must have letters.
        alphanumeric_device_password_required: Option<u32> = Provision::AlphanumericDevicePasswordRequired,
        /// Its least length.
        min_device_password_length: Option<u32> = Provision::MinDevicePasswordLength,
        /// Wrong passwords until the device wipes itself.
        max_device_password_failed_attempts: Option<u32> = Provision::MaxDevicePasswordFailedAttempts,
        /// Whether the storage card must be encrypted.
        device_encryption_enabled: Option<u32> = Provision::DeviceEncryptionEnabled,
        /// Whether attachments may be fetched.
        attachments_enabled: Option<u32> = Provision::AttachmentsEnabled,
        /// Seconds until the device locks itself.
        max_inactivity_time_device_lock: Option<u32> = Provision::MaxInactivityTimeDeviceLock,
        /// Largest attachment in bytes.
        max_attachment_size: Option<u32> = Provision::MaxAttachmentSize,
        /// Storage card.
        allow_storage_card: Option<u32> = Provision::AllowStorageCard since V12_1,
        /// Camera.
        allow_camera: Option<u32> = Provision::AllowCamera since V12_1,
        /// Whether the device itself must be encrypted.
        require_device_encryption: Option<u32> = Provision::RequireDeviceEncryption since V12_1,
        /// Wireless networks.
        allow_wifi: Option<u32> = Provision::AllowWiFi since V12_1,
        /// Short messages.
        allow_text_messaging: Option<u32> = Provision::AllowTextMessaging since V12_1,
        /// Other mail accounts.
        allow_pop_imap_email: Option<u32> = Provision::AllowPOPIMAPEmail since V12_1,
        /// Bluetooth: 0 no, 1 hands-free alone, 2 all.
        allow_bluetooth: Option<u32> = Provision::AllowBluetooth since V12_1,
        /// Whether sync is by hand abroad.
        require_manual_sync_when_roaming: Option<u32> = Provision::RequireManualSyncWhenRoaming since V12_1,
        /// HTML mail.
        allow_html_email: Option<u32> = Provision::AllowHTMLEmail since V12_1,
        /// How far back mail may go, as in FilterType.
        max_email_age_filter: Option<u32> = Provision::MaxEmailAgeFilter since V12_1,
        /// Whether mail must be signed.
        require_signed_smime_messages: Option<u32> = Provision::RequireSignedSMIMEMessages since V12_1,
        /// Whether mail must be encrypted.
        require_encrypted_smime_messages: Option<u32> = Provision::RequireEncryptedSMIMEMessages since V12_1,
        /// Web browser.
        allow_browser: Option<u32> = Provision::AllowBrowser since V12_1,
    }
}

impl EasProvisionDoc {
    /// The document of what an administrator set, by the names of the elements.
    ///
    /// Values that are the default are left out, but for the two that phones always want; the
    /// rules for passwords only count when a password must be set.
    #[must_use]
    pub fn of(policies: &BTreeMap<String, i64>) -> Self {
        let value = |name: &str| {
            policies.get(name).map(|value| u32::try_from((*value).max(0)).unwrap_or(u32::MAX))
        };
        let unless = |name: &str, default: u32| value(name).filter(|value| *value != default);
        let password = value("DevicePasswordEnabled").unwrap_or(0).min(1);
        let with_password = |value: Option<u32>| value.filter(|_| password == 1);
        Self {
            device_password_enabled: Some(password),
            alphanumeric_device_password_required: with_password(
                value("AlphanumericDevicePasswordRequired").map(|value| value.min(1)),
            ),
            min_device_password_length: with_password(unless("MinDevicePasswordLength", 5)),
            max_device_password_failed_attempts: with_password(unless(
                "MaxDevicePasswordFailedAttempts",
                5,
            )),
            device_encryption_enabled: unless("DeviceEncryptionEnabled", 0),
            attachments_enabled: Some(value("AttachmentsEnabled").unwrap_or(1).min(1)),
            max_inactivity_time_device_lock: unless("MaxInactivityTimeDeviceLock", 0),
            max_attachment_size: unless("MaxAttachmentSize", 5_000_000),
            allow_storage_card: unless("AllowStorageCard", 1),
            allow_camera: unless("AllowCamera", 1),
            require_device_encryption: unless("RequireDeviceEncryption", 0),
            allow_wifi: unless("AllowWiFi", 1),
            allow_text_messaging: unless("AllowTextMessaging", 1),
            allow_pop_imap_email: unless("AllowPOPIMAPEmail", 1),
            allow_bluetooth: unless("AllowBluetooth", 1),
            require_manual_sync_when_roaming: unless("RequireManualSyncWhenRoaming", 0),
            allow_html_email: unless("AllowHTMLEmail", 1),
            max_email_age_filter: unless("MaxEmailAgeFilter", 0),
            require_signed_smime_messages: unless("RequireSignedSMIMEMessages", 0),
            require_encrypted_smime_messages: unless("RequireEncryptedSMIMEMessages", 0),
            allow_browser: unless("AllowBrowser", 1),
        }
    }
}
