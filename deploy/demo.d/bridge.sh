# shellcheck shell=bash disable=SC2154
# The bridge (horde-bridge/ of this checkout), installed into the demo's private Horde by its own script.
# Everything that the demo must know of that script is in this function.

bridge_install() {
  [ -x "$checkout/horde-bridge/install" ] || return 0
  step "installing the bridge into Horde"
  PHP_INI_SCAN_DIR="$etc/php/conf.d" "$checkout/horde-bridge/install" --horde "$web_root/horde" \
    >"$log/bridge-install.log" 2>&1 </dev/null 9>&- ||
    die "horde-bridge/install failed; its log: $log/bridge-install.log"
  stepped
}
