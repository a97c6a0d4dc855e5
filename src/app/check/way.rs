//! The way of the phones: from the public address through the web server to the service.

use crate::app::check::{Wishes, is_in_the_clear};
use crate::config::Config;
use crate::finding::Finding;
use crate::probe::Error;
use crate::probe::hint;
use crate::probe::link::{Answer, Link};

/// Asks at the public address what a phone would ask, and sends a large body.
pub(super) async fn look(config: &Config, wishes: &Wishes) -> Vec<Finding> {
    let Some(url) = &wishes.url else { return Vec::new() };
    let mut findings = Vec::new();
    if is_in_the_clear(url) {
        findings.push(
            Finding::warning("way.clear", format!("{url} has no TLS"))
                .because("phones send the password with every request, and many refuse to")
                .mend("give the web server a certificate, and phones https"),
        );
    }
    let link = match link(url, wishes) {
        Ok(link) => link,
        Err(error) => {
            findings.push(Finding::error("way.reach", error.to_string()).mend("see --url"));
            return findings;
        }
    };
    match link.options().await {
        Ok(answer) => findings.extend(options(url, &answer, config, wishes)),
        Err(error) => {
            findings.push(unreached(url, &error));
            return findings;
        }
    }
    let most = config.http.body_bytes.min(BODY);
    // Without a login: rpc.php would make a device of it.
    let mut stranger = link;
    stranger.user.clear();
    findings.push(match stranger.post("", &vec![0; most]).await {
        Ok(answer) if answer.status == 413 => Finding::error(
            "way.body",
            format!("a body of {most} bytes is refused on the way (HTTP 413)"),
        )
        .because("mails with attachments can not be sent: the phone tries for ever")
        .mend("nginx: client_max_body_size 64m; Apache: LimitRequestBody 0"),
        Ok(answer) if matches!(answer.status, 408 | 502..=504) => Finding::warning(
            "way.body",
            format!("a body of {most} bytes ends in HTTP {}", answer.status),
        )
        .because("the web server gives up before the service has it all")
        .mend("nginx: proxy_request_buffering off, longer proxy_send_timeout"),
        Ok(_) => Finding::ok("way.body", format!("a body of {most} bytes comes through")),
        Err(error) => Finding::note(
            "way.body",
            format!("whether large bodies come through is not clear: {}", hint::words(&error)),
        ),
    });
    findings.push(
        Finding::note("way.wait", "how long a Ping may wait there was not tried")
            .mend(format!("horde-eas probe --url {url} --user … --wait 900")),
    );
    findings
}

fn link(url: &str, wishes: &Wishes) -> Result<Link, Error> {
    let (login, password) = wishes
        .user
        .as_ref()
        .map_or(("", ""), |user| (user.login.as_str(), user.password.expose().as_str()));
    let mut link = Link::new(url, login, password, "HORDEEASCHECK")?;
    link.headers.push((ECHO_ASKED, "1".to_owned()));
    if wishes.insecure {
        link.trust_any_certificate()?;
    }
    Ok(link)
}

fn unreached(url: &str, error: &Error) -> Finding {
    let hint = hint::of(error);
    Finding::error("way.reach", format!("{url} can not be used"))
        .because(format!("{} ({})", hint.cause, hint::words(error)))
        .mend(hint.mend)
}

fn options(url: &str, answer: &Answer, config: &Config, wishes: &Wishes) -> Vec<Finding> {
    let status = answer.status;
    let asks = answer.header("www-authenticate").to_ascii_lowercase().starts_with("basic");
    match (status, &wishes.user) {
        (401, None) if asks => {
            vec![
                Finding::ok("way", format!("{url} answers and asks for a login")),
                Finding::note("way.login-untried", "with --user it is also tried whether the login arrives"),
            ]
        }
        (401, Some(_)) => vec![
            Finding::error("way.authorization", format!("{url} refuses the login"))
                .because("the password is wrong (see above), or the header Authorization is lost on the way")
                .mend("the web server must not ask for a login itself, and must hand Authorization on (Apache with CGI: CGIPassAuth on)"),
        ],
        (200, Some(_)) if !answer.header("ms-asprotocolversions").is_empty() => {
            let versions = answer.header("ms-asprotocolversions");
            let mut findings = vec![Finding::ok("way", format!("{url} answers with {versions}"))];
            let is_direct = url.contains(&config.http.listen);
            findings.push(seen(&answer.header(ECHO), is_direct));
            findings
        }
        (200, _) => vec![
            Finding::error("way.options", format!("{url} answers OPTIONS without MS-ASProtocolVersions"))
                .because("the web server, or another program, answers itself")
                .mend("send the whole of /Microsoft-Server-ActiveSync to the service, OPTIONS too: see deploy/nginx.conf.example"),
        ],
        _ => {
            let hint = hint::of(&Error::Http(status));
            let place = answer.header("location");
            let cause = if place.is_empty() { hint.cause.to_owned() } else { format!("{}: to {place}", hint.cause) };
            vec![
                Finding::error("way.status", format!("{url} answers OPTIONS with HTTP {status}"))
                    .because(cause)
                    .mend(hint.mend),
            ]
        }
    }
}

/// What the service said of the address that it saw: `client=… peer=… proxy=…`.
fn seen(echo: &str, is_direct: bool) -> Finding {
    let said = |name: &str| {
        echo.split(' ')
            .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_default()
    };
    let peer = said("peer");
    match said("proxy") {
        "believed" => Finding::ok("way.address", format!("phones are seen with their own address (now {})", said("client"))),
        "none" if !is_direct => Finding::warning("way.address", format!("the web server at {peer} does not say who calls"))
            .because("every phone has that server's address: in the log, and where wrong passwords are counted")
            .mend("nginx: proxy_set_header X-Forwarded-For $remote_addr; (Apache does it by itself)"),
        "unknown" => Finding::warning("way.address", format!("the web server at {peer} is not believed"))
            .because("it says who calls, but is not among http.trusted_proxies: every phone has its address")
            .mend(format!("add \"{peer}\" to http.trusted_proxies")),
        "none" => Finding::note("way.address", format!("no web server in front: the service saw {peer}")),
        _ => Finding::warning("way.other", "another server answers at this address, not this service")
            .because("the alias still leads to Horde's rpc.php, or to an older version")
            .mend("swap the alias: deploy/nginx.conf.example, deploy/apache.conf.example"),
    }
}

/// A mail with an attachment.
const BODY: usize = 10 << 20;
const ECHO: &str = "x-horde-eas-seen";
const ECHO_ASKED: &str = "X-Horde-EAS-Check";

#[cfg(test)]
mod tests {
    use crate::app::check::way::seen;
    use crate::finding::Severity;

    #[test]
    fn what_the_service_saw_is_judged() {
        for (echo, code) in [
            ("client=192.0.2.1 peer=127.0.0.1 proxy=believed", "way.address"),
            ("client=127.0.0.1 peer=127.0.0.1 proxy=none", "way.address"),
            ("", "way.other"),
        ] {
            assert_eq!(seen(echo, false).code, code, "{echo}");
        }
        let nobody = "client=127.0.0.1 peer=127.0.0.1 proxy=none";
        assert_eq!(seen(nobody, true).severity, Severity::Note);
        assert_eq!(seen(nobody, false).severity, Severity::Warning);
        let unknown = seen("client=10.0.0.7 peer=10.0.0.7 proxy=unknown", false);
        assert_eq!(unknown.mend.as_deref(), Some("add \"10.0.0.7\" to http.trusted_proxies"));
    }
}
