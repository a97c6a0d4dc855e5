# shellcheck shell=bash disable=SC2034,SC2154
# Shared by all parts: folders, ports, messages, templates, processes.

port_sidecar=$((8480 + offset))
port_web=$((8481 + offset))
port_imap=$((8143 + offset))
port_smtp=$((8025 + offset))
port_sql=$((8306 + offset))

etc=$demo_dir/etc
run=$demo_dir/run
log=$demo_dir/log
mail=$demo_dir/mail
php_root=$demo_dir/php
web_root=$demo_dir/web
horde_etc=$etc/horde
sql_socket=$run/mariadb.sock

say() { printf '%s\n' "$*"; }
step() { printf '%-58s' "$*"; step_started=$EPOCHREALTIME; }
stepped() { awk -v a="$step_started" -v b="$EPOCHREALTIME" -v m="${1:-ok}" 'BEGIN { printf "%s (%.1f s)\n", m, b - a }'; }
die() { printf '\ndeploy/demo: %s\n' "$*" >&2; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || die "$command must be run as root (it starts daemons under several users)"; }

# One up, down or purge at a time per folder; the second waits. Daemons are started with 9 closed.
demo_lock() {
  mkdir -p "$(dirname "$demo_dir")"
  exec 9>"$demo_dir.lock"
  flock -w 900 9 || die "another deploy/demo works on $demo_dir (lock $demo_dir.lock)"
}

# render TEMPLATE TARGET: fills the @NAMES@ of a template in; says by its result whether the target changed.
render() {
  local new
  new=$(sed -e "s#@DIR@#$demo_dir#g" -e "s#@PORT_SIDECAR@#$port_sidecar#g" -e "s#@PORT_WEB@#$port_web#g" \
    -e "s#@PORT_IMAP@#$port_imap#g" -e "s#@PORT_SMTP@#$port_smtp#g" -e "s#@PORT_SQL@#$port_sql#g" "$parts/conf/$1")
  # As the standard input of the shell's own comparison: files of configuration only, no binaries.
  if [ -e "$2" ] && [ "$new" = "$(cat "$2")" ]; then return 1; fi
  mkdir -p "$(dirname "$2")"
  printf '%s\n' "$new" >"$2"
}

# wait_for SECONDS LOGFILE WHAT COMMAND...: until the command succeeds, or an end with the log's last lines.
wait_for() {
  local seconds=$1 logfile=$2 what=$3 until
  shift 3
  until=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $until ]; then
      [ -r "$logfile" ] && tail -n 15 "$logfile" >&2
      die "$what did not come up within $seconds s; its log: $logfile"
    fi
    sleep 0.1
  done
}

pid_file() {
  case $1 in
    postfix) echo "$demo_dir/postfix/queue/pid/master.pid" ;;
    dovecot) echo "$run/dovecot/master.pid" ;;
    *) echo "$run/$1.pid" ;;
  esac
}

# The process id of a running service, or failure. A recycled id is told by the program's name.
pid_of() {
  local pid comm
  pid=$(tr -d ' \n' 2>/dev/null <"$(pid_file "$1")") || return 1
  [ -n "$pid" ] && [ -r "/proc/$pid/comm" ] || return 1
  # One that has ended and was not waited for is still listed.
  ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null || return 1
  read -r comm 2>/dev/null <"/proc/$pid/comm" || return 1
  case $1:$comm in
    mariadb:mariadbd | php-fpm:php-fpm8.2 | nginx:nginx | dovecot:dovecot | postfix:master | sidecar:horde-eas*) echo "$pid" ;;
    *) return 1 ;;
  esac
}

# stop_service NAME SIGNAL SECONDS: asks, waits, and then insists.
stop_service() {
  local pid until
  pid=$(pid_of "$1") || return 0
  kill "-$2" "$pid" 2>/dev/null || return 0
  until=$((SECONDS + $3))
  while kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $until ]; do sleep 0.05; done
  if kill -0 "$pid" 2>/dev/null; then kill -KILL "$pid" 2>/dev/null || true; fi
}

# reap SERVICE...: ends what a service's children left behind when their master was killed: programs of the service
# that hold a file of this folder open, or stand in it. Without that they would keep its port.
reap() {
  local service link pid exe
  while read -r link; do
    pid=${link#/proc/}
    pid=${pid%%/*}
    exe=$(readlink "/proc/$pid/exe") || continue
    for service in "$@"; do
      case $service:$exe in
        mariadb:*/mariadbd | php-fpm:*/php-fpm8.2 | nginx:*/nginx | dovecot:*/dovecot* | postfix:/usr/lib/postfix/*)
          kill -KILL "$pid" 2>/dev/null || true ;;
      esac
    done
  done < <(find /proc/[0-9]*/fd /proc/[0-9]*/cwd -lname "$demo_dir/*" 2>/dev/null || true)
}

port_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
# What was killed a moment ago may still hold its port.
port_freed() {
  local until=$((SECONDS + 3))
  until port_free "$1"; do
    [ $SECONDS -lt $until ] || return 1
    sleep 0.1
  done
}
port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
