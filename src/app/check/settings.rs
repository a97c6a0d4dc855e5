//! The configuration itself.

use std::net::SocketAddr;

use crate::app::check::{is_here, is_in_the_clear};
use crate::config::Config;
use crate::finding::Finding;
use crate::state::mysql::Tls;

/// What is wrong or odd in the values.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    let mut findings: Vec<Finding> = config
        .problems()
        .into_iter()
        .map(|error| {
            Finding::error("config.value", error.to_string())
                .because("the service does not start")
                .mend("see deploy/config.example.toml for the key")
        })
        .collect();
    if findings.is_empty() {
        findings.push(Finding::ok("config", "the configuration can be read"));
    }
    let open = config.http.listen.parse::<SocketAddr>().is_ok_and(|at| !at.ip().is_loopback());
    if open {
        findings.push(
            Finding::note("config.listen", format!("http.listen is {}", config.http.listen))
                .because("passwords come in without TLS: everybody on the way could read them")
                .mend("let only the web server in front reach this port, or listen on 127.0.0.1"),
        );
    }
    if config.http.trusted_proxies.is_empty() {
        findings.push(
            Finding::note("config.proxies", "http.trusted_proxies is empty")
                .because("behind a web server every phone has that server's address in the log")
                .mend("name the web server's address in http.trusted_proxies"),
        );
    }
    if config.imap.insecure {
        findings.push(
            Finding::warning("config.insecure", "imap.insecure takes any certificate")
                .because(
                    "somebody between here and the mail server could read all mail and passwords",
                )
                .mend(
                    "name the certificate's authority in imap.ca_file, and take imap.insecure out",
                ),
        );
    }
    let url = &config.horde.url;
    if is_in_the_clear(url) {
        findings.push(
            Finding::warning("config.clear", format!("horde.url is {url}"))
                .because("passwords go to another host without TLS")
                .mend("use https there, and horde.ca_file for a certificate of your own"),
        );
    }
    let host = &config.state.host;
    let is_far = config.state.socket.is_none() && !is_here(host);
    if is_far && config.state.tls == Tls::Off {
        findings.push(
            Finding::note(
                "config.clear",
                format!("the connection to the database at {host} has no TLS"),
            )
            .because("what passes there can be read on the way")
            .mend("set state.tls to \"verify\", if the network between is not your own"),
        );
    }
    if config.commands.wipe_without_policies {
        findings.push(Finding::note(
            "config.wipe",
            "commands.wipe_without_policies: a wipe is delivered where Horde would not",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::app::check::settings::look;
    use crate::config::Config;
    use crate::finding::Severity;

    #[test]
    fn the_defaults_are_in_order() {
        let found = look(&Config::default());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].severity, Severity::Ok);
    }

    #[test]
    fn each_odd_value_is_told() {
        let mut config = Config::default();
        config.commands.poll_seconds = 0;
        config.imap.threads = 0;
        config.imap.insecure = true;
        config.http.listen = "0.0.0.0:8480".to_owned();
        config.http.trusted_proxies.clear();
        config.horde.url = "http://horde.example.com/horde".to_owned();
        config.state.host = "192.0.2.7".to_owned();
        config.commands.wipe_without_policies = true;
        let codes: Vec<_> = look(&config).iter().map(|found| found.code).collect();
        assert_eq!(
            codes,
            [
                "config.value",
                "config.value",
                "config.listen",
                "config.proxies",
                "config.insecure",
                "config.clear",
                "config.clear",
                "config.wipe",
            ]
        );
    }
}
