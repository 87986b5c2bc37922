//! Events: what happened, as facts with typed fields.

use crate::{ModuleId, Value};
use primitives::codec::{Decode, Encode};
use std::borrow::Cow;
use std::io;

/// The most attributes that one event has.
pub const MAX_ATTRIBUTES: usize = 16;

/// The longest name, in bytes.
const MAX_NAME: usize = 40;

/// The name of an event, an attribute or a choice: 1 to 40 ASCII letters, digits and underscores, a letter first.
/// Encoded as one byte of length and the letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Cow<'static, str>);

impl Name {
    /// The name that `text` is; `None` unless it follows the rule.
    #[must_use]
    pub const fn new(text: &'static str) -> Option<Self> {
        if Self::is_valid(text) {
            Some(Self(Cow::Borrowed(text)))
        } else {
            None
        }
    }

    /// Whether `text` follows the rule. Constant, so that [`Ctx::emit`](crate::Ctx::emit) checks events' names when
    /// they are compiled.
    #[must_use]
    pub const fn is_valid(text: &str) -> bool {
        let Some((first, mut rest)) = text.as_bytes().split_first() else {
            return false;
        };
        if !first.is_ascii_alphabetic() || text.len() > MAX_NAME {
            return false;
        }
        while let Some((letter, tail)) = rest.split_first() {
            if !letter.is_ascii_alphanumeric() && *letter != b'_' {
                return false;
            }
            rest = tail;
        }
        true
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Display for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Encode for Name {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        let length =
            u8::try_from(self.0.len()).map_err(|_| bad("a name longer than its length byte says"))?;
        writer.write_all(&[length])?;
        writer.write_all(self.0.as_bytes())
    }
}

impl Decode for Name {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let length = usize::from(u8::deserialize_reader(reader)?);
        let mut bytes = [0; MAX_NAME];
        let room = bytes
            .get_mut(..length)
            .ok_or_else(|| bad("a name of more than 40 bytes"))?;
        reader.read_exact(room)?;
        match core::str::from_utf8(room) {
            Ok(text) if Self::is_valid(text) => Ok(Self(Cow::Owned(text.to_owned()))),
            Ok(_) | Err(_) => Err(bad("a name of other than letters, digits and underscores")),
        }
    }
}

fn bad(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// One field of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The field's name, in lower-case words joined by underscores.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
}

impl Attribute {
    /// The field `name` with `value`.
    pub fn new(name: &'static str, value: impl Into<Value>) -> Self {
        Self {
            name,
            value: value.into(),
        }
    }
}

/// A kind of event, as its module declares it: a struct of typed fields.
pub trait EventType {
    /// The module that says it.
    const MODULE: ModuleId;
    /// What happened, in the past tense: the struct's name, such as `Transferred`.
    const NAME: &'static str;

    /// The fields in order, at most [`MAX_ATTRIBUTES`].
    fn attributes(&self) -> Vec<Attribute>;
}

/// What happened, as receipts hold it. It says by itself what it means: names stand beside the values.
#[derive(Clone, Debug, PartialEq, Eq, borsh::BorshSerialize)]
pub struct Event {
    /// The number of the module that says it.
    pub module: u8,
    /// What happened.
    pub name: Name,
    /// The fields, in the order of the kind's declaration.
    pub attributes: Vec<(Name, Value)>,
}

impl Event {
    /// The stored form of `event`; `None` when a name breaks the rule or there are too many fields.
    pub fn new<E: EventType>(event: &E) -> Option<Self> {
        let attributes: Option<Vec<_>> = event
            .attributes()
            .into_iter()
            .map(|Attribute { name, value }| Some((Name::new(name)?, value)))
            .collect();
        let attributes = attributes.filter(|attributes| attributes.len() <= MAX_ATTRIBUTES)?;
        Some(Self {
            module: E::MODULE.number(),
            name: Name::new(E::NAME)?,
            attributes,
        })
    }

    /// The value of the field `name`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        let (_, value) = self.attributes.iter().find(|(key, _)| key.as_str() == name)?;
        Some(value)
    }

    /// Whether this is an `E`.
    #[must_use]
    pub fn is<E: EventType>(&self) -> bool {
        self.module == E::MODULE.number() && self.name.as_str() == E::NAME
    }

    /// The fields that events are looked up by.
    pub fn keys(&self) -> impl Iterator<Item = &(Name, Value)> {
        self.attributes
            .iter()
            .filter(|(_, value)| value.names_something())
    }
}

impl Decode for Event {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let (module, name, attributes) = Decode::deserialize_reader(reader)?;
        let event = Self {
            module,
            name,
            attributes,
        };
        if event.attributes.len() > MAX_ATTRIBUTES {
            return Err(bad("an event of more than 16 attributes"));
        }
        Ok(event)
    }
}

#[cfg(test)]
mod tests;
