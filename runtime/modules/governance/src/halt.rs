//! Halts: something named stands still, and goes on by itself at a moment that is known when it stops.
//!
//! The module keeps names and moments; whoever does the thing asks [`refuse_if_halted`] before it does.

use crate::error::Error;
use crate::event::{Halted, Lifted};
use crate::state::{HALT_ENDS, HALTS, PARAMS};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Read, StateError};
use primitives::{ChainClock, Millis};
use std::io;

/// The most bytes of a name.
const MOST: usize = 32;

/// What may be halted, by name: 1 to 32 lower-case letters, digits, `/` and `-`, a letter first, such as `service/7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize)]
pub struct Subject([u8; MOST]);

impl Subject {
    /// The subject of this name; `None` unless it follows the rule.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'/' || b == b'-';
        let first = name.as_bytes().first()?;
        let mut bytes = [0; MOST];
        bytes.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        (first.is_ascii_lowercase() && name.bytes().all(fine)).then_some(Self(bytes))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(MOST);
        let bytes = self.0.get(..end).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }

    pub(crate) const fn key(&self) -> [u8; MOST] {
        self.0
    }

    /// The subject that a stored key names.
    pub(crate) const fn of_key(key: [u8; MOST]) -> Self {
        Self(key)
    }
}

impl BorshDeserialize for Subject {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let read = Self(<[u8; MOST]>::deserialize_reader(reader)?);
        match Self::new(read.name()) {
            Some(subject) if subject == read => Ok(subject),
            Some(_) | None => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a name of other than lower-case letters, digits, / and -",
            )),
        }
    }
}

/// Until when a subject is halted at `now`, if it is.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub(crate) fn until(
    store: &(impl Read + ?Sized),
    subject: Subject,
    now: ChainClock,
) -> Result<Option<ChainClock>, StateError> {
    let until = HALTS.get(store, &subject.key())?;
    // By its moment and not by the hook that forgets it, which may be late.
    Ok(until.filter(|until| now < *until))
}

/// Refuses while the subject is halted.
///
/// # Errors
/// [`Error::Halted`], with when it goes on.
pub fn refuse_if_halted(ctx: &Ctx<'_>, subject: Subject) -> Result<(), Error> {
    match until(ctx, subject, ctx.chain_clock())? {
        Some(until) => Err(Error::Halted { subject, until }),
        None => Ok(()),
    }
}

/// Shall: halt for no longer than a decision may; never end a halt earlier than was decided before.
///
/// # Errors
/// [`Error::HaltTooLong`].
pub fn halt(ctx: &mut Ctx<'_>, subject: Subject, period: Millis) -> Result<(), Error> {
    let most = PARAMS.require(ctx)?.longest_halt;
    if period.is_zero() || period > most {
        return Err(Error::HaltTooLong { period, most });
    }
    let now = ctx.chain_clock();
    let until = forget(ctx, subject)?
        .filter(|until| *until > now)
        .unwrap_or(now)
        .max(now.after(period));
    HALTS.put(ctx, &subject.key(), &until)?;
    HALT_ENDS.put(ctx, &(until, subject.key()), &())?;
    Ok(ctx.emit(&Halted { subject, until })?)
}

/// Shall: end a halt now.
///
/// # Errors
/// [`Error::NotHalted`].
pub fn lift(ctx: &mut Ctx<'_>, subject: Subject) -> Result<(), Error> {
    let now = ctx.chain_clock();
    let known = forget(ctx, subject)?;
    known
        .filter(|until| now < *until)
        .ok_or(Error::NotHalted { subject })?;
    Ok(ctx.emit(&Lifted { subject })?)
}

/// Forgets a halt, and gives until when it was.
fn forget(ctx: &mut Ctx<'_>, subject: Subject) -> Result<Option<ChainClock>, StateError> {
    let known = HALTS.get(ctx, &subject.key())?;
    if let Some(until) = known {
        HALTS.remove(ctx, &subject.key())?;
        HALT_ENDS.remove(ctx, &(until, subject.key()))?;
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use primitives::codec::{decode, encode};

    #[test]
    fn a_name_is_one_way_to_write_a_subject() {
        let subject = Subject::new("service/7").unwrap();
        assert_eq!(subject.name(), "service/7");
        assert_eq!(decode::<Subject>(&encode(&subject)).unwrap(), subject);
        for bad in ["", "Service", "7", "a b", "a\0", &"a".repeat(33)] {
            assert_eq!(Subject::new(bad), None, "{bad:?}");
        }
        assert!(Subject::new(&"a".repeat(32)).is_some());
        let mut hidden = [0; 32];
        (hidden[0], hidden[2]) = (b'a', b'b');
        assert!(decode::<Subject>(&hidden).is_err());
    }
}
