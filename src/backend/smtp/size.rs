//! How large a mail may be for the mail server.
//!
//! Servers say so in their answer to EHLO (RFC 1870). One that hangs up in the midst of a mail that
//! is too large for it would look like one that took it, and the phone would try for ever.

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::response::Response;

use crate::backend::smtp::route::Route;
use crate::backend::smtp::{Smtp, failed};
use crate::backend::submit::{Unsent, Why};

/// What a mail server says of the size of mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// Nothing: it does not know of sizes.
    Unknown,
    /// It wants to know them, and names no limit.
    None,
    /// So many bytes at most.
    Bytes(u64),
}

impl Smtp {
    /// What it says of sizes: asked again, since the crate does not keep that line.
    pub(super) async fn limit(
        &self,
        server: &mut AsyncSmtpConnection,
        route: &Route,
    ) -> Result<Limit, Unsent> {
        let hello = format!("EHLO {}\r\n", route.hello());
        let said = self.within("EHLO", server.command(hello)).await?;
        said.map(|response| in_answer(&response)).map_err(|error| failed("EHLO", error, Why::Down))
    }

    /// What MAIL says of the size of a mail: nothing of a small one, which every server takes.
    pub(super) async fn size_option(
        &self,
        server: &mut AsyncSmtpConnection,
        route: &Route,
        n_bytes: usize,
    ) -> Result<String, Unsent> {
        if n_bytes <= ALWAYS_TAKEN {
            return Ok(String::new());
        }
        match self.limit(server, route).await? {
            Limit::Bytes(most) if u64::try_from(n_bytes).is_ok_and(|n_bytes| n_bytes > most) => {
                let what =
                    format!("the mail has {n_bytes} bytes, and the mail server takes {most}");
                Err(Unsent::new(Why::TooLarge, what))
            }
            Limit::Bytes(_) | Limit::None => Ok(format!(" SIZE={n_bytes}")),
            Limit::Unknown => Ok(String::new()),
        }
    }
}

fn in_answer(response: &Response) -> Limit {
    let size = response.message().find_map(|line| {
        let mut words = line.split_whitespace();
        words.next().filter(|word| word.eq_ignore_ascii_case("SIZE")).map(|_| words.next())
    });
    match size {
        None => Limit::Unknown,
        Some(most) => match most.and_then(|most| most.parse().ok()) {
            None | Some(0) => Limit::None,
            Some(most) => Limit::Bytes(most),
        },
    }
}

/// What RFC 5321 (4.5.3.1.7) wants of every server.
const ALWAYS_TAKEN: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use lettre::transport::smtp::response::{Category, Code, Detail, Response, Severity};

    use crate::backend::smtp::size::{Limit, in_answer};

    #[test]
    fn the_limit_is_read_wherever_it_stands() {
        for (lines, limit) in [
            (&["mail.x.test", "PIPELINING"][..], Limit::Unknown),
            (&["mail.x.test", "SIZE"], Limit::None),
            (&["mail.x.test", "SIZE 0", "8BITMIME"], Limit::None),
            (&["mail.x.test", "8BITMIME", "size 10240000"], Limit::Bytes(10_240_000)),
            (&["SIZES 5", "AUTH SIZE 7"], Limit::Unknown),
        ] {
            let code = Code::new(Severity::PositiveCompletion, Category::MailSystem, Detail::Zero);
            let lines = lines.iter().map(|&line| line.to_owned()).collect();
            assert_eq!(in_answer(&Response::new(code, lines)), limit);
        }
    }
}
