//! Writes values as PHP does.

use crate::php::{Array, Key, Value};

/// The very bytes that PHP's `serialize` gives for a value.
#[must_use]
pub fn serialize(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write_value(&mut out, value);
    out
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"N;"),
        Value::Bool(bool) => out.extend_from_slice(if *bool { b"b:1;" } else { b"b:0;" }),
        Value::Int(int) => write_int(out, *int),
        Value::Float(float) => {
            out.extend_from_slice(b"d:");
            out.extend_from_slice(float_text(*float).as_bytes());
            out.push(b';');
        }
        Value::Str(bytes) => write_str(out, bytes),
        Value::Array(array) => {
            out.extend_from_slice(b"a:");
            write_elements(out, array);
        }
        Value::Custom { class, payload } => {
            write_class(out, b'C', class);
            out.extend_from_slice(payload.len().to_string().as_bytes());
            out.extend_from_slice(b":{");
            out.extend_from_slice(payload);
            out.push(b'}');
        }
        Value::Object { class, props } => {
            write_class(out, b'O', class);
            write_elements(out, props);
        }
    }
}

fn write_int(out: &mut Vec<u8>, int: i64) {
    out.extend_from_slice(b"i:");
    out.extend_from_slice(int.to_string().as_bytes());
    out.push(b';');
}

fn write_str(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(b"s:");
    out.extend_from_slice(bytes.len().to_string().as_bytes());
    out.extend_from_slice(b":\"");
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\";");
}

fn write_class(out: &mut Vec<u8>, sort: u8, class: &str) {
    out.push(sort);
    out.push(b':');
    out.extend_from_slice(class.len().to_string().as_bytes());
    out.extend_from_slice(b":\"");
    out.extend_from_slice(class.as_bytes());
    out.extend_from_slice(b"\":");
}

fn write_elements(out: &mut Vec<u8>, array: &Array) {
    out.extend_from_slice(array.len().to_string().as_bytes());
    out.extend_from_slice(b":{");
    for (key, value) in array.iter() {
        match key {
            Key::Int(int) => write_int(out, *int),
            Key::Str(bytes) => write_str(out, bytes),
        }
        write_value(out, value);
    }
    out.push(b'}');
}

/// A float as PHP writes it with `serialize_precision` -1: the shortest digits that give the same
/// number, exponents only below 1e-4 and from 1e17 on.
fn float_text(float: f64) -> String {
    if float.is_nan() {
        return "NAN".to_owned();
    }
    let sign = if float.is_sign_negative() { "-" } else { "" };
    if float.is_infinite() {
        return format!("{sign}INF");
    }
    if float == 0.0 {
        return format!("{sign}0");
    }
    let shortest = format!("{:e}", float.abs());
    let Some((mantissa, exponent)) = shortest.split_once('e') else { return shortest };
    let digits = half_to_even(float.abs(), mantissa.replace('.', ""));
    // Digits stand behind the point: 0.digits × 10^point.
    let point = exponent.parse::<i64>().map_or(1, |exponent| exponent.saturating_add(1));
    let (head, tail) = digits.split_at(1);
    match usize::try_from(point) {
        Ok(point) if point > MAX_DIGITS => {
            let tail = if tail.is_empty() { "0" } else { tail };
            format!("{sign}{head}.{tail}E+{}", point.saturating_sub(1))
        }
        Ok(0) => format!("{sign}0.{digits}"),
        Ok(point) if point >= digits.len() => format!("{sign}{digits:0<point$}"),
        Ok(point) => {
            let (whole, rest) = digits.split_at(point);
            format!("{sign}{whole}.{rest}")
        }
        Err(_) if point < -3 => {
            let tail = if tail.is_empty() { "0" } else { tail };
            format!("{sign}{head}.{tail}E-{}", point.unsigned_abs().saturating_add(1))
        }
        Err(_) => {
            let zeros = usize::try_from(point.unsigned_abs()).unwrap_or(0);
            format!("{sign}0.{}{digits}", "0".repeat(zeros))
        }
    }
}

/// Where the number lies exactly between two shortest texts, PHP takes the one with an even digit.
fn half_to_even(float: f64, digits: String) -> String {
    let exact = format!("{float:.*e}", digits.len().saturating_add(SEEN_ZEROS));
    let exact = exact.replace('.', "");
    let Some((below, rest)) = exact.split_at_checked(digits.len()) else { return digits };
    let rest = rest.split_once('e').map_or(rest, |(rest, _)| rest);
    let is_half = rest.trim_end_matches('0') == "5";
    let is_even = below.bytes().last().is_some_and(|digit| digit % 2 == 0);
    if is_half && is_even { below.to_owned() } else { digits }
}

/// So many zeros behind a 5 tell that nothing else follows.
const SEEN_ZEROS: usize = 40;
/// Digits before the point after which PHP turns to exponents.
const MAX_DIGITS: usize = 17;

#[cfg(test)]
mod tests {
    use crate::php::serialize::float_text;

    #[test]
    fn floats_look_as_in_php() {
        for (float, text) in [
            (0.5, "0.5"),
            (1.0, "1"),
            (-0.0, "-0"),
            (0.0001, "0.0001"),
            (0.000_01, "1.0E-5"),
            (1.25e-7, "1.25E-7"),
            (1e16, "10000000000000000"),
            (1e17, "1.0E+17"),
            (1.5e300, "1.5E+300"),
            (0.1 + 0.2, "0.30000000000000004"),
            (-123.25, "-123.25"),
            (761_530_340_072_480.2, "761530340072480.2"),
            (f64::NEG_INFINITY, "-INF"),
            (f64::NAN, "NAN"),
        ] {
            assert_eq!(float_text(float), text);
        }
    }
}
