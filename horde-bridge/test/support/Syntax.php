<?php
/**
 * Finds syntax and functions that PHP 7.4 lacks, by tokens.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Syntax
{
    const EXAMPLES = array(
        '$a = match (1) { 1 => 2 };', 'enum Suit { case A; }', '$a?->b();', 'f(name: 1);',
        'function f(int|string $a) {}', 'function f(): int|false {}', 'function f(): static {}',
        'function f(mixed $a) {}', 'function f(): never {}', 'function f($a, $b,) {}',
        'class A { public function __construct(private int $a) {} }', 'try { f(); } catch (E) {}',
        '$a = $b ?? throw new E();', 'str_contains($a, $b);', 'array_is_list($a);', '$a = strlen(...);',
        'class A { public readonly int $a; }', 'echo $object::class;', '#[Attr] function f() {}',
        'class A { private int|null $a; }', '$a = 0o17;',
    );

    const HARMLESS = array(
        '$a = $b | $c;', '$a = $b ? f(c) : d;', 'switch ($a) { case A: f(B); break; default: g(); }',
        'try { f(); } catch (A | B $e) {}', 'f($a, $b,);', '$a = array(1, 2,);', 'echo A::class, static::class;',
        'function f(?int $a): ?string { throw new E(); }', '$a = fn($x) => $x + 1; f(...$a);',
        'if ($a) throw new E(); else throw new F();', 'f($a ? B : C, $d);', 'class A { private ?int $a; }',
        "#[\\ReturnTypeWillChange]\nfunction f() {}", '$a = $b instanceof C ? c($d | $e) : 1;',
        'function f() { return function () use ($a, $b) { }; }',
    );

    const FUNCTIONS = array('str_contains', 'str_starts_with', 'str_ends_with', 'get_debug_type', 'fdiv',
        'get_resource_id', 'preg_last_error_msg', 'array_is_list', 'fsync', 'ini_parse_quantity', 'json_validate',
        'mb_str_pad', 'array_find', 'array_any', 'array_all', 'mb_trim', 'mysqli_execute_query');

    /** Tokens that PHP 7.4 does not know, by name: they may not exist in the PHP that runs this. */
    const TOKENS = array('T_MATCH', 'T_ENUM', 'T_READONLY', 'T_NULLSAFE_OBJECT_OPERATOR');

    private $tokens = array();
    private $problems = array();

    /**
     * @return array  What PHP 7.4 would stumble over.
     */
    public static function problems($code)
    {
        $check = new self();
        $line = 1;
        foreach (token_get_all($code) as $token) {
            if (is_array($token)) {
                $line = $token[2];
            }
            $name = is_array($token) ? token_name($token[0]) : $token;
            $text = is_array($token) ? $token[1] : $token;
            if (!in_array($name, array('T_WHITESPACE', 'T_COMMENT', 'T_DOC_COMMENT'), true)) {
                $check->tokens[] = array($name, $text, $line);
            }
        }
        foreach (array_keys($check->tokens) as $at) {
            $check->token($at);
        }
        return array_values(array_unique($check->problems));
    }

    private function token($at)
    {
        list($name, $text) = $this->tokens[$at];
        if (in_array($name, self::TOKENS, true)) {
            $this->problem($at, $text);
        }
        if ($name === 'T_ATTRIBUTE' && $this->text($at + 1) !== '\\ReturnTypeWillChange') {
            $this->problem($at, 'an attribute');
        }
        if ($name === 'T_STRING' && in_array(strtolower($text), self::FUNCTIONS, true)
            && $this->text($at + 1) === '(' && !in_array($this->text($at - 1), array('->', '::', 'function'), true)) {
            $this->problem($at, 'the function ' . $text);
        }
        if ($name === 'T_LNUMBER' && preg_match('/^0o/i', $text)) {
            $this->problem($at, 'an octal number with 0o');
        }
        if ($name === 'T_VARIABLE' && $this->text($at + 1) === '::' && $this->text($at + 2) === 'class') {
            $this->problem($at, '::class of an object');
        }
        if ($name === 'T_THROW' && !in_array($this->text($at - 1), array(';', '{', '}', ')', ':', 'else', ''), true)
            && $this->tokens[$at - 1][0] !== 'T_OPEN_TAG') {
            $this->problem($at, 'throw inside an expression');
        }
        if ($name === 'T_CATCH' && $this->tokens[$this->closing($at + 1) - 1][0] !== 'T_VARIABLE') {
            $this->problem($at, 'catch without a variable');
        }
        if ($text === '...' && $this->text($at + 1) === ')') {
            $this->problem($at, 'a first-class callable');
        }
        if ($name === 'T_FUNCTION' || $name === 'T_FN') {
            $this->signature($at);
        }
        if (in_array($name, array('T_PUBLIC', 'T_PROTECTED', 'T_PRIVATE'), true)) {
            $this->type($at + 1, array('T_VARIABLE', 'T_FUNCTION', 'T_CONST'));
        }
        if ($text === '(' || $text === ',') {
            $this->named($at);
        }
    }

    /**
     * Parameters and return type of a function.
     */
    private function signature($at)
    {
        for ($open = $at + 1; $this->text($open) !== '(' && $this->text($open) !== ''; $open++) {
            continue;
        }
        $close = $this->closing($open);
        if ($this->text($close - 1) === ',') {
            $this->problem($at, 'a comma behind the last parameter');
        }
        for ($in = $open + 1; $in < $close; $in++) {
            if (in_array($this->tokens[$in][0], array('T_PUBLIC', 'T_PROTECTED', 'T_PRIVATE'), true)) {
                $this->problem($in, 'a promoted parameter');
            }
            if ($this->text($in - 1) === ',' || $in === $open + 1) {
                $this->type($in, array('T_VARIABLE'));
            }
        }
        if ($this->text($close + 1) === 'use') {
            $close = $this->closing($close + 2);
        }
        if ($this->text($close + 1) === ':') {
            $this->type($close + 2, array('{', ';', 'T_DOUBLE_ARROW'));
        }
    }

    /**
     * A type from here to one of these.
     */
    private function type($at, array $ends)
    {
        for (; isset($this->tokens[$at]); $at++) {
            list($name, $text) = $this->tokens[$at];
            if (in_array($name, $ends, true) || in_array($text, array('=', ';', ')', '{'), true)) {
                return;
            }
            if ($text === '|') {
                $this->problem($at, 'a union type');
            }
            if (in_array(strtolower($text), array('mixed', 'never'), true)
                || ($name === 'T_STATIC' && in_array('{', $ends, true))) {
                $this->problem($at, 'the type ' . $text);
            }
        }
    }

    /**
     * An argument with a name, behind a parenthesis or a comma.
     */
    private function named($at)
    {
        if ($this->text($at + 2) === ':' && isset($this->tokens[$at + 1])
            && preg_match('/^[a-z_]\w*$/i', $this->text($at + 1)) && $this->text($at + 3) !== ':') {
            // A ternary would need a question mark on its left.
            for ($back = $at - 1, $depth = 0; $back >= 0; $back--) {
                $text = $this->text($back);
                $depth += $text === ')' || $text === ']' ? 1 : ($text === '(' || $text === '[' ? -1 : 0);
                if ($depth < 0 || $text === ';' || $text === '{' || $text === '}') {
                    break;
                }
                if ($depth === 0 && $text === '?' && $this->text($at) === ',') {
                    return;
                }
            }
            $this->problem($at + 1, 'a named argument');
        }
    }

    private function closing($open)
    {
        for ($at = $open, $depth = 0; isset($this->tokens[$at]); $at++) {
            $text = $this->text($at);
            $depth += $text === '(' ? 1 : ($text === ')' ? -1 : 0);
            if ($depth === 0) {
                return $at;
            }
        }
        return count($this->tokens) - 1;
    }

    private function text($at)
    {
        return isset($this->tokens[$at]) ? $this->tokens[$at][1] : '';
    }

    private function problem($at, $what)
    {
        $this->problems[] = 'line ' . $this->tokens[$at][2] . ': PHP 7.4 has no ' . $what;
    }
}
