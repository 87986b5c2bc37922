//! A small deterministic application: its state is a hash chain over what blocks contain, its sets come from its
//! state, and it holds blocks to the same rules as production does: roots of state, receipts, outbox, transactions
//! and the next set, and evidence that holds.

use crate::keys::{CHAIN, Keyring};
use crate::sets::Sets;
use consensus::{Build, Draw, Tip, Verdict};
use crypto::bls::SignatureBytes;
use crypto::hash::{seed, sha256};
use light_palisade::{
    Block, Certificate, Committee, Evidence, Header, Offence, ValidatorIndex, Vote, VoteKind,
};
use primitives::{BlockHash, ChainClock, Digest, Epoch, Height, Timestamp, TxId, View};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// When the simulated chain began, in milliseconds.
pub const GENESIS_TIME: u64 = 1_000_000_000;
/// The next set is computed from the state this many blocks before the boundary.
const SET_DELAY: u64 = 2;

/// What execution leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Hash chain over everything that was executed.
    pub root: Digest,
    /// Who was proven guilty, and where.
    guilty: Arc<BTreeSet<(Epoch, View, ValidatorIndex)>>,
}

/// A finalized block and what follows from it.
#[derive(Clone, Debug)]
pub struct Committed {
    /// None for genesis.
    pub block: Option<Arc<Block>>,
    /// Its header.
    pub header: Header,
    /// Its hash.
    pub hash: BlockHash,
    /// Its own finalization, where it was not finalized by a later block's.
    pub certificate: Option<Certificate>,
    /// After it.
    pub state: State,
    /// Who decides the next block.
    pub committee: Arc<Committee>,
    /// Who decided it, where it ends an epoch.
    previous: Option<Arc<Committee>>,
    /// Fixes the leaders of that set's epoch.
    pub randomness: Digest,
    /// The seed at the end of the last epoch, which becomes the randomness of the one after the next.
    coming: Digest,
}

/// Why finalized blocks were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// They do not follow the last one.
    Order,
    /// One was never found valid here.
    Unverified,
    /// Their certificate does not hold.
    Certificate,
}

#[derive(Debug)]
struct Overlay {
    header: Header,
    state: State,
}

/// One node's application.
#[derive(Debug)]
pub struct App {
    sets: Rc<Sets>,
    chain: Vec<Committed>,
    overlays: BTreeMap<BlockHash, Overlay>,
    /// Transactions to include, in the order in which they came.
    pub pool: Vec<Vec<u8>>,
    /// Evidence to include.
    pub evidence: Vec<(Vote, Vote)>,
}

fn plain(domain: &str, root: &Digest) -> Digest {
    Digest::new(sha256(&[domain.as_bytes(), root.as_bytes()]))
}

pub(crate) fn transactions_root(block: &Block) -> Digest {
    let ids: Vec<TxId> = block
        .transactions
        .iter()
        .map(|bytes| TxId::new(sha256(&[bytes])))
        .collect();
    block.transactions_root(&ids)
}

fn genesis_header(committee: &Committee) -> Header {
    Header {
        version: Header::VERSION,
        chain_hash: CHAIN,
        height: Height::ZERO,
        epoch: Epoch::ZERO,
        view: View::ZERO,
        parent: BlockHash::ZERO,
        proposer: ValidatorIndex::new(0),
        time: Timestamp::new(GENESIS_TIME),
        chain_clock: ChainClock::ZERO,
        transactions_root: Digest::ZERO,
        justification_root: Digest::ZERO,
        evidence_root: Digest::ZERO,
        validators_root: committee.root(),
        next_validators_root: Digest::ZERO,
        state_root: Digest::ZERO,
        receipts_root: Digest::ZERO,
        outbox_root: Digest::ZERO,
        seed: Digest::ZERO,
    }
}

impl App {
    /// An application at genesis. None when the first set is refused.
    #[must_use]
    pub fn genesis(sets: &Rc<Sets>) -> Option<Self> {
        let committee = sets.of(0, &Digest::ZERO)?;
        let header = genesis_header(&committee);
        let state = State {
            root: plain("genesis", &committee.root()),
            guilty: Arc::default(),
        };
        Some(Self {
            sets: Rc::clone(sets),
            chain: vec![Committed {
                block: None,
                hash: header.hash(),
                header,
                certificate: None,
                state,
                committee,
                previous: None,
                randomness: Digest::ZERO,
                coming: Digest::ZERO,
            }],
            overlays: BTreeMap::new(),
            pool: Vec::new(),
            evidence: Vec::new(),
        })
    }

    /// Height of the last committed block, durable or not.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.chain.len() as u64 - 1
    }

    /// A committed block; None above [`App::height`].
    #[must_use]
    pub fn at(&self, height: u64) -> Option<&Committed> {
        self.chain.get(height as usize)
    }

    /// A committed block's body by its hash.
    #[must_use]
    pub fn body(&self, hash: &BlockHash) -> Option<Arc<Block>> {
        let found = self
            .chain
            .iter()
            .rev()
            .find(|committed| committed.hash == *hash)?;
        found.block.clone()
    }

    /// The last committed block.
    fn last(&self) -> &Committed {
        // The chain begins with genesis and is never empty.
        &self.chain[self.chain.len() - 1]
    }

    /// Where consensus starts, above the last committed block.
    #[must_use]
    pub fn tip(&self) -> Tip {
        let last = self.last();
        Tip {
            header: last.header.clone(),
            certificate: last.certificate.clone(),
            committee: Arc::clone(&last.committee),
            previous: last.previous.clone(),
            draw: Draw::of(last.randomness),
        }
    }

    /// A restart: what is not durable is gone.
    pub fn crash(&mut self, durable: u64) {
        self.chain.truncate(durable as usize + 1);
        self.overlays.clear();
        self.evidence.clear();
        self.pool.clear();
    }

    /// The set of an epoch that has begun here.
    #[must_use]
    pub fn committee_of(&self, epoch: Epoch) -> Option<&Arc<Committee>> {
        let entries = self.chain.iter().rev();
        entries
            .map(|committed| &committed.committee)
            .find(|committee| committee.epoch() == epoch)
    }

    fn state(&self, hash: &BlockHash) -> Option<(&Header, &State)> {
        if let Some(overlay) = self.overlays.get(hash) {
            return Some((&overlay.header, &overlay.state));
        }
        let last = self.last();
        (last.hash == *hash).then_some((&last.header, &last.state))
    }

    /// The state root `SET_DELAY` blocks before the child of `parent`.
    fn set_root(&self, parent: BlockHash) -> Option<Digest> {
        let (header, state) = self.state(&parent)?;
        let height = (header.height.get() + 1).saturating_sub(SET_DELAY);
        if height >= header.height.get() {
            return Some(state.root);
        }
        match self.overlays.get(&header.parent) {
            Some(overlay) => Some(overlay.state.root),
            None => self.at(height).map(|committed| committed.state.root),
        }
    }

    fn next_set(&self, parent: BlockHash, epoch: Epoch) -> Option<Arc<Committee>> {
        let root = self.set_root(parent)?;
        self.sets.of(epoch.get() + 1, &root)
    }

    /// Fills in a block. None when its parent's outcome is not held.
    pub fn build(&mut self, build: &Build, seed_signature: SignatureBytes) -> Option<Arc<Block>> {
        let mut header = build.header.clone();
        let (_, state) = self.state(&header.parent)?;
        let state = state.clone();
        let evidence = self.fresh_evidence(&state, header.epoch);
        let transactions = if build.empty {
            Vec::new()
        } else {
            self.pool.clone()
        };
        header.state_root = state.root;
        header.receipts_root = plain("receipts", &state.root);
        header.outbox_root = plain("outbox", &state.root);
        header.evidence_root = Block::evidence_root(&evidence);
        header.seed = seed(&build.parent_seed, &seed_signature.0);
        if build.boundary {
            header.next_validators_root = self.next_set(header.parent, header.epoch)?.root();
        }
        let mut block = Block {
            header,
            justification: build.justification.clone(),
            seed_signature,
            evidence,
            transactions,
        };
        block.header.transactions_root = transactions_root(&block);
        self.execute(&block, &state);
        Some(Arc::new(block))
    }

    fn fresh_evidence(&self, state: &State, epoch: Epoch) -> Vec<Evidence> {
        let mut seen = BTreeSet::new();
        self.evidence
            .iter()
            .filter(|(a, _)| a.statement.epoch().get() + 1 >= epoch.get())
            .map(|(a, b)| ((a.statement.epoch(), a.statement.view(), a.signer), a, b))
            .filter(|(slot, _, _)| !state.guilty.contains(slot) && seen.insert(*slot))
            .take(4)
            .map(|(_, a, b)| Evidence::Votes(*a, *b))
            .collect()
    }

    /// Executes a block on its parent and judges it.
    pub fn verify<K: Keyring>(&mut self, keys: &K, block: &Block) -> Verdict {
        let header = &block.header;
        let Some((_, state)) = self.state(&header.parent) else {
            return Verdict::Corrupt("the parent's outcome is not held".to_owned());
        };
        let state = state.clone();
        if header.transactions_root != transactions_root(block) {
            return Verdict::Corrupt("transactions root".to_owned());
        }
        let set = if header.is_boundary() {
            self.next_set(header.parent, header.epoch)
                .map_or(Digest::ZERO, |set| set.root())
        } else {
            Digest::ZERO
        };
        let rules = [
            ("state root", header.state_root == state.root),
            (
                "receipts root",
                header.receipts_root == plain("receipts", &state.root),
            ),
            ("outbox root", header.outbox_root == plain("outbox", &state.root)),
            ("next validators root", header.next_validators_root == set),
            ("evidence", self.evidence_holds(keys, block, &state)),
        ];
        if let Some((what, _)) = rules.iter().find(|(_, holds)| !holds) {
            return Verdict::Invalid((*what).to_owned());
        }
        self.execute(block, &state);
        Verdict::Valid
    }

    fn evidence_holds<K: Keyring>(&self, keys: &K, block: &Block, state: &State) -> bool {
        let signed = |vote: &Vote| {
            let committee = self.committee_of(vote.statement.epoch());
            let signature = keys.decode(&vote.signature);
            committee
                .zip(signature)
                .is_some_and(|(set, signature)| keys.verify(set, vote.signer, &vote.statement, &signature))
        };
        block.evidence.iter().all(|evidence| match evidence {
            Evidence::Votes(a, b) => {
                let slot = (a.statement.epoch(), a.statement.view(), a.signer);
                a.signer == b.signer
                    && Offence::between(&a.statement, &b.statement).is_some()
                    && !state.guilty.contains(&slot)
                    && signed(a)
                    && signed(b)
            }
            Evidence::Certificates(..) => false,
        })
    }

    fn execute(&mut self, block: &Block, parent: &State) {
        let mut root = sha256(&[
            parent.root.as_bytes(),
            &block.header.height.get().to_be_bytes(),
            block.header.seed.as_bytes(),
        ]);
        for transaction in &block.transactions {
            root = sha256(&[&root, transaction]);
        }
        let mut guilty = Arc::clone(&parent.guilty);
        for evidence in &block.evidence {
            if let Evidence::Votes(a, _) = evidence {
                root = sha256(&[&root, &a.signer.get().to_be_bytes()]);
                Arc::make_mut(&mut guilty).insert((a.statement.epoch(), a.statement.view(), a.signer));
            }
        }
        let overlay = Overlay {
            header: block.header.clone(),
            state: State {
                root: Digest::new(root),
                guilty,
            },
        };
        self.overlays.insert(block.hash(), overlay);
    }

    /// Commits finalized blocks that were found valid here, in order.
    ///
    /// # Errors
    /// [`Refusal`] says what consensus got wrong.
    pub fn finalize(&mut self, blocks: &[Arc<Block>], certificate: &Certificate) -> Result<(), Refusal> {
        for block in blocks {
            let hash = block.hash();
            let last = self.last();
            if block.header.parent != last.hash || block.header.height.get() != self.height() + 1 {
                return Err(Refusal::Order);
            }
            let state = self.overlays.get(&hash).ok_or(Refusal::Unverified)?.state.clone();
            let own = certificate
                .statement
                .block()
                .is_some_and(|(_, finalized)| finalized == hash);
            let committed = self
                .follow(block, state, own.then(|| certificate.clone()))
                .ok_or(Refusal::Unverified)?;
            self.chain.push(committed);
            self.pool.retain(|held| !block.transactions.contains(held));
        }
        let height = self.height();
        self.overlays
            .retain(|_, overlay| overlay.header.height.get() > height);
        Ok(())
    }

    fn follow(
        &self,
        block: &Arc<Block>,
        state: State,
        certificate: Option<Certificate>,
    ) -> Option<Committed> {
        let last = self.last();
        let header = block.header.clone();
        let mut committed = Committed {
            block: Some(Arc::clone(block)),
            hash: block.hash(),
            certificate,
            state,
            committee: Arc::clone(&last.committee),
            previous: None,
            randomness: last.randomness,
            coming: last.coming,
            header,
        };
        if committed.header.is_boundary() {
            let next = self.next_set(last.hash, committed.header.epoch)?;
            committed.previous = Some(core::mem::replace(&mut committed.committee, next));
            committed.randomness = last.coming;
            committed.coming = committed.header.seed;
        }
        Some(committed)
    }

    /// Takes blocks from a peer: each the parent of the next, the last of each epoch and of all with a finalization
    /// of its epoch's set, all executed here. Stops at the first that does not hold.
    ///
    /// # Errors
    /// [`Refusal`], with everything before the fault committed.
    pub fn sync<K: Keyring>(
        &mut self,
        keys: &K,
        blocks: &[(Arc<Block>, Option<Certificate>)],
    ) -> Result<(), Refusal> {
        let mut group = Vec::new();
        for (block, certificate) in blocks {
            group.push(Arc::clone(block));
            let Some(certificate) = certificate else { continue };
            let committee = Arc::clone(&self.last().committee);
            let finalized = certificate.statement.block().map(|(_, hash)| hash);
            if certificate.statement.kind() != VoteKind::Finalize || finalized != Some(block.hash()) {
                return Err(Refusal::Certificate);
            }
            keys.verify_certificate(&committee, certificate)
                .map_err(|_| Refusal::Certificate)?;
            for block in &group {
                if self.verify(keys, block) != Verdict::Valid {
                    return Err(Refusal::Unverified);
                }
            }
            self.finalize(&group, certificate)?;
            group.clear();
        }
        Ok(())
    }
}
