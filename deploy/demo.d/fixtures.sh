# shellcheck shell=bash disable=SC2154
# The lives of alice and bob: mail by IMAP, everything else through Horde's own classes. Made once.

fixtures_load() {
  [ ! -e "$demo_dir/.fixtures" ] || return 0
  step "giving alice and bob a past"
  fixtures_of bob small
  fixtures_of alice full
  touch "$demo_dir/.fixtures"
  stepped
}

# An attempt that broke off is cleared first: half a life would stay doubled for ever.
fixtures_of() {
  local user=$1 size=$2
  [ ! -e "$demo_dir/.fixtures-$user" ] || return 0
  fixtures_clear "$user"
  /usr/bin/python3 "$parts/mail/fill.py" "$port_imap" "$user" "$size" >>"$log/fixtures.log" 2>&1 9>&- ||
    die "filling $user's mailbox failed; the log: $log/fixtures.log"
  php_run "$parts/php/pim.php" "$web_root/horde" "$user" "$size" >>"$log/fixtures.log" 2>&1 ||
    die "filling $user's address book and calendar failed; the log: $log/fixtures.log"
  touch "$demo_dir/.fixtures-$user"
}

fixtures_clear() {
  rm -rf "${mail:?}/$1/Maildir"
  php_run "$parts/php/clear.php" "$web_root/horde" "$1" >>"$log/fixtures.log" 2>&1 ||
    die "clearing $1's data failed; the log: $log/fixtures.log"
}
