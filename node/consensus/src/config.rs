//! Configuration, where a chain stands when the core starts, and time as it is told.

use crate::schedule::Draw;
use crypto::bls::KeyBytes;
use light_palisade::{Certificate, Committee, Header};
use primitives::{BlockHash, ChainHash, Epoch, Height, Millis, Timestamp, View};
use std::sync::Arc;

/// What the clocks said when an input arrived. The core has no clock of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds on a clock that never goes back; where it starts does not matter. Timers run on it.
    pub mono: Millis,
    /// The wall clock, with which block times are stamped and compared.
    pub wall: Timestamp,
}

/// Durations. Defaults are those of a local testnet (consensus.md, section 0, "Pacing").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Δ0: the delay that a message and its handling are first assumed to need. 250 ms; 1 s on a wide network.
    pub delta: Millis,
    /// Δmax: what Δ grows to while nothing finalizes. 30 s.
    pub delta_max: Millis,
    /// With nothing to include, a leader proposes this long after the parent's time. 1 s.
    pub idle_interval: Millis,
    /// A leader from whom no vote was heard for this long (and four idle intervals, and 4Δ), while a quorum was heard
    /// all that time, is skipped at once. Its next vote ends that, so little is lost by being quick. 3 s.
    pub skip_timeout: Millis,
    /// T_s: without a finalization for this long (and four idle intervals), everything undecided is sent again,
    /// bounded. 10 s.
    pub standstill: Millis,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            delta: Millis::new(250),
            delta_max: Millis::new(30_000),
            idle_interval: Millis::new(1_000),
            skip_timeout: Millis::new(3_000),
            standstill: Millis::new(10_000),
        }
    }
}

/// What a core needs to know once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The chain whose statements are signed and believed.
    pub chain: ChainHash,
    /// Our consensus key. Without one, or in an epoch whose set does not have it, the core follows and casts no vote.
    pub key: Option<KeyBytes>,
    /// Casts no vote in epochs before this one: for a validator whose guard was lost (consensus.md, "Restart").
    pub abstain_before: Epoch,
    /// A development chain, as its genesis says: a leader may put the chain clock forward, by at most
    /// [`MAX_WARP`](crate::limits::MAX_WARP) in one block.
    pub clock_may_jump: bool,
    /// Durations.
    pub timing: Timing,
}

/// Why a configuration or a starting point is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// A duration is zero, or Δmax is below Δ0.
    #[error("{field} must be at least {least} ms, not {found}")]
    Timing {
        /// Which duration.
        field: &'static str,
        /// What it was, in milliseconds.
        found: u64,
        /// What it must be, in milliseconds.
        least: u64,
    },
    /// The tip's parts do not belong together.
    #[error("the finalized tip at height {height} contradicts itself: {what}")]
    Tip {
        /// Height of the tip.
        height: Height,
        /// What does not fit.
        what: &'static str,
    },
}

impl Timing {
    /// Checks that timers move and grow.
    ///
    /// # Errors
    /// [`StartError::Timing`].
    pub fn validate(&self) -> Result<(), StartError> {
        let least = [
            ("delta", self.delta, 1),
            ("delta_max", self.delta_max, self.delta.get()),
            ("skip_timeout", self.skip_timeout, 1),
            ("standstill", self.standstill, 1),
        ];
        least
            .iter()
            .find(|(_, found, least)| found.get() < *least)
            .map_or(Ok(()), |(field, found, least)| {
                Err(StartError::Timing {
                    field,
                    found: found.get(),
                    least: *least,
                })
            })
    }
}

/// The last finalized block, and who decides the next one.
#[derive(Clone, Debug)]
pub struct Tip {
    /// The block's header.
    pub header: Header,
    /// Its finalization. None for genesis alone, which nobody voted for.
    pub certificate: Option<Certificate>,
    /// The set that decides the next block: that of the header's epoch, or of the next when the tip is a boundary.
    pub committee: Arc<Committee>,
    /// The set that decided the tip, where the tip ends an epoch: it judges the finalizations of the tip that the
    /// first block of the next epoch may carry. None otherwise.
    pub previous: Option<Arc<Committee>>,
    /// Fixes the leaders of `committee`'s epoch.
    pub draw: Draw,
}

impl Tip {
    /// The block's hash.
    #[must_use]
    pub fn hash(&self) -> BlockHash {
        self.header.hash()
    }

    /// The view of the next block's epoch in which the tip was finalized; 0 when it ended the epoch before.
    #[must_use]
    pub fn view(&self) -> View {
        if self.opens_epoch() {
            return View::ZERO;
        }
        self.certificate
            .as_ref()
            .map_or(View::ZERO, |c| c.statement.view())
    }

    /// Whether the next block is the first of its epoch.
    #[must_use]
    pub fn opens_epoch(&self) -> bool {
        self.header.is_genesis() || self.header.is_boundary()
    }

    /// Checks that its parts belong together. Signatures are not checked: whoever stored or synced it did.
    ///
    /// # Errors
    /// [`StartError::Tip`].
    pub fn validate(&self, chain: &ChainHash) -> Result<(), StartError> {
        let genesis = self.header.is_genesis();
        let boundary = self.header.is_boundary() && !genesis;
        let epoch = if boundary {
            self.header.epoch.next().unwrap_or(Epoch::MAX)
        } else {
            self.header.epoch
        };
        let finalized = self
            .certificate
            .as_ref()
            .and_then(|c| c.statement.block())
            .map(|(_, block)| block);
        let rules = [
            (self.header.chain_hash == *chain, "it is of another chain"),
            (
                self.committee.epoch() == epoch,
                "the committee is not that of the next block's epoch",
            ),
            (
                genesis || finalized == Some(self.hash()),
                "the certificate is not of this block",
            ),
            (
                boundary == self.previous.is_some(),
                "the previous committee stands beside a boundary, and only there",
            ),
        ];
        rules
            .iter()
            .find(|(holds, _)| !holds)
            .map_or(Ok(()), |(_, what)| {
                Err(StartError::Tip {
                    height: self.header.height,
                    what,
                })
            })
    }
}
