<?php
/**
 * The parts of the bridge that need no Horde.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
require_once dirname(__DIR__) . '/lib/Loader.php';

$failures = 0;
$checks = 0;
$same = function ($what, $is, $wanted) use (&$failures, &$checks) {
    $checks++;
    if ($is !== $wanted) {
        $failures++;
        echo 'FAILED ', $what, ': ', var_export($is, true), ', not ', var_export($wanted, true), "\n";
    }
};
$kind = function (callable $work) {
    try {
        $work();
    } catch (Hordeeas_Failure $e) {
        return $e->kind();
    }
    return null;
};

// Addresses.
foreach (array(
    array('127.0.0.1', '127.0.0.1', true), array('127.0.0.2', '127.0.0.1', false), array('::1', '::1', true),
    array('10.1.2.3', '10.0.0.0/8', true), array('11.1.2.3', '10.0.0.0/8', false), array('10.1.2.3', '10.1.2.0/23', true),
    array('10.1.4.3', '10.1.2.0/23', false), array('fe80::1', 'fe80::/10', true), array('::ffff:127.0.0.1', '127.0.0.1', true),
    array('', '127.0.0.1', false), array('nonsense', '0.0.0.0/0', false), array('1.2.3.4', '::/0', false),
    array('1.2.3.4', '0.0.0.0/0', true),
) as $case) {
    $same('inside ' . $case[0] . ' ' . $case[1], Hordeeas_Guard::inside($case[0], $case[1]), $case[2]);
}
$conf = array('allow' => array('127.0.0.1'), 'secret' => 'top');
$local = array('REMOTE_ADDR' => '127.0.0.1');
$same('stranger', $kind(function () use ($conf) {
    Hordeeas_Guard::check($conf, array('REMOTE_ADDR' => '192.0.2.1', 'HTTP_X_HORDE_EAS_SECRET' => 'top'));
}), 'denied');
$same('no secret', $kind(function () use ($conf, $local) {
    Hordeeas_Guard::check($conf, $local);
}), 'denied');
$same('wrong secret', $kind(function () use ($conf, $local) {
    Hordeeas_Guard::check($conf, $local + array('HTTP_X_HORDE_EAS_SECRET' => 'toP'));
}), 'denied');
$same('not passed', Hordeeas_Guard::hasPassed(), false);
$same('mailer for anybody', $kind(function () {
    Hordeeas_Mail::mailer();
}), 'denied');
$same('right secret', $kind(function () use ($conf, $local) {
    Hordeeas_Guard::check($conf, $local + array('HTTP_X_HORDE_EAS_SECRET' => 'top'));
}), null);

$same('passed', Hordeeas_Guard::hasPassed(), true);

// The mailer.
foreach (array(
    array(array(), 'none'), array(array('auth' => false, 'username_auth' => true, 'password_auth' => true), 'none'),
    array(array('auth' => true, 'username_auth' => true, 'password_auth' => true), 'user'),
    array(array('auth' => true, 'username_auth' => true, 'password' => 'x'), 'fixed'),
    array(array('auth' => true, 'username' => 'a', 'password' => 'x'), 'fixed'),
) as $case) {
    $same('mailer ' . json_encode($case[0]), Hordeeas_Site::mailerAuth($case[0]), $case[1]);
}
foreach (array(array(true, 'starttls_if_offered'), array('none', 'plain'), array(false, 'plain'), array('tls', 'starttls'),
    array('ssl', 'tls')) as $case) {
    $same('mailer security ' . json_encode($case[0]), Hordeeas_Mail::security($case[0]), $case[1]);
}

// Credentials.
$header = function ($text) {
    return array('HTTP_AUTHORIZATION' => 'Basic ' . base64_encode($text));
};
$same('basic', Hordeeas_Guard::basic($header('a:b:c')), array('a', 'b:c'));
$same('header before PHP', Hordeeas_Guard::basic($header('a:b') + array('PHP_AUTH_USER' => 'x', 'PHP_AUTH_PW' => 'y')),
    array('a', 'b'));
$same('PHP alone', Hordeeas_Guard::basic(array('PHP_AUTH_USER' => 'x', 'PHP_AUTH_PW' => 'y')), array('x', 'y'));
$same('none', Hordeeas_Guard::basic(array('HTTP_AUTHORIZATION' => 'Bearer x')), null);
foreach (array("a:b\0c", "a\0:b", 'a:', ':b') as $odd) {
    $same('odd ' . addcslashes($odd, "\0"), $kind(function () use ($header, $odd) {
        Hordeeas_Guard::basic($header($odd));
    }), 'auth');
}

// JSON.
$same('latin', Hordeeas_Json::encode("Zo\xeb"), '"Zoë"');
$same('binary', Hordeeas_Json::encode("\x89PNG\r\n\x1a\n\0\xff"), '{"b64":"iVBORw0KGgoA/w=="}');
$same('map', Hordeeas_Json::encode(array('m' => Hordeeas_Json::map(array()), 'l' => array(), 'n' => NAN)), '{"m":{},"l":[],"n":null}');
$same('key', Hordeeas_Json::encode(array("\xe4" => 1)), '{"ä":1}');
$deep = array();
for ($i = 0; $i < 200; $i++) {
    $deep = array($deep);
}
$same('deep', is_string(Hordeeas_Json::encode($deep)), true);

// Addresses of mail.
$only = array('email' => 'c1');
$list = array('email' => 'c1', 'emails' => 'c2');
$all = array('email' => 'c1', 'homeEmail' => 'c2', 'workEmail' => 'c3');
$same('three', Hordeeas_Emails::place($all, array('email' => 'a', 'homeEmail' => 'b'), array()),
    array(array('email' => 'a', 'homeEmail' => 'b'), array()));
$same('one', Hordeeas_Emails::place($only, array('email' => 'a', 'homeEmail' => 'b', 'workEmail' => null), array()),
    array(array('email' => 'a'), array('homeEmail')));
$same('list', Hordeeas_Emails::place($list, array('email' => 'a', 'homeEmail' => 'b', 'workEmail' => 'c'), array()),
    array(array('email' => 'a', 'emails' => 'b,c'), array()));
$same('list, one changed', Hordeeas_Emails::place($list, array('homeEmail' => 'B'), array('email' => 'a', 'emails' => 'a,b,c,d')),
    array(array('emails' => 'a,B,c,d'), array()));
$same('list, one gone', Hordeeas_Emails::place($list, array('homeEmail' => null), array('email' => 'a', 'emails' => 'b,c')),
    array(array('emails' => 'c'), array()));
$same('slots', Hordeeas_Emails::slots(array('email' => 'a', 'emails' => 'A, b,c,d')),
    array('email' => 'a', 'homeEmail' => 'b', 'workEmail' => 'c'));
$same('untouched', Hordeeas_Emails::place($list, array('title' => 'x'), array('emails' => 'a')),
    array(array('title' => 'x'), array()));

$same('second alone', Hordeeas_Emails::place($only, array('email' => null, 'homeEmail' => 'b'), array('email' => 'a')),
    array(array('email' => 'b'), array()));
$same('the same twice', Hordeeas_Emails::place($only, array('email' => 'a', 'homeEmail' => 'A'), array()),
    array(array('email' => 'a'), array()));
$same('where it is already', Hordeeas_Emails::place($only, array('homeEmail' => 'b'), array('email' => 'b')),
    array(array(), array()));
$same('bare', array_map('Hordeeas_Emails::bare', array('"A, B" <a@x>', ' a@x ', '<a@x>', 'a > b <')),
    array('a@x', 'a@x', 'a@x', 'a > b <'));

// What came back as it was shown.
$shown = array('email' => 'Zo <a@x>', 'notes' => "one\r\ntwo \xc3\xa9 three", 'children' => 'A,B', 'homeCountry' => 'Atlantis');
$same('nothing new', Hordeeas_Shown::news(array('email' => 'a@x', 'notes' => "one\ntwo \xc3\xa9 three ", 'children' => 'A, B',
    'homeCountry' => 'Atlantis', 'birthday' => null, 'title' => ''), $shown, null), array());
$news = array('email' => 'A@x', 'notes' => 'one', 'children' => 'A', 'homeCountry' => null, 'title' => 'x');
$same('all new', Hordeeas_Shown::news($news, $shown, null), $news);
foreach (array(array(10, "one\ntwo", true), array(9, "one\r\ntwo", true), array(11, "one\ntwo \xc3\xa9", true),
    array(10, 'one', false), array(4, "one\ntwo", false), array(99, 'one', false), array(0, '', false), array(null, 'one', false)) as $case) {
    $same('head ' . $case[0] . $case[1], Hordeeas_Shown::isHead($shown['notes'], $case[1], $case[0]), $case[2]);
}

// Attributes in the place of others.
$both = array('alias' => 'c1', 'nickname' => 'c2', 'homeStreet' => 'c3', 'homeAddress' => array('fields' => array('homeStreet')));
$same('filled', Hordeeas_StandIns::filled(array('nickname' => 'n', 'homeAddress' => 'made of others'), $both),
    array('nickname' => 'n', 'homeAddress' => 'made of others', 'alias' => 'n'));
$same('not filled', Hordeeas_StandIns::filled(array('alias' => 'a', 'nickname' => 'n'), $both), array('alias' => 'a', 'nickname' => 'n'));
$same('where it was shown from', Hordeeas_StandIns::place(array('alias' => 'x', 'homeStreet' => 's'), $both, array('nickname' => 'n')),
    array('homeStreet' => 's', 'nickname' => 'x'));
$same('where it is kept', Hordeeas_StandIns::place(array('alias' => 'x'), $both, array('alias' => 'a', 'nickname' => 'n')),
    array('alias' => 'x'));
$same('where the book has it', Hordeeas_StandIns::place(array('homeStreet' => 'x'), array('homeAddress' => 'c'), array()),
    array('homeAddress' => 'x'));

// Kinds of failures that are told in texts alone.
foreach (array('Horde_Db_Exception: QUERY FAILED: Deadlock found when trying to get lock' => 'temporary',
    "QUERY FAILED: Incorrect string value: 'x' for column" => 'internal', 'something else' => 'internal') as $text => $wanted) {
    $same($text, Hordeeas_Failure::kindOf(new Exception($text)), $wanted);
}

// Columns.
$same('bytes', array(Hordeeas_Columns::fits('abc', array('chars' => null, 'bytes' => 3)),
    Hordeeas_Columns::fits('abcd', array('chars' => null, 'bytes' => 3)), Hordeeas_Columns::fits('abcd', null)), array(true, false, true));
$same('narrow', array(Hordeeas_Columns::spelled("a\u{1f600}\u{e9}", array('isNarrow' => true)),
    Hordeeas_Columns::spelled("a\u{1f600}", array('isNarrow' => false))), array("a\u{fffd}\u{e9}", "a\u{1f600}"));

// Names of mailboxes.
$flat = array('prefix' => '', 'all' => array(), 'empty' => '/');
$inbox = array('prefix' => 'INBOX.', 'all' => array('INBOX.', 'user.'), 'empty' => null);
$same('flat', Hordeeas_Namespaces::full('Sent', $flat), 'Sent');
$same('prefixed', Hordeeas_Namespaces::full('Sent', $inbox), 'INBOX.Sent');
$same('has the prefix', Hordeeas_Namespaces::full('INBOX.Sent', $inbox), 'INBOX.Sent');
$same('another namespace', Hordeeas_Namespaces::full('user.bob', $inbox), 'user.bob');
$same('empty namespace', Hordeeas_Namespaces::full('/Shared', $flat), 'Shared');
$same('unknown', Hordeeas_Namespaces::full('Entwürfe', null), 'Entwürfe');

// Budgets.
$budget = new Hordeeas_Budget(array('ms' => 0, 'bytes' => 1));
$same('the first goes', $budget->allows(), true);
$same('the second waits', $budget->allows(), false);

// Pictures.
$same('jpeg', Hordeeas_Card::imageType("\xff\xd8\xff\xe0"), 'image/jpeg');
$same('no image', Hordeeas_Card::imageType('<svg'), null);

echo basename(__FILE__), ': ', $checks, ' checks, ', $failures, " failures\n";
exit($failures ? 1 : 0);
