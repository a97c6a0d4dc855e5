-- What phones sent: so that a request which comes again sends nothing twice.
--
-- Run it once, in the database of Horde's ActiveSync tables, as an administrator of the database.
-- Without it phones can not send mail. Rows go after 14 days by themselves; they hold no mail.

CREATE TABLE IF NOT EXISTS eas_outbox (
  outbox_id binary(32) NOT NULL,
  -- The same mail by its own Message-ID, when it has one.
  outbox_alias binary(32) NULL,
  outbox_devid varchar(255) NOT NULL,
  outbox_user varchar(255) NOT NULL,
  outbox_message_id varchar(255) NOT NULL,
  -- 0 about to be sent, 1 sent, 2 sent and nothing left to do.
  outbox_state tinyint NOT NULL,
  -- Who sends it, and until when others leave it alone.
  outbox_holder binary(16) NOT NULL,
  outbox_lease bigint NOT NULL,
  outbox_time bigint NOT NULL,
  PRIMARY KEY (outbox_id),
  UNIQUE KEY eas_outbox_alias (outbox_alias),
  KEY eas_outbox_time (outbox_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
