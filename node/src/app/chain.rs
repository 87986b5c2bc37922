//! Building and judging blocks: what the engine asks of the state machine.

use super::commit::Publisher;
use super::forks::{Base, Forks};
use super::leaders::Leaders;
use super::{
    Admitted, Candidate, EvidencePool, Mempool, Mischief, Outcome, Snapshots, randomness, rejection,
};
use crate::backend::Work;
use bytes::Bytes;
use consensus::{Build, Draw, Tip, Verdict, Verify};
use crypto::bls::SignatureBytes;
use crypto::hash::seed;
use engine::{Application, ApplicationError, Committed, Finalized};
use light_palisade::limits::MAX_EVIDENCE;
use light_palisade::{Block, Committee, Evidence, Header, Justification, ValidatorSet};
use mempool::{Reserved, Selection, Transaction};
use parking_lot::Mutex;
use primitives::{AccountId, BlockHash, ChainHash, Digest, Epoch, Height, TxId, View};
use runtime::staking::Error as EvidenceRefused;
use runtime::{BlockContext, ExecuteError, Executed, Limits, Receipt, State};
use std::sync::Arc;
use store::{Roots, Store, StoreError};
use tokio::sync::watch;

/// What stops the node.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChainError {
    /// The store does not give or take what it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The state machine gave up.
    #[error("the state machine stopped: {0}")]
    Execute(#[from] ExecuteError),
    /// The state lacks what every state has.
    #[error("the state is broken: {0}")]
    Broken(&'static str),
}

/// The chain: forks in memory over the store.
pub(crate) struct Chain {
    pub(super) id: ChainHash,
    pub(super) store: Store,
    pub(super) forks: Mutex<Forks>,
    pub(super) snapshots: Arc<Snapshots>,
    pub(super) mempool: Arc<Mempool>,
    pub(super) publisher: Publisher,
    executed: watch::Sender<u64>,
    pub(super) evidence: Mutex<EvidencePool>,
    leaders: Leaders,
    /// Held while blocks are committed: consensus and block sync both bring them.
    pub(super) committing: Mutex<()>,
    pub(super) work: Arc<Work>,
    mischief: Arc<Mischief>,
}

/// What a chain works with besides its store.
pub(crate) struct Beside {
    /// Where it shows its latest states.
    pub(crate) snapshots: Arc<Snapshots>,
    /// Where blocks get their transactions.
    pub(crate) mempool: Arc<Mempool>,
    /// Who did its work.
    pub(crate) work: Arc<Work>,
    /// Evidence that waits for a block.
    pub(crate) evidence: EvidencePool,
    /// What it does wrong when it is told to.
    pub(crate) mischief: Arc<Mischief>,
}

impl Chain {
    /// The chain at `tip`, the store's last block.
    pub(crate) fn new(id: ChainHash, store: Store, tip: Base, beside: Beside) -> Self {
        let Beside {
            snapshots,
            mempool,
            work,
            evidence,
            mischief,
        } = beside;
        let publisher = Publisher::new(tip.header.height);
        Self {
            id,
            store,
            forks: Mutex::new(Forks::new(tip)),
            snapshots,
            mempool,
            publisher,
            executed: watch::Sender::new(0),
            evidence: Mutex::new(evidence),
            leaders: Leaders::default(),
            committing: Mutex::new(()),
            work,
            mischief,
        }
    }

    pub(crate) const fn id(&self) -> ChainHash {
        self.id
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// Changes with every block that is executed or committed.
    pub(crate) fn executed(&self) -> watch::Receiver<u64> {
        self.executed.subscribe()
    }

    /// Transactions of the mempool that blocks above the tip hold already.
    pub(crate) fn in_flight(&self) -> usize {
        self.forks.lock().in_flight()
    }

    /// Whether evidence waits that the branch which was executed last could still take.
    pub(crate) fn has_evidence(&self) -> bool {
        if self.evidence.lock().len() == 0 {
            return false;
        }
        let (state, block) = {
            let forks = self.forks.lock();
            match forks.latest_branch().next() {
                Some(outcome) => (outcome.state.clone(), place(&outcome.block.header)),
                None => (forks.tip().state.clone(), place(&forks.tip().header)),
            }
        };
        let pool = self.evidence.lock();
        pool.pieces()
            .any(|one| runtime::query::admits(&state, &block, one).is_ok())
    }

    /// Forgets evidence that no block can take any more. What the store does not answer about is kept.
    pub(super) fn forget_evidence(&self) {
        let mut pool = self.evidence.lock();
        if pool.len() == 0 {
            return;
        }
        let tip = self.forks.lock().tip().clone();
        let block = place(&tip.header);
        let wanted = |one: &Evidence| match runtime::query::admits(&tip.state, &block, one) {
            Ok(()) | Err(EvidenceRefused::EvidenceTooEarly(_)) => true,
            Err(why) => {
                tracing::info!(epoch = %one.epoch(), view = %one.view(), %why, "evidence is settled");
                false
            }
        };
        if let Err(error) = pool.retain(wanted) {
            tracing::error!(%error, "the file of evidence could not be written");
        }
    }

    /// The height of the last committed block; everything about it can be read when this changes.
    pub(crate) fn committed(&self) -> watch::Receiver<Height> {
        self.publisher.subscribe()
    }

    /// Where a transaction stands in the branch that was executed last, and what came of it.
    pub(crate) fn in_latest(&self, id: &TxId) -> Option<(Height, u32, Receipt)> {
        let forks = self.forks.lock();
        forks.latest_branch().find_map(|outcome| {
            let position = outcome.transactions.iter().position(|one| one.id() == *id)?;
            let receipt = outcome.receipts.get(position)?.clone();
            Some((outcome.height(), u32::try_from(position).ok()?, receipt))
        })
    }

    pub(super) fn stir(&self) {
        self.executed.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The set that decides the block with this header, from the state of its parent.
    pub(super) fn set_of(base: &Base, epoch: Epoch) -> Result<ValidatorSet, ChainError> {
        runtime::query::validator_set(&base.state, epoch)
            .map_err(|_| ChainError::Broken("the validator set does not read"))?
            .ok_or(ChainError::Broken("the validator set in force is missing"))
    }

    fn context(&self, base: &Base, header: &Header, why: &Justification) -> Result<BlockContext, ChainError> {
        let set = Self::set_of(base, header.epoch)?;
        let operator = set.get(header.proposer).map(|proposer| proposer.operator);
        let operator: AccountId = operator.ok_or(ChainError::Broken("the proposer is not in its set"))?;
        let missed = self.missed(&base.state, &set, why)?;
        Ok(BlockContext::of(
            header,
            operator,
            missed,
            base.header.chain_clock,
        ))
    }

    /// What fixes the leaders of a set's epoch, which is that of `state` or the next: all of it is in the chain, so that
    /// a node that was restarted or has just caught up finds the same.
    pub(super) fn draw(&self, state: &State, set: &ValidatorSet) -> Result<Draw, ChainError> {
        let reputation = runtime::query::reputation(state, set)
            .map_err(|_| ChainError::Broken("what is known of leaders does not read"))?;
        Ok(Draw {
            randomness: randomness::of_epoch(&self.store, set.epoch)?,
            reputation,
        })
    }

    /// The operators whose views were skipped, as the block's own justification says.
    pub(super) fn missed(
        &self,
        state: &State,
        set: &ValidatorSet,
        why: &Justification,
    ) -> Result<Vec<AccountId>, ChainError> {
        let views: Vec<View> = why
            .nullifications
            .iter()
            .map(|skipped| skipped.statement.view())
            .collect();
        if views.is_empty() {
            return Ok(Vec::new());
        }
        let draw = self.draw(state, set)?;
        self.leaders
            .of(&self.id, set, &draw, &views)
            .ok_or(ChainError::Broken("a stored set is no committee"))
    }

    fn reserved(&self, parent: &BlockHash) -> Reserved {
        let mut reserved = Reserved::default();
        for outcome in self.forks.lock().ancestry(parent) {
            reserved.add_all(&outcome.transactions);
        }
        reserved
    }

    fn propose(&self, build: &Build, seed_signature: SignatureBytes) -> Result<Option<Block>, ChainError> {
        let Some(base) = self.forks.lock().base(&build.header.parent) else {
            return Ok(None);
        };
        let fault = self.mischief.fault();
        if fault.withhold {
            return Ok(None);
        }
        let mut header = build.header.clone();
        header.chain_clock = self.mischief.clock_of(header.chain_clock);
        header.seed = seed(&build.parent_seed, &seed_signature.0);
        // Bounded by what is looked at, not only by what is taken: the rest waits for the next block.
        let evidence = self
            .evidence
            .lock()
            .pieces()
            .take(MAX_EVIDENCE)
            .cloned()
            .collect();
        let context = self
            .context(&base, &header, &build.justification)?
            .with_evidence(evidence);
        let limits = Limits::default();
        let candidates = if build.empty || fault.censor {
            Vec::new()
        } else {
            let room = Selection {
                height: header.height,
                base_price: runtime::chain::base_price(&base.state)
                    .map_err(|_| ChainError::Broken("the base price is missing"))?,
                max_bytes: limits.bytes,
                max_gas: limits.gas,
                max_transactions: limits.transactions,
            };
            self.mempool.select(&room, &self.reserved(&build.header.parent))
        };
        let candidates = candidates.into_iter().map(Candidate);
        let built = runtime::build(&base.state, &context, candidates, limits, &base.before)?;
        let refused: Vec<_> = built
            .refused
            .iter()
            .map(|(one, error)| (one.0.id(), rejection(error)))
            .collect();
        if !refused.is_empty() {
            self.mempool.remove(&refused);
        }
        let mut block = Block {
            header,
            justification: build.justification.clone(),
            seed_signature,
            evidence: built.evidence,
            transactions: built.chosen.iter().map(|one| one.0.bytes().to_vec()).collect(),
        };
        let ids: Vec<TxId> = built.chosen.iter().map(|one| one.0.id()).collect();
        block.header.transactions_root = block.transactions_root(&ids);
        block.header.evidence_root = Block::evidence_root(&block.evidence);
        block.header.state_root = base.roots.state;
        block.header.receipts_root = base.roots.receipts;
        block.header.outbox_root = base.roots.outbox;
        block.header.next_validators_root = next_root(&built.executed);
        self.keep(Arc::new(block.clone()), built.chosen, built.executed);
        Ok(Some(block))
    }

    /// The ids of a block's transactions. Whether they are transactions at all is seen where they are verified.
    fn ids(&self, block: &Block) -> Vec<TxId> {
        let id = |bytes: &Vec<u8>| runtime::peek_id(&self.id, bytes);
        block.transactions.iter().map(id).collect()
    }

    fn judge(&self, verify: &Verify) -> Result<Verdict, ChainError> {
        let block = &verify.block;
        let base = self.forks.lock().base(&block.header.parent);
        // The parent lost or was passed while this waited: the core has no more use for a verdict either.
        let Some(base) = base else {
            return Ok(Verdict::Corrupt("its parent is not held any more".into()));
        };
        if !self.is_whole(block) {
            return Ok(Verdict::Corrupt(
                "the transactions are not those of the header".into(),
            ));
        }
        let parents = Roots {
            state: block.header.state_root,
            receipts: block.header.receipts_root,
            outbox: block.header.outbox_root,
        };
        if parents != base.roots {
            let text = format!(
                "the header says {parents:?} of its parent, which left {:?}",
                base.roots
            );
            return Ok(Verdict::Invalid(text));
        }
        let checked = tracing::info_span!("check signatures")
            .in_scope(|| self.mempool.verify_block(&block.transactions));
        let transactions = match checked {
            Ok(transactions) => transactions,
            Err((index, rejection)) => {
                return Ok(Verdict::Invalid(format!("transaction {index}: {rejection}")));
            }
        };
        let context = self
            .context(&base, &block.header, &block.justification)?
            .with_evidence(block.evidence.clone());
        let transactions: Vec<Candidate> = transactions.into_iter().map(Candidate).collect();
        let executed = tracing::info_span!("execute")
            .in_scope(|| runtime::execute(&base.state, &context, &transactions, &base.before));
        let executed = match executed {
            Ok(executed) => executed,
            Err(ExecuteError::Invalid(why)) => return Ok(Verdict::Invalid(why.to_string())),
            Err(halt @ ExecuteError::Halt(_)) => return Err(halt.into()),
        };
        if next_root(&executed) != block.header.next_validators_root {
            return Ok(Verdict::Invalid(
                "the next validators are not those of the header".into(),
            ));
        }
        self.keep(block.clone(), transactions, executed);
        Ok(Verdict::Valid)
    }

    fn keep(&self, block: Arc<Block>, transactions: Vec<Candidate>, executed: Executed) {
        let transactions: Vec<Arc<Admitted>> = transactions.into_iter().map(|one| one.0).collect();
        let outcome = Outcome {
            hash: block.hash(),
            block,
            transactions,
            roots: Roots {
                state: executed.state_root(),
                receipts: executed.receipts_root,
                outbox: executed.outbox_root,
            },
            state: executed.state,
            changes: Arc::new(executed.changes),
            receipts: executed.receipts,
            events: executed.events,
            next_validators: executed.next_validators,
        };
        self.forks.lock().insert(Arc::new(outcome));
        self.stir();
    }

    /// Where consensus stands: the last committed block and who decides the next.
    pub(super) fn where_we_are(&self) -> Result<Tip, ChainError> {
        let base = self.forks.lock().tip().clone();
        let certificate = self.store.tip().and_then(|head| head.certificate.clone());
        let committee = |epoch| -> Result<Arc<Committee>, ChainError> {
            let set = Self::set_of(&base, epoch)?;
            Ok(Arc::new(Committee::new(set).map_err(|_| {
                ChainError::Broken("a stored set is no committee")
            })?))
        };
        let boundary = base.header.is_boundary() && !base.header.height.is_zero();
        let epoch = if boundary {
            base.header
                .epoch
                .next()
                .map_err(|_| ChainError::Broken("the last epoch of all"))?
        } else {
            base.header.epoch
        };
        let previous = if boundary {
            Some(committee(base.header.epoch)?)
        } else {
            None
        };
        let committee = committee(epoch)?;
        Ok(Tip {
            certificate,
            draw: self.draw(&base.state, committee.set())?,
            committee,
            previous,
            header: base.header,
        })
    }
}

/// What looking at evidence needs of the block after which it is looked at.
fn place(header: &Header) -> runtime::Block {
    runtime::Block {
        chain_hash: header.chain_hash,
        height: header.height,
        epoch: header.epoch,
        chain_clock: header.chain_clock,
        ..runtime::Block::default()
    }
}

/// What a header says of the next set: its root, or zero.
fn next_root(executed: &Executed) -> Digest {
    executed
        .next_validators
        .as_ref()
        .map_or(Digest::ZERO, ValidatorSet::root)
}

fn boxed(error: ChainError) -> ApplicationError {
    Box::new(error)
}

impl Application for Chain {
    fn build(
        &self,
        build: &Build,
        seed_signature: SignatureBytes,
    ) -> Result<Option<Block>, ApplicationError> {
        let (height, view) = (build.header.height.get(), build.header.view.get());
        let _span = tracing::info_span!("build", height, view).entered();
        self.propose(build, seed_signature).map_err(boxed)
    }

    fn verify(&self, verify: &Verify) -> Result<Verdict, ApplicationError> {
        let header = &verify.block.header;
        let (height, view) = (header.height.get(), header.view.get());
        let transactions = verify.block.transactions.len();
        let _span = tracing::info_span!("verify", height, view, transactions).entered();
        self.judge(verify).map_err(boxed)
    }

    fn commit(&self, finalized: Vec<Finalized>) -> Result<Committed, ApplicationError> {
        self.finalize(finalized).map_err(boxed)
    }

    fn tip(&self) -> Result<Tip, ApplicationError> {
        self.where_we_are().map_err(boxed)
    }

    fn body(&self, hash: &BlockHash) -> Option<Arc<Block>> {
        let height = self.store.height_of(hash).ok().flatten()?;
        self.store.block(height).ok().flatten()
    }

    fn recall(&self, visit: &mut dyn FnMut(&[u8]) -> bool) {
        let waiting = self.mempool.waiting(0, usize::MAX);
        for (_, transaction) in waiting {
            if !visit(transaction.bytes()) {
                return;
            }
        }
    }

    fn is_whole(&self, block: &Block) -> bool {
        block.transactions_root(&self.ids(block)) == block.header.transactions_root
    }

    fn answer(&self, request: &[u8]) -> Option<Bytes> {
        self.answer_sync(request)
    }

    fn evidence(&self, evidence: Evidence) {
        let kept = self.evidence.lock().add(evidence);
        if let Err(error) = kept {
            tracing::error!(%error, "evidence could not be written: it is lost if this node stops before a block holds it");
        }
        self.stir();
    }
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
