# shellcheck shell=bash disable=SC2154
# Dovecot (IMAP, LMTP on a socket) and Postfix (SMTP), each user with a uid of its own.

mail_users() {
  if [ ! -e "$etc/dovecot-users" ]; then
    install -d -m 755 "$mail"
    /usr/bin/python3 "$parts/mail/users.py" "$mail" "$etc/dovecot-users" "$etc/postfix-mailboxes" ||
      die "writing the mail users failed"
    # The maps are read as root and by the servers' users; the passwords in them are the demo's.
    chown root:dovecot "$etc/dovecot-users"
    chmod 640 "$etc/dovecot-users"
  fi
}

dovecot_start() {
  if render dovecot.conf "$etc/dovecot.conf"; then dovecot_stop; fi
  pid_of dovecot >/dev/null && return 0
  step "starting Dovecot on $port_imap"
  mkdir -p "$run/dovecot" "$demo_dir/dovecot"
  dovecot -c "$etc/dovecot.conf" >>"$log/dovecot.log" 2>&1 </dev/null 9>&- ||
    die "Dovecot did not start; its log: $log/dovecot.log"
  wait_for 20 "$log/dovecot.log" Dovecot port_open "$port_imap"
  stepped
}

dovecot_stop() {
  pid_of dovecot >/dev/null || return 0
  doveadm -c "$etc/dovecot.conf" stop >>"$log/dovecot.log" 2>&1 </dev/null || true
  stop_service dovecot TERM 10
}

postfix_start() {
  local changed=no
  if render postfix-main.cf "$etc/postfix/main.cf"; then changed=yes; fi
  if render postfix-master.cf "$etc/postfix/master.cf"; then changed=yes; fi
  : >"$etc/postfix/dynamicmaps.cf"
  if [ $changed = yes ]; then postfix_stop; fi
  pid_of postfix >/dev/null && return 0
  step "starting Postfix on $port_smtp"
  mkdir -p "$demo_dir/postfix/queue"
  install -d -o postfix -g root -m 700 "$demo_dir/postfix/data"
  postfix -c "$etc/postfix" start >>"$log/postfix.out" 2>&1 </dev/null 9>&- ||
    die "Postfix did not start; its logs: $log/postfix.out and $log/postfix.log"
  wait_for 20 "$log/postfix.log" Postfix port_open "$port_smtp"
  stepped
}

postfix_stop() {
  pid_of postfix >/dev/null || return 0
  postfix -c "$etc/postfix" stop >>"$log/postfix.out" 2>&1 </dev/null || true
  stop_service postfix TERM 10
}
