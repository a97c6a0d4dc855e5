//! What Horde knows of certain client programs: which folders they can show apart.
//!
//! Horde sniffs this once for each device and stores it as the property `multiplex`; when it is
//! not stored yet, the same must come out here, or the hierarchy flips when a phone is moved.

use crate::command::hierarchy::Multiplex;

/// What a client says of itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Client<'a> {
    /// The device id, upper case.
    pub device_id: &'a str,
    /// The DeviceType of the request line.
    pub device_type: &'a str,
    /// The User-Agent header.
    pub user_agent: &'a str,
    /// `OS` of its device information.
    pub os: &'a str,
    /// `Model` of its device information.
    pub model: &'a str,
}

impl Client<'_> {
    /// Which classes this client wants as one merged folder.
    #[must_use]
    pub fn multiplex(&self) -> Multiplex {
        if self.is_ios() {
            Multiplex::NOTES
        } else if self.is_android() {
            self.android_multiplex()
        } else if self.user_agent.contains("MSFT-WP/8.10") {
            Multiplex::CONTACTS
        } else if self.user_agent.contains("MSFT-WP/8.0") || self.device_type == "WP8" {
            Multiplex(Multiplex::CONTACTS.0 | Multiplex::CALENDAR.0)
        } else if self.user_agent.contains("MSFT-PPC") || self.device_type == "PocketPC" {
            Multiplex::ALL
        } else if ["Outlook/15.0", "Outlook/16.0"].iter().any(|ua| self.user_agent.contains(ua)) {
            Multiplex::CONTACTS
        } else {
            Multiplex(0)
        }
    }

    /// Whether policies can not be put on it: Outlook, and Microsoft's connectivity analyzer.
    #[must_use]
    pub fn cannot_be_provisioned(&self) -> bool {
        self.device_type.contains("MicrosoftOutlook")
            || self.user_agent.contains("Outlook")
            || self.device_type == "TestActiveSyncConnectivity"
    }

    /// Whether it is an Android that does not say that it speaks EAS above 1.2: such clients are
    /// let through where policies are not enforced.
    #[must_use]
    pub fn is_old_android(&self) -> bool {
        let Some(at) = self.user_agent.find("Android") else { return false };
        let rest = &self.user_agent[at..];
        let version = rest.find("EAS-").or_else(|| rest.find("EAS/")).and_then(|at| {
            let number: String =
                rest[at + 4..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            number.parse::<f32>().ok()
        });
        version.is_none_or(|version| version <= 1.2)
    }

    /// An iPhone, iPad or iPod by its type, its program or its system.
    #[must_use]
    pub fn is_ios(&self) -> bool {
        ["iphone", "ipad", "ipod"].iter().any(|kind| self.device_type.eq_ignore_ascii_case(kind))
            || starts_with(self.user_agent, "apple-")
            || starts_with(self.user_agent, "ios")
            || starts_with(self.os, "ios")
    }

    /// Horde's client type is `android`: not TouchDown, Nine or Gmail, and not a program with a
    /// device type of its own.
    fn is_android(&self) -> bool {
        let says_android =
            contains(self.os, "android") || self.device_type.eq_ignore_ascii_case("android");
        if !says_android || self.user_agent.contains("TouchDown") || self.is_nine() {
            return false;
        }
        if contains(self.user_agent, "android-mail") {
            return false;
        }
        if contains(self.user_agent, "android") {
            return self.device_type.eq_ignore_ascii_case("android");
        }
        true
    }

    fn android_multiplex(&self) -> Multiplex {
        if starts_with(self.device_type, "samsung")
            || starts_with(self.model, "htconemini2")
            || self.device_type == "HTCOnemini2"
        {
            return Multiplex::ALL;
        }
        match version_in(self.os) {
            Some(version) if version >= (4, 4) => {
                Multiplex(Multiplex::NOTES.0 | Multiplex::CONTACTS.0 | Multiplex::TASKS.0)
            }
            _ => Multiplex::ALL,
        }
    }

    /// The program Nine writes its name, in hexadecimal, into its device id.
    fn is_nine(&self) -> bool {
        starts_with(self.device_id, "6e696e65")
    }
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

fn contains(text: &str, part: &str) -> bool {
    text.to_ascii_lowercase().contains(part)
}

/// The first `major.minor` in a text.
fn version_in(text: &str) -> Option<(u32, u32)> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| {
        let mut parts = word.split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?.parse().ok()?;
        Some((major, minor))
    })
}

#[cfg(test)]
mod tests {
    use crate::command::client::Client;

    fn mask(device_type: &str, user_agent: &str, os: &str) -> u32 {
        Client { device_type, user_agent, os, ..Client::default() }.multiplex().0
    }

    #[test]
    fn masks_are_those_that_horde_finds() {
        assert_eq!(mask("iPhone", "Apple-iPhone12C1/1604.39", ""), 8);
        assert_eq!(mask("Android", "Android/4.3.3-EAS-1.3", ""), 15);
        assert_eq!(mask("Android", "Android/7.0-EAS-1.3", "Android 7.0"), 13);
        assert_eq!(mask("WindowsOutlook15", "Outlook/15.0 (15.0)", ""), 1);
        assert_eq!(mask("WP8", "MSFT-WP/8.0.9903", ""), 3);
        assert_eq!(mask("PocketPC", "", ""), 15);
        assert_eq!(mask("SomethingElse", "Foo/1", ""), 0);
    }

    #[test]
    fn old_androids_and_outlook_are_known() {
        let android = |user_agent| Client { user_agent, ..Client::default() };
        assert!(android("Android/0.3").is_old_android());
        assert!(!android("Android/4.3.3-EAS-1.3").is_old_android());
        assert!(android("Android/4.0-EAS-1.2").is_old_android());
        assert!(!android("Apple-iPhone/1.0").is_old_android());
        assert!(android("Outlook/16.0 (16.0)").cannot_be_provisioned());
    }
}
