//! Checking a run of headers that begins anywhere, without a chain: what a program does with a file.
//!
//! The first header is taken as it is, for its own work. Until enough of the past is known, two rules cannot be held
//! against a header: the median of eleven times, and the exact bits of the first new period, which must be within
//! one step then. From there on every rule of [`rules`](crate::rules) holds.

use crate::hash::BlockId;
use crate::header::Header;
use crate::limits::MEDIAN_SPAN;
use crate::network::{PERIOD, Rules};
use crate::record::{Period, Record, Times};
use crate::rules::{Invalid, Known, check_known};

/// Where a run of headers begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Height of the first.
    pub height: u32,
    /// Time of the first block of the first header's period, in seconds, where that is known and not among them.
    pub period_start: Option<u32>,
}

/// Why a run of headers is not a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfflineError {
    /// There is none.
    #[error("there are no headers")]
    Empty,
    /// Where easy blocks are allowed, what is due is known only from a period's first block on.
    #[error("on this network the headers must begin with a period: at a multiple of {PERIOD}")]
    MidPeriod,
    /// A header breaks a rule.
    #[error("header {index}, height {height}: {invalid}")]
    Invalid {
        /// Which one, from 0.
        index: usize,
        /// Its height.
        height: u32,
        /// The rule.
        invalid: Invalid,
    },
}

/// The headers as a chain: id and record of each, in order. Work counts from the first one on.
///
/// # Errors
/// [`OfflineError`] with the first header that breaks a rule.
pub fn follow(
    rules: &Rules,
    start: Start,
    headers: &[Header],
    now: u64,
) -> Result<Vec<(BlockId, Record)>, OfflineError> {
    let (first, rest) = headers.split_first().ok_or(OfflineError::Empty)?;
    let begins = start.height.is_multiple_of(PERIOD);
    if rules.easy_when_quiet && !begins {
        return Err(OfflineError::MidPeriod);
    }
    let invalid = |invalid| OfflineError::Invalid {
        index: 0,
        height: start.height,
        invalid,
    };
    let mut chain = vec![first_of(rules, start, first).map_err(invalid)?];
    let mut known = Known {
        period: begins || start.period_start.is_some(),
        times: false,
    };
    for (index, header) in (1..).zip(rest) {
        let Some((id, record)) = chain.last() else {
            return Err(OfflineError::Empty);
        };
        let times = record.times.as_slice().len();
        known.times =
            times == MEDIAN_SPAN || usize::try_from(record.height).is_ok_and(|height| times > height);
        let height = record.height.saturating_add(1);
        let next = check_known(rules, (id, record), header, now, known).map_err(|invalid| {
            OfflineError::Invalid {
                index,
                height,
                invalid,
            }
        })?;
        known.period |= height.is_multiple_of(PERIOD);
        chain.push(next);
    }
    Ok(chain)
}

fn first_of(rules: &Rules, start: Start, header: &Header) -> Result<(BlockId, Record), Invalid> {
    let (expected, found) = (rules.limit, header.bits);
    if found.target()? > expected.target()? {
        return Err(Invalid::Bits { expected, found });
    }
    let id = header.id();
    if !found.is_met_by(id.as_bytes())? {
        return Err(Invalid::Work);
    }
    let given = start
        .period_start
        .filter(|_| !start.height.is_multiple_of(PERIOD));
    let record = Record {
        parent: header.parent,
        merkle_root: header.merkle_root,
        height: start.height,
        bits: found,
        work: found.work()?,
        period: Period {
            start_time: given.unwrap_or(header.time),
            start_bits: found,
            usual_bits: found,
        },
        times: Times::default().then(header.time),
        warped_at: None,
    };
    Ok((id, record))
}
