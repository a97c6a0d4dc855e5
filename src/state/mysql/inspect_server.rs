//! Settings of the database server against what we need of it.

use std::collections::BTreeMap;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::finding::Finding;
use crate::state::mysql::Fault;

const VARIABLES: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('binlog_format', \
    'innodb_read_only', 'log_bin', 'max_connections', 'max_user_connections', 'read_only', \
    'sql_mode', 'super_read_only', 'wait_timeout')";
const TIME: &str = "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";

/// Values by name, as the server writes them.
pub(super) type Variables = BTreeMap<String, String>;

/// What our pool does that the server must allow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at most.
    pub(super) connections: usize,
    /// Seconds for which an unused one is kept.
    pub(super) idle_seconds: u64,
}

pub(super) async fn variables(conn: &mut Conn) -> Result<Variables, Fault> {
    let rows: Vec<(String, String)> = conn.query(VARIABLES).await?;
    Ok(rows.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
}

/// What is wrong with the server's settings.
pub(super) fn judge(variables: &Variables, limits: &Limits) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_on = |name: &str| matches!(value(variables, name), "ON" | "1");
    if is_on("log_bin") && value(variables, "binlog_format") == "STATEMENT" {
        findings.push(
            Finding::error("database.binlog", "binlog_format is STATEMENT")
                .because("it does not go with READ COMMITTED: every write is refused")
                .mend("set binlog_format to MIXED or ROW"),
        );
    }
    for name in ["read_only", "super_read_only", "innodb_read_only"] {
        if is_on(name) {
            findings.push(
                Finding::error("database.read-only", format!("the server has {name} = ON"))
                    .because("this is a replica, or it was shut for writing: no phone can sync")
                    .mend("let [state] name the server that Horde writes to"),
            );
        }
    }
    let mode = value(variables, "sql_mode");
    let odd: Vec<&str> = mode
        .split(',')
        .filter(|part| {
            matches!(
                *part,
                "ORACLE"
                    | "MSSQL"
                    | "DB2"
                    | "PIPES_AS_CONCAT"
                    | "NO_BACKSLASH_ESCAPES"
                    | "EMPTY_STRING_IS_NULL"
                    | "PAD_CHAR_TO_FULL_LENGTH"
            )
        })
        .collect();
    if !odd.is_empty() {
        findings.push(
            Finding::warning("database.mode", format!("sql_mode has {}", odd.join(", ")))
                .because("Horde and this program were not run with it")
                .mend("take it out of sql_mode, or give Horde's database a server of its own"),
        );
    }
    findings.extend(idle(variables, limits));
    findings.extend(connections(variables, limits));
    findings
}

fn idle(variables: &Variables, limits: &Limits) -> Option<Finding> {
    let seconds: u64 = value(variables, "wait_timeout").parse().ok()?;
    let kept = limits.idle_seconds;
    (seconds <= kept).then(|| {
        Finding::warning("database.idle", format!("wait_timeout is {seconds} s"))
            .because(format!("connections are kept for {kept} s without use: the server closes them under our hands"))
            .mend(format!("set wait_timeout above {kept}"))
    })
}

fn connections(variables: &Variables, limits: &Limits) -> Option<Finding> {
    let number = |name| value(variables, name).parse::<usize>().ok().filter(|number| *number > 0);
    let (name, most) = ["max_user_connections", "max_connections"]
        .into_iter()
        .filter_map(|name| Some((name, number(name)?)))
        .min_by_key(|(_, most)| *most)?;
    let wanted = limits.connections;
    (wanted > most).then(|| {
        Finding::error(
            "database.connections",
            format!("`connections` is {wanted}, {name} is {most}"),
        )
        .because("under load requests fail, and Horde's own with them")
        .mend(format!("raise {name}, or lower `connections`"))
    })
}

/// The server's clock against ours.
pub(super) async fn clock(conn: &mut Conn, now_millis: i64) -> Result<Option<Finding>, Fault> {
    let theirs: Option<i64> = conn.query_first(TIME).await?;
    Ok(theirs.and_then(|theirs| skew(theirs.saturating_sub(now_millis))))
}

fn skew(millis: i64) -> Option<Finding> {
    (millis.unsigned_abs() > MOST_SKEW_MILLIS).then(|| {
        let (seconds, way) =
            (millis.unsigned_abs() / 1_000, if millis > 0 { "ahead of" } else { "behind" });
        Finding::warning(
            "database.clock",
            format!("the database's clock is {seconds} s {way} this host's"),
        )
        .because("times of changes are compared between hosts: a change may be seen late")
        .mend("let both hosts follow the same time server (chrony, systemd-timesyncd)")
    })
}

/// The largest row of a table against the largest packet.
pub(super) fn packet(table: &str, bytes: u64, packet: u64) -> Option<Finding> {
    let needed = bytes.saturating_mul(2).saturating_add(ROOM);
    let finding = if needed > packet {
        Finding::error(
            "database.packet",
            format!("max_allowed_packet is {packet}, the largest row has {bytes} bytes"),
        )
        .because("the row can soon not be written any more, and its folder does not sync")
    } else if packet < LEAST_PACKET {
        Finding::warning("database.packet", format!("max_allowed_packet is {packet}"))
            .because("the state of a mailbox with some 100,000 messages does not fit")
    } else {
        return None;
    };
    Some(finding.mend("set max_allowed_packet to 16M or more").at("table", table))
}

fn value<'a>(variables: &'a Variables, name: &str) -> &'a str {
    variables.get(name).map_or("", String::as_str)
}

/// A megabyte holds the state of a mailbox whose 100,000 uids have holes everywhere.
const LEAST_PACKET: u64 = 4 << 20;
const MOST_SKEW_MILLIS: u64 = 2_000;
/// What stands beside the value in a packet.
const ROOM: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use crate::finding::Severity;
    use crate::state::mysql::inspect_server::{Limits, Variables, judge, packet, skew};

    fn codes(settings: &[(&str, &str)]) -> Vec<&'static str> {
        let variables: Variables = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let limits = Limits { connections: 10, idle_seconds: 60 };
        judge(&variables, &limits).into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn each_setting_has_its_finding() {
        let good = [
            ("log_bin", "ON"),
            ("binlog_format", "MIXED"),
            ("read_only", "OFF"),
            ("sql_mode", "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO"),
            ("wait_timeout", "28800"),
            ("max_connections", "151"),
            ("max_user_connections", "0"),
        ];
        assert_eq!(codes(&good), [""; 0]);
        for (name, value, code) in [
            ("binlog_format", "STATEMENT", "database.binlog"),
            ("read_only", "ON", "database.read-only"),
            ("sql_mode", "PIPES_AS_CONCAT,ORACLE", "database.mode"),
            ("wait_timeout", "60", "database.idle"),
            ("max_user_connections", "9", "database.connections"),
            ("max_connections", "5", "database.connections"),
        ] {
            let mut bad = good.to_vec();
            bad.retain(|(own, _)| *own != name);
            bad.push((name, value));
            assert_eq!(codes(&bad), [code], "{name}={value}");
        }
        assert_eq!(codes(&[]), [""; 0]);
    }

    #[test]
    fn packets_and_clocks_have_their_bounds() {
        assert_eq!(packet("t", 1 << 20, 16 << 20), None);
        assert_eq!(packet("t", 10, 1 << 20).map(|found| found.severity), Some(Severity::Warning));
        let large = packet("t", 9 << 20, 16 << 20);
        assert_eq!(large.map(|found| found.severity), Some(Severity::Error));
        assert_eq!(skew(1_999), None);
        assert!(skew(-5_000).unwrap().what.contains("5 s behind"));
    }
}
