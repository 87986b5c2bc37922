//! A chain in memory.

use crate::draft::Draft;
use crate::keys::{Account, ValidatorKeys};
use crypto::hash::seed;
use genesis::{Document, Hex, Kind, Preset, Start, Text, Validator};
use kernel::{Invariant, View};
use light_palisade::{Block, Evidence, Header, Justification, ValidatorIndex, ValidatorSet};
use primitives::{Amount, AssetId, BlockHash, ChainHash, Coin, Digest, Height, Millis, Timestamp, TxId};
use runtime::{
    BlockContext, Executed, Limits, Message, Receipt, State, TransactionError, Verified, build, decode,
    execute,
};

/// One PAL in npal.
const PAL: u128 = 1_000_000_000;
/// People who have a million PAL each at genesis.
const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// A block with what came of it.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The block as validators see it.
    pub block: Block,
    /// What execution knew of it.
    pub context: BlockContext,
    /// What came of it.
    pub executed: Executed,
    /// The set that decides it.
    pub validators: ValidatorSet,
}

/// A chain in memory: everything but consensus and a disk.
#[derive(Clone, Debug)]
pub struct Chain {
    /// What it started from.
    pub document: Document,
    /// The chain at height 0.
    pub start: Start,
    /// How much time passes between blocks.
    pub step: Millis,
    validators: Vec<ValidatorKeys>,
    sealed: Vec<Sealed>,
    pending: Vec<(Verified, Vec<u8>)>,
    evidence: Vec<Evidence>,
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain {
    /// A local chain with four equal validators, `node0` to `node3`, and alice, bob, carol and dave with a million
    /// PAL each. The registrar is alice.
    #[must_use]
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// As [`Chain::new`], after `change` to its document.
    #[must_use]
    pub fn with(change: impl FnOnce(&mut Document)) -> Self {
        let validators: Vec<ValidatorKeys> = (0..4)
            .map(|n| ValidatorKeys::named(&format!("node{n}")))
            .collect();
        let mut document = Self::document(&validators);
        change(&mut document);
        document.sort();
        let start = document.start().unwrap();
        Self {
            document,
            start,
            step: Millis::new(1_000),
            validators,
            sealed: Vec::new(),
            pending: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// The document of a local chain with these validators.
    #[must_use]
    pub fn document(validators: &[ValidatorKeys]) -> Document {
        let time = Timestamp::new(1_767_225_600_000);
        let registrar = Account::named("alice").id();
        let mut document = Document::new(
            "palisade-local-1",
            Kind::Development,
            Preset::Localnet,
            time,
            registrar,
        );
        document.dev_mode = true;
        let coin = |pal: u128| Coin {
            asset: AssetId::PAL,
            amount: Amount::new(pal.checked_mul(PAL).unwrap()),
        };
        for name in PEOPLE {
            document.fund(Account::named(name).id(), coin(1_000_000)).unwrap();
        }
        for keys in validators {
            document.fund(keys.operator.id(), coin(20_000)).unwrap();
            document.add_validator(Validator {
                operator: genesis::Address::new(Kind::Development, keys.operator.id()),
                moniker: Text::from(keys.name()),
                consensus_key: Hex(keys.consensus_key().0),
                proof_of_possession: Hex(keys.possession().0),
                p2p_key: Hex(keys.p2p_key()),
                bond: coin(10_000).amount,
            });
        }
        document
    }

    /// The chain's hash.
    #[must_use]
    pub const fn hash(&self) -> ChainHash {
        self.start.chain_hash
    }

    /// Makes another validator's keys known, so that the chain goes on when it is elected.
    pub fn enlist(&mut self, keys: ValidatorKeys) {
        self.validators.push(keys);
    }

    /// The keys of all validators that the chain knows.
    #[must_use]
    pub fn validators(&self) -> &[ValidatorKeys] {
        &self.validators
    }

    /// The last block's height.
    #[must_use]
    pub fn height(&self) -> Height {
        self.tip().height
    }

    /// The last header.
    #[must_use]
    pub fn tip(&self) -> &Header {
        self.sealed
            .last()
            .map_or(&self.start.header, |sealed| &sealed.block.header)
    }

    /// The state after the last block.
    #[must_use]
    pub fn state(&self) -> &State {
        self.state_back(0)
    }

    /// The state `blocks` below the last one; genesis where that lies before the start.
    fn state_back(&self, blocks: usize) -> &State {
        let mut back = self.sealed.iter().rev().skip(blocks);
        back.next()
            .map_or(&self.start.state, |sealed| &sealed.executed.state)
    }

    /// All blocks, the first at height 1.
    #[must_use]
    pub fn sealed(&self) -> &[Sealed] {
        &self.sealed
    }

    /// The last block.
    #[must_use]
    pub fn last(&self) -> &Sealed {
        self.sealed.last().expect("a block was made")
    }

    /// What the last block's state says to `read`.
    pub fn view<T>(&self, read: impl FnOnce(&View<'_>) -> T) -> T {
        let genesis = kernel::Block::default();
        let block = self
            .sealed
            .last()
            .map_or(&genesis, |sealed| &sealed.context.block);
        read(&View::new(self.state(), block))
    }

    /// What an account holds of an asset.
    #[must_use]
    pub fn balance(&self, account: &Account, asset: AssetId) -> Amount {
        bank::balance(self.state(), &account.id(), asset).unwrap()
    }

    /// What an account by its id holds of PAL.
    #[must_use]
    pub fn balance_of(&self, account: &primitives::AccountId) -> Amount {
        bank::balance(self.state(), account, AssetId::PAL).unwrap()
    }

    /// A transaction of `account` that is right in the next block, after those that wait.
    #[must_use]
    pub fn draft(&self, account: &Account, messages: Vec<Message>) -> Draft {
        let stored = runtime::chain::sequence(self.state(), &account.id()).unwrap();
        let waiting = self
            .pending
            .iter()
            .filter(|(v, _)| v.transaction().sender() == account.id())
            .count();
        let sequence = stored.checked_add(u64::try_from(waiting).unwrap()).unwrap();
        let timeout = self.height().checked_add(Height::new(100)).unwrap();
        Draft::new(account, messages, sequence, timeout)
    }

    /// Decodes and verifies bytes, and keeps the transaction for the next block.
    ///
    /// # Errors
    /// [`TransactionError`], as a node's mempool would see it.
    pub fn offer(&mut self, bytes: &[u8]) -> Result<TxId, TransactionError> {
        let verified = decode(&self.hash(), bytes)?.verify()?;
        let id = verified.transaction().id();
        self.pending.push((verified, bytes.to_vec()));
        Ok(id)
    }

    /// Gives evidence to the proposer of the next block, who takes what convicts somebody.
    pub fn accuse(&mut self, evidence: Evidence) {
        self.evidence.push(evidence);
    }

    /// Signs and offers a draft that must be acceptable.
    pub fn submit(&mut self, draft: &Draft) -> TxId {
        let bytes = draft.sign(&self.hash());
        self.offer(&bytes).unwrap()
    }

    /// Sends `messages` of `account` in a block of their own, and gives the receipt.
    pub fn send(&mut self, account: &Account, messages: Vec<Message>) -> Receipt {
        let draft = self.draft(account, messages);
        let id = self.submit(&draft);
        let receipts = &self.next_block().executed.receipts;
        receipts
            .iter()
            .find(|receipt| receipt.id == id)
            .cloned()
            .expect("the block took the transaction")
    }

    /// The set that decides the next block.
    #[must_use]
    pub fn next_set(&self) -> ValidatorSet {
        self.view(|view| runtime::epoch::upcoming_validators(view).unwrap())
    }

    /// Makes the next block of what waits, one step later; what may not be in it is dropped.
    pub fn next_block(&mut self) -> &Sealed {
        let step = self.step;
        self.block_after(step)
    }

    /// As [`Chain::next_block`], `step` later.
    pub fn block_after(&mut self, step: Millis) -> &Sealed {
        let parent = self.tip().clone();
        let set = self.next_set();
        let (mut header, seed_signature) = self.begin(&parent, &set, step);
        let operator = set.get(header.proposer).unwrap().operator;
        let found = core::mem::take(&mut self.evidence);
        let context =
            BlockContext::of(&header, operator, Vec::new(), parent.chain_clock).with_evidence(found);
        let lookback = self.state_back(1).clone();
        let candidates = core::mem::take(&mut self.pending);
        let built = build(
            self.state(),
            &context,
            candidates.iter().map(|(v, _)| v),
            Limits::default(),
            &lookback,
        );
        let built = built.unwrap();
        let ids: Vec<TxId> = built.chosen.iter().map(|v| v.transaction().id()).collect();
        let bytes_of = |id: &TxId| {
            candidates
                .iter()
                .find(|(v, _)| v.transaction().id() == *id)
                .unwrap()
                .1
                .clone()
        };
        let context = context.with_evidence(built.evidence.clone());
        let executed = built.executed;
        header.next_validators_root = executed
            .next_validators
            .as_ref()
            .map_or(Digest::ZERO, ValidatorSet::root);
        let mut block = Block {
            header,
            justification: Justification::default(),
            seed_signature,
            evidence: built.evidence,
            transactions: ids.iter().map(bytes_of).collect(),
        };
        block.header.transactions_root = block.transactions_root(&ids);
        block.header.justification_root = block.justification.root();
        block.header.evidence_root = Block::evidence_root(&block.evidence);
        block.check_consistency(&ids, &parent.seed).unwrap();
        let sealed = Sealed {
            block,
            context,
            executed,
            validators: set,
        };
        self.check(&sealed, &lookback);
        self.sealed.push(sealed);
        self.last()
    }

    /// The header as far as it is known before the transactions are.
    fn begin(
        &self,
        parent: &Header,
        set: &ValidatorSet,
        step: Millis,
    ) -> (Header, crypto::bls::SignatureBytes) {
        let same_epoch = set.epoch == parent.epoch;
        let view = if same_epoch {
            parent.view.next().unwrap()
        } else {
            primitives::View::new(1)
        };
        let height = parent.height.next().unwrap();
        let seat = height
            .get()
            .checked_rem(u64::try_from(set.validators.len()).unwrap())
            .unwrap();
        let proposer = ValidatorIndex::new(u16::try_from(seat).unwrap());
        let message = light_palisade::vote::seed_sign_bytes(&self.hash(), set.epoch, view);
        let signature = self.keys_of(set, proposer).sign(&message).to_bytes();
        let time = parent.time.after(step);
        let previous = self.sealed.last().map(|sealed| &sealed.executed);
        let header = Header {
            version: Header::VERSION,
            chain_hash: self.hash(),
            height,
            epoch: set.epoch,
            view,
            parent: parent.hash(),
            proposer,
            time,
            chain_clock: parent.chain_clock.advance(parent.time, time),
            transactions_root: Digest::ZERO,
            justification_root: Digest::ZERO,
            evidence_root: Block::evidence_root(&[]),
            validators_root: set.root(),
            next_validators_root: Digest::ZERO,
            state_root: self.state().root(),
            receipts_root: previous.map_or(Digest::ZERO, |executed| executed.receipts_root),
            outbox_root: previous.map_or(Digest::ZERO, |executed| executed.outbox_root),
            seed: seed(&parent.seed, &signature.0),
        };
        (header, signature)
    }

    /// The keys of the validator at a position.
    pub(crate) fn keys_of(&self, set: &ValidatorSet, index: ValidatorIndex) -> &ValidatorKeys {
        let key = set.get(index).unwrap().key;
        let known = self.validators.iter().find(|keys| keys.consensus_key() == key);
        known.expect("the chain knows its validators' keys: enlist them")
    }

    /// Executes a block again from its bytes, and checks every invariant.
    fn check(&self, sealed: &Sealed, lookback: &State) {
        let decoded = sealed
            .block
            .transactions
            .iter()
            .map(|bytes| decode(&self.hash(), bytes).unwrap());
        let verified: Vec<Verified> = decoded.map(|transaction| transaction.verify().unwrap()).collect();
        let again = execute(self.state(), &sealed.context, &verified, lookback).unwrap();
        let first = &sealed.executed;
        assert_eq!(
            again.state_root(),
            first.state_root(),
            "executing twice gives two states"
        );
        assert_eq!(again.receipts, first.receipts);
        for failure in first.receipts.iter().filter_map(|receipt| receipt.failure) {
            assert!(
                failure.meaning().is_some(),
                "{failure:?} has no words in its module's MEANINGS"
            );
        }
        assert_eq!(again.receipts_root, first.receipts_root);
        assert_eq!(again.events, first.events);
        assert_eq!(again.changes, first.changes);
        assert_eq!(again.next_validators, first.next_validators);
        let view = View::new(&first.state, &sealed.context.block);
        for Invariant { name, check } in runtime::invariants() {
            check(&view).unwrap_or_else(|violation| panic!("{name}: {violation}"));
        }
    }

    /// Makes blocks, ten seconds apart, until `time` of chain time has passed.
    pub fn advance(&mut self, time: Millis) {
        let goal = self.tip().chain_clock.after(time);
        while self.tip().chain_clock < goal {
            let left = goal.saturating_sub(self.tip().chain_clock);
            self.block_after(Millis::new(left.get().min(10_000)));
        }
    }

    /// Makes blocks until an epoch has ended, and gives the boundary block's height.
    pub fn end_epoch(&mut self) -> Height {
        while !self.block_after(Millis::new(10_000)).block.header.is_boundary() {}
        self.height()
    }

    /// The hash of the block at `height`.
    #[must_use]
    pub fn hash_at(&self, height: Height) -> BlockHash {
        self.at(height).block.hash()
    }

    /// The block at `height`, above 0.
    #[must_use]
    pub fn at(&self, height: Height) -> &Sealed {
        let found = self
            .sealed
            .iter()
            .find(|sealed| sealed.block.header.height == height);
        found.expect("a block has that height")
    }
}
