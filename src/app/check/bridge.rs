//! Horde: the bridge, its PHP, and the settings that matter to phones.

use std::time::{Duration, Instant};

use crate::backend::horde::{self, Horde, Transport};
use crate::backend::profile::{LoginRule, Site};
use crate::backend::{Accounts as _, Error};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::eas::version::ProtocolVersion;
use crate::finding::Finding;
use crate::logging::chain;
use crate::state::mysql::Charset;

/// Looks at both roads to Horde, and at its settings.
pub(super) async fn look(config: &Config) -> (Option<Site>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut chosen = None;
    for transport in [Transport::Bridge, Transport::Rpc] {
        let name = match transport {
            Transport::Bridge => "the bridge's entry script",
            Transport::Rpc => "JSON-RPC by Horde's rpc.php",
        };
        let is_chosen = transport == config.horde.transport;
        let began = Instant::now();
        let site = site(&horde::Config { transport, ..config.horde.clone() }).await;
        let took = began.elapsed();
        findings.push(match site {
            Ok(site) if is_chosen => {
                let what = format!("{name} answers (in use), {} ms", took.as_millis());
                chosen = Some((site, took));
                Finding::ok("bridge", what)
            }
            Ok(_) => {
                Finding::note("bridge.other", format!("{name} answers too, and is not in use"))
            }
            Err(error) if is_chosen => unreached(name, &config.horde, &error),
            Err(_) => {
                Finding::note("bridge.other", format!("{name} does not answer; it is not in use"))
            }
        });
    }
    let Some((site, took)) = chosen else { return (None, findings) };
    findings.extend(ours(&site, took));
    findings.extend(settings(&site, config));
    (Some(site), findings)
}

async fn site(config: &horde::Config) -> Result<Site, Error> {
    let horde = Horde::new(config)?;
    Ok(horde.accounts.site().await?.as_ref().clone())
}

fn unreached(name: &str, config: &horde::Config, error: &Error) -> Finding {
    let cause = chain(error);
    let has = |word: &str| cause.contains(word);
    let mend = if has("certificate") {
        "horde.ca_file names the authority of a certificate of your own; its name must be that in horde.url"
    } else if has("shared secret") {
        "horde.secret must be the secret in horde-bridge's config/bridge.php"
    } else if has("may not call the bridge") {
        "install the bridge with --allow and this host's address (horde-bridge/install --allow …)"
    } else if has("HTTP 404") {
        "horde.url is not Horde's base address, or the bridge is not installed: run horde-bridge/install on Horde's host"
    } else if has("HTTP 30") {
        "horde.url is redirected: name the address that it leads to"
    } else if has("HTTP 502") || has("HTTP 503") || has("HTTP 504") {
        "PHP does not run behind the web server: start PHP-FPM, see its log"
    } else if has("without JSON") {
        "another program answers at horde.url, or PHP died: see PHP's log, run horde-bridge/install --check"
    } else if has("wrong credentials") || has("refused: ") {
        "see horde.service_user and horde.service_password"
    } else {
        "see horde.url; run horde-bridge/install --check on Horde's host"
    };
    Finding::error("bridge.reach", format!("{name} at {} does not answer", config.url))
        .because(cause)
        .mend(format!("[horde]: {mend}"))
}

/// The bridge and its PHP.
fn ours(site: &Site, took: Duration) -> Vec<Finding> {
    let mut findings = Vec::new();
    let facts = &site.facts;
    let own = site.versions.get("hordeeas").map_or("", String::as_str);
    if facts.bridge != BRIDGE || (!own.is_empty() && own != env!("CARGO_PKG_VERSION")) {
        let what = format!(
            "the bridge in Horde is {own} (methods {}), this program {} (methods {BRIDGE})",
            facts.bridge,
            env!("CARGO_PKG_VERSION")
        );
        let finding = if facts.bridge == BRIDGE {
            Finding::warning("bridge.version", what)
        } else {
            Finding::error("bridge.version", what)
        };
        findings.push(
            finding
                .because("one of the two was not renewed")
                .mend("run horde-bridge/install of the version of this program"),
        );
    }
    if took > SLOW {
        findings.push(
            Finding::warning(
                "bridge.slow",
                format!("one call of PHP took {} ms", took.as_millis()),
            )
            .because("each login and each folder list waits for one")
            .mend("see OPcache, the number of PHP-FPM's children, and the load of Horde's host"),
        );
    }
    if facts.opcache == Some(false) {
        findings.push(
            Finding::warning("bridge.opcache", "PHP runs without OPcache")
                .because("every call compiles Horde anew: several times slower")
                .mend("install and enable the extension (opcache.enable = 1) for PHP-FPM"),
        );
    }
    if !facts.missing.is_empty() {
        findings.push(
            Finding::error("bridge.extensions", format!("PHP lacks {}", facts.missing.join(", ")))
                .because("Horde or the bridge fail where they need it")
                .mend("install and enable these extensions for PHP-FPM"),
        );
    }
    if memory(&facts.memory_limit).is_some_and(|bytes| bytes < LEAST_MEMORY) {
        findings.push(
            Finding::warning(
                "bridge.memory",
                format!("PHP's memory_limit is {}", facts.memory_limit),
            )
            .because("large address books with photos do not fit")
            .mend("set memory_limit to 128M or more"),
        );
    }
    let skew = facts.time_millis.map(|theirs| theirs.saturating_sub(SystemClock.unix_millis()));
    if let Some(skew) = skew.filter(|skew| skew.unsigned_abs() > MOST_SKEW_MILLIS) {
        let (seconds, way) =
            (skew.unsigned_abs() / 1_000, if skew > 0 { "ahead of" } else { "behind" });
        findings.push(
            Finding::warning("bridge.clock", format!("the clock of Horde's host is {seconds} s {way} this host's"))
                .because("changes of contacts are stamped there and read here: one may be missed or come late")
                .mend("let both hosts follow the same time server (chrony, systemd-timesyncd)"),
        );
    }
    findings
}

/// Horde's own settings.
fn settings(site: &Site, config: &Config) -> Vec<Finding> {
    let versions: Vec<String> =
        site.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let mut findings = vec![Finding::ok("horde", format!("Horde: {}", versions.join(", ")))];
    if !site.enabled {
        findings.push(
            Finding::error("horde.disabled", "ActiveSync is switched off in Horde")
                .because("every request is refused with HTTP 403")
                .mend("set $conf['activesync']['enabled'] (Administration, Configuration, Horde, ActiveSync)"),
        );
    }
    findings.extend(site.obstacles().into_iter().map(|obstacle| {
        Finding::error("horde.unserved", format!("Horde is not served: {}", obstacle.what))
            .because("every request is answered with HTTP 503")
            .mend(obstacle.mend)
    }));
    if !matches!(site.facts.auth.as_str(), "" | "basic") {
        findings.push(
            Finding::warning("horde.auth", format!("Horde wants logins by `{}`", site.facts.auth))
                .because("only name and password are known here: certificates are not looked at")
                .mend("set $conf['activesync']['auth']['type'] to basic, or let the web server ask for certificates"),
        );
    }
    if site.login_rule == LoginRule::Hook {
        findings.push(Finding::note(
            "horde.login-hook",
            "a hook of Horde's makes the user name; the bridge calls it",
        ));
    }
    let own = config.commands.max_version.parse::<ProtocolVersion>();
    let theirs = site.version.parse::<ProtocolVersion>();
    if let (Ok(own), Ok(theirs)) = (own, theirs)
        && theirs < own
    {
        findings.push(
            Finding::note("horde.version", format!("Horde's highest version is {}", site.version))
                .because("commands.max_version is higher, and counts: phones speak what rpc.php does not")
                .mend("before you go back to rpc.php, lower commands.max_version and have such phones set up their accounts again"),
        );
    }
    findings.extend(charset(&site.facts.charset, config.state.charset));
    findings
}

/// Horde's connections against ours: the same bytes must mean the same.
fn charset(theirs: &str, ours: Charset) -> Option<Finding> {
    let is_utf8 = match theirs.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "utf8mb4" => true,
        "iso-8859-1" | "latin1" | "us-ascii" => false,
        _ => return None,
    };
    (is_utf8 == (ours == Charset::Latin1)).then(|| {
        Finding::error("horde.charset", format!("$conf['sql']['charset'] is {theirs}, state.charset is {ours:?}"))
            .because("names with other characters are read and written as garbage: such folders and users are lost")
            .mend("set state.charset to what Horde has")
    })
}

/// PHP's notation of a size; `None` for no limit.
fn memory(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor = match text.chars().last()?.to_ascii_uppercase() {
        'K' => 1 << 10,
        'M' => 1 << 20,
        'G' => 1 << 30,
        _ => 1,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// Version of the bridge's methods that this program speaks.
const BRIDGE: u32 = 3;
const LEAST_MEMORY: u64 = 64 << 20;
const MOST_SKEW_MILLIS: u64 = 2_000;
const SLOW: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use crate::app::check::bridge::{charset, memory, unreached};
    use crate::backend::{Error, Kind, horde};
    use crate::state::mysql::Charset;

    #[test]
    fn charsets_that_differ_are_told() {
        assert!(charset("utf-8", Charset::Utf8mb4).is_none());
        assert!(charset("iso-8859-1", Charset::Latin1).is_none());
        assert!(charset("koi8-r", Charset::Latin1).is_none());
        assert!(charset("utf-8", Charset::Latin1).is_some());
        assert!(charset("ISO-8859-1", Charset::Utf8).is_some());
    }

    #[test]
    fn sizes_of_php_are_read() {
        let cases = [("128M", Some(128 << 20)), ("1g", Some(1 << 30)), ("-1", None), ("", None)];
        for (text, bytes) in cases {
            assert_eq!(memory(text), bytes, "{text}");
        }
    }

    #[test]
    fn each_way_to_fail_has_its_mend() {
        for (message, mend) in [
            ("bridge.config: the shared secret is missing or wrong", "horde.secret"),
            ("bridge.config: this address may not call the bridge: 192.0.2.1", "--allow"),
            ("bridge.config answered HTTP 404 Not Found without JSON", "not installed"),
            ("bridge.config answered HTTP 502 Bad Gateway without JSON", "PHP-FPM"),
            ("bridge.config answered HTTP 200 OK without JSON", "PHP's log"),
            ("calling bridge.config", "horde.url"),
        ] {
            let found =
                unreached("it", &horde::Config::default(), &Error::new(Kind::Unavailable, message));
            assert!(found.mend.as_deref().unwrap_or_default().contains(mend), "{found:?}");
        }
    }
}
