<?php
// Notes, some of them odd.

function demo_notes()
{
    $notes = array(
        "Einkaufszettel\nBrot\nKäse\nÄpfel",
        "Ideas for the bridge\n\n1. more light\n2. fewer <tags> & \"quotes\"",
        "日本語のメモ\n二行目",
        "Long note\n" . str_repeat("A line of some length that goes on. ", 800),
        "Empty",
        "Gästeliste\n" . implode("\n", range(1, 40)),
    );
    for ($n = 0; $n < 6; $n++) {
        $notes[] = "Note $n\nwritten for the demo";
    }
    foreach ($notes as $note) {
        $GLOBALS['registry']->call('notes/import', array($note, 'text/plain'));
    }
    $odd = demo_odd_notes();
    demo_push('mnemo');
    $notepad = $GLOBALS['registry']->call('notes/getDefaultShare');
    $driver = $GLOBALS['injector']->getInstance('Mnemo_Factory_Driver')->create($notepad);
    foreach ($odd as $note) {
        list($title, $text, $tags) = $note;
        $driver->add($title, $text, $tags);
    }
    demo_pop();
    return array('notes' => count($notes) + count($odd));
}

/** Title, text and labels of notes that programs stumble over. */
function demo_odd_notes()
{
    return array(
        array('A title of its own', "and another first line\r\n", array('demo', 'Ideen & Pläne')),
        array('No text', '', array()),
        array(str_repeat('ü', 255), "long title", array('日本', '😀')),
        array('Ends of lines', "one\r\ntwo\nthree\rfour\r\n\r\n  five\t", array()),
        array('As long as can be', str_repeat("äöü 😀\n", 5400), array('lang')),
        array('Not quite encrypted', "x -----BEGIN PGP MESSAGE-----", array()),
        array('Encrypted', "-----BEGIN PGP MESSAGE-----\n\nnobody's\n-----END PGP MESSAGE-----\n", array('geheim')),
        array(' Spaces around ', ' spaces around ', array()),
    );
}
