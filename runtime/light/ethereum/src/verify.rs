//! The rules of an update, one error each, in the order of bridge.md, section 4.

use crate::committee::{Committee, CommitteeError, count};
use crate::header::HeaderError;
use crate::merkle;
use crate::signing::signing_root;
use crate::spec::{Layout, Period, Root, Slot, Spec};
use crate::update::{Finality, NextCommittee, Update};
use crypto::bls::BlsError;

/// What a verifier insists on beyond the specification's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// An update must bring finality and at least two thirds of the members.
    pub finality: bool,
    /// The finalized header must be of Capella or later: only then is anything of the execution layer proven by it.
    pub execution: bool,
    /// Slots between two finalized headers that follow each other, at most.
    pub longest_gap: Option<u64>,
}

impl Policy {
    /// On chain: finality with two thirds, Capella or later, and never so large a gap that a block between two
    /// finalized headers could not be proven from the later one's `block_roots`.
    #[must_use]
    pub const fn bridge(spec: &Spec) -> Self {
        Self {
            finality: true,
            execution: true,
            longest_gap: Some(spec.preset.block_roots()),
        }
    }

    /// Finality with two thirds, of every fork, however far apart: what walks through history period by period.
    #[must_use]
    pub const fn history() -> Self {
        Self {
            finality: true,
            execution: false,
            longest_gap: None,
        }
    }

    /// The specification's rules alone: one signer is enough to be looked at.
    #[must_use]
    pub const fn specification() -> Self {
        Self {
            finality: false,
            execution: false,
            longest_gap: None,
        }
    }
}

/// Why an update is refused. The numbers are those of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// The fork at a slot is unknown to this code.
    #[error("rule 1: the fork at slot {slot} is unknown")]
    Fork {
        /// The slot.
        slot: Slot,
    },
    /// The bits, the committee or a branch have another length than the preset and the fork say.
    #[error("rule 1: {part} has the wrong length")]
    Length {
        /// Which part.
        part: Part,
    },
    /// It brings no finality.
    #[error("rule 1: the update brings no finality")]
    NoFinality,
    /// Slots are not in order: now ≥ signature > attested ≥ finalized.
    #[error(
        "rule 2: slots out of order: now {now}, signature {signature}, attested {attested}, finalized {finalized}"
    )]
    Slots {
        /// The slot it is.
        now: Slot,
        /// The signature's.
        signature: Slot,
        /// The attested header's.
        attested: Slot,
        /// The finalized header's.
        finalized: Slot,
    },
    /// Too few signed.
    #[error("rule 3: {signers} members signed where {needed} are needed")]
    Participation {
        /// How many did.
        signers: u64,
        /// How many must.
        needed: u64,
    },
    /// The committee of the signature's period is not known.
    #[error("rule 4: a signature of period {signature} against a store of period {store}")]
    Period {
        /// The signature's.
        signature: Period,
        /// The store's.
        store: Period,
    },
    /// It says nothing that is not known.
    #[error("rule 5: nothing new: attested slot {attested} where {finalized} is finalized")]
    Irrelevant {
        /// The attested header's.
        attested: Slot,
        /// The store's.
        finalized: Slot,
    },
    /// The attested header is not valid.
    #[error("rule 6, attested header: {0}")]
    Attested(HeaderError),
    /// The finalized header is not valid.
    #[error("rule 6, finalized header: {0}")]
    Finalized(HeaderError),
    /// The finalized header is of before Capella, where a bridge proves nothing.
    #[error("rule 6: the finalized header at slot {slot} has no execution payload")]
    BeforeCapella {
        /// Its slot.
        slot: Slot,
    },
    /// The finalized header is not what the attested state calls finalized.
    #[error("rule 7: the finality branch does not lead to the attested state")]
    FinalityBranch,
    /// The next committee is not that of the attested state.
    #[error("rule 8: the next committee's branch does not lead to the attested state")]
    NextBranch,
    /// It contradicts the known next committee; only a verifier that does not report conflicts refuses it so.
    #[error("rule 8: another next committee than the one that is known")]
    NextDiffers,
    /// The signature is malformed, the identity, or not the signers'.
    #[error("rule 9: {0}")]
    Signature(BlsError),
    /// The next committee's keys are not valid.
    #[error("rule 10: {0}")]
    Committee(CommitteeError),
    /// The finalized header is further from the last one than the policy allows.
    #[error(
        "rule 10: {slots} slots after the last finalized header where {allowed} are allowed: bring one in between"
    )]
    Gap {
        /// How far.
        slots: u64,
        /// How far it may be.
        allowed: u64,
    },
    /// It is valid and changes nothing.
    #[error("rule 10: the update changes nothing")]
    NothingNew,
}

/// Parts whose length is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The participation bits.
    Bits,
    /// The next committee's keys.
    Committee,
    /// The branch of the next committee.
    NextBranch,
    /// The branch of the finalized header.
    FinalityBranch,
}

impl core::fmt::Display for Part {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Bits => "the participation bits",
            Self::Committee => "the next committee",
            Self::NextBranch => "the next committee's branch",
            Self::FinalityBranch => "the finality branch",
        })
    }
}

/// What a verifier knows when it looks at an update.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub(crate) finalized: Slot,
    pub(crate) current: &'a Committee,
    pub(crate) next: Option<&'a Committee>,
}

/// What a valid update was found to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked {
    pub(crate) signers: u64,
    /// Root of the attested header, which was signed.
    pub(crate) attested: Root,
    /// It brings another next committee than the known one, of the same period.
    pub(crate) next_differs: bool,
}

/// Members that make two thirds of a committee.
#[must_use]
pub fn supermajority(spec: &Spec) -> u64 {
    let members = u64::from(spec.preset.committee_size);
    members.saturating_mul(2).div_ceil(3)
}

pub(crate) fn check(
    known: &Known<'_>,
    spec: &Spec,
    policy: &Policy,
    update: &Update,
    now: Slot,
) -> Result<Checked, UpdateError> {
    let attested = &update.attested.beacon;
    let layout = lengths(spec, update)?;
    if policy.finality && update.finality.is_none() {
        return Err(UpdateError::NoFinality);
    }
    slots(update, now)?;
    let signers = participation(spec, policy, update)?;
    let committee = periods(known, spec, update)?;
    relevance(known, spec, update)?;
    update.attested.check(spec).map_err(UpdateError::Attested)?;
    if let Some(finality) = &update.finality {
        finalized(spec, policy, &layout, finality, &attested.state_root)?;
    }
    let mut next_differs = false;
    if let Some(next) = &update.next {
        next_differs = next_committee(known, spec, &layout, update, next)?;
    }
    let root = attested.root();
    let slot = update.signature_slot;
    let message = signing_root(spec, slot, &root).ok_or(UpdateError::Fork { slot })?;
    committee
        .verify(&update.aggregate.bits, &update.aggregate.signature, &message)
        .map_err(UpdateError::Signature)?;
    Ok(Checked {
        signers,
        attested: root,
        next_differs,
    })
}

/// Rule 1. A length is right before anything is looked at.
fn lengths(spec: &Spec, update: &Update) -> Result<Layout, UpdateError> {
    let slot = update.attested.beacon.slot;
    let layout = spec.layout_at(slot).ok_or(UpdateError::Fork { slot })?;
    let wrong = |part| Err(UpdateError::Length { part });
    if update.aggregate.bits.len() != spec.preset.members() >> 3 {
        return wrong(Part::Bits);
    }
    if let Some(next) = &update.next {
        if next.committee.pubkeys.len() != spec.preset.members() {
            return wrong(Part::Committee);
        }
        if next.branch.len() != layout.next_committee.depth() {
            return wrong(Part::NextBranch);
        }
    }
    if let Some(finality) = &update.finality
        && finality.branch.len() != layout.finalized_root.depth()
    {
        return wrong(Part::FinalityBranch);
    }
    Ok(layout)
}

/// Rule 2.
fn slots(update: &Update, now: Slot) -> Result<(), UpdateError> {
    let (signature, attested) = (update.signature_slot, update.attested.beacon.slot);
    let finalized = update
        .finality
        .as_ref()
        .map_or(0, |found| found.header.beacon.slot);
    if now >= signature && signature > attested && attested >= finalized {
        return Ok(());
    }
    Err(UpdateError::Slots {
        now,
        signature,
        attested,
        finalized,
    })
}

/// Rule 3.
fn participation(spec: &Spec, policy: &Policy, update: &Update) -> Result<u64, UpdateError> {
    let signers = count(&update.aggregate.bits);
    let needed = if policy.finality { supermajority(spec) } else { 1 };
    if signers < needed {
        return Err(UpdateError::Participation { signers, needed });
    }
    Ok(signers)
}

/// Rule 4: the committee is that of the signature's slot, not of the attested one.
fn periods<'a>(known: &Known<'a>, spec: &Spec, update: &Update) -> Result<&'a Committee, UpdateError> {
    let (signature, store) = (spec.period(update.signature_slot), spec.period(known.finalized));
    if signature == store {
        return Ok(known.current);
    }
    match known.next {
        Some(next) if Some(signature) == store.checked_add(1) => Ok(next),
        _ => Err(UpdateError::Period { signature, store }),
    }
}

/// Rule 5.
fn relevance(known: &Known<'_>, spec: &Spec, update: &Update) -> Result<(), UpdateError> {
    let (attested, finalized) = (update.attested.beacon.slot, known.finalized);
    let brings_next =
        known.next.is_none() && update.next.is_some() && spec.period(attested) == spec.period(finalized);
    if attested > finalized || brings_next {
        return Ok(());
    }
    Err(UpdateError::Irrelevant { attested, finalized })
}

/// Rules 6 and 7, of the finalized header. Genesis is the zero root, and its header all zeros.
fn finalized(
    spec: &Spec,
    policy: &Policy,
    layout: &Layout,
    finality: &Finality,
    state_root: &Root,
) -> Result<(), UpdateError> {
    let header = &finality.header;
    let slot = header.beacon.slot;
    let leaf = if slot == 0 {
        if *header != crate::header::LightHeader::default() {
            return Err(UpdateError::FinalityBranch);
        }
        [0; 32]
    } else {
        header.check(spec).map_err(UpdateError::Finalized)?;
        header.beacon.root()
    };
    if policy.execution && header.execution.is_none() {
        return Err(UpdateError::BeforeCapella { slot });
    }
    if merkle::verify(&leaf, &finality.branch, layout.finalized_root, state_root) {
        Ok(())
    } else {
        Err(UpdateError::FinalityBranch)
    }
}

/// Rule 8. Whether the committee, which is that of the attested state, contradicts the known one.
fn next_committee(
    known: &Known<'_>,
    spec: &Spec,
    layout: &Layout,
    update: &Update,
    next: &NextCommittee,
) -> Result<bool, UpdateError> {
    let attested = &update.attested.beacon;
    let root = next.committee.root();
    if !merkle::verify(&root, &next.branch, layout.next_committee, &attested.state_root) {
        return Err(UpdateError::NextBranch);
    }
    let same_period = spec.period(attested.slot) == spec.period(known.finalized);
    Ok(same_period && known.next.is_some_and(|known| *known.root() != root))
}
