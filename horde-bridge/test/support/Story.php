<?php
/**
 * One file of tests/bridge against one road; the notation is explained there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
class Story
{
    private $steps;
    private $road;
    private $url;
    private $login;
    private $values;

    public function __construct($file, $road, $url, $user, $password)
    {
        $story = json_decode(file_get_contents($file));
        if (!$story || empty($story->steps)) {
            throw new Exception('no story in it');
        }
        $this->steps = $story->steps;
        $this->road = $road;
        $this->url = $url;
        $this->login = array('' => $user . ':' . $password, 'none' => null, 'wrong' => $user . ':wrong');
        $this->values = array('run' => bin2hex(random_bytes(6)), 'user' => $user);
    }

    /**
     * @return int  Steps run.
     */
    public function run()
    {
        $count = 0;
        foreach ($this->steps as $at => $step) {
            if (isset($step->only) && $step->only !== $this->road) {
                continue;
            }
            $where = 'step ' . ($at + 1) . ' (' . $step->method . ')';
            list($status, $answer) = $this->call($step);
            if (isset($step->error)) {
                $this->refused($step->error, $status, $answer, $where);
            } else {
                if (!is_object($answer) || !property_exists($answer, 'result')) {
                    throw new Exception($where . ': no result: ' . json_encode($answer));
                }
                $this->same($step->result, $answer->result, $where);
            }
            $count++;
        }
        return $count;
    }

    private function call($step)
    {
        $headers = array('Content-Type: application/json');
        $login = $this->login[isset($step->login) ? $step->login : ''];
        if ($login !== null) {
            $headers[] = 'Authorization: Basic ' . base64_encode($login);
        }
        $body = json_encode(array('jsonrpc' => '2.0', 'method' => $step->method,
            'params' => $this->filled($step->params), 'id' => 7));
        $context = stream_context_create(array('http' => array('method' => 'POST', 'header' => $headers,
            'content' => $body, 'ignore_errors' => true, 'timeout' => 60)));
        $text = @file_get_contents($this->url, false, $context);
        if ($text === false) {
            throw new Exception('nobody answers at ' . $this->url . ': start the stack with deploy/demo up');
        }
        $status = 0;
        foreach ($http_response_header as $line) {
            if (preg_match('#^HTTP/\S+ (\d+)#', $line, $match)) {
                $status = (int)$match[1];
            }
            if ($this->road === 'bridge' && stripos($line, 'Set-Cookie') === 0) {
                throw new Exception('a cookie came');
            }
        }
        return array($status, json_decode($text));
    }

    private function refused($error, $status, $answer, $where)
    {
        if ($this->road === 'rpc') {
            if ($status !== 401) {
                throw new Exception($where . ': HTTP ' . $status . ', not 401');
            }
            return;
        }
        $kind = isset($answer->error->data->kind) ? $answer->error->data->kind : null;
        if ($kind !== $error->kind) {
            throw new Exception($where . ': kind ' . json_encode($kind) . ', not ' . $error->kind);
        }
        $wanted = $kind === 'auth' ? 401 : 200;
        if ($status !== $wanted) {
            throw new Exception($where . ': HTTP ' . $status . ', not ' . $wanted);
        }
    }

    private function filled($value)
    {
        if (is_array($value)) {
            return array_map(array($this, 'filled'), $value);
        }
        if (is_object($value)) {
            return (object)array_map(array($this, 'filled'), (array)$value);
        }
        if (!is_string($value)) {
            return $value;
        }
        if (preg_match('/^\$\{(\w+)\}$/', $value, $match)) {
            return $this->values[$match[1]];
        }
        return preg_replace_callback('/\$\{(\w+)\}/', function ($match) {
            return $this->values[$match[1]];
        }, $value);
    }

    private function same($wanted, $is, $where)
    {
        if (is_string($wanted) && preg_match('/^<(\w+)(?: (> )?(\w+))?>$/', $wanted, $match)) {
            $this->any($match, $is, $where);
            return;
        }
        if (is_object($wanted) && property_exists($wanted, '<contains>')) {
            $this->contains((array)$this->filled($wanted->{'<contains>'}), $is, $where);
            return;
        }
        if (is_object($wanted)) {
            if (!is_object($is)) {
                throw new Exception($where . ': no object: ' . json_encode($is));
            }
            foreach ($wanted as $name => $part) {
                if (!property_exists($is, $name)) {
                    throw new Exception($where . ': no ' . $name . ' in ' . json_encode($is));
                }
                $this->same($part, $is->$name, $where . '/' . $name);
            }
            return;
        }
        if (is_array($wanted)) {
            if (!is_array($is) || count($is) !== count($wanted)) {
                throw new Exception($where . ': not a list of ' . count($wanted) . ': ' . json_encode($is));
            }
            foreach ($wanted as $at => $part) {
                $this->same($part, $is[$at], $where . '/' . $at);
            }
            return;
        }
        $wanted = $this->filled($wanted);
        if ($wanted !== $is) {
            throw new Exception($where . ': ' . json_encode($is) . ', not ' . json_encode($wanted));
        }
    }

    private function contains(array $members, $is, $where)
    {
        foreach (is_array($is) ? $is : array() as $item) {
            if (array_intersect_key((array)$item, $members) == $members) {
                return;
            }
        }
        throw new Exception($where . ': no ' . json_encode($members) . ' in ' . json_encode($is));
    }

    private function any(array $match, $is, $where)
    {
        $name = isset($match[3]) ? $match[3] : null;
        switch ($match[1]) {
            case 'save':
                $this->values[$name] = $is;
                $fits = $is !== null;
                break;

            case 'int':
                $fits = is_int($is) && (empty($match[2]) || $is > $this->values[$name]);
                break;

            case 'text':
                $fits = is_string($is);
                break;

            case 'bool':
                $fits = is_bool($is);
                break;

            case 'list':
                $fits = is_array($is);
                break;

            case 'map':
                $fits = is_object($is);
                break;

            case 'null':
                $fits = $is === null;
                break;

            default:
                $fits = $match[1] === 'any';
        }
        if (!$fits) {
            throw new Exception($where . ': ' . json_encode($is) . ' is no ' . $match[0]);
        }
    }
}
