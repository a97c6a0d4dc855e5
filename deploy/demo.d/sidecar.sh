# shellcheck shell=bash disable=SC2154
# The sidecar: built from this checkout, configured for the demo.

sidecar_binary=$run/horde-eas

sidecar_build() {
  local flags=(--locked) built
  [ "$profile" = debug ] || flags+=(--release)
  step "building the sidecar ($profile)"
  built=$(cd "$checkout" && cargo build "${flags[@]}" --bin horde-eas --message-format json-render-diagnostics \
    2>"$log/cargo.log" </dev/null 9>&- |
    /usr/bin/python3 -c 'import json, sys
for line in sys.stdin:
    m = json.loads(line)
    if m.get("executable") and m["target"]["name"] == "horde-eas": print(m["executable"])') || true
  [ -n "$built" ] || { tail -n 20 "$log/cargo.log" >&2; die "cargo build failed; its log: $log/cargo.log"; }
  # A copy, so that a later build does not pull the program from under the running one.
  if ! cmp -s "$built" "$sidecar_binary"; then
    stop_service sidecar TERM 10
    cp "$built" "$sidecar_binary.new"
    mv "$sidecar_binary.new" "$sidecar_binary"
  fi
  stepped
}

# The configuration's keys are those of config.example.toml.
sidecar_config() {
  if render horde-eas.toml "$demo_dir/horde-eas.toml"; then stop_service sidecar TERM 10; fi
}

# Our own tables, as an administrator makes them.
sidecar_tables() {
  cat "$checkout"/sql/eas/*.sql | mariadb_root horde
}

sidecar_start() {
  if [ "$want_sidecar" = no ]; then
    stop_service sidecar TERM 10
    return 0
  fi
  sidecar_tables
  sidecar_build
  sidecar_config
  pid_of sidecar >/dev/null && return 0
  step "starting the sidecar on $port_sidecar"
  setsid "$sidecar_binary" serve --config "$demo_dir/horde-eas.toml" >>"$log/sidecar.log" 2>&1 </dev/null 9>&- &
  echo $! >"$run/sidecar.pid"
  wait_for 30 "$log/sidecar.log" "the sidecar" curl -sf -m 5 "http://127.0.0.1:$port_sidecar/health/ready"
  stepped
}

demo_device() {
  local user=alice version=14.1 url=http://127.0.0.1:$port_sidecar/Microsoft-Server-ActiveSync rest=()
  while [ $# -gt 0 ]; do
    case $1 in
      --user) user=${2:?--user needs a name}; shift 2 ;;
      --version) version=${2:?--version needs a number}; shift 2 ;;
      --url) url=${2:?--url needs an address}; shift 2 ;;
      *) rest+=("$1"); shift ;;
    esac
  done
  demo_has_program
  HORDE_EAS_PROBE_PASSWORD=$user-pw exec "$sidecar_binary" probe --url "$url" --user "$user" \
    --address "$user@example.test" --version "$version" --write --smtp "127.0.0.1:$port_smtp" ${rest[@]+"${rest[@]}"}
}

demo_has_program() {
  [ -x "$sidecar_binary" ] || die "no program was built in $demo_dir (deploy/demo up)"
}

# The demo's passwords follow from the names.
demo_eas() {
  local argument user='' last=''
  demo_has_program
  for argument in "$@"; do
    [ "$last" != --user ] || user=$argument
    case $argument in --user=*) user=${argument#*=} ;; esac
    last=$argument
  done
  HORDE_EAS_CONFIG=$demo_dir/horde-eas.toml HORDE_EAS_CHECK_PASSWORD=$user-pw HORDE_EAS_PROBE_PASSWORD=$user-pw \
    exec "$sidecar_binary" "$@"
}

demo_bench() {
  [ -x "$parts/bench" ] || die "there is no bench in this checkout"
  set -a
  eval "$(demo_env)"
  set +a
  exec "$parts/bench" "$@"
}
