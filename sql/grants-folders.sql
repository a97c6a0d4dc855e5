-- Looks at preferences and shares, on top of grants.sql; may be left out.
--
-- With these the sidecar sees by itself that nothing of a user changed, and asks PHP for the
-- folders only when something did; without them it asks each time, which costs ten times as much.
-- It reads hashes and names, never a value.
-- A phone that waits learns by them of folders that came, went or were renamed.
-- All of them or none: `horde-eas check --user` says whether they are complete.
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
