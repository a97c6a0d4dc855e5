<?php
/**
 * The work of the script "install".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
require_once __DIR__ . '/Place.php';

class Hordeeas_Installer
{
    const APP = 'hordeeas';

    const HELP = <<<'TEXT'
Usage: install [--horde DIR] [--check | --remove] [--allow ADDRESS]... [--secret-file FILE]

Puts the bridge into Horde as the hidden application "hordeeas".

  --horde DIR         Horde's base folder (the one with lib/core.php); found by itself in the
                      layouts of Debian, PEAR, git and composer when there is only one.
  --check             Changes nothing; says what is missing. Exit status 0 when all is well.
  --remove            Takes the bridge out again. Its configuration stays.
  --allow ADDRESS     Address or network that may call the bridge (default: loopback).
  --secret-file FILE  File with a secret that callers must send.

Run it again after an upgrade of the bridge or of Horde. Sites with "vhosts" need nothing more:
the registry snippet counts for all of them.

TEXT;

    /** What belongs to the application. */
    const PARTS = array('rpc.php', 'lib', 'config');

    private $source;
    private $horde;
    private $problems = array();

    public static function main(array $args, $source)
    {
        $installer = new self();
        $installer->source = $source;
        try {
            return $installer->run(self::options($args));
        } catch (Exception $e) {
            fwrite(STDERR, 'install: ' . $e->getMessage() . "\n");
            return 1;
        }
    }

    private static function options(array $args)
    {
        $options = array('mode' => 'install', 'horde' => null, 'allow' => array(), 'secret' => null);
        while ($args) {
            $arg = array_shift($args);
            switch ($arg) {
                case '--help':
                case '-h':
                    $options['mode'] = 'help';
                    break;

                case '--check':
                case '--remove':
                    $options['mode'] = substr($arg, 2);
                    break;

                case '--horde':
                case '--allow':
                case '--secret-file':
                    if (!$args) {
                        throw new Exception($arg . ' needs a value');
                    }
                    $value = array_shift($args);
                    if ($arg === '--horde') {
                        $options['horde'] = $value;
                    } elseif ($arg === '--allow') {
                        $options['allow'][] = $value;
                    } else {
                        $options['secret'] = self::secret($value);
                    }
                    break;

                default:
                    throw new Exception('unknown option ' . $arg . '; try --help');
            }
        }
        return $options;
    }

    private static function secret($file)
    {
        $text = @file_get_contents($file);
        if ($text === false || trim($text) === '') {
            throw new Exception('no secret in ' . $file);
        }
        return trim($text);
    }

    private function run(array $options)
    {
        if ($options['mode'] === 'help') {
            echo self::HELP;
            return 0;
        }
        $this->horde = $this->find($options['horde']);
        if ($options['mode'] === 'check') {
            return $this->check();
        }
        if ($options['mode'] === 'remove') {
            return $this->remove();
        }
        return $this->install($options);
    }

    /**
     * Horde's base folder.
     */
    private function find($given)
    {
        if ($given !== null) {
            if (!self::isHorde($given)) {
                throw new Exception('no Horde in ' . $given . ' (lib/core.php is not there)');
            }
            return rtrim(realpath($given), '/');
        }
        $found = array();
        foreach (self::places() as $place) {
            foreach (glob($place, GLOB_ONLYDIR) ?: array() as $dir) {
                if (self::isHorde($dir)) {
                    $found[realpath($dir)] = true;
                }
            }
        }
        $found = array_keys($found);
        if (count($found) === 1) {
            return $found[0];
        }
        throw new Exception($found
            ? "several Hordes, choose one with --horde:\n  " . implode("\n  ", $found)
            : 'no Horde found; name its folder with --horde');
    }

    /**
     * Where the layouts put Horde's base.
     */
    private static function places()
    {
        return array(
            '/usr/share/horde',                                        // Debian, Ubuntu
            '/usr/share/horde*/', '/usr/share/webapps/horde',          // other distributions
            '/var/www/horde', '/var/www/html/horde', '/var/www/*/horde', '/srv/www/htdocs/horde', // PEAR
            '/var/www/*/htdocs/horde', '/srv/horde', '/opt/horde',
            '/srv/git/horde/horde', '/usr/src/horde/horde', '/var/www/horde/horde',  // git
            '/var/www/*/vendor/horde/horde', '/srv/*/vendor/horde/horde', '/opt/*/vendor/horde/horde', // composer
            '/srv/www/*/vendor/horde/horde', '/srv/www/*/vendor/horde/base', '/var/www/*/vendor/horde/base',
        );
    }

    private static function isHorde($dir)
    {
        return is_file($dir . '/lib/core.php') && is_file($dir . '/rpc.php');
    }

    /**
     * Composer keeps the configuration beside the vendor folder.
     */
    private function registryFolder()
    {
        $composer = dirname($this->horde, 3) . '/var/config/horde';
        if (basename(dirname($this->horde, 2)) === 'vendor' && is_dir($composer)) {
            return $composer . '/registry.d';
        }
        return $this->horde . '/config/registry.d';
    }

    /**
     * The folder of the application: beside Horde's others, where the web server finds it.
     */
    private function target()
    {
        $web = dirname($this->horde, 3) . '/web';
        if (basename(dirname($this->horde, 2)) === 'vendor' && is_dir($web)) {
            return (is_dir($web . '/horde') ? $web . '/horde/' : $web . '/') . self::APP;
        }
        return $this->horde . '/' . self::APP;
    }

    private function install(array $options)
    {
        $target = $this->target();
        $kept = is_file($target . '/config/bridge.php') ? file_get_contents($target . '/config/bridge.php') : null;
        $this->writable(dirname($target));
        $this->clear($target);
        mkdir($target, 0755, true);
        foreach (self::PARTS as $part) {
            $this->copy($this->source . '/' . $part, $target . '/' . $part);
        }
        foreach (array('lib', 'config') as $closed) {
            $this->write($target . '/' . $closed . '/.htaccess',
                "<IfModule mod_authz_core.c>\nRequire all denied\n</IfModule>\n"
                . "<IfModule !mod_authz_core.c>\nDeny from all\n</IfModule>\n");
        }
        $this->configure($target . '/config/bridge.php', $kept, $options);
        $folder = $this->registryFolder();
        if (!is_dir($folder) && !@mkdir($folder, 0755, true)) {
            throw new Exception('can not make ' . $folder);
        }
        $this->write($folder . '/' . self::APP . '.php', $this->snippet($target));
        echo 'installed into ', $target, "\n", 'registered in ', $folder, '/', self::APP, ".php\n";
        echo 'the sidecar calls <Horde\'s URL>/', self::APP, "/rpc.php\n";
        return $this->check();
    }

    private function snippet($target)
    {
        return "<?php\n// Written by horde-bridge/install: the bridge to the ActiveSync sidecar.\n"
            . '$this->applications[' . var_export(self::APP, true) . "] = array(\n"
            . "    'name' => 'ActiveSync bridge',\n"
            . "    'status' => 'hidden',\n"
            . "    'provides' => 'bridge',\n"
            . "    'fileroot' => " . var_export($target, true) . ",\n"
            . ");\n";
    }

    /**
     * Writes the configuration the first time, and what the options change.
     */
    private function configure($file, $kept, array $options)
    {
        $text = $kept === null ? file_get_contents($this->source . '/config/bridge.php.dist') : $kept;
        $extra = '';
        if ($options['allow']) {
            $extra .= '$hordeeas[\'allow\'] = array(' . implode(', ', array_map(function ($address) {
                return var_export($address, true);
            }, $options['allow'])) . ");\n";
        }
        if ($options['secret'] !== null) {
            $extra .= '$hordeeas[\'secret\'] = ' . var_export($options['secret'], true) . ";\n";
        }
        $base = '$hordeeas[\'horde_base\'] = ' . var_export($this->horde, true) . ";\n";
        if (strpos($text, "\n" . $base) === false) {
            $extra .= $base;
        }
        if ($extra !== '') {
            $text = rtrim($text) . "\n\n// Written by install, " . date('Y-m-d') . ":\n" . $extra;
        }
        $this->write($file, $text);
        $this->hand($file);
    }

    /**
     * The file with the secret is for the web server's user, as Horde's own configuration is.
     */
    private function hand($file)
    {
        $model = $this->horde . '/config/conf.php';
        if (!is_file($model)) {
            return;
        }
        @chown($file, fileowner($model));
        @chgrp($file, filegroup($model));
        @chmod($file, fileperms($model) & 0777 & ~0111);
    }

    private function remove()
    {
        $target = $this->target();
        $kept = is_file($target . '/config/bridge.php') ? file_get_contents($target . '/config/bridge.php') : null;
        @unlink($this->registryFolder() . '/' . self::APP . '.php');
        $this->clear($target);
        if ($kept !== null) {
            mkdir($target . '/config', 0755, true);
            $this->write($target . '/config/bridge.php', $kept);
            $this->hand($target . '/config/bridge.php');
            echo 'kept ', $target, "/config/bridge.php\n";
        }
        echo "removed\n";
        return 0;
    }

    private function check()
    {
        $target = $this->target();
        $this->want(is_file($target . '/rpc.php'), 'the application is not in ' . $target);
        $this->want(is_file($this->registryFolder() . '/' . self::APP . '.php'),
            'the registry snippet is not in ' . $this->registryFolder());
        $this->want(is_file($this->horde . '/config/conf.php'), 'Horde is not configured yet (config/conf.php)');
        $this->want(version_compare(PHP_VERSION, '7.4.0', '>='), 'PHP ' . PHP_VERSION . ' is older than 7.4');
        foreach (array('json', 'iconv', 'session', 'hash') as $extension) {
            $this->want(extension_loaded($extension), 'PHP lacks the extension ' . $extension);
        }
        if (is_file($target . '/lib/Api.php')) {
            $this->want(md5_file($target . '/lib/Api.php') === md5_file($this->source . '/lib/Api.php'),
                'the installed bridge is another version than this one: run install again');
        }
        $this->want(is_file($this->horde . '/turba/lib/Api.php') || is_dir(dirname($this->horde) . '/turba'),
            'Turba is not installed: no contacts');
        foreach ($this->problems as $problem) {
            echo 'problem: ', $problem, "\n";
        }
        echo $this->problems ? '' : 'all is well in ' . $this->horde . "\n";
        return $this->problems ? 1 : 0;
    }

    private function want($holds, $problem)
    {
        if (!$holds) {
            $this->problems[] = $problem;
        }
    }

    private function writable($folder)
    {
        if (!is_writable($folder)) {
            throw new Exception('can not write into ' . $folder . ' (run it as root)');
        }
    }

    private function write($file, $text)
    {
        if (@file_put_contents($file, $text) === false) {
            throw new Exception('can not write ' . $file);
        }
    }

    private function copy($from, $to)
    {
        if (is_file($from)) {
            if (!@copy($from, $to)) {
                throw new Exception('can not copy ' . $from . ' to ' . $to);
            }
            return;
        }
        if (!is_dir($to)) {
            mkdir($to, 0755, true);
        }
        foreach (array_diff(scandir($from), array('.', '..')) as $name) {
            $this->copy($from . '/' . $name, $to . '/' . $name);
        }
    }

    /**
     * Empties the application's folder: only what this script puts there.
     */
    private function clear($target)
    {
        foreach (self::PARTS as $part) {
            $this->erase($target . '/' . $part);
        }
        if (is_dir($target) && !array_diff(scandir($target), array('.', '..'))) {
            rmdir($target);
        }
        if (!is_dir($target) && (file_exists($target) || is_link($target))) {
            throw new Exception($target . ' is in the way');
        }
    }

    private function erase($path)
    {
        if (is_link($path) || is_file($path)) {
            unlink($path);
        } elseif (is_dir($path)) {
            foreach (array_diff(scandir($path), array('.', '..')) as $name) {
                $this->erase($path . '/' . $name);
            }
            rmdir($path);
        }
    }
}
