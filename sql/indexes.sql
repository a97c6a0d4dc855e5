-- Indexes that may be added to Horde's tables. None is needed; drop one that is not wanted.
--
-- Measured on MariaDB 10.11 with 200,000 rows of history (140,000 items in 400 shares, then one
-- share of 50,000 rows); times are of the one query that each Sync of contacts makes.
--
--                                               Horde's own indexes   with the index below
--   share of 500 rows, phone is 10 changes behind        0.2 ms              0.2 ms
--   share of 500 rows, everything                        1.6 ms              1.6 ms
--   share of 50,000 rows, 1,000 changes behind           1.4 ms              1.0 ms
--   share of 50,000 rows, 50,000 changes behind           27 ms               15 ms
--   share of 50,000 rows, everything                      43 ms               20 ms
--
-- It costs 22 MB beside the 49 MB of the indexes that are there, and a little time for each
-- change in Horde. Worth it only where single address books or calendars hold tens of thousands
-- of entries and phones stay away for long. Horde's migrations neither know nor need it.

CREATE INDEX eas_histories_changes ON horde_histories (object_uid, history_action, history_modseq);

-- Turba finds a contact by its uid without an index: it reads the whole address book. One change in
-- a book of 50,000 contacts costs 79 ms of CPU so, and 25 ms with the index, as in a book of 1,000.
-- Worth it wherever an address book holds more than some thousand contacts; Horde's own server gains
-- as well.

CREATE INDEX eas_turba_uid ON turba_objects (object_uid);
