-- Moves of mail that phones asked for: so that a repeated request moves nothing twice and is
-- answered as the first was. Rows go after a week. No names are stored, only hashes.
--
-- Run it in the database of Horde's ActiveSync tables, as somebody who may create tables.

CREATE TABLE IF NOT EXISTS eas_moves (
  -- User, mailbox, its UIDVALIDITY, and uid.
  move_id BINARY(32) NOT NULL,
  -- User, mailbox that takes the message, its UIDVALIDITY.
  move_target BINARY(32) NOT NULL,
  -- The UIDNEXT of that mailbox before the move.
  move_target_next INT UNSIGNED NOT NULL,
  -- By what the message is known again: its size and parts of its header.
  move_mark BINARY(32) NOT NULL,
  -- The message's new uid; NULL until it is known.
  move_new_uid INT UNSIGNED NULL,
  -- Unix time.
  move_at BIGINT NOT NULL,
  PRIMARY KEY (move_id),
  KEY eas_moves_target (move_target, move_new_uid),
  KEY eas_moves_at (move_at)
) ENGINE=InnoDB;
