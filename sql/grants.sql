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

-- Looks at preferences and shares: may be left out. With these the sidecar sees by itself that
-- nothing of a user changed, and asks PHP for the folders only when something did; without them
-- it asks each time, which costs ten times as much. It reads hashes and names, never a value.
-- All of them or none: `horde-eas check --user` says whether they are complete. Those of
-- calendars, tasks and notes count for users who have a folder for each share of that kind.
GRANT SELECT ON horde.horde_prefs TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.horde_perms TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.horde_groups_members TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.turba_sharesng TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.turba_sharesng_users TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.turba_sharesng_groups TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.kronolith_sharesng TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.kronolith_sharesng_users TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.kronolith_sharesng_groups TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.nag_sharesng TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.nag_sharesng_users TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.nag_sharesng_groups TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.mnemo_sharesng TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.mnemo_sharesng_users TO 'horde_eas'@'127.0.0.1';
GRANT SELECT ON horde.mnemo_sharesng_groups TO 'horde_eas'@'127.0.0.1';

-- Everything else of Horde comes through the bridge, under the rights of the user who logs in:
-- no grant is needed for it, and none should be given.
