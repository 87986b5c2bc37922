//! What users ask of the module.

use crate::error::Error;
use crate::types::Choice;
use borsh::{BorshDeserialize, BorshSerialize};
use std::io;

/// The most bytes of a summary.
pub const MAX_SUMMARY_BYTES: usize = 1_024;

/// A message to this module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg<A> {
    /// Proposes something.
    Propose(Box<Propose<A>>),
    /// Votes; a later vote replaces an earlier one.
    Vote {
        /// On which proposal.
        proposal: u64,
        /// How.
        choice: Choice,
    },
}

/// Proposes something, with a deposit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Propose<A> {
    /// What it is for, in words.
    pub summary: Summary,
    /// What is to be done.
    pub action: A,
}

/// What a proposal is for, in words: 1 to 1,024 bytes of UTF-8 without control characters but line feeds.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize)]
pub struct Summary(Vec<u8>);

impl Summary {
    /// The summary that `text` is.
    ///
    /// # Errors
    /// [`Error::BadSummary`].
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text: String = text.into();
        let length = (1..=MAX_SUMMARY_BYTES).contains(&text.len());
        if length && text.chars().all(|c| c == '\n' || !c.is_control()) {
            Ok(Self(text.into_bytes()))
        } else {
            Err(Error::BadSummary)
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl BorshDeserialize for Summary {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let bad = |what| io::Error::new(io::ErrorKind::InvalidData, what);
        let bytes = Vec::<u8>::deserialize_reader(reader)?;
        let text = String::from_utf8(bytes).map_err(|_| bad("a summary that is no text"))?;
        Self::new(text).map_err(|_| bad("a summary of a wrong length, or with control characters"))
    }
}

impl<A> Msg<A> {
    /// Checks all that needs no state: a summary is checked by its type, an action by the wiring.
    ///
    /// # Errors
    /// Never.
    pub const fn validate(&self) -> Result<(), Error> {
        Ok(())
    }
}
