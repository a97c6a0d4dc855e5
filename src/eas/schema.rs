//! The protocol's elements, written once: a declaration gives the type, its reader, its writer and
//! its row in the reference.
//!
//! [`element!`](crate::element) declares a struct whose fields say their tags,
//! [`choice!`](crate::choice) a set of elements that may stand in any order,
//! [`wire_enum!`](crate::wire_enum) a number with named values.
//! How often a tag may stand is the field's type: `T` once, `Option<T>` at most once, `Vec<T>` any
//! number of times; absent and empty stay apart.
//! Readers take any order and skip what they do not know; writers keep the declared order and
//! leave out what the request's version does not know.

use crate::eas::version::ProtocolVersion;
use crate::wbxml::element::{Element, Node};
use crate::wbxml::{self, Limits, Tag, Writer};

/// What stands in one element.
pub trait Value: Sized {
    /// For the reference and for generated tests.
    fn shape() -> Shape;

    /// Takes the content of an element.
    ///
    /// # Errors
    /// When something is missing, doubled or of the wrong form; the path is filled in by callers.
    fn read(element: Element) -> Result<Self, Error>;

    /// Writes the content, without the element around it.
    fn write(&self, version: ProtocolVersion, out: &mut Writer);
}

/// How often an element stands: the types of the fields of [`element!`](crate::element).
pub trait Field: Sized {
    /// For the reference.
    const ARITY: Arity;

    /// For the reference and for generated tests.
    fn shape() -> Shape;

    /// Takes its elements out of the children.
    ///
    /// # Errors
    /// As for the values, or when there are too many or too few.
    fn take(children: &mut Vec<Element>, tag: Tag) -> Result<Self, Error>;

    /// Writes the elements.
    fn put(&self, tag: Tag, version: ProtocolVersion, out: &mut Writer);
}

/// An element that may be the root of a document.
pub trait Root: Value {
    /// Its name.
    const TAG: Tag;

    /// Reads a document.
    ///
    /// # Errors
    /// When the bytes are no document, another document, or one that lacks something.
    fn decode(bytes: &[u8], limits: Limits) -> Result<Self, Error> {
        let element = Element::parse(bytes, limits)?;
        if element.tag != Self::TAG {
            return Err(Error::at(element.tag, Problem::Unexpected));
        }
        Self::read(element).map_err(|error| error.inside(Self::TAG))
    }

    /// Writes a document.
    fn encode(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut out = Writer::new();
        out.start(Self::TAG);
        self.write(version, &mut out);
        out.end();
        out.finish()
    }
}

/// One of several elements: what [`choice!`](crate::choice) declares.
pub trait Choice: Sized {
    /// For the reference and for generated tests: tag and shape of each.
    fn shapes() -> Vec<(Tag, Shape)>;

    /// Reads the element if it is one of them.
    ///
    /// # Errors
    /// As for the values.
    fn read(element: Element) -> Result<Option<Self>, Error>;

    /// Writes the element.
    fn put(&self, version: ProtocolVersion, out: &mut Writer);
}

/// Elements of several names in the order in which they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence<C>(pub Vec<C>);

impl<C> Default for Sequence<C> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<C: Choice> Value for Sequence<C> {
    fn shape() -> Shape {
        Shape::Choice(C::shapes)
    }

    fn read(element: Element) -> Result<Self, Error> {
        let mut all = Vec::new();
        for child in children_of(element) {
            let tag = child.tag;
            if let Some(one) = C::read(child).map_err(|error| error.inside(tag))? {
                all.push(one);
            }
        }
        Ok(Self(all))
    }

    fn write(&self, version: ProtocolVersion, out: &mut Writer) {
        for one in &self.0 {
            one.put(version, out);
        }
    }
}

impl<T: Value> Field for T {
    const ARITY: Arity = Arity::One;

    fn shape() -> Shape {
        T::shape()
    }

    fn take(children: &mut Vec<Element>, tag: Tag) -> Result<Self, Error> {
        <Option<T> as Field>::take(children, tag)?.ok_or_else(|| Error::at(tag, Problem::Missing))
    }

    fn put(&self, tag: Tag, version: ProtocolVersion, out: &mut Writer) {
        out.start(tag);
        self.write(version, out);
        out.end();
    }
}

impl<T: Value> Field for Option<T> {
    const ARITY: Arity = Arity::AtMostOne;

    fn shape() -> Shape {
        T::shape()
    }

    fn take(children: &mut Vec<Element>, tag: Tag) -> Result<Self, Error> {
        let mut all = <Vec<T> as Field>::take(children, tag)?;
        let last = all.pop();
        if all.is_empty() { Ok(last) } else { Err(Error::at(tag, Problem::Doubled)) }
    }

    fn put(&self, tag: Tag, version: ProtocolVersion, out: &mut Writer) {
        if let Some(value) = self {
            value.put(tag, version, out);
        }
    }
}

impl<T: Value> Field for Vec<T> {
    const ARITY: Arity = Arity::Any;

    fn shape() -> Shape {
        T::shape()
    }

    fn take(children: &mut Vec<Element>, tag: Tag) -> Result<Self, Error> {
        let mut all = Self::new();
        if !children.iter().any(|child| child.tag == tag) {
            return Ok(all);
        }
        let (mine, rest): (Vec<_>, Vec<_>) =
            std::mem::take(children).into_iter().partition(|child| child.tag == tag);
        *children = rest;
        for child in mine {
            all.push(T::read(child).map_err(|error| error.inside(tag))?);
        }
        Ok(all)
    }

    fn put(&self, tag: Tag, version: ProtocolVersion, out: &mut Writer) {
        for value in self {
            value.put(tag, version, out);
        }
    }
}

/// Takes the elements out of an element; text between them has no meaning.
#[must_use]
pub fn children_of(element: Element) -> Vec<Element> {
    element
        .nodes
        .into_iter()
        .filter_map(|node| match node {
            Node::Element(child) => Some(child),
            Node::Opaque(_) | Node::Text(_) => None,
        })
        .collect()
}

/// How often an element may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Any number of times.
    Any,
    /// Once or not at all.
    AtMostOne,
    /// Exactly once.
    One,
}

/// What may stand in an element.
#[derive(Clone, Copy)]
pub enum Shape {
    /// Anything: read later, when its class is known.
    Anything,
    /// Bytes, in base64 or as they are.
    Bytes,
    /// Elements of several names.
    Choice(fn() -> Vec<(Tag, Self)>),
    /// A date with time.
    Date,
    /// Elements of their own.
    Element(fn() -> ElementSchema),
    /// Nothing: being there is the meaning.
    Empty,
    /// A number from the first to the second.
    Number(i64, i64),
    /// Text.
    Text,
}

/// An element of the reference.
#[derive(Clone)]
pub struct ElementSchema {
    /// The type's name.
    pub name: &'static str,
    /// What may stand in it, in the order in which it is written.
    pub fields: Vec<FieldSchema>,
}

/// A field of an element of the reference.
#[derive(Clone)]
pub struct FieldSchema {
    /// Its name.
    pub tag: Tag,
    /// How often it may stand.
    pub arity: Arity,
    /// The first version that knows it.
    pub since: ProtocolVersion,
    /// The last version that knows it.
    pub until: ProtocolVersion,
    /// What may stand in it.
    pub shape: Shape,
}

/// Why a document could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are no document.
    #[error(transparent)]
    Document(#[from] wbxml::Error),
    /// The document is not the one that is expected.
    #[error("{path}: {problem}")]
    Content {
        /// Where: the names of the elements from the outside in.
        path: String,
        /// What is wrong there.
        problem: Problem,
    },
}

/// What may be wrong with an element.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It may stand only once.
    #[error("stands more than once")]
    Doubled,
    /// It must be there.
    #[error("is missing")]
    Missing,
    /// It should not stand here.
    #[error("is not expected here")]
    Unexpected,
    /// Its content has the wrong form.
    #[error("is no {0}")]
    Wrong(&'static str),
}

impl Error {
    /// A problem with an element.
    #[must_use]
    pub fn at(tag: Tag, problem: Problem) -> Self {
        Self::Content { path: format!("/{tag}"), problem }
    }

    /// A problem with the content of an element that callers will name.
    #[must_use]
    pub const fn wrong(expected: &'static str) -> Self {
        Self::Content { path: String::new(), problem: Problem::Wrong(expected) }
    }

    /// The same, seen from the element around.
    #[must_use]
    pub fn inside(self, tag: Tag) -> Self {
        match self {
            Self::Document(error) => Self::Document(error),
            Self::Content { path, problem } => {
                Self::Content { path: format!("/{tag}{path}"), problem }
            }
        }
    }
}

/// Declares an element: see the [module](crate::eas::schema).
#[macro_export]
macro_rules! element {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident $(= $root_page:ident :: $root_tag:ident)? {
            $(
                $(#[$field_meta:meta])*
                $field:ident : $type:ty = $page:ident :: $tag:ident
                    $(since $since:ident)? $(until $until:ident)?,
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $(
                $(#[$field_meta])*
                #[doc = concat!("\n`", stringify!($page), ":", stringify!($tag), "`")]
                pub $field: $type,
            )*
        }

        impl $crate::eas::schema::Value for $name {
            fn shape() -> $crate::eas::schema::Shape {
                $crate::eas::schema::Shape::Element(|| $crate::eas::schema::ElementSchema {
                    name: stringify!($name),
                    fields: vec![$($crate::eas::schema::FieldSchema {
                        tag: $crate::wbxml::pages::$page::$tag,
                        arity: <$type as $crate::eas::schema::Field>::ARITY,
                        since: $crate::element!(@since $($since)?),
                        until: $crate::element!(@until $($until)?),
                        shape: <$type as $crate::eas::schema::Field>::shape(),
                    },)*],
                })
            }

            fn read(
                element: $crate::wbxml::element::Element,
            ) -> Result<Self, $crate::eas::schema::Error> {
                let mut children = $crate::eas::schema::children_of(element);
                Ok(Self {
                    $($field: $crate::eas::schema::Field::take(
                        &mut children,
                        $crate::wbxml::pages::$page::$tag,
                    )?,)*
                })
            }

            fn write(
                &self,
                version: $crate::eas::version::ProtocolVersion,
                out: &mut $crate::wbxml::Writer,
            ) {
                $(
                    if version >= $crate::element!(@since $($since)?)
                        && version <= $crate::element!(@until $($until)?)
                    {
                        $crate::eas::schema::Field::put(
                            &self.$field,
                            $crate::wbxml::pages::$page::$tag,
                            version,
                            out,
                        );
                    }
                )*
            }
        }

        $(
            impl $crate::eas::schema::Root for $name {
                const TAG: $crate::wbxml::Tag = $crate::wbxml::pages::$root_page::$root_tag;
            }
        )?
    };
    (@since) => { $crate::eas::version::ProtocolVersion::FIRST };
    (@since $since:ident) => { $crate::eas::version::ProtocolVersion::$since };
    (@until) => { $crate::eas::version::ProtocolVersion::LAST };
    (@until $until:ident) => { $crate::eas::version::ProtocolVersion::$until };
}

/// Declares a set of elements: see the [module](crate::eas::schema).
#[macro_export]
macro_rules! choice {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident($type:ty) = $page:ident :: $tag:ident,
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        $vis enum $name {
            $($(#[$variant_meta])* $variant($type),)*
        }

        impl $crate::eas::schema::Choice for $name {
            fn shapes() -> Vec<($crate::wbxml::Tag, $crate::eas::schema::Shape)> {
                vec![$((
                    $crate::wbxml::pages::$page::$tag,
                    <$type as $crate::eas::schema::Value>::shape(),
                ),)*]
            }

            fn read(
                element: $crate::wbxml::element::Element,
            ) -> Result<Option<Self>, $crate::eas::schema::Error> {
                $(
                    if element.tag == $crate::wbxml::pages::$page::$tag {
                        return <$type as $crate::eas::schema::Value>::read(element)
                            .map(|value| Some(Self::$variant(value)));
                    }
                )*
                Ok(None)
            }

            fn put(
                &self,
                version: $crate::eas::version::ProtocolVersion,
                out: &mut $crate::wbxml::Writer,
            ) {
                match self {
                    $(Self::$variant(value) => $crate::eas::schema::Field::put(
                        value,
                        $crate::wbxml::pages::$page::$tag,
                        version,
                        out,
                    ),)*
                }
            }
        }
    };
}

/// Declares a number with named values: see the [module](crate::eas::schema).
#[macro_export]
macro_rules! wire_enum {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $(
                $(#[$value_meta:meta])*
                $value:ident = $number:literal,
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(pub u16);

        #[expect(non_upper_case_globals, reason = "the values have the names of the protocol")]
        impl $name {
            $($(#[$value_meta])* pub const $value: Self = Self($number);)*
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self.0 {
                    $($number => write!(formatter, "{} ({})", stringify!($value), $number),)*
                    other => write!(formatter, "{other}"),
                }
            }
        }

        impl $crate::eas::schema::Value for $name {
            fn shape() -> $crate::eas::schema::Shape {
                $crate::eas::schema::Shape::Number(0, u16::MAX as i64)
            }

            fn read(
                element: $crate::wbxml::element::Element,
            ) -> Result<Self, $crate::eas::schema::Error> {
                <u16 as $crate::eas::schema::Value>::read(element).map(Self)
            }

            fn write(
                &self,
                version: $crate::eas::version::ProtocolVersion,
                out: &mut $crate::wbxml::Writer,
            ) {
                $crate::eas::schema::Value::write(&self.0, version, out);
            }
        }
    };
}
