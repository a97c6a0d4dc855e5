<?php
/**
 * Writes contacts.
 *
 * An add answers "existed" also when the very same contact is there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Hordeeas_ContactWriter extends Hordeeas_Writer
{
    protected function add($book, $uid, $data)
    {
        $driver = Hordeeas_Books::driver($book);
        if (!$driver->canAdd()) {
            throw new Hordeeas_Failure('denied', 'the address book ' . $book . ' takes no contacts');
        }
        if (strlen($uid) > 255) {
            throw new Hordeeas_Failure('unsupported', 'the address book can not keep this uid');
        }
        $input = new Hordeeas_CardInput($data, $driver, array());
        $attrs = array_filter($input->attrs, 'is_string');
        $twin = $this->twin($driver, $attrs);
        if ($twin !== null) {
            return array('uid' => $twin, 'existed' => true, 'changed' => false);
        }
        $this->quota->allow($book, function () use ($book, $driver) {
            $max = Turba::getExtendedPermission($driver, 'max_contacts');
            return $max === true ? Hordeeas_Books::limit($book) : $max;
        }, function () use ($driver) {
            return count($driver);
        }, 'the address book is full');
        $hooks = $GLOBALS['injector']->getInstance('Horde_Core_Hooks');
        if ($hooks->hookExists('encode_attribute', 'turba')) {
            foreach ($attrs as $name => $value) {
                $attrs[$name] = $hooks->callHook('encode_attribute', 'turba', array($name, $value, null, null));
            }
        }
        $attrs['__uid'] = $uid;
        if ($input->tags) {
            $attrs['__tags'] = $input->tags;
        }
        $driver->add($attrs);
        $this->quota->add($book, 1);
        unset($this->known[$book][$uid]);
        return array('existed' => false, 'changed' => true) + $this->drops($input);
    }

    protected function remove($book, $object)
    {
        Hordeeas_Books::driver($book)->delete($object->getValue('__key'));
        $this->quota->add($book, -1);
    }

    protected function patch($book, $object, $data)
    {
        $driver = Hordeeas_Books::driver($book);
        $current = array();
        foreach ($driver->map as $name => $column) {
            if (is_string($column)) {
                $current[$name] = Hordeeas_Card::plain($object, $name);
            }
        }
        $input = new Hordeeas_CardInput($data, $driver, $current + array('' => ''), Hordeeas_Shown::of($object));
        $changed = false;
        foreach ($input->attrs as $name => $value) {
            $was = isset($current[$name]) ? (string)$current[$name] : '';
            $was = strncmp($was, '0000-00-00', 10) === 0 ? '' : $was;
            // The store trims what it reads.
            if (trim($was) !== trim((string)$value)) {
                $object->setValue($name, $value);
                $changed = true;
            }
        }
        $uid = (string)$object->getValue('__uid');
        if ($input->tags !== null) {
            $tags = Hordeeas_Tags::of('Turba_Tagger', 'contact', array($uid));
            $now = isset($tags[$uid]) ? $tags[$uid] : array();
            $new = $input->tags;
            sort($new);
            if ($now !== $new) {
                $object->setValue('__tags', $input->tags);
                $object->attributes['__tags'] = $input->tags;
                $changed = true;
            }
        }
        if ($changed) {
            $object->store();
        }
        return array('existed' => true, 'changed' => $changed) + $this->drops($input);
    }

    private function drops(Hordeeas_CardInput $input)
    {
        $drops = array('dropped' => array_values(array_unique($input->dropped)), 'long' => array_values(array_unique($input->long)));
        return array_filter($drops);
    }

    /**
     * The uid of a contact that holds exactly the same, or null.
     */
    private function twin($driver, array $attrs)
    {
        $blobs = $driver->getBlobs();
        $dates = $driver->getDateFields();
        $criteria = array_diff_key($attrs, $blobs, $dates, array('phototype' => true));
        if (!$criteria) {
            return null;
        }
        $found = $driver->search($criteria, null, 'AND', array(), array_keys($criteria));
        foreach ($found->objects as $object) {
            if (!$object->isGroup() && $this->same($driver, $object, $attrs)) {
                return (string)$object->getValue('__uid');
            }
        }
        return null;
    }

    private function same($driver, $object, array $attrs)
    {
        foreach ($driver->map as $name => $column) {
            if (!is_string($column) || strncmp($name, '__', 2) === 0 || $name === 'phototype') {
                continue;
            }
            $has = trim((string)Hordeeas_Card::plain($object, $name));
            $has = strncmp($has, '0000-00-00', 10) === 0 ? '' : $has;
            if ($has !== trim(isset($attrs[$name]) ? $attrs[$name] : '')) {
                return false;
            }
        }
        return true;
    }
}
