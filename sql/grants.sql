-- What the sidecar's database user needs, and nothing more.
--
-- Replace `horde` by the name of the database, `horde_eas` by the user, and set a password.
-- Run it as an administrator of the database. No right to create or alter anything is needed:
-- the sidecar issues no DDL.

CREATE USER IF NOT EXISTS 'horde_eas'@'127.0.0.1' IDENTIFIED BY 'change-me';

-- ActiveSync's state, shared with Horde's own server.
GRANT SELECT, INSERT, UPDATE, DELETE ON horde.horde_activesync_state TO 'horde_eas'@'127.0.0.1';
GRANT SELECT, INSERT, UPDATE, DELETE ON horde.horde_activesync_map TO 'horde_eas'@'127.0.0.1';
GRANT SELECT, INSERT, UPDATE, DELETE ON horde.horde_activesync_mailmap TO 'horde_eas'@'127.0.0.1';
GRANT SELECT, INSERT, UPDATE, DELETE ON horde.horde_activesync_device TO 'horde_eas'@'127.0.0.1';
GRANT SELECT, INSERT, UPDATE, DELETE ON horde.horde_activesync_device_users TO 'horde_eas'@'127.0.0.1';
GRANT SELECT, INSERT, UPDATE, DELETE ON horde.horde_activesync_cache TO 'horde_eas'@'127.0.0.1';
-- The level of these tables.
GRANT SELECT ON horde.horde_activesync_schema_info TO 'horde_eas'@'127.0.0.1';

-- Tables of our own, made by the files in sql/eas.
GRANT SELECT, INSERT, UPDATE, DELETE ON horde.eas_moves TO 'horde_eas'@'127.0.0.1';
GRANT SELECT, INSERT, UPDATE, DELETE ON horde.eas_outbox TO 'horde_eas'@'127.0.0.1';

-- The history of items, read only. In another database when Horde keeps it there; the section
-- [history] of the configuration then names that database.
GRANT SELECT ON horde.horde_histories TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.horde_histories_modseq TO 'horde_eas'@'127.0.0.1';

-- Preferences and everything else of Horde come through the bridge, under the rights of the
-- user who logs in: no grant is needed for them; grants-folders.sql has some that spare work.
