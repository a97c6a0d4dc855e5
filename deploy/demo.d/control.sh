# shellcheck shell=bash disable=SC2154
# The commands: up, down, purge, status, logs, env.

services=(mariadb php-fpm nginx dovecot postfix sidecar)

demo_up() {
  need_root
  demo_lock
  local started=$EPOCHREALTIME
  demo_folders
  packages_install
  demo_ports
  echo "$offset" >"$demo_dir/offset"
  mariadb_start
  php_libraries
  php_settings
  horde_tree
  horde_settings
  horde_tables
  horde_users
  horde_limits
  bridge_install
  mail_users
  dovecot_start
  postfix_start
  php_fpm_start
  nginx_start
  rpc_wait
  fixtures_load
  sidecar_start
  awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "up after %.1f s\n", b - a }'
  demo_addresses
}

demo_folders() {
  mkdir -p "$demo_dir" || die "cannot make $demo_dir"
  case $demo_dir in *[[:space:]\#\&\"\']*) die "the folder's name may hold no blanks or quotes: $demo_dir" ;; esac
  # Unix sockets have short names only (108 bytes), and Dovecot's and Postfix's are the deepest.
  [ ${#demo_dir} -le 70 ] || die "the folder's path is too long for sockets: $demo_dir"
  mkdir -p "$etc" "$run" "$log" "$demo_dir/tmp/mariadb"
  chmod 755 "$demo_dir" "$etc" "$log" "$demo_dir/tmp"
  chmod 1777 "$run" "$demo_dir/tmp/mariadb"
  local up=$demo_dir
  while [ "$up" != / ]; do
    up=$(dirname "$up")
    [ $((8#$(stat -c %a "$up") & 1)) = 1 ] || die "the servers' users cannot pass $up: choose another folder (--dir)"
  done
}

# A folder that moves to other ports stops first; a port that a stranger holds is named.
demo_ports() {
  local service port
  if [ -r "$demo_dir/offset" ] && [ "$(cat "$demo_dir/offset")" != "$offset" ]; then demo_stop_all; fi
  for service in "${services[@]}"; do
    pid_of "$service" >/dev/null && continue
    reap "$service"
    port=$(service_port "$service")
    [ "$port" = - ] || port_freed "$port" ||
      die "port $port is taken by another program (wanted for $service): stop it, or use --offset"
  done
}

service_port() {
  case $1 in
    mariadb) echo "$port_sql" ;; nginx) echo "$port_web" ;; dovecot) echo "$port_imap" ;;
    postfix) echo "$port_smtp" ;; sidecar) echo "$port_sidecar" ;; *) echo - ;;
  esac
}

demo_stop_all() {
  stop_service sidecar TERM 15
  stop_service nginx TERM 5
  stop_service php-fpm TERM 5
  postfix_stop
  dovecot_stop
  stop_service mariadb TERM 60
  reap "${services[@]}"
}

demo_down() {
  [ -d "$demo_dir" ] || { say "nothing to stop: there is no $demo_dir"; return 0; }
  demo_stop_all
  say "all services of $demo_dir are down"
}

demo_purge() {
  if [ -d "$demo_dir" ]; then
    [ -e "$demo_dir/offset" ] || [ -z "$(ls -A "$demo_dir")" ] || die "$demo_dir is no demo's folder: not removed"
    demo_stop_all
    # Children that end a moment later may still write.
    rm -rf "$demo_dir" 2>/dev/null || { sleep 1; rm -rf "$demo_dir"; }
  fi
  rm -f "$demo_dir.lock"
  say "$demo_dir is gone"
}

demo_status() {
  local service pid down=0
  for service in "${services[@]}"; do
    if pid=$(pid_of "$service"); then
      printf '%-10s up    pid %-8s port %s\n' "$service" "$pid" "$(service_port "$service")"
    else
      printf '%-10s down  pid %-8s port %s\n' "$service" - "$(service_port "$service")"
      down=1
    fi
  done
  exit $down
}

demo_logs() {
  local follow=no want='' file files=()
  for want in "$@"; do if [ "$want" = -f ]; then follow=yes; fi; done
  want=
  for file in "$@"; do [ "$file" = -f ] || want=$file; done
  [ -d "$log" ] || die "no logs: there is no $log"
  for file in "$log"/*; do
    case $(basename "$file") in
      "$want"*) files+=("$file") ;;
      access.log) [ "$want" != nginx ] || files+=("$file") ;;
      php.log | horde.log) [ "$want" != php-fpm ] || files+=("$file") ;;
    esac
  done
  [ ${#files[@]} -gt 0 ] || die "no log is called $want; there are: $(cd "$log" && echo *)"
  say "logs are in $log"
  if [ $follow = yes ]; then exec tail -n 20 -F "${files[@]}"; fi
  for file in "${files[@]}"; do
    [ -s "$file" ] || continue
    printf '\n== %s\n' "$file"
    tail -n "$([ -n "$want" ] && echo 40 || echo 5)" "$file"
  done
}

demo_env() {
  cat <<TXT
DEMO_DIR=$demo_dir
DEMO_SIDECAR_URL=http://127.0.0.1:$port_sidecar/Microsoft-Server-ActiveSync
DEMO_PROXY_URL=http://127.0.0.1:$port_web/sidecar/Microsoft-Server-ActiveSync
DEMO_RPC_URL=http://127.0.0.1:$port_web/Microsoft-Server-ActiveSync
DEMO_HORDE_URL=http://127.0.0.1:$port_web/horde/
DEMO_IMAP_PORT=$port_imap
DEMO_SMTP_PORT=$port_smtp
DEMO_SQL_PORT=$port_sql
DEMO_SQL_SOCKET=$sql_socket
DEMO_BINARY=$sidecar_binary
DEMO_ACCESS_LOG=$log/access.log
TXT
}

demo_addresses() {
  cat <<TXT
  sidecar   http://127.0.0.1:$port_sidecar/Microsoft-Server-ActiveSync
  Horde     http://127.0.0.1:$port_web/horde/   (alice, alice-pw; also admin, bob, carol, dave, user0 to user1999)
  rpc.php   http://127.0.0.1:$port_web/Microsoft-Server-ActiveSync
  IMAP $port_imap, SMTP $port_smtp, MariaDB $port_sql (horde, hordepw); everything is in $demo_dir
TXT
}
