<?php
/**
 * What a caller wants written into a contact, made fit for an address book.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_CardInput
{
    /** @var array  Turba attribute => text, bytes or null */
    public $attrs = array();

    /** @var array|null  Tags, when they are to be written. */
    public $tags;

    /** @var array  Names of attributes with a value that the book can not hold. */
    public $dropped = array();

    /** @var array  Names of attributes whose value is longer than the book can hold. */
    public $long = array();

    /** @var array  attribute => its column, where that is known */
    private $columns;

    /**
     * @param mixed $data      attrs, tags, photo; cut: after so many bytes the client's texts were cut
     * @param object $driver   The book.
     * @param array $current   The contact's attributes now; empty for a new one.
     * @param array|null $shown  What the client was shown; null for a new one.
     *
     * @throws Hordeeas_Failure  invalid
     */
    public function __construct($data, $driver, array $current, ?array $shown = null)
    {
        if (!is_array($data)) {
            throw new Hordeeas_Failure('invalid', 'data is missing');
        }
        $attrs = isset($data['attrs']) ? $data['attrs'] : array();
        if (!is_array($attrs)) {
            throw new Hordeeas_Failure('invalid', 'attrs must be an object');
        }
        foreach ($attrs as $name => $value) {
            if (!is_string($name) || ($value !== null && !is_scalar($value)) || strncmp($name, '__', 2) === 0) {
                throw new Hordeeas_Failure('invalid', 'attrs must hold texts');
            }
        }
        $map = $driver->map;
        $this->columns = Hordeeas_Contacts::columns($driver);
        if ($shown !== null) {
            $attrs = Hordeeas_Shown::news($attrs, $shown, isset($data['cut']) ? $data['cut'] : null);
        }
        $attrs = Hordeeas_StandIns::place($attrs, $map, $current);
        $attrs = $this->names($attrs, $map, $current);
        list($attrs, $lost) = Hordeeas_Emails::place($map, $attrs, $current);
        $this->dropped = $lost;
        $attrs = $this->countries($attrs, $map);
        $this->attrs = $this->fitting($attrs, $driver);
        if (array_key_exists('photo', $data)) {
            $this->photo($data['photo'], $map, isset($current['photo']) ? (string)$current['photo'] : '');
        }
        if (isset($data['tags'])) {
            $this->tags = Hordeeas_Tags::input($data['tags']);
        }
    }

    /**
     * A name is kept in its parts where the book has parts, and as a whole where it has not.
     */
    private function names(array $attrs, array $map, array $current)
    {
        $parts = array('firstname', 'middlenames', 'lastname');
        $given = array_intersect_key($attrs, array_flip($parts));
        if (isset($map['name']) && is_array($map['name'])) {
            $whole = isset($attrs['name']) ? trim((string)$attrs['name']) : '';
            unset($attrs['name']);
            if (!$current && $whole !== '' && !array_filter($given, 'strlen')) {
                $into = in_array('lastname', $map['name']['fields'], true) ? 'lastname' : $map['name']['fields'][0];
                $attrs[$into] = $whole;
            }
            return $attrs;
        }
        if (!isset($map['name'])) {
            return $attrs;
        }
        $unmapped = array_diff_key($given, $map);
        $ordered = array();
        foreach ($parts as $part) {
            $ordered[] = isset($given[$part]) ? trim((string)$given[$part]) : '';
        }
        $joined = implode(' ', array_filter($ordered, 'strlen'));
        if ($joined !== '' && !array_filter(array_intersect_key($current, $given), 'strlen')
            && $joined === self::inOrder(isset($current['name']) ? (string)$current['name'] : '')) {
            // The parts are what a phone was shown of the whole.
            return array_diff_key($attrs, $given, array('name' => true));
        }
        if ($unmapped && $joined !== '') {
            $attrs['name'] = $joined;
        }
        return array_diff_key($attrs, $unmapped);
    }

    /**
     * A whole name with the first name first.
     */
    private static function inOrder($name)
    {
        $halves = array_map('trim', explode(',', $name, 2));
        return preg_replace('/\s+/', ' ', trim(implode(' ', array_reverse($halves))));
    }

    /**
     * Countries are kept as codes; a name without a code goes to the free field, if there is one.
     */
    private function countries(array $attrs, array $map)
    {
        foreach (Hordeeas_Countries::FIELDS as $field) {
            if (!array_key_exists($field, $attrs)) {
                continue;
            }
            $name = trim((string)$attrs[$field]);
            $free = $field . 'Free';
            $code = $name === '' ? null : Hordeeas_Countries::code($name);
            if (isset($map[$free])) {
                $attrs[$free] = $name === '' ? null : $name;
            } elseif ($name !== '' && $code === null) {
                $this->dropped[] = $field;
                unset($attrs[$field]);
                continue;
            }
            $attrs[$field] = $code;
            if (!isset($map[$field])) {
                unset($attrs[$field]);
            }
        }
        return $attrs;
    }

    /**
     * The attributes that the book has, as it holds them.
     */
    private function fitting(array $attrs, $driver)
    {
        $blobs = $driver->getBlobs();
        $dates = $driver->getDateFields();
        $out = array();
        foreach ($attrs as $name => $value) {
            $text = $value === null ? '' : str_replace("\0", '', Hordeeas_Json::utf8((string)$value));
            $usable = isset($driver->map[$name]) && is_string($driver->map[$name]) && !isset($blobs[$name])
                && $name !== 'phototype' && $name !== 'logotype';
            if (!$usable) {
                if ($text !== '') {
                    $this->dropped[] = $name;
                }
                continue;
            }
            if ($text !== '' && isset($dates[$name]) && !preg_match('/^\d{4}-\d\d-\d\d$/', $text)) {
                throw new Hordeeas_Failure('invalid', $name . ' must be a date like 2001-12-31');
            }
            $column = isset($this->columns[$name]) ? $this->columns[$name] : null;
            $text = Hordeeas_Columns::spelled($text, $column);
            if (!Hordeeas_Columns::fits($text, $column)) {
                $this->long[] = $name;
                continue;
            }
            $out[$name] = $text === '' ? null : $text;
        }
        return $out;
    }

    private function photo($photo, array $map, $was)
    {
        if (!isset($map['photo'])) {
            if ($photo !== null) {
                $this->dropped[] = 'photo';
            }
            return;
        }
        $bytes = null;
        if ($photo !== null) {
            $bytes = is_array($photo) && isset($photo['b64']) && is_string($photo['b64'])
                ? base64_decode($photo['b64'], true)
                : false;
            if ($bytes === false) {
                throw new Hordeeas_Failure('invalid', 'photo must be {"b64"}');
            }
            $bytes = $bytes === '' ? null : $bytes;
        }
        if ($bytes !== null && strlen($bytes) > Hordeeas_Contacts::photoLimit($this->columns)) {
            $this->long[] = 'photo';
            return;
        }
        // The store trims what it reads, photos too.
        if (trim($was) === trim((string)$bytes)) {
            return;
        }
        $this->attrs['photo'] = $bytes;
        if (isset($map['phototype'])) {
            $this->attrs['phototype'] = $bytes === null ? null : Hordeeas_Card::imageType($bytes);
        }
    }
}
