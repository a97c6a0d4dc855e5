//! `horde_activesync_device` and `horde_activesync_device_users`.

use async_trait::async_trait;
use mysql_async::Transaction;
use mysql_async::prelude::Queryable;

use crate::state::blob::device::{
    read_properties, read_supported, replace_supported, write_properties,
};
use crate::state::cache::SyncCache;
use crate::state::device::{Device, DeviceProperties, NewDevice, Supported, Wipe, wipe_state};
use crate::state::model::Owner;
use crate::state::mysql::caches::readable;
use crate::state::mysql::{Fault, Mysql};
use crate::state::{Devices, Edit, Error, Kind};

const LOAD: &str = "SELECT d.device_type, d.device_agent, d.device_rwstatus, d.device_properties, \
    d.device_supported, u.device_user IS NOT NULL, u.device_policykey \
    FROM horde_activesync_device d LEFT JOIN horde_activesync_device_users u \
    ON u.device_id = d.device_id AND u.device_user = ? WHERE d.device_id = ? LIMIT 1";
/// The same, with the record of folders and options.
const OPEN: &str = "SELECT d.device_type, d.device_agent, d.device_rwstatus, d.device_properties, \
    d.device_supported, u.device_user IS NOT NULL, u.device_policykey, \
    c.cache_devid IS NOT NULL, c.cache_data \
    FROM horde_activesync_device d LEFT JOIN horde_activesync_device_users u \
    ON u.device_id = d.device_id AND u.device_user = ? LEFT JOIN horde_activesync_cache c \
    ON c.cache_devid = ? AND c.cache_user = ? WHERE d.device_id = ? LIMIT 1";
const PROPERTIES: &str =
    "SELECT device_agent, device_properties FROM horde_activesync_device WHERE device_id = ?";
const LOCK_PROPERTIES: &str = "SELECT device_agent, device_properties \
    FROM horde_activesync_device WHERE device_id = ? FOR UPDATE";
const INSERT: &str = "INSERT INTO horde_activesync_device (device_id, device_type, device_agent, \
    device_supported, device_rwstatus, device_properties) VALUES (?, ?, ?, '', 0, ?) \
    ON DUPLICATE KEY UPDATE device_id = device_id";
const UPDATE: &str = "UPDATE horde_activesync_device SET device_agent = ?, device_properties = ? \
    WHERE device_id = ?";
const COUNT_PAIRS: &str = "SELECT COUNT(*) FROM horde_activesync_device_users \
    WHERE device_id = ? AND device_user = ?";
const INSERT_PAIR: &str = "INSERT INTO horde_activesync_device_users \
    (device_id, device_user, device_policykey) VALUES (?, ?, 0)";
const SET_POLICY_KEY: &str = "UPDATE horde_activesync_device_users SET device_policykey = ? \
    WHERE device_id = ? AND device_user = ?";
const PROVISIONED: &str = "UPDATE horde_activesync_device SET device_rwstatus = 1 \
    WHERE device_id = ? AND (device_rwstatus IN (0, 1) OR device_rwstatus IS NULL)";
const WIPED: &str = "UPDATE horde_activesync_device SET device_rwstatus = 3 \
    WHERE device_id = ? AND device_rwstatus IN (2, 3)";
const LOCK_SUPPORTED: &str =
    "SELECT device_supported FROM horde_activesync_device WHERE device_id = ? FOR UPDATE";
const SET_SUPPORTED: &str =
    "UPDATE horde_activesync_device SET device_supported = ? WHERE device_id = ?";
const COUNT: &str = "SELECT COUNT(DISTINCT d.device_id) FROM horde_activesync_device d \
    JOIN horde_activesync_device_users u ON u.device_id = d.device_id WHERE u.device_user = ?";
const REMOVE: [&str; 5] = [
    "DELETE FROM horde_activesync_state WHERE sync_devid = ? AND sync_user = ?",
    "DELETE FROM horde_activesync_map WHERE sync_devid = ? AND sync_user = ?",
    "DELETE FROM horde_activesync_mailmap WHERE sync_devid = ? AND sync_user = ?",
    "DELETE FROM horde_activesync_cache WHERE cache_devid = ? AND cache_user = ?",
    "DELETE FROM horde_activesync_device_users WHERE device_id = ? AND device_user = ?",
];
const REMOVE_DEVICE: &str = "DELETE FROM horde_activesync_device WHERE device_id = ? \
    AND NOT EXISTS (SELECT 1 FROM horde_activesync_device_users u WHERE u.device_id = ?)";

type Row = (String, String, Option<i64>, Option<Vec<u8>>, Option<Vec<u8>>, bool, Option<i64>);
type RowWithCache = (
    String,
    String,
    Option<i64>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    bool,
    Option<i64>,
    bool,
    Option<Vec<u8>>,
);

#[async_trait]
impl Devices for Mysql {
    async fn load(&self, owner: &Owner) -> Result<Option<Device>, Error> {
        self.attempt("device load", || async {
            let rows: Vec<Row> = self.look(LOAD, (&owner.user, &owner.device)).await?;
            Ok(rows.into_iter().next().map(device))
        })
        .await
    }

    async fn open(&self, owner: &Owner) -> Result<Option<(Device, Option<SyncCache>)>, Error> {
        self.attempt("device open", || async {
            let values = (&owner.user, &owner.device, &owner.user, &owner.device);
            let rows: Vec<RowWithCache> = self.look(OPEN, values).await?;
            Ok(rows.into_iter().next().map(
                |(kind, agent, wipe, properties, supported, has_pair, key, has_cache, data)| {
                    let row = (kind, agent, wipe, properties, supported, has_pair, key);
                    (device(row), has_cache.then(|| readable(owner, data)).flatten())
                },
            ))
        })
        .await
    }

    async fn register(&self, owner: &Owner, device: &NewDevice) -> Result<(), Error> {
        self.attempt("device register", || self.try_register(owner, device)).await
    }

    async fn touch(
        &self,
        owner: &Owner,
        agent: &str,
        edit: Edit<'_, DeviceProperties>,
    ) -> Result<(), Error> {
        self.attempt("device touch", || async {
            // Nearly every request changes nothing: find that out without a lock.
            let row = self.conn().await?.exec_first(PROPERTIES, (&owner.device,)).await?;
            if touched(row, agent, edit).is_none() {
                return Ok(());
            }
            let mut tx = self.begin(&owner.device).await?;
            let row = tx.exec_first(LOCK_PROPERTIES, (&owner.device,)).await?;
            if let Some((agent, properties)) = touched(row, agent, edit) {
                tx.exec_drop(UPDATE, (agent, write_properties(&properties), &owner.device)).await?;
            }
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn set_policy_key(&self, owner: &Owner, key: u32) -> Result<(), Error> {
        self.attempt("policy key", || async {
            let mut conn = self.conn().await?;
            conn.exec_drop(SET_POLICY_KEY, (key, &owner.device, &owner.user)).await?;
            if conn.affected_rows() == 0 {
                return Err(Error::new(Kind::Gone, "the user has no row on this device").into());
            }
            Ok(())
        })
        .await
    }

    async fn set_wipe(&self, device: &str, to: Wipe) -> Result<bool, Error> {
        let statement = match to {
            Wipe::Provisioned => PROVISIONED,
            Wipe::Acknowledged => WIPED,
        };
        self.attempt("wipe", || async {
            let mut conn = self.conn().await?;
            conn.exec_drop(statement, (device,)).await?;
            Ok(conn.affected_rows() > 0)
        })
        .await
    }

    async fn set_supported(
        &self,
        device: &str,
        class: &str,
        supported: &Supported,
    ) -> Result<(), Error> {
        self.attempt("supported", || async {
            let mut tx = self.begin(device).await?;
            let old: Option<Option<Vec<u8>>> = tx.exec_first(LOCK_SUPPORTED, (device,)).await?;
            let Some(old) = old else {
                return Err(Error::new(Kind::Gone, "the device has no row").into());
            };
            let old = old.unwrap_or_default();
            let new = replace_supported(&old, class, supported);
            if new != old {
                tx.exec_drop(SET_SUPPORTED, (new, device)).await?;
            }
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn count(&self, user: &str) -> Result<u32, Error> {
        self.attempt("device count", || async {
            let count: Option<u32> = self.conn().await?.exec_first(COUNT, (user,)).await?;
            Ok(count.unwrap_or(0))
        })
        .await
    }

    async fn remove(&self, owner: &Owner) -> Result<(), Error> {
        self.attempt("device remove", || async {
            let mut tx = self.begin(&owner.device).await?;
            for statement in REMOVE {
                tx.exec_drop(statement, (&owner.device, &owner.user)).await?;
            }
            tx.exec_drop(REMOVE_DEVICE, (&owner.device, &owner.device)).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }
}

impl Mysql {
    async fn try_register(&self, owner: &Owner, device: &NewDevice) -> Result<(), Fault> {
        // Locks the row when it is there; when not, the insert does.
        let mut tx = self.begin(&owner.device).await?;
        let old = lock_properties(&mut tx, owner).await?;
        if old.is_none() {
            let properties = write_properties(&device.properties);
            let values = (&owner.device, &device.kind, &device.agent, properties);
            tx.exec_drop(INSERT, values).await?;
        }
        let n_pairs: Option<u64> = tx.exec_first(COUNT_PAIRS, (&owner.device, &owner.user)).await?;
        if n_pairs.unwrap_or(0) == 0 {
            tx.exec_drop(INSERT_PAIR, (&owner.device, &owner.user)).await?;
            if let Some((_, old)) = old {
                let old = read_properties(&old.unwrap_or_default());
                let properties = device.properties.clone().keeping_blocked_of(&old);
                let values = (&device.agent, write_properties(&properties), &owner.device);
                tx.exec_drop(UPDATE, values).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}

fn device((kind, agent, wipe, properties, supported, has_pair, key): Row) -> Device {
    Device {
        kind,
        agent,
        wipe: wipe_state(wipe),
        policy_key: has_pair.then(|| key.and_then(|key| u32::try_from(key).ok()).unwrap_or(0)),
        properties: read_properties(&properties.unwrap_or_default()),
        supported: read_supported(&supported.unwrap_or_default()),
    }
}

type Properties = Option<(String, Option<Vec<u8>>)>;

async fn lock_properties(
    tx: &mut Transaction<'static>,
    owner: &Owner,
) -> Result<Properties, mysql_async::Error> {
    tx.exec_first(LOCK_PROPERTIES, (&owner.device,)).await
}

/// The new agent and properties, when anything is to be written.
fn touched(
    row: Properties,
    agent: &str,
    edit: Edit<'_, DeviceProperties>,
) -> Option<(String, DeviceProperties)> {
    let (old_agent, properties) = row?;
    let old = read_properties(&properties.unwrap_or_default());
    let mut new = old.clone();
    edit(&mut new);
    let is_new_agent = old_agent.is_empty() && !agent.is_empty();
    let agent = if is_new_agent { agent.to_owned() } else { old_agent };
    (is_new_agent || new != old).then_some((agent, new))
}
