-- Horde's tables that the sidecar works on, as Horde's own migrations leave them
-- (ActiveSync level 23, History level 6; MariaDB 10.11).
--
-- For reading and for tests. Never run this in a Horde's database: horde-db-migrate makes these
-- tables, and the sidecar never changes their structure.

CREATE TABLE horde_activesync_schema_info (
  version int(11) DEFAULT NULL
);
INSERT INTO horde_activesync_schema_info (version) VALUES (23);

-- One row per folder and key; the newest two keys of a series stay.
CREATE TABLE horde_activesync_state (
  sync_mod int(11) DEFAULT NULL,
  sync_key varchar(255) NOT NULL,
  sync_data longblob DEFAULT NULL,
  sync_devid varchar(255) DEFAULT NULL,
  sync_folderid varchar(255) DEFAULT NULL,
  sync_user varchar(255) DEFAULT NULL,
  sync_pending mediumtext DEFAULT NULL,
  sync_timestamp int(11) DEFAULT NULL,
  PRIMARY KEY (sync_key),
  KEY index_horde_activesync_state_on_sync_folderid (sync_folderid),
  KEY index_horde_activesync_state_on_sync_devid (sync_devid)
);

-- Changes of items that came from a client.
CREATE TABLE horde_activesync_map (
  message_uid varchar(255) NOT NULL,
  sync_modtime int(11) DEFAULT NULL,
  sync_key varchar(255) NOT NULL,
  sync_devid varchar(255) NOT NULL,
  sync_folderid varchar(255) NOT NULL,
  sync_user varchar(255) DEFAULT NULL,
  sync_clientid varchar(255) DEFAULT NULL,
  sync_deleted tinyint(1) DEFAULT NULL,
  KEY index_horde_activesync_map_on_sync_devid (sync_devid),
  KEY index_horde_activesync_map_on_message_uid (message_uid),
  KEY index_horde_activesync_map_on_sync_user (sync_user)
);

-- Changes of mail that came from a client.
CREATE TABLE horde_activesync_mailmap (
  message_uid int(11) NOT NULL DEFAULT 0,
  sync_key varchar(255) NOT NULL,
  sync_devid varchar(255) NOT NULL,
  sync_folderid varchar(255) NOT NULL,
  sync_user varchar(255) DEFAULT NULL,
  sync_read tinyint(1) DEFAULT NULL,
  sync_deleted tinyint(1) DEFAULT NULL,
  sync_flagged tinyint(1) DEFAULT NULL,
  sync_changed tinyint(1) DEFAULT NULL,
  sync_category varchar(255) DEFAULT NULL,
  sync_draft tinyint(1) DEFAULT NULL,
  KEY index_horde_activesync_mailmap_on_message_uid (message_uid),
  KEY index_horde_activesync_mailmap_on_sync_devid (sync_devid),
  KEY index_horde_activesync_mailmap_on_sync_folderid (sync_folderid)
);

CREATE TABLE horde_activesync_device (
  device_id varchar(255) NOT NULL,
  device_type varchar(255) NOT NULL,
  device_agent varchar(255) NOT NULL,
  device_supported text DEFAULT NULL,
  device_rwstatus int(11) DEFAULT NULL,
  device_properties text DEFAULT NULL,
  PRIMARY KEY (device_id)
);

CREATE TABLE horde_activesync_device_users (
  device_id varchar(255) NOT NULL,
  device_user varchar(255) NOT NULL,
  device_policykey bigint(20) DEFAULT 0,
  KEY index_horde_activesync_device_users_on_device_user (device_user),
  KEY index_horde_activesync_device_users_on_device_id (device_id)
);

-- One record per device and user: folders, options, waits.
CREATE TABLE horde_activesync_cache (
  cache_devid varchar(255) DEFAULT NULL,
  cache_user varchar(255) DEFAULT NULL,
  cache_data mediumtext DEFAULT NULL,
  KEY index_horde_activesync_cache_on_cache_devid (cache_devid),
  KEY index_horde_activesync_cache_on_cache_user (cache_user)
);

-- The history of items; the sidecar only reads it.
CREATE TABLE horde_histories (
  history_id int(10) unsigned NOT NULL AUTO_INCREMENT,
  object_uid varchar(255) NOT NULL,
  history_action varchar(32) NOT NULL,
  history_ts bigint(20) NOT NULL,
  history_desc text DEFAULT NULL,
  history_who varchar(255) DEFAULT NULL,
  history_extra text DEFAULT NULL,
  history_modseq int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (history_id),
  KEY index_horde_histories_on_history_action (history_action),
  KEY index_horde_histories_on_history_ts (history_ts),
  KEY index_horde_histories_on_history_modseq (history_modseq),
  KEY index_horde_histories_on_object_uid (object_uid)
);

-- The counter of the history.
CREATE TABLE horde_histories_modseq (
  history_modseq int(10) unsigned NOT NULL AUTO_INCREMENT,
  history_modseqempty int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (history_modseq)
);
