//! The addresses of the user.

use crate::backend::profile::Identity;
use crate::command::Context;
use crate::command::settings::Status;
use crate::eas::scalar::Present;
use crate::element;

element! {
    /// What a client wants to know of the user. [MS-ASCMD] §2.2.3.189
    pub struct AskedUser = Settings::UserInformation {
        /// Everything.
        get: Option<Present> = Settings::Get,
    }
}

element! {
    /// The user. [MS-ASCMD] §2.2.3.189
    pub struct UserInformation = Settings::UserInformation {
        /// How it went.
        status: Status = Settings::Status,
        /// What is known.
        get: Option<User> = Settings::Get,
    }
}

element! {
    /// Addresses and accounts.
    pub struct User = Settings::Get {
        /// The addresses.
        addresses: Option<Addresses> = Settings::EmailAddresses until V14_0,
        /// The identities.
        accounts: Option<Accounts> = Settings::Accounts since V14_1,
    }
}

element! {
    /// Mail addresses.
    pub struct Addresses = Settings::EmailAddresses {
        /// Each of them.
        smtp: Vec<String> = Settings::SmtpAddress,
        /// The one that goes into From.
        primary: Option<String> = Settings::PrimarySmtpAddress since V14_1,
    }
}

element! {
    /// The identities.
    pub struct Accounts = Settings::Accounts {
        /// Each of them, the one that phones write under first.
        accounts: Vec<Account> = Settings::Account,
    }
}

element! {
    /// An identity.
    pub struct Account = Settings::Account {
        /// Its number; none for the one that phones write under.
        id: Option<String> = Settings::AccountId,
        /// What the user calls it.
        name: Option<String> = Settings::AccountName,
        /// The writer's name.
        user_name: Option<String> = Settings::UserDisplayName,
        /// Whether phones can not write under it.
        send_disabled: Option<bool> = Settings::SendDisabled,
        /// Its addresses.
        addresses: Option<Addresses> = Settings::EmailAddresses,
    }
}

impl UserInformation {
    /// The user of a request.
    pub(super) fn of(ctx: &Context<'_>, asked: &AskedUser) -> Self {
        if asked.get.is_none() {
            return Self { status: Status::ProtocolError, get: None };
        }
        let identities = &ctx.account().profile.identities;
        Self { status: Status::Success, get: Some(User::of(identities)) }
    }
}

impl User {
    fn of(identities: &[Identity]) -> Self {
        let chosen = identities.iter().position(|one| one.chosen).unwrap_or(0);
        let mut all: Vec<(usize, &Identity)> = identities.iter().enumerate().collect();
        all.sort_by_key(|(number, _)| (*number != chosen, *number));
        let mut smtp = Vec::new();
        for (_, identity) in &all {
            if !identity.from.is_empty() && !smtp.contains(&identity.from) {
                smtp.push(identity.from.clone());
            }
        }
        let accounts = all.into_iter().map(|(number, identity)| {
            let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let is_chosen = number == chosen;
            let addresses = filled(&identity.from)
                .map(|from| Addresses { smtp: vec![from.clone()], primary: Some(from) });
            Account {
                id: (!is_chosen).then(|| number.to_string()),
                name: filled(&identity.name),
                user_name: filled(&identity.full_name),
                send_disabled: (!is_chosen).then_some(true),
                addresses,
            }
        });
        let accounts = Some(Accounts { accounts: accounts.collect() });
        Self { addresses: Some(Addresses { smtp, primary: None }), accounts }
    }
}

#[cfg(test)]
mod tests {
    use crate::backend::profile::Identity;
    use crate::command::settings::user::User;

    #[test]
    fn the_identity_of_phones_comes_first_and_addresses_stand_once() {
        let identity = |name: &str, from: &str, chosen| Identity {
            name: name.to_owned(),
            from: from.to_owned(),
            chosen,
            ..Identity::default()
        };
        let user = User::of(&[
            identity("home", "a@example.test", false),
            identity("work", "b@example.test", true),
            identity("club", "a@example.test", false),
            identity("none", "", false),
        ]);
        let addresses = user.addresses.unwrap().smtp;
        assert_eq!(addresses, ["b@example.test", "a@example.test"]);
        let accounts = user.accounts.unwrap().accounts;
        let ids: Vec<_> =
            accounts.iter().map(|one| (one.name.as_deref(), one.id.as_deref())).collect();
        let work = (Some("work"), None);
        assert_eq!(ids[..2], [work, (Some("home"), Some("0"))]);
        assert_eq!((accounts.len(), accounts[3].addresses.is_none()), (4, true));
        assert!(User::of(&[]).accounts.unwrap().accounts.is_empty());
    }
}
