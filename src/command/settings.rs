//! Settings: what a device says of itself, and who its user is.
//!
//! [MS-ASCMD] §2.2.1.18
//!
//! ```xml
//! <Settings><DeviceInformation><Set><Model>…</Model></Set></DeviceInformation></Settings>
//! <Settings><Status>1</Status><DeviceInformation><Status>1</Status></DeviceInformation></Settings>
//! ```
//!
//! Writes the properties of the device, which Horde shows to users and administrators.
//! The user's addresses are those of the identities in Horde.
//! Out-of-office and passwords are answered as not available.
//! Horde: its elements are nested wrongly from the second identity on.

mod user;

use crate::command::{Command, Context, Error};
use crate::eas::device_information::{
    DeviceInformation, DeviceInformationSet, DeviceInformationStatus,
};
use crate::eas::scalar::Present;
use crate::state::device::DeviceProperties;
use crate::wbxml::Tag;
use crate::wbxml::pages;
use crate::{element, wire_enum};

use user::{AskedUser, UserInformation};

pub(super) struct Settings;

impl Command for Settings {
    const NAME: &'static str = "Settings";
    const ROOT: Tag = pages::Settings::Settings;
    const STATUS: Tag = pages::Settings::Status;
    type Request = Request;
    type Response = Response;

    async fn run(ctx: &Context<'_>, request: Request) -> Result<Response, Error> {
        let mut response = Response::only(Status::Success);
        if let Some(information) = request.device_information {
            let status = match information.set {
                Some(set) => {
                    store_device_information(ctx, &set).await?;
                    Status::Success
                }
                None => Status::ProtocolError,
            };
            response.device_information = Some(DeviceInformationStatus { status: status.0 });
        }
        let unavailable =
            |asked: Option<Present>| asked.map(|_| Unavailable { status: Status::AccessDenied });
        response.oof = unavailable(request.oof);
        response.device_password = unavailable(request.device_password);
        response.user_information =
            request.user_information.map(|asked| UserInformation::of(ctx, &asked));
        response.rights = unavailable(request.rights);
        Ok(response)
    }

    fn on_bad_document() -> Response {
        Response::only(Status::ProtocolError)
    }
}

element! {
    /// What a client wants to know or to set.
    pub struct Request = Settings::Settings {
        /// Out-of-office.
        oof: Option<Present> = Settings::Oof,
        /// A password for recovery.
        device_password: Option<Present> = Settings::DevicePassword,
        /// What the device says of itself.
        device_information: Option<DeviceInformation> = Settings::DeviceInformation,
        /// Addresses of the user.
        user_information: Option<AskedUser> = Settings::UserInformation,
        /// Templates of rights.
        rights: Option<Present> = Settings::RightsManagementInformation,
    }
}

element! {
    /// What is answered.
    pub struct Response = Settings::Settings {
        /// How it went as a whole.
        status: Status = Settings::Status,
        /// Out-of-office.
        oof: Option<Unavailable> = Settings::Oof,
        /// The device's information.
        device_information: Option<DeviceInformationStatus> = Settings::DeviceInformation,
        /// A password for recovery.
        device_password: Option<Unavailable> = Settings::DevicePassword,
        /// Addresses of the user.
        user_information: Option<UserInformation> = Settings::UserInformation,
        /// Templates of rights.
        rights: Option<Unavailable> = Settings::RightsManagementInformation,
    }
}

element! {
    /// A part that is not to be had.
    pub struct Unavailable = Settings::Oof {
        /// Why.
        status: Status = Settings::Status,
    }
}

wire_enum! {
    /// How it went. [MS-ASCMD] §2.2.3.177.15
    pub struct Status {
        /// Well.
        Success = 1,
        /// The request is not what the protocol says.
        ProtocolError = 2,
        /// Not for this user, or not here.
        AccessDenied = 3,
        /// The server can not now.
        ServerUnavailable = 4,
        /// A value can not be.
        InvalidArguments = 5,
    }
}

impl Response {
    const fn only(status: Status) -> Self {
        Self {
            status,
            oof: None,
            device_information: None,
            device_password: None,
            user_information: None,
            rights: None,
        }
    }
}

/// Stores what a device says of itself, as Horde does.
pub(super) async fn store_device_information(
    ctx: &Context<'_>,
    set: &DeviceInformationSet,
) -> Result<(), Error> {
    let edit = |properties: &mut DeviceProperties| {
        for (name, value) in set.values() {
            properties.set_setting(name, value);
        }
    };
    ctx.services.devices.touch(&ctx.owner, &ctx.call.user_agent, &edit).await?;
    Ok(())
}
