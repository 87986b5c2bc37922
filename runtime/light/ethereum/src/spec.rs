//! What a network is: its genesis, its preset and its forks. A fork is one line of the table in [`Fork::layout`] and
//! one entry of a [`Spec`]; what no entry covers is refused.

use crate::merkle::GeneralizedIndex;
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{Millis, Timestamp};

/// A slot of the beacon chain, counted from its genesis.
pub type Slot = u64;
/// A beacon chain's epoch: 32 slots on every public network.
pub type BeaconEpoch = u64;
/// A sync committee's period: 256 epochs on every public network.
pub type Period = u64;
/// 32 bytes of Ethereum: a root or a hash.
pub type Root = [u8; 32];

/// Forks that have sync committees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Fork {
    /// Sync committees begin.
    Altair,
    /// The merge. Light clients see nothing of it.
    Bellatrix,
    /// Headers carry the execution payload's header.
    Capella,
    /// Two more fields in the payload's header.
    Deneb,
    /// The state has more than 32 fields: every branch into it is one longer.
    Electra,
    /// As Electra for a light client.
    Fulu,
    /// A fork whose rules this code does not have: everything from its first slot on is refused.
    Unsupported,
}

/// Where things are in a fork's containers, as generalized indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// `finalized_checkpoint.root` in the state.
    pub finalized_root: GeneralizedIndex,
    /// `current_sync_committee` in the state.
    pub current_committee: GeneralizedIndex,
    /// `next_sync_committee` in the state.
    pub next_committee: GeneralizedIndex,
    /// `block_roots` in the state.
    pub block_roots: GeneralizedIndex,
    /// `validators` in the state: of the list with its length.
    pub validators: GeneralizedIndex,
    /// `balances` in the state: of the list with its length.
    pub balances: GeneralizedIndex,
    /// `historical_summaries` in the state, since Capella: of the list with its length.
    pub historical_summaries: Option<GeneralizedIndex>,
    /// `execution_payload` in the block's body and how many fields its header has, since Capella.
    pub execution: Option<(GeneralizedIndex, ExecutionFields)>,
}

/// How many fields an execution payload's header has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionFields {
    /// Fifteen, in a tree of depth 4.
    Capella,
    /// Seventeen, in a tree of depth 5: `blob_gas_used` and `excess_blob_gas` came last.
    Deneb,
}

impl Fork {
    /// The fork's layout; `None` for one whose rules this code does not have.
    ///
    /// # Source
    /// bridge.md, section 4: printed by the official pyspec.
    #[must_use]
    pub const fn layout(self) -> Option<Layout> {
        let body = GeneralizedIndex::new(25);
        let before_electra = Layout {
            finalized_root: GeneralizedIndex::new(105),
            current_committee: GeneralizedIndex::new(54),
            next_committee: GeneralizedIndex::new(55),
            block_roots: GeneralizedIndex::new(37),
            validators: GeneralizedIndex::new(43),
            balances: GeneralizedIndex::new(44),
            historical_summaries: None,
            execution: None,
        };
        let capella = Layout {
            historical_summaries: Some(GeneralizedIndex::new(59)),
            execution: Some((body, ExecutionFields::Capella)),
            ..before_electra
        };
        match self {
            Self::Altair | Self::Bellatrix => Some(before_electra),
            Self::Capella => Some(capella),
            Self::Deneb => Some(Layout {
                execution: Some((body, ExecutionFields::Deneb)),
                ..capella
            }),
            Self::Electra | Self::Fulu => Some(Layout {
                finalized_root: GeneralizedIndex::new(169),
                current_committee: GeneralizedIndex::new(86),
                next_committee: GeneralizedIndex::new(87),
                block_roots: GeneralizedIndex::new(69),
                validators: GeneralizedIndex::new(75),
                balances: GeneralizedIndex::new(76),
                historical_summaries: Some(GeneralizedIndex::new(91)),
                execution: Some((body, ExecutionFields::Deneb)),
            }),
            Self::Unsupported => None,
        }
    }
}

/// The sizes that Ethereum calls a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Preset {
    /// Slots in an epoch.
    pub slots_per_epoch: u64,
    /// Epochs in a sync committee's period.
    pub epochs_per_period: u64,
    /// Members of a sync committee: a power of two, at most [`MAX_COMMITTEE`].
    pub committee_size: u16,
    /// Slots whose block roots a state keeps: two to this power.
    pub block_roots_depth: u8,
}

/// Members of the largest committee that any preset may have.
pub const MAX_COMMITTEE: u16 = 512;

impl Preset {
    /// Every public network's.
    pub const MAINNET: Self = Self {
        slots_per_epoch: 32,
        epochs_per_period: 256,
        committee_size: 512,
        block_roots_depth: 13,
    };
    /// The specification's small one, for tests and devnets.
    pub const MINIMAL: Self = Self {
        slots_per_epoch: 8,
        epochs_per_period: 8,
        committee_size: 32,
        block_roots_depth: 6,
    };

    /// Slots whose block roots a state keeps (8,192 on every public network).
    #[must_use]
    pub const fn block_roots(&self) -> u64 {
        1 << (self.block_roots_depth & 31)
    }

    /// Members of a committee.
    #[must_use]
    pub fn members(&self) -> usize {
        usize::from(self.committee_size)
    }
}

/// When a fork begins and under which version its messages are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ForkEpoch {
    /// Which.
    pub fork: Fork,
    /// Its first epoch.
    pub epoch: BeaconEpoch,
    /// Its version.
    pub version: [u8; 4],
}

/// Why a [`Spec`] is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Slots, epochs, seconds or members are none, too many or no power of two.
    #[error("the preset's sizes are not those of a beacon chain")]
    Preset,
    /// No fork, over [`MAX_FORKS`], or not in ascending order of fork and epoch.
    #[error("forks are listed in order, each once, at most {MAX_FORKS}")]
    Forks,
}

/// Entries of a fork table.
pub const MAX_FORKS: usize = 16;

/// A beacon chain as its light clients must know it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Spec {
    /// Root of the validators at genesis: keeps networks' signatures apart.
    pub genesis_validators_root: Root,
    /// Genesis, in seconds since the Unix epoch.
    pub genesis_time: u64,
    /// Length of a slot, in seconds.
    pub seconds_per_slot: u64,
    /// Its sizes.
    pub preset: Preset,
    /// Its forks since Altair, ascending.
    pub forks: Vec<ForkEpoch>,
}

impl Spec {
    /// Checks sizes and order: what governance or a file states is passed through here before it is used.
    ///
    /// # Errors
    /// [`SpecError`].
    pub fn validate(&self) -> Result<(), SpecError> {
        let preset = &self.preset;
        let sizes = preset.slots_per_epoch > 0
            && preset.slots_per_epoch <= 1 << 10
            && preset.epochs_per_period > 0
            && preset.epochs_per_period <= 1 << 16
            && preset.committee_size.is_power_of_two()
            && (8..=MAX_COMMITTEE).contains(&preset.committee_size)
            && (1..=20).contains(&preset.block_roots_depth)
            && (1..=3_600).contains(&self.seconds_per_slot);
        if !sizes {
            return Err(SpecError::Preset);
        }
        let in_order = self
            .forks
            .is_sorted_by(|a, b| a.fork < b.fork && a.epoch <= b.epoch);
        if self.forks.is_empty() || self.forks.len() > MAX_FORKS || !in_order {
            return Err(SpecError::Forks);
        }
        Ok(())
    }

    /// The epoch of a slot.
    #[must_use]
    pub fn epoch(&self, slot: Slot) -> BeaconEpoch {
        slot.checked_div(self.preset.slots_per_epoch).unwrap_or(0)
    }

    /// Slots in a period.
    #[must_use]
    pub fn slots_per_period(&self) -> u64 {
        self.preset
            .slots_per_epoch
            .saturating_mul(self.preset.epochs_per_period)
    }

    /// The period of a slot.
    #[must_use]
    pub fn period(&self, slot: Slot) -> Period {
        slot.checked_div(self.slots_per_period()).unwrap_or(0)
    }

    /// The fork in force at a slot; `None` before the first that the table has.
    #[must_use]
    pub fn fork_at(&self, slot: Slot) -> Option<ForkEpoch> {
        let epoch = self.epoch(slot);
        self.forks
            .iter()
            .rev()
            .find(|entry| entry.epoch <= epoch)
            .copied()
    }

    /// The layout in force at a slot; `None` where this code does not have the rules: unknown is refused.
    #[must_use]
    pub fn layout_at(&self, slot: Slot) -> Option<Layout> {
        self.fork_at(slot).and_then(|entry| entry.fork.layout())
    }

    /// The version that a signature at `signature_slot` is made under: that of the slot before.
    #[must_use]
    pub fn signing_version(&self, signature_slot: Slot) -> Option<[u8; 4]> {
        let entry = self.fork_at(signature_slot.max(1).saturating_sub(1))?;
        entry.fork.layout().map(|_| entry.version)
    }

    /// The slot at `now`, a tolerance for clocks that are behind included; `None` before genesis.
    #[must_use]
    pub fn slot_at(&self, now: Timestamp, tolerance: Millis) -> Option<Slot> {
        let seconds = now.get().saturating_add(tolerance.get()).checked_div(1_000)?;
        seconds
            .checked_sub(self.genesis_time)?
            .checked_div(self.seconds_per_slot)
    }

    /// When a slot begins, capped at the end of the numbers.
    #[must_use]
    pub fn time_of(&self, slot: Slot) -> Timestamp {
        let seconds = slot
            .saturating_mul(self.seconds_per_slot)
            .saturating_add(self.genesis_time);
        Timestamp::new(seconds.saturating_mul(1_000))
    }

    /// The four bytes before the data in the beacon API's octet streams, for versions without blob parameters.
    #[must_use]
    pub fn fork_digest(&self, version: [u8; 4]) -> [u8; 4] {
        let root = crate::signing::fork_data_root(version, &self.genesis_validators_root);
        let [a, b, c, d, ..] = root;
        [a, b, c, d]
    }
}
