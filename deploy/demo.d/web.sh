# shellcheck shell=bash disable=SC2154
# nginx in front of Horde: its pages, and its own ActiveSync (rpc.php) where phones expect it.

nginx_start() {
  render nginx-php.conf "$etc/nginx-php.conf" || true
  if render nginx.conf "$etc/nginx.conf"; then stop_service nginx QUIT 3; fi
  pid_of nginx >/dev/null && return 0
  step "starting nginx on $port_web"
  mkdir -p "$demo_dir/tmp/nginx"
  chown www-data: "$demo_dir/tmp/nginx"
  nginx -p "$demo_dir" -c "$etc/nginx.conf" -e "$log/nginx-error.log" >>"$log/nginx.out" 2>&1 </dev/null 9>&- ||
    die "nginx did not start; its log: $log/nginx-error.log"
  stepped
}

rpc_answers() {
  [ "$(curl -s -o /dev/null -m 20 -w '%{http_code}' -u alice:alice-pw -X OPTIONS \
    "http://127.0.0.1:$port_web/Microsoft-Server-ActiveSync")" = 200 ]
}

rpc_wait() {
  step "waiting for Horde's own ActiveSync"
  wait_for 60 "$log/horde.log" "Horde's rpc.php" rpc_answers
  stepped
}
