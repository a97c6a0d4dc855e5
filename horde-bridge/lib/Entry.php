<?php
/**
 * Takes one HTTP request of the sidecar and answers it, whatever happens inside.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
require_once __DIR__ . '/Loader.php';

class Hordeeas_Entry
{
    /** HTTP status of failures of a whole request; the others are 200 and in the answer. */
    const STATUS = array('auth' => 401, 'denied' => 403, 'temporary' => 503, 'internal' => 500);

    /** JSON-RPC's own codes, and one for each kind. */
    const CODES = array('parse' => -32700, 'request' => -32600, 'method' => -32601, 'invalid' => -32602,
        'internal' => -32603, 'auth' => -32001, 'denied' => -32002, 'notfound' => -32003, 'exists' => -32004,
        'conflict' => -32005, 'unsupported' => -32006, 'temporary' => -32007);

    /** Methods that need no login: the sidecar reads them before any user came. */
    const OPEN = array('bridge.config' => true);

    /** @var array */
    private $conf;

    /** @var bool  Whether a method of Horde's was begun. */
    private $isWorking = false;

    /** @var array  Answers so far; a fatal error keeps them. */
    private $answers = array();

    /** @var array|null  The calls that came. */
    private $calls;

    private $batch = false;
    private $done = false;
    private $reserve;
    private $login = false;

    public static function run($base)
    {
        $entry = new self();
        $entry->reserve = str_repeat('x', 262144);
        ob_start();
        ini_set('display_errors', '0');
        register_shutdown_function(array($entry, 'ended'));
        try {
            $entry->conf = Hordeeas_Place::conf($base);
            $entry->serve($base);
        } catch (Throwable $e) {
            $entry->refuse($e);
        }
    }

    private function serve($base)
    {
        Hordeeas_Guard::check($this->conf, $_SERVER);
        $body = $this->body();
        $this->isolate();
        $basic = Hordeeas_Guard::basic($_SERVER);
        $this->boot($base);
        if ($basic !== null) {
            Hordeeas_Login::prove(Hordeeas_Login::name($basic[0]), $basic[1]);
            $this->login = true;
            $GLOBALS['registry']->setTimeZone();
        } elseif ($this->needsLogin($body)) {
            throw new Hordeeas_Failure('auth', 'no credentials');
        }
        foreach ($body as $call) {
            $this->answer($call);
        }
        $this->send(200);
    }

    /**
     * The calls of the request, checked for shape.
     */
    private function body()
    {
        if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
            header('Allow: POST');
            throw new Hordeeas_Failure('method', 'POST only');
        }
        $type = isset($_SERVER['CONTENT_TYPE']) ? $_SERVER['CONTENT_TYPE'] : '';
        if (stripos($type, 'application/json') !== 0) {
            throw new Hordeeas_Failure('request', 'Content-Type must be application/json');
        }
        $value = json_decode($this->input(), true, Hordeeas_Json::DEPTH);
        if (json_last_error() !== JSON_ERROR_NONE) {
            throw new Hordeeas_Failure('parse', json_last_error_msg());
        }
        if (!is_array($value) || !$value) {
            throw new Hordeeas_Failure('request', 'an object or a list of objects is wanted');
        }
        $this->batch = array_keys($value) === range(0, count($value) - 1);
        $this->calls = $this->batch ? $value : array($value);
        if (count($this->calls) > (int)$this->conf['max_calls']) {
            throw new Hordeeas_Failure('request', 'more than ' . (int)$this->conf['max_calls'] . ' calls');
        }
        return $this->calls;
    }

    /**
     * The body, in pieces: a length given to PHP is a length allocated.
     */
    private function input()
    {
        $max = (int)$this->conf['max_request'];
        $text = '';
        $stream = fopen('php://input', 'rb');
        while (!feof($stream)) {
            $text .= (string)fread($stream, 65536);
            if (strlen($text) > $max) {
                throw new Hordeeas_Failure('request', 'the request is larger than ' . $max . ' bytes');
            }
        }
        fclose($stream);
        return $text;
    }

    /**
     * Nothing of the request but the calls and the credentials reaches Horde.
     */
    private function isolate()
    {
        $_GET = $_POST = $_COOKIE = $_REQUEST = $_FILES = array();
        unset($_SERVER['HTTP_COOKIE'], $_SERVER['HTTP_X_FORWARDED_FOR']);
        $client = isset($_SERVER['HTTP_X_HORDE_EAS_CLIENT']) ? $_SERVER['HTTP_X_HORDE_EAS_CLIENT'] : '';
        if (filter_var($client, FILTER_VALIDATE_IP)) {
            $_SERVER['REMOTE_ADDR'] = $client;
        }
        // Spares a look-up in the DNS at each login.
        $_SERVER['REMOTE_HOST'] = $_SERVER['REMOTE_ADDR'];
        Hordeeas_NoSession::install();
        Hordeeas_Call::$isCleaned = true;
    }

    private function boot($base)
    {
        // Horde's core file sets it, and expects to be read outside of functions.
        global $__autoloader;

        try {
            if (!defined('HORDE_BASE')) {
                define('HORDE_BASE', Hordeeas_Place::horde($base));
            }
            require_once HORDE_BASE . '/lib/core.php';
            Horde_Registry::appInit('horde', array(
                'authentication' => 'none',
                'nocompress' => true,
                'nonotificationinit' => true,
                'session_control' => 'none',
                'session_cache_limiter' => '',
            ));
            // Horde turns them off or on as it likes.
            ini_set('display_errors', '0');
            set_time_limit((int)$this->conf['time_limit']);
            Hordeeas_Titles::remember();
            Hordeeas_Secret::install();
        } catch (Throwable $e) {
            throw new Hordeeas_Failure('temporary', 'Horde can not be started: ' . $e->getMessage(), $e);
        }
    }

    private function needsLogin(array $calls)
    {
        foreach ($calls as $call) {
            $method = is_array($call) && isset($call['method']) && is_string($call['method']) ? $call['method'] : '';
            if (!isset(self::OPEN[str_replace('/', '.', $method)])) {
                return true;
            }
        }
        return false;
    }

    private function answer($call)
    {
        $id = is_array($call) && isset($call['id']) && is_scalar($call['id']) ? $call['id'] : null;
        try {
            $answer = array('jsonrpc' => '2.0', 'result' => $this->call($call), 'id' => $id);
        } catch (Throwable $e) {
            $answer = $this->error($e, $id);
        }
        $isOwn = isset($call['method']) && is_string($call['method']) && strncmp($call['method'], 'bridge', 6) === 0;
        $this->answers[] = Hordeeas_Json::encode($answer, $isOwn);
    }

    private function call($call)
    {
        global $registry;

        if (!is_array($call) || !isset($call['method']) || !is_string($call['method'])) {
            throw new Hordeeas_Failure('request', 'a call needs a method');
        }
        $params = isset($call['params']) ? $call['params'] : array();
        if (!is_array($params)) {
            throw new Hordeeas_Failure('request', 'params must be a list');
        }
        $method = str_replace('.', '/', $call['method']);
        if ($params && array_keys($params) !== range(0, count($params) - 1)) {
            throw new Hordeeas_Failure('invalid', 'params must be a list: names are not taken');
        }
        if (substr_count($method, '/') !== 1 || !$registry->hasMethod($method)) {
            throw new Hordeeas_Failure('method', 'no such method: ' . $call['method']);
        }
        $this->isWorking = true;
        return $registry->call($method, $params);
    }

    private function error(Throwable $e, $id)
    {
        $error = Hordeeas_Failure::describe($e);
        $code = isset(self::CODES[$error['kind']]) ? self::CODES[$error['kind']] : self::CODES['internal'];
        if ($code <= -32600 && $code >= -32700 && $error['kind'] !== 'internal') {
            $error['kind'] = 'invalid';
        }
        return array(
            'jsonrpc' => '2.0',
            'error' => array(
                'code' => $code,
                'message' => $error['message'],
                'data' => array('kind' => $error['kind'], 'class' => $error['class']),
            ),
            'id' => $id,
        );
    }

    /**
     * The whole request failed.
     */
    private function refuse(Throwable $e)
    {
        $kind = Hordeeas_Failure::kindOf($e);
        $status = isset(self::STATUS[$kind]) ? self::STATUS[$kind] : 400;
        if ($kind === 'method') {
            $status = 405;
        }
        $this->batch = false;
        $this->answers = array(Hordeeas_Json::encode($this->error($e, null)));
        $this->send($status);
    }

    /**
     * Called by PHP at the end; after a fatal error there is still an answer to give.
     */
    public function ended()
    {
        if ($this->done) {
            return;
        }
        $this->reserve = null;
        $last = error_get_last();
        $text = $last === null ? 'PHP ended early' : $last['message'];
        // What died before there was work to do may live again.
        $e = new Hordeeas_Failure($this->isWorking ? 'internal' : 'temporary', 'fatal error: ' . strtok($text, "\n"));
        if (!$this->batch || !$this->answers) {
            $this->refuse($e);
            return;
        }
        for ($at = count($this->answers); $at < count($this->calls); $at++) {
            $id = isset($this->calls[$at]['id']) && is_scalar($this->calls[$at]['id']) ? $this->calls[$at]['id'] : null;
            $this->answers[] = Hordeeas_Json::encode($this->error($e, $id));
        }
        $this->send(200);
    }

    private function send($status)
    {
        $this->done = true;
        $stray = '';
        while (ob_get_level()) {
            $stray .= (string)ob_get_clean();
        }
        if (trim($stray) !== '') {
            error_log('horde-bridge: dropped stray output: ' . substr(trim($stray), 0, 500));
        }
        $json = $this->batch ? '[' . implode(',', $this->answers) . ']' : $this->answers[0];
        if (!headers_sent()) {
            header_remove('Set-Cookie');
            // A fatal error left a status line, which a mere number does not replace.
            header('HTTP/1.1 ' . $status . ' ' . ($status === 200 ? 'OK' : 'Error'), true, $status);
            header('Content-Type: application/json');
            header('Cache-Control: no-store');
            header('X-Content-Type-Options: nosniff');
            header('Content-Length: ' . strlen($json));
        }
        echo $json;
        flush();
        // What Horde's own end-of-request code prints is nobody's business.
        ob_start(function () {
            return '';
        });
    }
}
