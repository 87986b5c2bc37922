//! Whether a header may follow another.

use crate::hash::BlockId;
use crate::header::Header;
use crate::network::{PERIOD, Rules};
use crate::record::{Period, Record};
use crate::target::{Bits, BitsError};

/// How far a header's time may be ahead, in seconds.
pub const MAX_AHEAD: u64 = 7_200;
/// How far a period's first block may be before its parent under BIP94, in seconds.
pub const MAX_BACK_BIP94: u32 = 600;
/// How far before its parent a period's first block must be to be taken for a timewarp attack, in seconds.
pub const WARP: u32 = 7_200;
/// Seconds without a block after which testnets let the next one be easy.
const QUIET: u32 = 1_200;

/// Why a header may not follow its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// It names another parent.
    #[error("it names another parent than the block before it")]
    Parent,
    /// It has other bits than its place demands.
    #[error("its bits are {found} where {expected} are due")]
    Bits {
        /// What its place demands.
        expected: Bits,
        /// What it has.
        found: Bits,
    },
    /// Its bits are no target.
    #[error("its bits are no target: {0}")]
    Target(#[from] BitsError),
    /// Its hash is above its target.
    #[error("its hash is above its target: no proof of work")]
    Work,
    /// Its version is too old for its height.
    #[error("its version is {found} where at least {least} is due")]
    Version {
        /// The least that its height allows.
        least: i32,
        /// What it has.
        found: i32,
    },
    /// It is not later than the median of the eleven blocks before it.
    #[error("its time {time} is not after the median {median} of the blocks before it")]
    Early {
        /// The median, in seconds.
        median: u32,
        /// Its time, in seconds.
        time: u32,
    },
    /// It begins a period too long before its parent (BIP94).
    #[error("it begins a period at {time}, more than 600 s before its parent")]
    Warped {
        /// Its time, in seconds.
        time: u32,
    },
    /// It is too far ahead of the present. The only verdict that time alone changes: ask again.
    #[error("its time is more than two hours ahead: not before {from}")]
    NotYet {
        /// When it may be taken, in seconds.
        from: u64,
    },
}

impl Invalid {
    /// Whether the same header may be taken later.
    #[must_use]
    pub const fn passes_with_time(&self) -> bool {
        matches!(self, Self::NotYet { .. })
    }
}

/// What is known of a header's past. Everything, on chain; a file of headers may begin anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// When the period began.
    pub(crate) period: bool,
    /// The eleven times before.
    pub(crate) times: bool,
}

impl Known {
    pub(crate) const ALL: Self = Self {
        period: true,
        times: true,
    };
}

/// The bits that a child of `parent` at `time` must have.
///
/// # Errors
/// [`BitsError`] where the record's own bits are no target, which no checked header's are.
///
/// # Source
/// Bitcoin Core, `GetNextWorkRequired`; BIP94.
pub fn due_bits(rules: &Rules, parent: &Record, time: u32) -> Result<Bits, BitsError> {
    if !rules.retargets {
        return Ok(parent.bits);
    }
    let begins = parent.height.saturating_add(1).is_multiple_of(PERIOD);
    if begins {
        let base = if rules.bip94 {
            parent.period.start_bits
        } else {
            parent.bits
        };
        return base.retarget(parent.period.start_time, parent.time(), rules.limit);
    }
    if !rules.easy_when_quiet {
        return Ok(parent.bits);
    }
    let quiet = u64::from(time) > u64::from(parent.time()).saturating_add(u64::from(QUIET));
    Ok(if quiet {
        rules.limit
    } else {
        parent.period.usual_bits
    })
}

/// Checks a child of `parent`, whose id is `parent_id`, at the moment `now` in seconds; gives its id and what is to
/// be kept of it. It hashes 80 bytes twice and divides once.
///
/// # Errors
/// [`Invalid`], cheapest first; [`Invalid::NotYet`] only for a header that is right in everything else.
pub fn check(
    rules: &Rules,
    parent_id: &BlockId,
    parent: &Record,
    header: &Header,
    now: u64,
) -> Result<(BlockId, Record), Invalid> {
    check_known(rules, (parent_id, parent), header, now, Known::ALL)
}

/// As [`check`], without the rules whose ground is not known.
pub(crate) fn check_known(
    rules: &Rules,
    (parent_id, parent): (&BlockId, &Record),
    header: &Header,
    now: u64,
    known: Known,
) -> Result<(BlockId, Record), Invalid> {
    if header.parent != *parent_id {
        return Err(Invalid::Parent);
    }
    let height = parent.height.saturating_add(1);
    let begins = height.is_multiple_of(PERIOD);
    let expected = due_bits(rules, parent, header.time)?;
    let found = header.bits;
    let due = if begins && !known.period && rules.retargets {
        within_one_step(rules, parent.bits, found)?
    } else {
        found == expected
    };
    if !due {
        return Err(Invalid::Bits { expected, found });
    }
    let id = header.id();
    if !found.is_met_by(id.as_bytes())? {
        return Err(Invalid::Work);
    }
    check_version(rules, height, header.version)?;
    check_time(rules, parent, header, now, known)?;
    let warps = begins && u64::from(header.time).saturating_add(u64::from(WARP)) < u64::from(parent.time());
    let record = Record {
        parent: *parent_id,
        merkle_root: header.merkle_root,
        height,
        bits: found,
        work: parent.work.and(found.work()?),
        period: period(rules, parent, header, begins),
        times: parent.times.then(header.time),
        warped_at: if warps { Some(height) } else { parent.warped_at },
    };
    Ok((id, record))
}

/// Whether a period may have the target `found` after one with `before`, whatever its times were.
fn within_one_step(rules: &Rules, before: Bits, found: Bits) -> Result<bool, BitsError> {
    let hardest = before.retarget(0, 0, rules.limit)?.target()?;
    let easiest = before.retarget(0, u32::MAX, rules.limit)?.target()?;
    Ok((hardest..=easiest).contains(&found.target()?))
}

fn check_version(rules: &Rules, height: u32, found: i32) -> Result<(), Invalid> {
    for least in &rules.versions {
        if height >= least.height && found < least.version {
            let least = least.version;
            return Err(Invalid::Version { least, found });
        }
    }
    Ok(())
}

fn check_time(
    rules: &Rules,
    parent: &Record,
    header: &Header,
    now: u64,
    known: Known,
) -> Result<(), Invalid> {
    let time = header.time;
    let median = parent.times.median();
    if known.times && time <= median {
        return Err(Invalid::Early { median, time });
    }
    let begins = parent.height.saturating_add(1).is_multiple_of(PERIOD);
    if rules.bip94 && begins && time.saturating_add(MAX_BACK_BIP94) < parent.time() {
        return Err(Invalid::Warped { time });
    }
    let from = u64::from(time).saturating_sub(MAX_AHEAD);
    if now < from {
        return Err(Invalid::NotYet { from });
    }
    Ok(())
}

/// The period as a child of `parent` sees it.
fn period(rules: &Rules, parent: &Record, header: &Header, begins: bool) -> Period {
    if begins {
        return Period {
            start_time: header.time,
            start_bits: header.bits,
            usual_bits: header.bits,
        };
    }
    // An exception is recognised by its bits alone, as Bitcoin Core does.
    let exception = rules.easy_when_quiet && header.bits == rules.limit;
    Period {
        usual_bits: if exception {
            parent.period.usual_bits
        } else {
            header.bits
        },
        ..parent.period
    }
}
