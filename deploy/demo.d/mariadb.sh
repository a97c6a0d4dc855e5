# shellcheck shell=bash disable=SC2154
# MariaDB: data in the demo's folder, root by the socket, horde/hordepw over TCP.

mariadb_root() { mariadb --no-defaults -S "$sql_socket" -u root "$@"; }

mariadb_start() {
  render my.cnf "$etc/my.cnf" || true
  pid_of mariadb >/dev/null && return 0
  step "starting MariaDB on $port_sql"
  if [ ! -d "$demo_dir/mariadb/mysql" ]; then
    install -d -o mysql -g mysql -m 750 "$demo_dir/mariadb"
    mariadb-install-db --defaults-file="$etc/my.cnf" --auth-root-authentication-method=socket \
      --auth-root-socket-user=root --skip-test-db >"$log/mariadb-install.log" 2>&1 </dev/null ||
      die "mariadb-install-db failed; its log: $log/mariadb-install.log"
  fi
  touch "$log/mariadb.log"
  chown mysql "$log/mariadb.log"
  rm -f "$run/mariadb.pid"
  setsid mariadbd --defaults-file="$etc/my.cnf" >>"$log/mariadb.out" 2>&1 </dev/null 9>&- &
  wait_for 60 "$log/mariadb.log" MariaDB mariadb_root -e 'select 1'
  mariadb_root -e "create database if not exists horde default character set utf8mb4;
    create user if not exists horde@localhost identified by 'hordepw';
    create user if not exists horde@'127.0.0.1' identified by 'hordepw';
    grant all on horde.* to horde@localhost;
    grant all on horde.* to horde@'127.0.0.1';
    grant all on \`horde\\_test\\_%\`.* to horde@'127.0.0.1';" # scratch databases of the tests
  stepped
}

demo_sql() {
  [ -S "$sql_socket" ] || die "no database runs in $demo_dir (deploy/demo up)"
  local query=(mariadb --no-defaults --default-character-set=utf8mb4 -N -B -S "$sql_socket" -u horde horde)
  export MYSQL_PWD=hordepw
  if [ $# -gt 0 ]; then "${query[@]}" -e "$*"; else "${query[@]}"; fi
}
