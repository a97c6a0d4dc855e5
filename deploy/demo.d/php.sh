# shellcheck shell=bash disable=SC2154
# PHP 8.2: settings, libraries and the FPM pool of the demo's own; the libraries are copies with mends.

# Debian's settings never count: an own php.ini and an own folder of extension settings.
php_settings() {
  local changed=no ini
  mkdir -p "$etc/php/conf.d" "$demo_dir/tmp/sessions" "$demo_dir/tmp/php"
  for ini in /etc/php/8.2/mods-available/*.ini; do
    case $(basename "$ini" .ini) in
      opcache | mysqlnd | pdo) cp "$ini" "$etc/php/conf.d/10-$(basename "$ini")" ;;
      xml) cp "$ini" "$etc/php/conf.d/15-xml.ini" ;;
      *) cp "$ini" "$etc/php/conf.d/20-$(basename "$ini")" ;;
    esac
  done
  if render php.ini "$etc/php/php.ini"; then changed=yes; fi
  if render php-prepend.php "$etc/php/prepend.php"; then changed=yes; fi
  if render php-fpm.conf "$etc/php/php-fpm.conf"; then changed=yes; fi
  chown www-data: "$demo_dir/tmp/sessions" "$demo_dir/tmp/php"
  if [ $changed = yes ]; then stop_service php-fpm QUIT 5; fi
}

# As the web server's user, with the demo's settings: what a command-line script of Horde needs.
php_run() {
  runuser -u www-data -- env PHP_INI_SCAN_DIR="$etc/php/conf.d" PHP_PEAR_INSTALL_DIR="$php_root" \
    PHP_PEAR_DATA_DIR="$php_root/data" HOME="$demo_dir/tmp" TMPDIR="$demo_dir/tmp/php" \
    php -c "$etc/php/php.ini" "$@" </dev/null 9>&-
}

php_libraries() {
  [ -e "$php_root/.ready" ] && return 0
  step "copying and mending Horde's PHP libraries"
  rm -rf "$php_root"
  cp -a /usr/share/php "$php_root"
  php_mends
  touch "$php_root/.ready"
  stepped
}

# What Debian 12's Horde needs before rpc.php works on PHP 8.2 (the mysqli mode is in php-prepend.php).
# The mended JSON-RPC serves the tests of the transport "rpc"; unmended, every such call is a fatal error.
php_mends() {
  local f
  # A client method that is static and takes other arguments than the parent's: give it its own name.
  # shellcheck disable=SC2016
  for f in Jsonrpc Xmlrpc Soap Phpgw; do
    mend "$php_root/Horde/Rpc/$f.php" 's/public static function request(\$url/public static function clientRequest($url/' \
      'function clientRequest('
  done
  # Reading no bytes from an empty file is an error of value since PHP 8.
  # shellcheck disable=SC2016
  mend "$php_root/Net/DNS2/Cache/File.php" 's/fread(\$fp, filesize(\$this->cache_file))/fread($fp, max(1, filesize($this->cache_file)))/' \
    'max(1, filesize('
  # Called statically everywhere, declared as methods of an object.
  mend "$php_root/Date/Calc.php" 's/^    function \([a-zA-Z]*(\)/    public static function \1/' 'public static function dateDiff('
}

# mend FILE SED-EXPRESSION SIGN: the sign must be there afterwards.
mend() {
  sed -i "$2" "$1"
  grep -qF "$3" "$1" || die "the mend of $1 found nothing to mend: has Debian changed the package?"
}

php_fpm_start() {
  pid_of php-fpm >/dev/null && return 0
  step "starting PHP-FPM"
  # The master writes its own log; what its children say before that goes to the same place.
  PHP_INI_SCAN_DIR="$etc/php/conf.d" PHP_PEAR_INSTALL_DIR="$php_root" PHP_PEAR_DATA_DIR="$php_root/data" \
    php-fpm8.2 --daemonize -c "$etc/php/php.ini" -y "$etc/php/php-fpm.conf" >>"$log/php-fpm.log" 2>&1 </dev/null 9>&- ||
    die "PHP-FPM did not start; its log: $log/php-fpm.log"
  wait_for 20 "$log/php-fpm.log" PHP-FPM test -S "$run/php-fpm.sock"
  stepped
}
