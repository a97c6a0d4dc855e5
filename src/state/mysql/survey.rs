//! All rows of a device, read one after the other: for an operator, and never changed.

use std::collections::BTreeSet;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use crate::state::Error;
use crate::state::audit::{CacheRow, Columns, DeviceRow, MapRows, StateRow, Survey, UserRow};
use crate::state::device::wipe_state;
use crate::state::mysql::{Fault, Mysql};

const DEVICES: [&str; 5] = [
    "SELECT DISTINCT device_id FROM horde_activesync_device_users \
        WHERE (? IS NULL OR device_user = ?)",
    "SELECT DISTINCT sync_devid FROM horde_activesync_state \
        WHERE sync_devid IS NOT NULL AND (? IS NULL OR sync_user = ?)",
    "SELECT DISTINCT sync_devid FROM horde_activesync_map WHERE (? IS NULL OR sync_user = ?)",
    "SELECT DISTINCT sync_devid FROM horde_activesync_mailmap WHERE (? IS NULL OR sync_user = ?)",
    "SELECT DISTINCT cache_devid FROM horde_activesync_cache \
        WHERE cache_devid IS NOT NULL AND (? IS NULL OR cache_user = ?)",
];
const BARE_DEVICES: &str = "SELECT device_id FROM horde_activesync_device";
const DEVICE: &str = "SELECT device_type, device_agent, device_rwstatus, device_properties, \
    device_supported FROM horde_activesync_device WHERE device_id = ?";
const USERS: &str = "SELECT device_user, COALESCE(device_policykey, 0) \
    FROM horde_activesync_device_users WHERE device_id = ? AND (? IS NULL OR device_user = ?)";
const CACHES: &str = "SELECT COALESCE(cache_user, ''), cache_data FROM horde_activesync_cache \
    WHERE cache_devid = ? AND (? IS NULL OR cache_user = ?)";
const STATES: &str = "SELECT COALESCE(sync_user, ''), COALESCE(sync_folderid, ''), sync_key, \
    sync_mod, sync_timestamp, sync_data, sync_pending FROM horde_activesync_state \
    WHERE sync_devid = ? AND (? IS NULL OR sync_user = ?)";
const MAPS: [(&str, &str); 2] = [
    (
        "horde_activesync_map",
        "SELECT COALESCE(sync_user, ''), sync_folderid, sync_key, COUNT(*) \
         FROM horde_activesync_map WHERE sync_devid = ? AND (? IS NULL OR sync_user = ?) \
         GROUP BY sync_user, sync_folderid, sync_key",
    ),
    (
        "horde_activesync_mailmap",
        "SELECT COALESCE(sync_user, ''), sync_folderid, sync_key, COUNT(*) \
         FROM horde_activesync_mailmap WHERE sync_devid = ? AND (? IS NULL OR sync_user = ?) \
         GROUP BY sync_user, sync_folderid, sync_key",
    ),
];
const NAMELESS: [(&str, &str); 2] = [
    (
        "horde_activesync_state",
        "SELECT COUNT(*) FROM horde_activesync_state WHERE sync_devid IS NULL",
    ),
    (
        "horde_activesync_cache",
        "SELECT COUNT(*) FROM horde_activesync_cache WHERE cache_devid IS NULL",
    ),
];
const HISTORY_END: &str = "SELECT GREATEST(\
    COALESCE((SELECT MAX(history_modseq) FROM horde_histories), 0), \
    COALESCE((SELECT MAX(history_modseq) FROM horde_histories_modseq), 0))";

type DeviceColumns = (String, String, Option<i64>, Option<Vec<u8>>, Option<Vec<u8>>);

impl Mysql {
    /// The ids of all devices that any table names, or of those of a user; in order.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn all_devices(&self, user: Option<&str>) -> Result<Vec<String>, Error> {
        self.attempt("list of devices", || async {
            let mut conn = self.conn().await?;
            let mut devices = BTreeSet::new();
            for query in DEVICES {
                let found: Vec<String> = conn.exec(query, (user, user)).await?;
                devices.extend(found);
            }
            if user.is_none() {
                let found: Vec<String> = conn.query(BARE_DEVICES).await?;
                devices.extend(found);
            }
            let mut devices: Vec<String> = devices.into_iter().collect();
            // The database does not look at case.
            devices.dedup_by_key(|device| device.to_uppercase());
            Ok(devices)
        })
        .await
    }

    /// Everything that is there of a device, or of one user on it.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn survey(&self, device: &str, user: Option<&str>) -> Result<Survey, Error> {
        self.attempt("survey of a device", || async {
            let mut conn = self.conn().await?;
            let mut survey = Survey { device: device.to_owned(), ..Survey::default() };
            survey.row = read_device(&mut conn, device).await?;
            let users: Vec<(String, i64)> = conn.exec(USERS, (device, user, user)).await?;
            survey.users = users
                .into_iter()
                .map(|(user, key)| UserRow { user, has_policy_key: key > 0 })
                .collect();
            let caches: Vec<(String, Option<Vec<u8>>)> =
                conn.exec(CACHES, (device, user, user)).await?;
            survey.caches = caches
                .into_iter()
                .map(|(user, data)| CacheRow::read(user, &data.unwrap_or_default()))
                .collect();
            survey.states = read_states(&mut conn, device, user).await?;
            for (table, query) in MAPS {
                let rows: Vec<(String, String, String, u64)> =
                    conn.exec(query, (device, user, user)).await?;
                survey.maps.extend(rows.into_iter().map(|(user, backend_id, key, count)| {
                    MapRows { table, user, backend_id, key, count }
                }));
            }
            Ok(survey)
        })
        .await
    }

    /// Tables with rows that name no device, and how many.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn nameless_rows(&self) -> Result<Vec<(&'static str, u64)>, Error> {
        self.attempt("rows without a device", || async {
            let mut conn = self.conn().await?;
            let mut found = Vec::new();
            for (table, query) in NAMELESS {
                let count: Option<u64> = conn.query_first(query).await?;
                found.extend(count.filter(|count| *count > 0).map(|count| (table, count)));
            }
            Ok(found)
        })
        .await
    }

    /// The highest number that the history ever gave out.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn history_end(&self) -> Result<i64, Error> {
        self.attempt("end of the history", || async {
            Ok(self.any_conn().await?.query_first(HISTORY_END).await?.unwrap_or(0))
        })
        .await
    }
}

async fn read_device(conn: &mut Conn, device: &str) -> Result<Option<DeviceRow>, Fault> {
    let row: Option<DeviceColumns> = conn.exec_first(DEVICE, (device,)).await?;
    Ok(row.map(|(kind, agent, wipe, properties, supported)| {
        let (properties, supported) =
            (properties.unwrap_or_default(), supported.unwrap_or_default());
        DeviceRow::read(kind, agent, wipe_state(wipe), &properties, &supported)
    }))
}

/// One row at a time: a state may be megabytes, what is kept of it is not.
async fn read_states(
    conn: &mut Conn,
    device: &str,
    user: Option<&str>,
) -> Result<Vec<StateRow>, Fault> {
    let mut rows = conn.exec_iter(STATES, (device, user, user)).await?;
    let mut states = Vec::new();
    while let Some(row) = rows.next().await? {
        states.push(state_row(row)?);
    }
    Ok(states)
}

fn state_row(row: Row) -> Result<StateRow, Fault> {
    type Values =
        (String, String, String, Option<i64>, Option<i64>, Option<Vec<u8>>, Option<Vec<u8>>);
    let values: Values = mysql_async::from_row_opt(row).map_err(|error| {
        mysql_async::Error::from(mysql_async::DriverError::FromRow { row: error.0 })
    })?;
    let (user, folder, key, stamp, written, data, pending) = values;
    let (data, pending) = (data.unwrap_or_default(), pending.unwrap_or_default());
    Ok(StateRow::read(Columns {
        user,
        folder,
        key,
        stamp,
        written,
        data: &data,
        pending: &pending,
    }))
}
