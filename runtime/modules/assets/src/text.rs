//! Texts that were checked: symbols and names of assets.

use crate::error::Error;
use borsh::{BorshDeserialize, BorshSerialize};
use core::marker::PhantomData;

/// The most bytes of a symbol.
pub const MAX_SYMBOL_BYTES: usize = 16;
/// The most bytes of a name, in UTF-8.
pub const MAX_NAME_BYTES: usize = 64;

/// What a text must be.
pub trait Rule {
    /// Checks the bytes of a text.
    ///
    /// # Errors
    /// Which rule they break.
    fn check(bytes: &[u8]) -> Result<(), Error>;
}

/// The rule of a [`Symbol`].
#[derive(Debug)]
pub enum SymbolRule {}
/// The rule of a [`Name`].
#[derive(Debug)]
pub enum NameRule {}

/// A short name, such as `WBTC`: 1 to 16 ASCII letters, digits, `.` and `-`, starting with a letter.
pub type Symbol = Text<SymbolRule>;
/// A full name: 1 to 64 bytes of UTF-8 without control characters, not starting or ending with white space.
pub type Name = Text<NameRule>;

impl Rule for SymbolRule {
    fn check(bytes: &[u8]) -> Result<(), Error> {
        let starts = bytes.first().is_some_and(u8::is_ascii_alphabetic);
        let every = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
        if starts && bytes.iter().all(every) && bytes.len() <= MAX_SYMBOL_BYTES {
            Ok(())
        } else {
            Err(Error::BadSymbol)
        }
    }
}

impl Rule for NameRule {
    fn check(bytes: &[u8]) -> Result<(), Error> {
        let short = (1..=MAX_NAME_BYTES).contains(&bytes.len());
        let clean = |text: &str| text.trim() == text && !text.chars().any(char::is_control);
        if short && core::str::from_utf8(bytes).is_ok_and(clean) {
            Ok(())
        } else {
            Err(Error::BadName)
        }
    }
}

/// A text that keeps a [`Rule`], stored as its bytes.
pub struct Text<R>(Vec<u8>, PhantomData<fn() -> R>);

impl<R: Rule> Text<R> {
    /// Checks and takes a text.
    ///
    /// # Errors
    /// The rule's.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let bytes = bytes.into();
        R::check(&bytes)?;
        Ok(Self(bytes, PhantomData))
    }
}

impl<R> Text<R> {
    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text. Every rule asks for UTF-8.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Symbol {
    /// The key under which a symbol is unique: upper case, padded with zeros, so that `pal` cannot pass for `PAL`.
    #[must_use]
    pub fn key(&self) -> [u8; MAX_SYMBOL_BYTES] {
        let mut key = [0; MAX_SYMBOL_BYTES];
        for (place, byte) in key.iter_mut().zip(&self.0) {
            *place = byte.to_ascii_uppercase();
        }
        key
    }
}

// Written out because a derive would ask the same of `R`, which has no values.
impl<R> Clone for Text<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}
impl<R> PartialEq for Text<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<R> Eq for Text<R> {}
impl<R> core::fmt::Display for Text<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}
impl<R> core::fmt::Debug for Text<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(self.as_str(), f)
    }
}
impl<R> BorshSerialize for Text<R> {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        self.0.serialize(writer)
    }
}
impl<R: Rule> BorshDeserialize for Text<R> {
    fn deserialize_reader<D: std::io::Read>(reader: &mut D) -> std::io::Result<Self> {
        let bytes = Vec::<u8>::deserialize_reader(reader)?;
        Self::new(bytes).map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
    }
}
impl<R> serde::Serialize for Text<R> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de, R: Rule> serde::Deserialize<'de> for Text<R> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::new(text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_and_names_keep_their_rules() {
        for good in ["P", "WBTC", "wstETH", "USDC.e", "A234567890123456"] {
            assert!(Symbol::new(good).is_ok(), "{good}");
        }
        for bad in ["", "1INCH", "A B", "A2345678901234567", "Ä", "A\n"] {
            assert_eq!(Symbol::new(bad), Err(Error::BadSymbol), "{bad:?}");
        }
        for bad in ["", " a", "a ", "a\nb", "x".repeat(65).as_str()] {
            assert_eq!(Name::new(bad), Err(Error::BadName), "{bad:?}");
        }
        assert_eq!(Name::new([0xff]), Err(Error::BadName));
        assert_eq!(Name::new("Zwölf").unwrap().as_str(), "Zwölf");
        assert_eq!(
            Symbol::new("pal").unwrap().key(),
            Symbol::new("PAL").unwrap().key()
        );
    }

    #[test]
    fn a_stored_text_that_breaks_its_rule_does_not_decode() {
        let good = borsh::to_vec(&Symbol::new("PAL").unwrap()).unwrap();
        assert!(borsh::from_slice::<Symbol>(&good).is_ok());
        assert!(borsh::from_slice::<Symbol>(&borsh::to_vec(&b" P".to_vec()).unwrap()).is_err());
    }
}
