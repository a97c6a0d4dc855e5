<?php
// Some seventy contacts with photos, two distribution lists, a second address book.

const DEMO_PEOPLE = array(
    // First and last name, company, city, country.
    array('Anna', 'Müller', 'Bäckerei Müller', 'München', 'DE'),
    array('Łukasz', 'Wójcik', 'Stocznia Gdańsk', 'Gdańsk', 'PL'),
    array('Søren', 'Østergård', 'Havnen A/S', 'Århus', 'DK'),
    array('Zoë', "O'Brien", 'Quay & Sons', 'Galway', 'IE'),
    array('José', 'Ibáñez', 'Talleres Ibáñez', 'Cádiz', 'ES'),
    array('Ирина', 'Соколова', 'Книжный дом', 'Москва', 'RU'),
    array('花子', '山田', '山田商店', '東京', 'JP'),
    array('伟', '李', '长江贸易', '武汉', 'CN'),
    array('مريم', 'حداد', 'دار النشر', 'بيروت', 'LB'),
    array('Ελένη', 'Παπαδοπούλου', 'Νησί ΑΕ', 'Χανιά', 'GR'),
    array('Jean-Luc', 'de la Fontaine', 'Éditions du Pont', 'Lyon', 'FR'),
    array('Ågot', 'Bjørnsdatter', 'Fjord AS', 'Bergen', 'NO'),
);

function demo_contacts()
{
    global $prefs, $registry;
    demo_push('turba');
    $default = $registry->call('contacts/getDefaultShare');
    $family = $registry->call('contacts/addAddressbook', array('Familie & Freunde'));
    $prefs->setValue('default_dir', $default);
    $prefs->setValue('sync_books', serialize(array($default, $family)));
    $prefs->store();
    $book = demo_book($default);
    $keys = array();
    for ($n = 0; $n < 60; $n++) {
        $keys[] = $book->add(demo_contact($n));
    }
    foreach (array('Projekt Brücke' => array_slice($keys, 0, 7), 'Board' => array_slice($keys, 20, 3)) as $list => $members) {
        $book->add(array(
            '__type' => 'Group', '__members' => serialize($members), 'lastname' => $list,
            '__uid' => 'demo-list-' . count($members) . '@example.test',
        ));
    }
    $second = demo_book($family);
    for ($n = 60; $n < 68; $n++) {
        $second->add(demo_contact($n));
    }
    $odd = demo_odd_contacts();
    foreach ($odd as $n => $contact) {
        $second->add($contact + array('__uid' => "demo-odd-$n@example.test"));
    }
    demo_pop();
    return array('contacts' => 68 + count($odd), 'distribution lists' => 2);
}

function demo_few_contacts()
{
    global $prefs;
    demo_push('turba');
    $default = $GLOBALS['registry']->call('contacts/getDefaultShare');
    $prefs->setValue('sync_books', serialize(array($default)));
    $prefs->store();
    $book = demo_book($default);
    for ($n = 0; $n < 5; $n++) {
        $book->add(array('__uid' => "demo-few-$n@example.test") + demo_contact($n));
    }
    demo_pop();
    return 5;
}

/** The driver of an address book that may have been made a moment ago. */
function demo_book($name)
{
    $GLOBALS['cfgSources'] = Turba::getConfigFromShares(Turba::availableSources());
    return $GLOBALS['injector']->getInstance('Turba_Factory_Driver')->create($name);
}

/** The n-th contact: every third is complete, the others have gaps, as real books do. */
function demo_contact($n)
{
    list($first, $last, $company, $city, $country) = DEMO_PEOPLE[$n % count(DEMO_PEOPLE)];
    $round = intdiv($n, count(DEMO_PEOPLE));
    $contact = array(
        '__uid' => "demo-contact-$n@example.test",
        'firstname' => $first,
        'lastname' => $round ? "$last " . str_repeat('I', $round) : $last,
        'email' => "contact$n@example.net",
    );
    if ($n % 2 == 0) {
        $contact += array(
            'company' => $company, 'workCity' => $city, 'workCountry' => $country,
            'workPhone' => sprintf('+49 89 5550%03d', $n), 'title' => 'Head of "things"',
        );
    }
    if ($n % 3 == 0) {
        $contact += array(
            'namePrefix' => 'Dr.', 'middlenames' => 'M.', 'nameSuffix' => 'jun.', 'alias' => "nick$n",
            'birthday' => sprintf('%d-%02d-%02d', 1950 + $n, 1 + $n % 12, 1 + $n % 28),
            'anniversary' => sprintf('%d-%02d-%02d', 1990 + $n % 30, 1 + $n % 12, 1 + $n % 28),
            'homeStreet' => "Hauptstraße $n", 'homeCity' => $city, 'homePostalCode' => sprintf('%05d', 10000 + $n),
            'homeProvince' => 'Bayern', 'homeCountry' => $country, 'workStreet' => "Quay $n\nFloor 2",
            'homePhone' => sprintf('+49 30 555%04d', $n), 'cellPhone' => sprintf('+49 170 555%04d', $n),
            'fax' => sprintf('+49 89 5551%03d', $n), 'pager' => "4711$n", 'department' => 'R&D <west>',
            'manager' => 'Max Mustermann', 'assistant' => 'Eva Beispiel', 'spouse' => 'Kim', 'website' => "https://example.net/~$n",
            'imaddress' => "im$n@example.net", 'notes' => "First line\nsecond line: ä ö ü ß €\n\"quoted\", <tagged> & more",
            '__tags' => array('demo', $n % 2 ? 'privat' : 'Geschäft'),
        ) + demo_rest($n);
    }
    if ($n % 5 != 4) {
        $png = $n % 10 == 3;
        $contact += array('photo' => demo_photo($n, $png), 'phototype' => $png ? 'image/png' : 'image/jpeg');
    }
    if ($n % 7 == 6) {
        unset($contact['email']);
    }
    return $contact;
}

/** What few fill in, and what phones have no place for. */
function demo_rest($n)
{
    return array(
        'yomifirstname' => 'はなこ', 'yomilastname' => 'やまだ', 'workProvince' => 'Bayern', 'workPostalCode' => '80331',
        'homePhone2' => "+49 30 556$n", 'workPhone2' => "+49 89 556$n", 'homeFax' => "+49 30 557$n", 'carPhone' => "+49 171 $n",
        'radioPhone' => "+49 172 $n", 'companyPhone' => "+49 89 0$n", 'assistPhone' => "+49 89 1$n",
        'otherStreet' => "Seeweg $n", 'otherCity' => 'Zürich', 'otherProvince' => 'ZH', 'otherPostalCode' => '8001', 'otherCountry' => 'CH',
        'imaddress2' => "second$n@example.net", 'imaddress3' => "third$n@example.net",
        'homePOBox' => "PF $n", 'workPOBox' => '4711', 'otherPOBox' => '42', 'timezone' => 'Europe/Zurich', 'role' => 'Chair',
        'freebusyUrl' => "https://example.net/fb/$n", 'pgpPublicKey' => "-----BEGIN PGP PUBLIC KEY BLOCK-----\nnot really\n",
        'logo' => demo_photo($n, true), 'logotype' => 'image/png',
    );
}

/** Contacts that programs stumble over. */
function demo_odd_contacts()
{
    return array(
        array('company' => 'Only a Company GmbH & Co. KG'),
        array('email' => 'only.an.address@example.net'),
        array('middlenames' => 'Only-a-Middle-Name'),
        array('namePrefix' => 'Prof.', 'nameSuffix' => 'MBA'),
        array('lastname' => 'Notes, only', 'notes' => "\r\n  indented\r\n\r\nafter an empty line\ttab\r\n"),
        array('firstname' => 'Very', 'lastname' => 'Long', 'notes' => trim(str_repeat("Zeile mit Umläuten: äöüß, 日本語, 😀.\n", 1000))),
        array('firstname' => '😀', 'lastname' => "\"Quotes\", commas; and \\ signs", 'alias' => "O'Nick", 'title' => '<b>bold</b> & co'),
        array('lastname' => 'Country as a word', 'homeCountry' => 'Germany', 'workCountry' => 'Atlantis', 'otherCountry' => 'ZZ'),
        array('lastname' => 'Address with a name', 'email' => '"Name, With" <with.a.name@example.net>'),
        array('lastname' => 'Born in no year', 'birthday' => '0000-05-07'),
        array('lastname' => 'Born long ago', 'birthday' => '1583-12-31', 'anniversary' => '2096-02-29'),
        array('lastname' => 'A picture that is none', 'photo' => "not a picture\0\xff", 'phototype' => 'text/plain'),
        array('lastname' => 'Lines in a field', 'workStreet' => "c/o Meier\r\nHinterhaus\n3. Stock", 'department' => " Research\tand more"),
        array('lastname' => str_repeat('ä', 255), 'firstname' => str_repeat('b', 255), 'cellPhone' => str_repeat('1', 25),
            'homePostalCode' => '1234567890', 'alias' => str_repeat('n', 32), '__tags' => array('demo', 'Freunde & Bekannte', '日本', '😀')),
    );
}

/** A small picture of its own for each contact; a few are large for a phone (some 100 kB). */
function demo_photo($n, $png)
{
    $side = $n % 20 == 10 ? 640 : 96;
    $image = imagecreatetruecolor($side, $side);
    mt_srand($n);
    imagefilledrectangle($image, 0, 0, $side, $side, imagecolorallocate($image, mt_rand(0, 255), mt_rand(0, 255), mt_rand(0, 255)));
    $spots = $side * $side / ($side > 96 ? 20 : 200);
    for ($i = 0; $i < $spots; $i++) {
        $colour = imagecolorallocate($image, mt_rand(0, 255), mt_rand(0, 255), mt_rand(0, 255));
        imagefilledellipse($image, mt_rand(0, $side), mt_rand(0, $side), 9, 9, $colour);
    }
    ob_start();
    $png ? imagepng($image) : imagejpeg($image, null, 80);
    mt_srand();
    return ob_get_clean();
}
