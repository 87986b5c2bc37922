//! The votes of one view: one slot per validator and kind, verified together when they decide something.
//!
//! # Source
//! consensus.md, section 1.2, "Lazy verification".

use crate::scheme::Scheme;
use crypto::bls::SignatureBytes;
use light_palisade::{Bitmap, Certificate, Committee, Offence, Statement, ValidatorIndex, Vote, VoteKind};
use std::collections::BTreeMap;

/// A vote in its slot.
#[derive(Clone, Debug)]
struct Cast<G> {
    statement: Statement,
    bytes: SignatureBytes,
    /// Decoded when first needed. Boxed: most are never needed.
    signature: Option<Box<G>>,
    /// Known to hold by itself. That a sum with others held shows nothing about one signature: two bad ones can
    /// cancel each other out.
    proven: bool,
}

impl<G> Cast<G> {
    fn vote(&self, signer: ValidatorIndex) -> Vote {
        Vote {
            statement: self.statement,
            signer,
            signature: self.bytes,
        }
    }
}

type Slot = (ValidatorIndex, VoteKind);

/// The votes of one view.
#[derive(Clone, Debug)]
pub(crate) struct Tally<G> {
    slots: BTreeMap<Slot, Cast<G>>,
    weights: BTreeMap<Statement, u64>,
}

impl<G> Default for Tally<G> {
    fn default() -> Self {
        Self {
            slots: BTreeMap::new(),
            weights: BTreeMap::new(),
        }
    }
}

/// What came of a certification.
#[derive(Debug, Default)]
pub(crate) struct Certified {
    /// The certificate, when the good signatures are a quorum.
    pub(crate) certificate: Option<Certificate>,
    /// Who signed badly; their votes are out.
    pub(crate) bad: Vec<ValidatorIndex>,
}

const KINDS: [VoteKind; 3] = [VoteKind::Notarize, VoteKind::Nullify, VoteKind::Finalize];

impl<G: Clone> Tally<G> {
    /// Puts a vote into its slot; false when the slot is taken. `proven` is for votes that need no check.
    pub(crate) fn insert(&mut self, vote: &Vote, weight: u64, proven: bool) -> bool {
        let slot = (vote.signer, vote.statement.kind());
        if self.slots.contains_key(&slot) {
            return false;
        }
        let cast = Cast {
            statement: vote.statement,
            bytes: vote.signature,
            signature: None,
            proven,
        };
        self.slots.insert(slot, cast);
        let sum = self.weights.entry(vote.statement).or_default();
        *sum = sum.saturating_add(weight);
        true
    }

    /// Weight of the votes for a statement, unverified ones included.
    pub(crate) fn weight(&self, statement: &Statement) -> u64 {
        self.weights.get(statement).copied().unwrap_or(0)
    }

    /// Whether a validator's vote of this kind is here.
    pub(crate) fn has(&self, signer: ValidatorIndex, kind: VoteKind) -> bool {
        self.slots.contains_key(&(signer, kind))
    }

    /// A validator's vote that contradicts this statement, if there is one.
    pub(crate) fn contradicting(&self, signer: ValidatorIndex, statement: &Statement) -> Option<Vote> {
        KINDS
            .iter()
            .filter_map(|kind| self.slots.get(&(signer, *kind)))
            .find(|cast| Offence::between(&cast.statement, statement).is_some())
            .map(|cast| cast.vote(signer))
    }

    /// Whether the vote in this slot holds by itself. None when the slot is empty.
    pub(crate) fn prove<S>(&mut self, scheme: &S, committee: &Committee, slot: Slot) -> Option<bool>
    where
        S: Scheme<Signature = G>,
    {
        let cast = self.slots.get_mut(&slot)?;
        if !cast.proven {
            cast.proven = decoded(scheme, cast)
                .is_some_and(|signature| scheme.verify(committee, slot.0, &cast.statement, &signature));
        }
        Some(cast.proven)
    }

    /// Sums up the votes for a statement and verifies them together. When they do not hold, halves are tried until
    /// every bad one is found and thrown out.
    pub(crate) fn certify<S>(&mut self, scheme: &S, committee: &Committee, statement: &Statement) -> Certified
    where
        S: Scheme<Signature = G>,
    {
        let mut search = Search {
            scheme,
            committee,
            statement,
            bad: Vec::new(),
        };
        let mut votes = Vec::new();
        let kind = statement.kind();
        let casts = self.slots.iter_mut().filter(|((_, k), _)| *k == kind);
        for ((signer, _), cast) in casts.filter(|(_, cast)| cast.statement == *statement) {
            match decoded(scheme, cast) {
                Some(signature) => votes.push((*signer, signature)),
                None => search.bad.push(*signer),
            }
        }
        let sum = search.good(&votes);
        let bad = search.bad;
        for signer in &bad {
            self.remove(*signer, kind, committee);
        }
        let signers = votes
            .iter()
            .map(|(signer, _)| *signer)
            .filter(|s| !bad.contains(s));
        let signers: Vec<ValidatorIndex> = signers.collect();
        let enough = committee.weight_of(signers.iter().copied()) >= committee.quorum();
        let certificate = sum.filter(|_| enough).map(|sum| Certificate {
            statement: *statement,
            signers: Bitmap::new(committee.len(), signers),
            signature: scheme.encode(&sum),
        });
        Certified { certificate, bad }
    }

    /// Forgets a validator's vote.
    pub(crate) fn remove(&mut self, signer: ValidatorIndex, kind: VoteKind, committee: &Committee) {
        if let Some(cast) = self.slots.remove(&(signer, kind))
            && let Some(sum) = self.weights.get_mut(&cast.statement)
        {
            *sum = sum.saturating_sub(committee.weight(signer));
        }
    }

    /// Forgets all of a validator's votes.
    pub(crate) fn expel(&mut self, signer: ValidatorIndex, committee: &Committee) {
        for kind in KINDS {
            self.remove(signer, kind, committee);
        }
    }

    /// Frees what only certification needs: the view is decided.
    pub(crate) fn settle(&mut self) {
        for cast in self.slots.values_mut() {
            cast.signature = None;
        }
        self.weights = BTreeMap::new();
    }
}

fn decoded<S: Scheme>(scheme: &S, cast: &mut Cast<S::Signature>) -> Option<S::Signature> {
    if cast.signature.is_none() {
        cast.signature = scheme.decode(&cast.bytes).map(Box::new);
    }
    cast.signature.as_deref().cloned()
}

/// The search for bad signatures among the votes for one statement.
struct Search<'a, S: Scheme> {
    scheme: &'a S,
    committee: &'a Committee,
    statement: &'a Statement,
    bad: Vec<ValidatorIndex>,
}

impl<S: Scheme> Search<'_, S> {
    /// The sum of the good signatures among `votes`; the signers of the others go to `bad`. Sums of groups that hold
    /// add up to one that holds, so nothing is verified twice.
    fn good(&mut self, votes: &[(ValidatorIndex, S::Signature)]) -> Option<S::Signature> {
        let signers: Vec<ValidatorIndex> = votes.iter().map(|(signer, _)| *signer).collect();
        let sum = self.scheme.sum(votes.iter().map(|(_, signature)| signature));
        let holds = sum.filter(|sum| {
            self.scheme
                .verify_sum(self.committee, &signers, self.statement, sum)
        });
        if holds.is_some() {
            return holds;
        }
        if let [(signer, _)] = votes {
            self.bad.push(*signer);
        }
        if votes.len() < 2 {
            return None;
        }
        let (left, right) = votes.split_at(votes.len() >> 1);
        let sums = [self.good(left), self.good(right)];
        self.scheme.sum(sums.iter().flatten())
    }
}
