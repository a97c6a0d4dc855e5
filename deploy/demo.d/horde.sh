# shellcheck shell=bash disable=SC2154
# Horde: its web tree and configuration as private copies, its tables, its users.

horde_tree() {
  [ -e "$web_root/.ready" ] && return 0
  step "copying Horde's web tree"
  rm -rf "$web_root" "$horde_etc" "$demo_dir/static"
  mkdir -p "$web_root" "$etc" "$demo_dir/static"
  cp -a /usr/share/horde "$web_root/horde"
  cp -a /usr/share/javascript "$web_root/javascript"
  cp -a /etc/horde "$horde_etc"
  # Settings of the host's own Horde, if it has one, are not wanted here.
  find "$horde_etc" \( -name 'conf.php' -o -name '*.local.php' -o -name 'hooks.php.bak' \) -delete
  horde_relink
  install -D -t "$web_root/horde/bin" /usr/bin/horde-db-migrate
  chown -R www-data: "$demo_dir/static"
  touch "$web_root/.ready"
  stepped
}

# Debian's links lead to /etc/horde and /var/cache/horde: turn each to the demo's own copy.
horde_relink() {
  local link target
  while IFS= read -r -d '' link; do
    target=$(readlink "$link")
    case $target in
      /etc/horde/*) ln -sfn "$horde_etc/${target#/etc/horde/}" "$link" ;;
      /var/cache/horde/*) ln -sfn "$demo_dir/${target#/var/cache/horde/}" "$link" ;;
      /usr/share/horde/*) ln -sfn "$web_root/horde/${target#/usr/share/horde/}" "$link" ;;
      /usr/share/*) [ -e "$target" ] || die "a link of Horde's tree leads nowhere: $link" ;;
      /*) die "a link of Horde's tree leads out of it: $link -> $target" ;;
    esac
  done < <(find "$web_root/horde" "$horde_etc" -type l -print0)
}

horde_settings() {
  mkdir -p "$demo_dir/cache" "$demo_dir/tmp/horde"
  chown www-data: "$demo_dir/cache" "$demo_dir/tmp/horde"
  touch "$log/horde.log" "$log/php.log"
  chown www-data: "$log/horde.log" "$log/php.log"
  render imp-backends.php "$horde_etc/imp/backends.local.php" || true
  render turba-backends.php "$horde_etc/turba/backends.local.php" || true
  render horde-prefs.php "$horde_etc/horde/prefs.local.php" || true
  render horde-conf.php "$horde_etc/horde/conf.php" || true
}

# Tables: the first migration runs with drivers that need none of them, until nothing is left to do.
horde_tables() {
  [ -e "$demo_dir/.tables" ] && return 0
  step "making Horde's tables"
  local round before after
  cp "$horde_etc/horde/conf.php" "$horde_etc/horde/conf.full"
  { cat "$horde_etc/horde/conf.full"; sed 1d "$parts/conf/horde-conf-first.php"; } >"$horde_etc/horde/conf.php"
  chown -R www-data: "$horde_etc"
  before=none
  for round in 1 2 3 4 5; do
    php_run "$web_root/horde/bin/horde-db-migrate" >"$log/migrate.$round.log" 2>&1 || true
    after=$(demo_sql "select group_concat(concat(table_name, '=', table_rows is null) order by table_name) from information_schema.tables where table_schema = 'horde'"
      for t in $(demo_sql "select table_name from information_schema.tables where table_schema = 'horde' and table_name like '%schema\\_info'"); do demo_sql "select '$t', version from $t"; done)
    [ "$after" != "$before" ] || break
    before=$after
  done
  mv "$horde_etc/horde/conf.full" "$horde_etc/horde/conf.php"
  demo_sql "select count(*) from horde_activesync_device" >/dev/null 2>&1 ||
    die "Horde's migrations did not make the ActiveSync tables; their log: $log/migrate.1.log"
  php_run "$parts/php/app-conf.php" "$web_root/horde" >"$log/app-conf.log" 2>&1 ||
    die "writing the applications' settings failed; the log: $log/app-conf.log"
  touch "$demo_dir/.tables"
  stepped
}

horde_users() {
  [ -e "$demo_dir/.users" ] && return 0
  step "making 2,005 users"
  php_run "$parts/php/users.php" "$web_root/horde" >"$log/users.log" 2>&1 ||
    die "making the users failed; the log: $log/users.log"
  touch "$demo_dir/.users"
  stepped
}

horde_limits() {
  [ -e "$demo_dir/.limits" ] && return 0
  php_run "$parts/php/limits.php" "$web_root/horde" >"$log/limits.log" 2>&1 ||
    die "setting the users' limits failed; the log: $log/limits.log"
  chown -R www-data: "$demo_dir/cache"
  touch "$demo_dir/.limits"
}
