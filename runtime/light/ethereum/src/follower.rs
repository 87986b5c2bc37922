//! The specification's whole store: it follows the head by optimistic updates, keeps the best update it has seen and
//! can be forced forward when finality fails. For relayers and tools; a chain uses [`Client`] alone, which does none of
//! this.
//!
//! # Source
//! ethereum/consensus-specs, `altair/light-client/sync-protocol.md`.

use crate::client::{Client, FinalizedHeader};
use crate::committee::count;
use crate::spec::{Slot, Spec};
use crate::update::Update;
use crate::verify::{Policy, UpdateError, check, supermajority};

/// A client that also follows the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    client: Client,
    optimistic: FinalizedHeader,
    best: Option<Update>,
    most_before: u64,
    most_now: u64,
}

impl Follower {
    /// Begins where `client` stands.
    #[must_use]
    pub const fn new(client: Client) -> Self {
        let optimistic = *client.finalized();
        Self {
            client,
            optimistic,
            best: None,
            most_before: 0,
            most_now: 0,
        }
    }

    /// What is finalized.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The newest header that enough members signed.
    #[must_use]
    pub const fn optimistic(&self) -> &FinalizedHeader {
        &self.optimistic
    }

    /// Takes an update in; after an error nothing has changed.
    ///
    /// # Errors
    /// [`UpdateError`].
    pub fn process(&mut self, spec: &Spec, update: &Update, now: Slot) -> Result<(), UpdateError> {
        let policy = Policy::specification();
        let checked = check(&self.client.known(), spec, &policy, update, now)?;
        if checked.next_differs {
            return Err(UpdateError::NextDiffers);
        }
        let mut after = self.clone();
        after.most_now = after.most_now.max(checked.signers);
        let attested = FinalizedHeader::from(&update.attested);
        let safe = after.most_before.max(after.most_now) >> 1;
        if checked.signers > safe && attested.beacon.slot > after.optimistic.beacon.slot {
            after.optimistic = attested;
        }
        if after
            .best
            .as_ref()
            .is_none_or(|best| is_better(spec, update, best))
        {
            after.best = Some(update.clone());
        }
        if let Some(finality) = &update.finality
            && checked.signers >= supermajority(spec)
        {
            match after.take(spec, update, (&finality.header).into()) {
                Ok(()) => after.best = None,
                Err(UpdateError::NothingNew) => {}
                Err(error) => return Err(error),
            }
        }
        *self = after;
        Ok(())
    }

    /// Takes the best update for finalized when nothing was for a whole period.
    ///
    /// # Errors
    /// [`UpdateError`] when it cannot be applied.
    pub fn force(&mut self, spec: &Spec, now: Slot) -> Result<(), UpdateError> {
        let finalized = self.client.finalized().beacon.slot;
        if now <= finalized.saturating_add(spec.slots_per_period()) {
            return Ok(());
        }
        let Some(best) = self.best.clone() else {
            return Ok(());
        };
        let newer = best
            .finality
            .as_ref()
            .filter(|found| found.header.beacon.slot > finalized);
        let header = newer.map_or(&best.attested, |found| &found.header).into();
        match self.take(spec, &best, header) {
            Ok(()) | Err(UpdateError::NothingNew) => {
                self.best = None;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn take(&mut self, spec: &Spec, update: &Update, finalized: FinalizedHeader) -> Result<(), UpdateError> {
        let moved = self.client.apply(spec, update, finalized)?;
        if moved.rotated {
            self.most_before = self.most_now;
            self.most_now = 0;
        }
        self.client = moved.client;
        if self.client.finalized().beacon.slot > self.optimistic.beacon.slot {
            self.optimistic = *self.client.finalized();
        }
        Ok(())
    }
}

/// Whether `new` is worth more than `old` to a client that can have one of them.
#[must_use]
pub fn is_better(spec: &Spec, new: &Update, old: &Update) -> bool {
    let rank = |update: &Update| {
        let signers = count(&update.aggregate.bits);
        let most = signers >= supermajority(spec);
        let attested = spec.period(update.attested.beacon.slot);
        let next = update.next.is_some() && attested == spec.period(update.signature_slot);
        let finality = update.finality.as_ref();
        let same = finality.is_some_and(|found| spec.period(found.header.beacon.slot) == attested);
        let below = if most { 0 } else { signers };
        // Older data first, where all else is equal.
        let age = (
            core::cmp::Reverse(update.attested.beacon.slot),
            core::cmp::Reverse(update.signature_slot),
        );
        (most, below, next, finality.is_some(), same, signers, age)
    };
    rank(new) > rank(old)
}
