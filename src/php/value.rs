//! PHP values: scalars, ordered arrays, objects.

/// A value of PHP.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A string: bytes of no particular charset.
    Str(Vec<u8>),
    /// A list or a map.
    Array(Array),
    /// An object that wrote its own payload (`C:`).
    Custom {
        /// Name of the class.
        class: String,
        /// What the object wrote.
        payload: Vec<u8>,
    },
    /// An object with its members (`O:`).
    Object {
        /// Name of the class.
        class: String,
        /// Members, or what `__serialize` returned.
        props: Array,
    },
}

/// A key of an array.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// An integer; PHP makes one of every string that reads as a decimal integer.
    Int(i64),
    /// Any other string.
    Str(Vec<u8>),
}

/// An ordered map, PHP's only container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Array(Vec<(Key, Value)>);

impl Value {
    /// A string.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Str(text.into().into_bytes())
    }

    /// The string, when it is one and holds UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The array, when it is one.
    #[must_use]
    pub const fn as_array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// An integer, or a string that reads as one.
    #[must_use]
    pub fn to_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            Self::Str(bytes) => std::str::from_utf8(bytes).ok()?.trim().parse().ok(),
            _ => None,
        }
    }

    /// A string, or an integer written as one.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Int(int) => Some(int.to_string()),
            Self::Str(bytes) => String::from_utf8(bytes.clone()).ok(),
            _ => None,
        }
    }

    /// What `if ($value)` would take it for.
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(bool) => *bool,
            Self::Int(int) => *int != 0,
            Self::Float(float) => *float != 0.0,
            Self::Str(bytes) => !bytes.is_empty() && bytes != b"0",
            Self::Array(array) => !array.is_empty(),
            Self::Custom { .. } | Self::Object { .. } => true,
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::from(text.as_bytes().to_vec())
    }
}

impl From<Vec<u8>> for Key {
    /// A string key that reads as a decimal integer becomes one, as in PHP.
    fn from(bytes: Vec<u8>) -> Self {
        let int = std::str::from_utf8(&bytes)
            .ok()
            .and_then(|text| text.parse::<i64>().ok().filter(|int| int.to_string() == text));
        match int {
            Some(int) => Self::Int(int),
            None => Self::Str(bytes),
        }
    }
}

impl From<i64> for Key {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl Key {
    /// The key as text; `None` when it is not UTF-8.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Int(int) => Some(int.to_string()),
            Self::Str(bytes) => String::from_utf8(bytes.clone()).ok(),
        }
    }
}

impl Array {
    /// An empty array.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// A list: keys from 0 on.
    #[must_use]
    pub fn list(values: impl IntoIterator<Item = Value>) -> Self {
        Self((0..).map(Key::Int).zip(values).collect())
    }

    /// How many elements there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the keys are 0, 1, 2 … in order.
    #[must_use]
    pub fn is_list(&self) -> bool {
        (0..).zip(&self.0).all(|(n, (key, _))| *key == Key::Int(n))
    }

    /// The elements in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The values in order.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().map(|(_, value)| value)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let key = Key::from(key);
        self.0.iter().find(|(own, _)| *own == key).map(|(_, value)| value)
    }

    /// The value of a key, to change it in place.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let key = Key::from(key);
        self.0.iter_mut().find(|(own, _)| *own == key).map(|(_, value)| value)
    }

    /// Sets a value: in place when the key is there, at the end otherwise.
    pub fn set(&mut self, key: &str, value: Value) {
        match self.get_mut(key) {
            Some(old) => *old = value,
            None => self.0.push((Key::from(key), value)),
        }
    }

    /// Changes the array under a key; an empty one is made when there is none.
    pub fn edit_array(&mut self, key: &str, edit: impl FnOnce(&mut Self)) {
        let key = Key::from(key);
        let at = self.0.iter().position(|(own, _)| *own == key).unwrap_or_else(|| {
            self.0.push((key, Value::Null));
            self.0.len().saturating_sub(1)
        });
        if let Some((_, value)) = self.0.get_mut(at) {
            let mut array = match std::mem::replace(value, Value::Null) {
                Value::Array(array) => array,
                _ => Self::new(),
            };
            edit(&mut array);
            *value = Value::Array(array);
        }
    }

    /// Takes an element out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let key = Key::from(key);
        let at = self.0.iter().position(|(own, _)| *own == key)?;
        Some(self.0.remove(at).1)
    }
}

impl FromIterator<(Key, Value)> for Array {
    fn from_iter<I: IntoIterator<Item = (Key, Value)>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl IntoIterator for Array {
    type Item = (Key, Value);
    type IntoIter = std::vec::IntoIter<(Key, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use crate::php::{Array, Key, Value};

    #[test]
    fn only_decimal_integers_become_integer_keys() {
        assert_eq!(Key::from("7"), Key::Int(7));
        assert_eq!(Key::from("-7"), Key::Int(-7));
        for text in ["07", "-0", "+7", "7 ", "", "9223372036854775808"] {
            assert_eq!(Key::from(text), Key::Str(text.as_bytes().to_vec()), "{text}");
        }
    }

    #[test]
    fn set_keeps_the_place() {
        let mut array = Array::list([Value::Null, Value::Null]);
        array.set("x", Value::Int(1));
        array.set("0", Value::Int(2));
        assert!(!array.is_list());
        assert_eq!(array.iter().next(), Some((&Key::Int(0), &Value::Int(2))));
        assert_eq!(array.remove("x"), Some(Value::Int(1)));
        assert!(array.is_list());
    }
}
