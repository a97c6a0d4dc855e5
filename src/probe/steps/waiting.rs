//! A long wait, to find the time-outs on the way.

use std::time::Instant;

use crate::probe::Error;
use crate::probe::hint;
use crate::probe::steps::Play;
use crate::probe::story::{Step, bad, error, failed, good, odd};

impl Play<'_, '_> {
    /// Waits for nothing, for so many seconds.
    pub(super) async fn long_wait(&mut self, inbox: &str, seconds: u32) -> std::io::Result<()> {
        let phone = &self.phone;
        let step = Step::new("Wait", format!("let me wait for {seconds} s, as phones do all day"));
        let mut wanted = seconds;
        let mut began = Instant::now();
        let mut end = phone.ping(wanted, &[(inbox, "Email")]).await;
        // Other bounds: the interval that the server names is asked for instead.
        if let Ok(first) = &end
            && first.status == 5
            && let Some(allowed) = first.interval
        {
            wanted = allowed;
            began = Instant::now();
            end = phone.ping(wanted, &[(inbox, "Email")]).await;
        }
        let took = began.elapsed().as_secs();
        let ending = match end {
            Ok(end) if end.status == 1 && took.saturating_add(EARLY) >= wanted.into() => {
                let bounds =
                    if wanted == seconds { "" } else { ", which the server allows instead" };
                good(format!("nothing cut the request for {took} s{bounds}"))
            }
            Ok(end) if end.status == 1 => odd(
                format!("the server ended the wait after {took} s of {wanted}"),
                "it was stopped, another request of this device came, or its settings are shorter",
                "try again; see its log",
            ),
            Ok(end) if end.status == 2 => odd(
                format!("something came after {took} s"),
                "the inbox changed: how long a request may wait is not known",
                "try again when the mailbox is quiet",
            ),
            Ok(end) => bad(format!("Status {}", end.status), &hint::ping_status(end.status)),
            Err(reason @ (Error::Transport(_) | Error::Http(502..=504))) if took > 0 => failed(
                format!("cut after {took} s of {wanted}: {}", hint::words(&reason)),
                "a time-out of the web server in front, a load balancer or a firewall is shorter",
                "nginx: proxy_read_timeout 3600s; Apache: timeout=3600 at ProxyPass; load balancers and firewalls have their own",
            ),
            Err(reason) => error(&reason),
        };
        self.tell(&step, &ending).map(drop)
    }
}

/// So many seconds early is as good as in time.
const EARLY: u64 = 2;
