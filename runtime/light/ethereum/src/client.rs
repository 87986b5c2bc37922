//! The light client's state, and how a bootstrap begins it and an update moves it. Nothing is changed in place: an
//! update gives the next state or an error.

use crate::committee::{Committee, CommitteeError, SyncCommittee};
use crate::header::{BeaconHeader, ExecutionHeader, HeaderError, LightHeader};
use crate::merkle;
use crate::spec::{Root, Slot, Spec};
use crate::update::{Bootstrap, Update};
use crate::verify::{Known, Policy, UpdateError, check};
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{Millis, Timestamp};
use std::sync::Arc;

/// What a finalized header says about the execution layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ExecutionSummary {
    /// Root of the payload's header.
    pub root: Root,
    /// Keccak of the execution block's header.
    pub block_hash: Root,
    /// Its height.
    pub block_number: u64,
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
    /// Root of the accounts after it.
    pub state_root: Root,
    /// Root of its receipts.
    pub receipts_root: Root,
}

impl From<&ExecutionHeader> for ExecutionSummary {
    fn from(header: &ExecutionHeader) -> Self {
        Self {
            root: header.root(),
            block_hash: header.block_hash,
            block_number: header.block_number,
            timestamp: header.timestamp,
            state_root: header.state_root,
            receipts_root: header.receipts_root,
        }
    }
}

/// A header that is finalized: what proofs are checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FinalizedHeader {
    /// Root of the beacon block.
    pub root: Root,
    /// Its header.
    pub beacon: BeaconHeader,
    /// Its execution payload; none before Capella.
    pub execution: Option<ExecutionSummary>,
}

impl From<&LightHeader> for FinalizedHeader {
    fn from(header: &LightHeader) -> Self {
        Self {
            root: header.beacon.root(),
            beacon: header.beacon,
            execution: header.execution.as_ref().map(|found| (&found.header).into()),
        }
    }
}

/// Why a bootstrap is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BootstrapError {
    /// Its header is not the trusted one.
    #[error("the header is not the trusted one")]
    Root,
    /// Its header is not valid.
    #[error("header: {0}")]
    Header(HeaderError),
    /// Its committee is not that of the header's state.
    #[error("the committee's branch does not lead to the header's state")]
    Branch,
    /// Its committee's keys are not valid.
    #[error("committee: {0}")]
    Committee(CommitteeError),
}

/// A light client: the last finalized header, the committee of its period, and the one after where it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    finalized: FinalizedHeader,
    current: Arc<Committee>,
    next: Option<Arc<Committee>>,
}

/// A client as the chain stores it; the committees stand beside it, by their roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ClientRecord {
    /// The last finalized header.
    pub finalized: FinalizedHeader,
    /// Root of the committee of its period.
    pub current: Root,
    /// Root of the next period's, where it is known.
    pub next: Option<Root>,
}

/// Two statements that no honest committee makes both: the client must be frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Conflict {
    /// Another committee for the next period than the one that is known.
    NextCommittee {
        /// Root of the known one.
        known: Root,
        /// Root of the other.
        other: Root,
        /// Root of the header that was signed.
        attested: Root,
    },
    /// Another finalized header at the slot of the last one.
    Finalized {
        /// Root of the known one.
        known: Root,
        /// Root of the other.
        other: Root,
        /// Root of the header that was signed.
        attested: Root,
    },
}

/// What a valid update does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The client moves on.
    Advanced(Box<Advance>),
    /// It proves that the committee lies: freeze.
    Conflict(Conflict),
}

/// How a client moves on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The client afterwards.
    pub client: Client,
    /// Members that signed.
    pub signers: u64,
    /// Whether its finalized header is a newer one.
    pub finalized: bool,
    /// Whether a committee was learned, which is to be stored.
    pub learned: bool,
    /// Whether it is in the next period now.
    pub rotated: bool,
}

impl Client {
    /// Begins at a trusted block's root.
    ///
    /// # Errors
    /// [`BootstrapError`].
    pub fn bootstrap(spec: &Spec, trusted: &Root, bootstrap: &Bootstrap) -> Result<Self, BootstrapError> {
        let header = &bootstrap.header;
        if header.beacon.root() != *trusted {
            return Err(BootstrapError::Root);
        }
        header.check(spec).map_err(BootstrapError::Header)?;
        let slot = header.beacon.slot;
        let layout = spec
            .layout_at(slot)
            .ok_or(BootstrapError::Header(HeaderError::Fork { slot }))?;
        let leaf = bootstrap.committee.root();
        let index = layout.current_committee;
        let state = &header.beacon.state_root;
        let (found, expected) = (bootstrap.committee.pubkeys.len(), spec.preset.members());
        if found != expected {
            return Err(BootstrapError::Committee(CommitteeError::Size {
                found,
                expected,
            }));
        }
        if !merkle::verify(&leaf, &bootstrap.branch, index, state) {
            return Err(BootstrapError::Branch);
        }
        let current =
            Committee::new(&spec.preset, &bootstrap.committee).map_err(BootstrapError::Committee)?;
        Ok(Self {
            finalized: header.into(),
            current: Arc::new(current),
            next: None,
        })
    }

    /// A client from its record and the committees that stand beside it; `None` when they are not the record's.
    #[must_use]
    pub fn restore(record: &ClientRecord, current: Committee, next: Option<Committee>) -> Option<Self> {
        let theirs = next.as_ref().map(Committee::root);
        (record.current == *current.root() && record.next.as_ref() == theirs).then(|| Self {
            finalized: record.finalized,
            current: Arc::new(current),
            next: next.map(Arc::new),
        })
    }

    /// As it is stored.
    #[must_use]
    pub fn to_record(&self) -> ClientRecord {
        ClientRecord {
            finalized: self.finalized,
            current: *self.current.root(),
            next: self.next.as_ref().map(|next| *next.root()),
        }
    }

    /// The last finalized header.
    #[must_use]
    pub const fn finalized(&self) -> &FinalizedHeader {
        &self.finalized
    }

    /// The committee of the finalized header's period.
    #[must_use]
    pub fn current(&self) -> &Committee {
        &self.current
    }

    /// The committee of the next period, where it is known.
    #[must_use]
    pub fn next(&self) -> Option<&Committee> {
        self.next.as_deref()
    }

    /// Whether the finalized header is at most `period` old. Past that, members who signed may have left with their
    /// stake, and a checkpoint must come from outside.
    #[must_use]
    pub fn is_trusted(&self, spec: &Spec, now: Timestamp, period: Millis) -> bool {
        let age = now
            .get()
            .saturating_sub(spec.time_of(self.finalized.beacon.slot).get());
        age <= period.get()
    }

    pub(crate) fn known(&self) -> Known<'_> {
        Known {
            finalized: self.finalized.beacon.slot,
            current: &self.current,
            next: self.next.as_deref(),
        }
    }

    /// Checks an update at slot `now` and says what it does. `self` stays as it is.
    ///
    /// # Errors
    /// [`UpdateError`], the first rule that fails.
    pub fn advance(
        &self,
        spec: &Spec,
        policy: &Policy,
        update: &Update,
        now: Slot,
    ) -> Result<Outcome, UpdateError> {
        let checked = check(&self.known(), spec, policy, update, now)?;
        let finality = update.finality.as_ref().ok_or(UpdateError::NoFinality)?;
        let finalized = FinalizedHeader::from(&finality.header);
        if checked.next_differs
            && let (Some(known), Some(other)) = (&self.next, &update.next)
        {
            return Ok(Outcome::Conflict(Conflict::NextCommittee {
                known: *known.root(),
                other: other.committee.root(),
                attested: checked.attested,
            }));
        }
        if finalized.beacon.slot == self.finalized.beacon.slot && finalized.root != self.finalized.root {
            return Ok(Outcome::Conflict(Conflict::Finalized {
                known: self.finalized.root,
                other: finalized.root,
                attested: checked.attested,
            }));
        }
        self.gap(policy, finalized.beacon.slot)?;
        let moved = self.apply(spec, update, finalized)?;
        Ok(Outcome::Advanced(Box::new(Advance {
            signers: checked.signers,
            ..moved
        })))
    }

    fn gap(&self, policy: &Policy, finalized: Slot) -> Result<(), UpdateError> {
        let slots = finalized.saturating_sub(self.finalized.beacon.slot);
        match policy.longest_gap {
            Some(allowed) if slots > allowed => Err(UpdateError::Gap { slots, allowed }),
            Some(_) | None => Ok(()),
        }
    }

    /// Rule 10, for an update that was checked and has two thirds; `finalized` is what it finalizes.
    pub(crate) fn apply(
        &self,
        spec: &Spec,
        update: &Update,
        finalized: FinalizedHeader,
    ) -> Result<Advance, UpdateError> {
        let store = spec.period(self.finalized.beacon.slot);
        let period = spec.period(finalized.beacon.slot);
        let attested = spec.period(update.attested.beacon.slot);
        let newer = finalized.beacon.slot > self.finalized.beacon.slot;
        let brings_next =
            self.next.is_none() && update.next.is_some() && period == attested && period == store;
        if !newer && !brings_next {
            return Err(UpdateError::NothingNew);
        }
        let mut client = self.clone();
        let (mut learned, mut rotated) = (false, false);
        match &self.next {
            None => {
                if period != store {
                    return Err(UpdateError::Period {
                        signature: period,
                        store,
                    });
                }
                client.next = next_of(spec, update)?;
                learned = client.next.is_some();
            }
            Some(next) if Some(period) == store.checked_add(1) => {
                client.current = Arc::clone(next);
                client.next = next_of(spec, update)?;
                learned = client.next.is_some();
                rotated = true;
            }
            Some(_) => {}
        }
        if newer {
            client.finalized = finalized;
        }
        Ok(Advance {
            client,
            signers: 0,
            finalized: newer,
            learned,
            rotated,
        })
    }
}

/// The committee that an update brings, decompressed and checked.
fn next_of(spec: &Spec, update: &Update) -> Result<Option<Arc<Committee>>, UpdateError> {
    let Some(next) = &update.next else {
        return Ok(None);
    };
    let committee: &SyncCommittee = &next.committee;
    Committee::new(&spec.preset, committee)
        .map(|checked| Some(Arc::new(checked)))
        .map_err(UpdateError::Committee)
}
