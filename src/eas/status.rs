//! The Status values that all commands share.

use crate::wire_enum;

wire_enum! {
    /// Why a command could not be done, when the command has no value of its own for it.
    ///
    /// [MS-ASCMD] §2.2.2
    pub struct CommonStatus {
        /// The body is no document, or not the one that the command wants.
        InvalidContent = 101,
        /// The WBXML is broken.
        InvalidWbxml = 102,
        /// The XML is not what the schema says.
        InvalidXml = 103,
        /// A date is not readable.
        InvalidDateTime = 104,
        /// Ids that can not stand together.
        InvalidCombinationOfIds = 105,
        /// An id is not readable.
        InvalidIds = 106,
        /// MIME that can not be read.
        InvalidMime = 107,
        /// The device id is missing or not readable.
        DeviceIdMissingOrInvalid = 108,
        /// The device type is missing or not readable.
        DeviceTypeMissingOrInvalid = 109,
        /// The server could not; the client should not try again.
        ServerError = 110,
        /// The server can not now; the client should try again later.
        ServerErrorRetryLater = 111,
        /// Mailbox quota.
        MailboxQuotaExceeded = 113,
        /// The user may send no more, or nothing so large.
        SendQuotaExceeded = 115,
        /// A recipient is nobody.
        MessageRecipientUnresolved = 116,
        /// The message was sent already.
        MessagePreviouslySent = 118,
        /// The message has no recipient.
        MessageHasNoRecipient = 119,
        /// The message could not be handed over.
        MailSubmissionFailed = 120,
        /// The user may not use ActiveSync.
        UserDisabledForSync = 126,
        /// The device may not sync.
        DeviceNotAllowed = 129,
        /// Access is denied.
        AccessDenied = 130,
        /// The device is to be wiped.
        RemoteWipeRequested = 140,
        /// The device can not be provisioned, and must be.
        LegacyDeviceOnStrictPolicy = 141,
        /// The device must provision first.
        DeviceNotProvisioned = 142,
        /// The policies changed.
        PolicyRefresh = 143,
        /// The policy key is not the one that the server gave.
        InvalidPolicyKey = 144,
        /// The item is gone.
        ItemNotFound = 150,
        /// The command is not known.
        CommandNotSupported = 137,
        /// The version is not known.
        VersionNotSupported = 138,
        /// The device can not do all that the policy asks.
        DeviceNotFullyProvisionable = 139,
        /// There is no such account.
        InvalidAccountId = 166,
        /// Nothing is sent from that account.
        AccountSendDisabled = 167,
        /// The user has too many devices.
        MaximumDevicesReached = 177,
    }
}
