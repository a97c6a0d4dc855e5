# shellcheck shell=bash disable=SC2154
# Debian's packages. The only part that touches the host, and it only installs.

packages=(mariadb-server mariadb-client php-horde-webmail php-horde-activesync php8.2-fpm php8.2-cli
  php8.2-mysql php8.2-imap php8.2-intl php8.2-mbstring php8.2-xml php8.2-curl php8.2-gd nginx-light
  dovecot-imapd dovecot-lmtpd postfix libwbxml2-utils curl openssl python3)

packages_missing() {
  local p
  for p in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
  done
}

# While packages are installed no daemon may start: a policy of our own, or the one that is there if it forbids too.
packages_install() {
  local missing policy=/usr/sbin/policy-rc.d
  mapfile -t missing < <(packages_missing)
  [ ${#missing[@]} -gt 0 ] || return 0
  step "installing ${#missing[@]} of Debian's packages"
  # Left by an installation that was killed: the host's own policy is the one kept.
  if [ -e "$log/policy-rc.d.kept" ]; then packages_policy_back; fi
  if [ -e $policy ]; then mv $policy "$log/policy-rc.d.kept"; fi
  trap packages_policy_back EXIT
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod 755 $policy
  (
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -y -q --no-install-recommends "${missing[@]}"
  ) >"$log/apt.log" 2>&1 </dev/null || { tail -n 20 "$log/apt.log" >&2; die "apt-get failed; its log: $log/apt.log"; }
  packages_policy_back
  trap - EXIT
  stepped
}

packages_policy_back() {
  rm -f /usr/sbin/policy-rc.d
  if [ -e "$log/policy-rc.d.kept" ]; then mv "$log/policy-rc.d.kept" /usr/sbin/policy-rc.d; fi
}
