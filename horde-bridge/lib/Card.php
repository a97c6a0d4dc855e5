<?php
/**
 * One contact as it travels: Turba's own attributes, nothing translated but named beside it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_Card
{
    /**
     * @param Turba_Object $object
     * @param array $tags  uid => list
     *
     * @return array  attrs, countries, name_formatted, tags, photo
     */
    public static function of($object, array $tags, $binary, Hordeeas_Budget $budget)
    {
        $blobs = $object->driver->getBlobs();
        $attrs = self::attrs($object);
        foreach ($attrs as $name => $value) {
            $budget->spend(strlen($value) + strlen($name) + 8);
        }
        $uid = (string)$object->attributes['__uid'];
        return array(
            'attrs' => Hordeeas_Json::map($attrs),
            'countries' => Hordeeas_Json::map(Hordeeas_Countries::named($attrs)),
            'name_formatted' => Hordeeas_Json::utf8((string)Turba::formatName($object)),
            'tags' => isset($tags[$uid]) ? array_values($tags[$uid]) : array(),
            'photo' => $binary && isset($blobs['photo']) ? self::photo($object, $budget) : null,
        );
    }

    /**
     * The attributes as they travel: no binary, nothing empty.
     *
     * @param Turba_Object $object
     */
    public static function attrs($object)
    {
        $blobs = $object->driver->getBlobs();
        $dates = $object->driver->getDateFields();
        $attrs = array();
        foreach ($object->driver->map as $name => $column) {
            if (strncmp($name, '__', 2) === 0 || isset($blobs[$name]) || $name === 'phototype' || $name === 'logotype') {
                continue;
            }
            $value = is_array($column) ? self::composite($object, $name) : self::plain($object, $name);
            if ($value === null || $value === '' || (isset($dates[$name]) && strncmp($value, '0000', 4) === 0)) {
                continue;
            }
            $attrs[$name] = str_replace("\0", '', Hordeeas_Json::utf8((string)$value));
        }
        return Hordeeas_StandIns::filled($attrs, $object->driver->map);
    }

    /**
     * An attribute through the site's hook, if there is one.
     */
    public static function plain($object, $name)
    {
        if (!isset($object->attributes[$name])) {
            return null;
        }
        if (self::hooked()) {
            $value = $object->getValue($name);
            return is_scalar($value) ? $value : null;
        }
        return $object->attributes[$name];
    }

    private static function composite($object, $name)
    {
        foreach ($object->driver->map[$name]['fields'] as $field) {
            if (isset($object->attributes[$field]) && strlen((string)$object->attributes[$field])) {
                return $object->getValue($name);
            }
        }
        return null;
    }

    private static function photo($object, Hordeeas_Budget $budget)
    {
        $bytes = self::plain($object, 'photo');
        if (!is_string($bytes) || $bytes === '') {
            return null;
        }
        $encoded = base64_encode($bytes);
        $budget->spend(strlen($encoded));
        $type = isset($object->attributes['phototype']) ? (string)$object->attributes['phototype'] : '';
        return array('b64' => $encoded, 'type' => $type !== '' ? $type : (string)self::imageType($bytes));
    }

    /**
     * The media type of an image by its first bytes, or null.
     */
    public static function imageType($bytes)
    {
        $marks = array("\xff\xd8\xff" => 'image/jpeg', "\x89PNG\r\n" => 'image/png', 'GIF8' => 'image/gif',
            'BM' => 'image/bmp', "II*\0" => 'image/tiff', "MM\0*" => 'image/tiff');
        foreach ($marks as $mark => $type) {
            if (strncmp($bytes, $mark, strlen($mark)) === 0) {
                return $type;
            }
        }
        return substr($bytes, 0, 4) === 'RIFF' && substr($bytes, 8, 4) === 'WEBP' ? 'image/webp' : null;
    }

    public static function hooked()
    {
        return $GLOBALS['injector']->getInstance('Horde_Core_Hooks')->hookExists('decode_attribute', 'turba');
    }
}
