<?php
/**
 * The entry script before a Horde that misbehaves: whatever happens, JSON comes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
$root = dirname(__DIR__);
$place = sys_get_temp_dir() . '/hordeeas-entry-' . getmypid();
mkdir($place . '/hordeeas/config', 0700, true);
mkdir($place . '/lib');
mkdir($place . '/sessions');
symlink($root . '/rpc.php', $place . '/hordeeas/rpc.php');
copy($root . '/rpc.php', $place . '/hordeeas/entry.php');
symlink($root . '/lib', $place . '/hordeeas/lib');
copy(__DIR__ . '/support/FakeHorde.php', $place . '/lib/core.php');
$configure = function ($text) use ($place) {
    file_put_contents($place . '/hordeeas/config/bridge.php', "<?php\n" . $text);
};
$configure('');
// A port that is free now.
$socket = stream_socket_server('tcp://127.0.0.1:0');
$address = stream_socket_get_name($socket, false);
fclose($socket);
$server = proc_open(array(PHP_BINARY, '-d', 'opcache.enable_cli=0', '-d', 'memory_limit=32M', '-d', 'log_errors=0',
    '-d', 'session.save_path=' . $place . '/sessions', '-S', $address, '-t', $place),
    array(array('file', '/dev/null', 'r'), array('file', '/dev/null', 'w'), array('file', '/dev/null', 'w')), $pipes);
for ($i = 0; $i < 100 && !@stream_socket_client('tcp://' . $address, $errno, $error, 1); $i++) {
    usleep(50000);
}

$send = function ($body, array $headers = array(), $method = 'POST') use ($address) {
    $given = implode("\n", $headers);
    if (stripos($given, 'Content-Type') === false) {
        $headers[] = 'Content-Type: application/json';
    }
    if (stripos($given, 'Authorization') === false) {
        $headers[] = 'Authorization: Basic ' . base64_encode('alice:alice-pw');
    }
    $text = (string)@file_get_contents('http://' . $address . '/hordeeas/entry.php', false, stream_context_create(array(
        'http' => array('method' => $method, 'header' => $headers, 'content' => $body, 'ignore_errors' => true,
            'timeout' => 20))));
    $status = 0;
    foreach (isset($http_response_header) ? $http_response_header : array() as $line) {
        $status = preg_match('#^HTTP/\S+ (\d+)#', $line, $match) ? (int)$match[1] : $status;
        if (stripos($line, 'Set-Cookie') === 0) {
            return array($status, 'a cookie came');
        }
    }
    return array($status, json_decode($text, true));
};
$failures = 0;
$checks = 0;
$expect = function ($what, array $answer, $status, $kind) use (&$failures, &$checks) {
    $checks++;
    $is = isset($answer[1]['error']['data']['kind']) ? $answer[1]['error']['data']['kind'] : null;
    if ($answer[0] !== $status || $is !== $kind || !is_array($answer[1])) {
        $failures++;
        echo 'FAILED ', $what, ': ', json_encode($answer), "\n";
    }
};
$call = function ($method, array $params = array()) {
    return json_encode(array('jsonrpc' => '2.0', 'method' => $method, 'params' => $params, 'id' => 1));
};

$expect('fine', $send($call('fake.echo', array(1))), 200, null);
$expect('GET', $send('', array(), 'GET'), 405, 'invalid');
$expect('form', $send('a=b', array('Content-Type: application/x-www-form-urlencoded')), 400, 'invalid');
$expect('no JSON', $send('{'), 400, 'invalid');
$expect('a number', $send('1'), 400, 'invalid');
$expect('an empty batch', $send('[]'), 400, 'invalid');
$expect('named parameters', $send('{"method":"fake.echo","params":{"a":1}}'), 200, 'invalid');
$expect('no method', $send('{"id":1}'), 200, 'invalid');
$expect('unknown method', $send($call('fake.nothing')), 200, 'invalid');
$expect('deep', $send('{"method":"fake.echo","params":' . str_repeat('[', 500) . str_repeat(']', 500) . '}'), 400, 'invalid');
$expect('wrong password', $send($call('fake.echo'), array('Authorization: Basic ' . base64_encode('alice:x'))), 401, 'auth');
$expect('NUL', $send($call('fake.echo'), array('Authorization: Basic ' . base64_encode("alice:alice-pw\0x"))), 401, 'auth');
$expect('no login', $send($call('fake.echo'), array('Authorization: none')), 401, 'auth');
$expect('back end down', $send($call('fake.echo'), array('Authorization: Basic ' . base64_encode('down:x'))), 503, 'temporary');
$expect('open method', $send($call('bridge.config'), array('Authorization: none')), 200, null);
$expect('Horde broken', $send($call('fake.echo'), array('X-Test: boot')), 503, 'temporary');
$expect('throwable', $send($call('fake.error')), 200, 'internal');
$expect('stray output', $send($call('fake.output')), 200, null);
$expect('out of memory', $send($call('fake.memory')), 500, 'internal');
$expect('exit', $send($call('fake.leave')), 500, 'internal');

list($status, $batch) = $send('[' . $call('fake.echo', array('a')) . ',' . $call('fake.error') . ',' . $call('fake.memory')
    . ',' . $call('fake.echo') . ']');
$checks++;
if ($status !== 200 || count($batch) !== 4 || $batch[0]['result'] !== array('a') || empty($batch[1]['error'])
    || $batch[2]['error']['data']['kind'] !== 'internal' || $batch[3]['error']['data']['kind'] !== 'internal') {
    $failures++;
    echo 'FAILED a batch with a fatal error in it: ', $status, ' ', json_encode($batch), "\n";
}
list($status, $seen) = $send($call('fake.seen'), array('Cookie: Horde=abc', 'X-Forwarded-For: 192.0.2.1',
    'X-Horde-Eas-Client: 203.0.113.9'));
$checks++;
if ($seen['result'] !== array('cookies' => 0, 'forwarded' => false, 'address' => '203.0.113.9')) {
    $failures++;
    echo 'FAILED what reaches Horde: ', json_encode($seen), "\n";
}
$configure('$hordeeas["secret"] = "top";');
$expect('no secret', $send($call('bridge.config')), 403, 'denied');
$expect('secret', $send($call('bridge.config'), array('X-Horde-Eas-Secret: top')), 200, null);
$configure('$hordeeas["allow"] = array("192.0.2.0/24");');
$expect('stranger', $send($call('bridge.config')), 403, 'denied');
$configure('$hordeeas["max_request"] = 40;');
$expect('too large', $send($call('bridge.config', array(str_repeat('x', 100)))), 400, 'invalid');
$checks++;
$left = array_diff(scandir($place . '/sessions'), array('.', '..'));
if ($left) {
    $failures++;
    echo 'FAILED sessions were left: ', implode(' ', $left), "\n";
}

proc_terminate($server);
proc_close($server);
foreach (array('hordeeas/rpc.php', 'hordeeas/entry.php', 'hordeeas/lib', 'hordeeas/config/bridge.php', 'lib/core.php') as $file) {
    unlink($place . '/' . $file);
}
array_map('rmdir', array($place . '/hordeeas/config', $place . '/hordeeas', $place . '/lib', $place . '/sessions', $place));
echo basename(__FILE__), ': ', $checks, ' checks, ', $failures, " failures\n";
exit($failures ? 1 : 0);
