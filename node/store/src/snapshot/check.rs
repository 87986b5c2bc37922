//! Believing a snapshot: from genesis' validators by hand-overs to who finalized the header that holds its root.

use super::{Anchor, History, Link, Manifest, SnapshotError};
use crate::HandOver;
use light_palisade::{Certificate, Committee, FinalityProof, Header, ValidatorSet};
use primitives::codec::decode_limited;
use primitives::{BlockHash, ChainHash, Epoch, Height, Timestamp};
use state::{Bytes, Changes};

/// Bytes of one record, at most.
const MAX_RECORD: usize = 64 << 20;

/// A recent block that the operator has from someone they trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// Its height and hash: it must be among the headers of the snapshot.
    Named(Height, BlockHash),
    /// Its header, whose hash was compared: the set that it names must be the one that the hand-overs lead to.
    Known(Box<Header>),
}

impl Checkpoint {
    /// The height of the block.
    #[must_use]
    pub const fn height(&self) -> Height {
        match self {
            Self::Named(height, _) => *height,
            Self::Known(header) => header.height,
        }
    }
}

/// Where trust begins.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The chain.
    pub chain: ChainHash,
    /// The set of epoch 0, from the genesis document.
    pub validators: ValidatorSet,
    /// Genesis' time.
    pub since: Timestamp,
    /// The time now.
    pub now: Timestamp,
    /// How old a block may be from which certificates are followed, in ms; 0 lifts the limit.
    pub trusting_period: u64,
    /// A recent block, where genesis is too old.
    pub checkpoint: Option<Checkpoint>,
}

/// What a chunk held, once it may be believed as far as it goes: entries only when the root is right.
#[derive(Debug, Default)]
pub(crate) struct Items {
    /// Ends of epochs with the next sets, checked.
    pub(crate) hand_overs: Vec<(HandOver, ValidatorSet)>,
    /// What the block changed.
    pub(crate) changes: Option<Changes>,
    /// Entries in order.
    pub(crate) entries: Vec<(Bytes, Bytes)>,
}

/// Takes the chunks in order and checks all that can be checked so far. The state's root is compared by whoever has
/// the entries.
pub struct Verifier<'a> {
    manifest: &'a Manifest,
    trust: Trust,
    committee: Committee,
    /// The set before, which may have finalized the block where its child opened an epoch.
    previous: Option<Committee>,
    /// The height of the last hand-over.
    ended: Option<Height>,
    next: usize,
    partial: Vec<u8>,
    changes: bool,
    /// Whether the checkpoint was met.
    met: bool,
    last: Option<Bytes>,
    entries: u64,
}

fn unproven(what: impl Into<String>) -> SnapshotError {
    SnapshotError::Unproven(what.into())
}

impl<'a> Verifier<'a> {
    /// Starts to check the snapshot of `manifest`.
    ///
    /// # Errors
    /// [`SnapshotError::OtherChain`], [`SnapshotError::TooOld`], or that genesis' validators are none.
    pub fn new(manifest: &'a Manifest, trust: Trust) -> Result<Self, SnapshotError> {
        if manifest.chain() != trust.chain {
            return Err(SnapshotError::OtherChain {
                found: manifest.chain(),
                expected: trust.chain,
            });
        }
        if trust.checkpoint.is_none() {
            check_age(&trust, trust.since)?;
        }
        if let Some(Checkpoint::Known(header)) = &trust.checkpoint {
            check_age(&trust, header.time)?;
        }
        let committee = Committee::new(trust.validators.clone())
            .map_err(|error| unproven(format!("genesis' validators: {error}")))?;
        let mut verifier = Self {
            manifest,
            trust,
            committee,
            previous: None,
            ended: None,
            next: 0,
            partial: Vec::new(),
            changes: false,
            met: false,
            last: None,
            entries: 0,
        };
        verifier.meet_set();
        Ok(verifier)
    }

    /// Checks the next chunk, which is `index`.
    ///
    /// # Errors
    /// [`SnapshotError::Chunk`] or [`SnapshotError::Unproven`].
    pub(crate) fn feed(&mut self, index: usize, bytes: &[u8]) -> Result<Items, SnapshotError> {
        let info = self.manifest.chunks.get(index).filter(|_| index == self.next);
        if !info.is_some_and(|info| info.is(bytes)) {
            return Err(SnapshotError::Chunk {
                index,
                what: "it is not what its hash says".to_owned(),
            });
        }
        let history = self.manifest.history as usize;
        self.partial.extend_from_slice(bytes);
        let mut items = Items::default();
        let mut at = 0;
        while let Some((record, end)) = next_record(&self.partial, at)? {
            if index < history {
                let record: History =
                    decode_limited(record, MAX_RECORD).map_err(|error| malformed(index, &error))?;
                self.history(record, &mut items)?;
            } else {
                let entry: (Bytes, Bytes) =
                    decode_limited(record, MAX_RECORD).map_err(|error| malformed(index, &error))?;
                items.entries.push(entry);
            }
            at = end;
        }
        self.partial.drain(..at);
        for (key, _) in &items.entries {
            if self.last.as_ref().is_some_and(|last| last >= key) {
                return Err(unproven("its entries are not in order"));
            }
            self.last = Some(key.clone());
            self.entries += 1;
        }
        self.next = index + 1;
        if self.next == history {
            self.end_of_history()?;
        }
        Ok(items)
    }

    /// All chunks were taken.
    ///
    /// # Errors
    /// [`SnapshotError::Unproven`].
    pub(crate) fn finish(&self) -> Result<(), SnapshotError> {
        let complete = self.next == self.manifest.chunks.len()
            && self.partial.is_empty()
            && self.changes
            && self.entries == self.manifest.entries;
        if complete {
            Ok(())
        } else {
            Err(unproven(
                "it ends in the middle, or has another number of entries than it says",
            ))
        }
    }

    fn history(&mut self, record: History, items: &mut Items) -> Result<(), SnapshotError> {
        match record {
            History::HandOver(link) => {
                let Link {
                    header,
                    certificate,
                    next,
                } = *link;
                self.advance(&header, &certificate, &next)?;
                items.hand_overs.push((HandOver { header, certificate }, next));
            }
            History::Changes(_) if self.changes => return Err(unproven("it has two blocks' changes")),
            History::Changes(changes) => {
                self.changes = true;
                items.changes = Some(changes);
            }
        }
        Ok(())
    }

    /// From one set to the next.
    fn advance(
        &mut self,
        header: &Header,
        certificate: &Certificate,
        next: &ValidatorSet,
    ) -> Result<(), SnapshotError> {
        let epoch = self.committee.epoch();
        let follows = header.epoch == epoch
            && header.is_boundary()
            && self.ended.is_none_or(|ended| header.height > ended)
            && header.validators_root == self.committee.root()
            && epoch.next() == Ok(next.epoch)
            && header.next_validators_root == next.root();
        if !follows {
            return Err(unproven(format!(
                "the hand-over at the end of epoch {epoch} does not follow"
            )));
        }
        self.final_by(header, certificate, &self.committee)?;
        self.meet(header)?;
        let committee = Committee::new(next.clone())
            .map_err(|error| unproven(format!("the validators of epoch {}: {error}", next.epoch)))?;
        self.previous = Some(core::mem::replace(&mut self.committee, committee));
        self.ended = Some(header.height);
        self.meet_set();
        Ok(())
    }

    fn final_by(
        &self,
        header: &Header,
        certificate: &Certificate,
        committee: &Committee,
    ) -> Result<(), SnapshotError> {
        let proof = FinalityProof {
            header: header.clone(),
            certificate: certificate.clone(),
        };
        proof
            .verify(&self.trust.chain, committee)
            .map_err(|error| unproven(format!("height {}: {error}", header.height)))
    }

    /// The block, its child, and what is above: final, by the sets that the hand-overs led to.
    fn end_of_history(&mut self) -> Result<(), SnapshotError> {
        if !self.partial.is_empty() || !self.changes {
            return Err(unproven("its history ends in the middle"));
        }
        let Anchor {
            header,
            certificate,
            child,
            descendants,
            finality,
        } = &self.manifest.anchor;
        let epoch = self.committee.epoch();
        let own = if header.epoch == epoch {
            &self.committee
        } else {
            self.previous
                .as_ref()
                .filter(|previous| header.epoch == previous.epoch() && self.ended == Some(header.height))
                .ok_or_else(|| unproven("its hand-overs do not lead to its epoch"))?
        };
        if header.validators_root != own.root() {
            return Err(unproven(
                "its block names other validators than its hand-overs lead to",
            ));
        }
        self.final_by(header, certificate, own)?;
        let mut last = header;
        for above in [child].into_iter().chain(descendants) {
            let follows = above.parent == last.hash()
                && last.height.next() == Ok(above.height)
                && above.epoch == epoch
                && above.chain_hash == self.trust.chain;
            if !follows {
                return Err(unproven(format!(
                    "height {} does not follow the one before",
                    above.height
                )));
            }
            last = above;
        }
        self.final_by(last, finality, &self.committee)?;
        let headers: Vec<Header> = [header, child].into_iter().chain(descendants).cloned().collect();
        for header in &headers {
            self.meet(header)?;
        }
        match &self.trust.checkpoint {
            Some(checkpoint) if !self.met => Err(SnapshotError::Checkpoint {
                height: checkpoint.height(),
                what: "it is not among the headers of the snapshot: name one that is, or join from a node that can \
                       show its header",
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// A header that is final: it must not contradict the checkpoint.
    fn meet(&mut self, header: &Header) -> Result<(), SnapshotError> {
        let Some(checkpoint) = &self.trust.checkpoint else {
            return Ok(());
        };
        if checkpoint.height() != header.height {
            return Ok(());
        }
        let same = match checkpoint {
            Checkpoint::Named(_, hash) => *hash == header.hash(),
            Checkpoint::Known(known) => **known == *header,
        };
        if !same {
            return Err(SnapshotError::Checkpoint {
                height: header.height,
                what: "the snapshot has another block there: it is of another chain, or the checkpoint is wrong",
            });
        }
        check_age(&self.trust, header.time)?;
        self.met = true;
        Ok(())
    }

    /// The set of an epoch: the checkpoint's header names it.
    fn meet_set(&mut self) {
        if let Some(Checkpoint::Known(header)) = &self.trust.checkpoint
            && header.epoch == self.committee.epoch()
            && header.validators_root == self.committee.root()
        {
            self.met = true;
        }
    }

    /// The epoch that was reached.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.committee.epoch()
    }
}

fn check_age(trust: &Trust, time: Timestamp) -> Result<(), SnapshotError> {
    let age = trust.now.since(time).get();
    if trust.trusting_period != 0 && age > trust.trusting_period {
        return Err(SnapshotError::TooOld {
            age,
            limit: trust.trusting_period,
        });
    }
    Ok(())
}

fn malformed(index: usize, error: &impl std::fmt::Display) -> SnapshotError {
    SnapshotError::Chunk {
        index,
        what: error.to_string(),
    }
}

/// The record that starts at `at`, and where the next one starts; `None` when it is not complete.
fn next_record(bytes: &[u8], at: usize) -> Result<Option<(&[u8], usize)>, SnapshotError> {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some((length, rest)) = rest.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let length = u32::from_le_bytes(*length) as usize;
    if length > MAX_RECORD {
        return Err(unproven("a record is longer than any can be"));
    }
    Ok(rest.get(..length).map(|record| (record, at + 4 + length)))
}
