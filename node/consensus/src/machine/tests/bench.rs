//! One core among validators that the test plays, and what they are made of.

use crate::config::{Config, Now, Timing, Tip};
use crate::effect::{Build, Effect, Event, Misdeed, TimeoutReason};
use crate::input::{Input, TimerKey, Verdict};
use crate::machine::Core;
use crate::message::{Content, Message, Peer, Proposal};
use crate::record::Record;
use crate::schedule::Draw;
use crate::scheme::Scheme;
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, SignatureBytes};
use crypto::hash::{seed, sha256};
use light_palisade::vote::seed_sign_bytes;
use light_palisade::{
    Bitmap, Block, Certificate, Committee, Evidence, Header, Justification, Statement, Validator,
    ValidatorIndex, ValidatorSet, Vote,
};
use primitives::{
    AccountId, BlockHash, ChainClock, ChainHash, Digest, Epoch, Height, Millis, Power, Timestamp, View,
};
use std::sync::{Arc, OnceLock};

pub(super) const CHAIN: ChainHash = ChainHash::new([7; 32]);
pub(super) const GENESIS_TIME: u64 = 1_000_000;

/// Signatures that add up without pairings: six numbers from a hash of key and message, added lane by lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mock;

pub(super) type Lanes = [u64; 6];

fn lanes(bytes: &[u8; 48]) -> Lanes {
    core::array::from_fn(|i| u64::from_be_bytes(bytes[i * 8..i * 8 + 8].try_into().unwrap()))
}

fn bytes(lanes: &Lanes) -> SignatureBytes {
    let all: Vec<u8> = lanes.iter().flat_map(|lane| lane.to_be_bytes()).collect();
    SignatureBytes(all.try_into().unwrap())
}

pub(super) fn mock_sign(key: &KeyBytes, message: &[u8]) -> SignatureBytes {
    let first = sha256(&[b"mock", &key.0, message]);
    let second = sha256(&[&first]);
    let mut all = [0; 48];
    all[..32].copy_from_slice(&first);
    all[32..].copy_from_slice(&second[..16]);
    // All ones stands for bytes that are no signature.
    all[0] &= 0x7f;
    SignatureBytes(all)
}

/// Bytes that are no signature.
pub(super) const GARBAGE: SignatureBytes = SignatureBytes([0xff; 48]);

impl Scheme for Mock {
    type Signature = Lanes;

    fn decode(&self, signature: &SignatureBytes) -> Option<Lanes> {
        (*signature != GARBAGE).then(|| lanes(&signature.0))
    }

    fn encode(&self, signature: &Lanes) -> SignatureBytes {
        bytes(signature)
    }

    fn verify(&self, set: &Committee, signer: ValidatorIndex, statement: &Statement, sig: &Lanes) -> bool {
        set.set()
            .get(signer)
            .is_some_and(|v| lanes(&mock_sign(&v.key, &statement.sign_bytes(&CHAIN)).0) == *sig)
    }

    fn sum<'a>(&self, signatures: impl IntoIterator<Item = &'a Lanes>) -> Option<Lanes> {
        signatures
            .into_iter()
            .copied()
            .reduce(|a, b| core::array::from_fn(|i| a[i].wrapping_add(b[i])))
    }

    fn verify_sum(
        &self,
        set: &Committee,
        signers: &[ValidatorIndex],
        statement: &Statement,
        sig: &Lanes,
    ) -> bool {
        let message = statement.sign_bytes(&CHAIN);
        let each: Vec<Lanes> = signers
            .iter()
            .filter_map(|index| set.set().get(*index))
            .map(|v| lanes(&mock_sign(&v.key, &message).0))
            .collect();
        each.len() == signers.len() && self.sum(&each) == Some(*sig)
    }

    fn verify_seed(
        &self,
        set: &Committee,
        signer: ValidatorIndex,
        (epoch, view): (Epoch, View),
        signature: &SignatureBytes,
    ) -> bool {
        let message = seed_sign_bytes(&CHAIN, epoch, view);
        set.set()
            .get(signer)
            .is_some_and(|v| mock_sign(&v.key, &message) == *signature)
    }
}

/// Thirty-two keys in ascending order.
pub(super) fn keys() -> &'static [KeyBytes] {
    static KEYS: OnceLock<Vec<KeyBytes>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let mut keys: Vec<KeyBytes> = (0u8..32)
            .map(|i| {
                let secret = SecretKey::key_gen(&[i; 32], &[]).unwrap();
                KeyBytes(secret.sk_to_pk().compress())
            })
            .collect();
        keys.sort_unstable();
        keys
    })
}

/// A committee over the first keys with these weights; the p2p key of the i-th key is full of i + 1.
pub(crate) fn committee(epoch: u64, ends_at: u64, weights: &[u64]) -> Arc<Committee> {
    let validators = weights
        .iter()
        .zip(keys())
        .zip(1u8..)
        .map(|((weight, key), p2p)| Validator {
            key: *key,
            weight: Power::new(*weight),
            operator: AccountId::new([p2p; 32]),
            p2p_key: [p2p; 32],
        })
        .collect();
    let set = ValidatorSet {
        epoch: Epoch::new(epoch),
        ends_at: ChainClock::new(ends_at),
        validators,
    };
    Arc::new(Committee::new(set).unwrap())
}

pub(super) const fn peer(index: u16) -> Peer {
    Peer([index as u8 + 1; 32])
}

pub(super) const fn seat(index: u16) -> ValidatorIndex {
    ValidatorIndex::new(index)
}

pub(super) fn genesis(committee: &Committee) -> Header {
    Header {
        version: Header::VERSION,
        chain_hash: CHAIN,
        height: Height::ZERO,
        epoch: Epoch::ZERO,
        view: View::ZERO,
        parent: BlockHash::ZERO,
        proposer: seat(0),
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

pub(super) fn genesis_tip(committee: &Arc<Committee>) -> Tip {
    Tip {
        header: genesis(committee),
        certificate: None,
        committee: Arc::clone(committee),
        previous: None,
        draw: Draw::default(),
    }
}

pub(super) fn config(index: u16) -> Config {
    Config {
        chain: CHAIN,
        key: Some(keys()[usize::from(index)]),
        abstain_before: Epoch::ZERO,
        clock_may_jump: false,
        timing: Timing::default(),
    }
}

pub(super) const fn at(ms: u64) -> Now {
    Now {
        mono: Millis::new(ms),
        wall: Timestamp::new(GENESIS_TIME + ms),
    }
}

pub(super) fn vote(set: &Committee, index: u16, statement: Statement) -> Vote {
    let key = &set.set().validators[usize::from(index)].key;
    Vote {
        statement,
        signer: seat(index),
        signature: mock_sign(key, &statement.sign_bytes(&CHAIN)),
    }
}

pub(super) fn certificate(set: &Committee, statement: Statement, signers: &[u16]) -> Certificate {
    let signatures: Vec<Lanes> = signers
        .iter()
        .map(|index| lanes(&vote(set, *index, statement).signature.0))
        .collect();
    Certificate {
        statement,
        signers: Bitmap::new(set.len(), signers.iter().copied().map(seat)),
        signature: bytes(&Mock.sum(&signatures).unwrap()),
    }
}

/// What an honest application makes of a [`Build`]: `next` is the next epoch's set root, `salt` tells blocks apart.
pub(super) fn built(set: &Committee, build: &Build, next: Digest, salt: u8) -> Arc<Block> {
    let mut header = build.header.clone();
    let key = &set.set().get(header.proposer).unwrap().key;
    let seed_signature = mock_sign(key, &seed_sign_bytes(&CHAIN, header.epoch, header.view));
    header.state_root = Digest::new(sha256(&[b"state", header.parent.as_bytes()]));
    header.receipts_root = Digest::new([salt; 32]);
    header.seed = seed(&build.parent_seed, &seed_signature.0);
    header.evidence_root = Block::evidence_root(&[]);
    if build.boundary {
        header.next_validators_root = next;
    }
    let mut block = Block {
        header,
        justification: build.justification.clone(),
        seed_signature,
        evidence: Vec::new(),
        transactions: Vec::new(),
    };
    block.header.transactions_root = block.transactions_root(&[]);
    Arc::new(block)
}

/// A block and the proposal that carries it.
pub(super) struct Draft {
    pub(super) block: Arc<Block>,
    pub(super) proposal: Proposal,
}

/// What a proposal is made from. The defaults are those of an honest leader; tests change fields.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) view: u64,
    pub(super) parent_view: u64,
    pub(super) parent: Header,
    pub(super) justification: Justification,
    pub(super) time: u64,
    pub(super) salt: u8,
    pub(super) next_root: Option<Digest>,
}

/// One core among validators that the test plays.
pub(super) struct Bench {
    pub(super) core: Core<Mock>,
    pub(super) set: Arc<Committee>,
    pub(super) genesis: Header,
    pub(super) me: u16,
    pub(super) now: u64,
}

/// The end of the first epoch in most tables: never.
pub(super) const FAR: u64 = 1_000_000_000;

impl Bench {
    /// Four equal validators; we are the one that leads `view` when `leading`, else one that leads none of views 1
    /// to 3. Returns the effects of starting, too.
    pub(super) fn equal() -> Self {
        Self::with(&[1, 1, 1, 1], FAR)
    }

    pub(super) fn with(weights: &[u64], ends_at: u64) -> Self {
        let set = committee(0, ends_at, weights);
        let probe = Core::new(Mock, config(0), genesis_tip(&set)).unwrap();
        let leaders = leaders(probe);
        let count = u16::try_from(weights.len()).unwrap();
        let me = (0..count)
            .find(|index| !leaders[..3].contains(index))
            .unwrap_or(count - 1);
        Self::at_seat(&set, me)
    }

    /// As the leader of the first view.
    pub(super) fn leading() -> Self {
        let set = committee(0, FAR, &[1, 1, 1, 1]);
        let probe = Core::new(Mock, config(0), genesis_tip(&set)).unwrap();
        let first = leaders(probe)[0];
        Self::at_seat(&set, first)
    }

    pub(super) fn at_seat(set: &Arc<Committee>, me: u16) -> Self {
        let mut bench = Self {
            core: Core::new(Mock, config(me), genesis_tip(set)).unwrap(),
            set: Arc::clone(set),
            genesis: genesis(set),
            me,
            now: 0,
        };
        bench.core.start(at(0));
        bench
    }

    /// The same seat after a crash, with this log.
    pub(super) fn restarted(&self, log: Vec<Record>) -> (Self, Vec<Effect>) {
        let tip = genesis_tip(&self.set);
        let mut bench = Self {
            core: Core::recover(Mock, config(self.me), tip, log).unwrap(),
            set: Arc::clone(&self.set),
            genesis: self.genesis.clone(),
            me: self.me,
            now: self.now,
        };
        let effects = bench.core.start(at(self.now));
        (bench, effects)
    }

    pub(super) fn step(&mut self, input: Input) -> Vec<Effect> {
        self.core.step(at(self.now), input)
    }

    /// Time passes and a timer fires.
    pub(super) fn fire(&mut self, ms: u64, key: TimerKey) -> Vec<Effect> {
        self.now += ms;
        self.step(Input::Timer(key))
    }

    pub(super) fn leader(&self, view: u64) -> u16 {
        self.core.leader(View::new(view)).unwrap().get()
    }

    /// The validators but us, in order.
    pub(super) fn others(&self) -> Vec<u16> {
        let count = u16::try_from(self.set.len()).unwrap();
        (0..count).filter(|index| *index != self.me).collect()
    }

    pub(super) fn hear(&mut self, from: u16, message: Message) -> Vec<Effect> {
        self.step(Input::Message {
            from: peer(from),
            message,
        })
    }

    pub(super) fn hear_vote(&mut self, from: u16, statement: Statement) -> Vec<Effect> {
        let vote = vote(&self.set, from, statement);
        self.hear(from, Message::Votes(vec![vote]))
    }

    /// All others vote for a statement.
    pub(super) fn hear_votes(&mut self, statement: Statement) -> Vec<Effect> {
        self.hear_votes_of(&self.others(), statement)
    }

    pub(super) fn hear_votes_of(&mut self, voters: &[u16], statement: Statement) -> Vec<Effect> {
        let mut effects = Vec::new();
        for voter in voters {
            effects.extend(self.hear_vote(*voter, statement));
        }
        effects
    }

    pub(super) fn hear_certificate(&mut self, certificate: Certificate) -> Vec<Effect> {
        let from = self.others()[0];
        self.hear(from, Message::Certificates(vec![certificate]))
    }

    pub(super) fn certificate(&self, statement: Statement) -> Certificate {
        certificate(&self.set, statement, &self.others())
    }

    /// An honest plan for a block of `view` on genesis, every view between nullified.
    pub(super) fn plan(&self, view: u64) -> Plan {
        Plan {
            view,
            parent_view: 0,
            parent: self.genesis.clone(),
            justification: Justification {
                parent: None,
                nullifications: (1..view).map(|v| self.certificate(nullify(v))).collect(),
            },
            time: GENESIS_TIME + self.now + 1,
            salt: 0,
            next_root: None,
        }
    }

    /// An honest plan for a block of `view` on a block notarized in the view before.
    pub(super) fn plan_on(&self, draft: &Draft, view: u64) -> Plan {
        let parent = draft.proposal.vote.statement;
        Plan {
            view,
            parent_view: parent.view().get(),
            parent: draft.block.header.clone(),
            justification: Justification {
                parent: Some(self.certificate(parent)),
                nullifications: Vec::new(),
            },
            time: draft.block.header.time.get() + 1_000,
            salt: 0,
            next_root: None,
        }
    }

    /// The leader's proposal by a plan.
    pub(super) fn draft(&self, plan: &Plan) -> Draft {
        self.draft_with(plan, |_| {})
    }

    /// The same, with the block changed before it is hashed and signed.
    pub(super) fn draft_with(&self, plan: &Plan, change: impl FnOnce(&mut Block)) -> Draft {
        let leader = self.leader(plan.view);
        let mut block = honest_block(&self.set, plan, leader);
        change(&mut block);
        let statement = Statement::Notarize {
            epoch: self.set.epoch(),
            view: View::new(plan.view),
            parent_view: View::new(plan.parent_view),
            block: block.hash(),
        };
        let block = Arc::new(block);
        Draft {
            proposal: Proposal {
                vote: vote(&self.set, leader, statement),
                content: Content::Fresh(Arc::clone(&block)),
            },
            block,
        }
    }

    pub(super) fn propose(&mut self, draft: &Draft) -> Vec<Effect> {
        let from = draft.proposal.vote.signer.get();
        self.hear(from, Message::Proposal(Box::new(draft.proposal.clone())))
    }

    pub(super) fn verified(&mut self, draft: &Draft, verdict: Verdict) -> Vec<Effect> {
        self.step(Input::Verified {
            block: draft.block.hash(),
            verdict,
        })
    }

    /// The proposal arrives and the application finds it valid.
    pub(super) fn take(&mut self, draft: &Draft) -> Vec<Effect> {
        let mut effects = self.propose(draft);
        effects.extend(self.verified(draft, Verdict::Valid));
        effects
    }

    /// The signer answers whatever is to be signed in these effects.
    pub(super) fn sign(&mut self, effects: &[Effect]) -> Vec<Effect> {
        let votes: Vec<Vote> = signed(effects)
            .into_iter()
            .map(|statement| vote(&self.set, self.me, statement))
            .collect();
        self.step(Input::Signed(votes))
    }
}

fn leaders(mut probe: Core<Mock>) -> Vec<u16> {
    probe.start(at(0));
    (1..=8)
        .map(|view| probe.leader(View::new(view)).unwrap().get())
        .collect()
}

fn honest_block(set: &Committee, plan: &Plan, leader: u16) -> Block {
    let parent = &plan.parent;
    let time = Timestamp::new(plan.time);
    let build = Build {
        header: Header {
            height: parent.height.next().unwrap(),
            epoch: set.epoch(),
            view: View::new(plan.view),
            parent: parent.hash(),
            proposer: seat(leader),
            time,
            chain_clock: parent.chain_clock.advance(parent.time, time),
            justification_root: plan.justification.root(),
            validators_root: set.root(),
            next_validators_root: Digest::ZERO,
            ..parent.clone()
        },
        justification: plan.justification.clone(),
        parent_seed: parent.seed,
        boundary: plan.next_root.is_some(),
        empty: false,
    };
    let next = plan.next_root.unwrap_or(Digest::ZERO);
    Arc::unwrap_or_clone(built(set, &build, next, plan.salt))
}

/// What is to be signed, in order.
pub(super) fn signed(effects: &[Effect]) -> Vec<Statement> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Sign(statements) => Some(statements.clone()),
            _ => None,
        })
        .flatten()
        .collect()
}

/// The reasons for which views were given up.
pub(super) fn reasons(effects: &[Effect]) -> Vec<TimeoutReason> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Event(Event::TimedOut { reason, .. }) => Some(*reason),
            _ => None,
        })
        .collect()
}

/// What was broadcast.
pub(super) fn broadcast(effects: &[Effect]) -> Vec<&Message> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Broadcast(message) => Some(message),
            _ => None,
        })
        .collect()
}

/// Who was banned.
pub(super) fn bans(effects: &[Effect]) -> Vec<(Peer, Misdeed)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ban { peer, why } => Some((*peer, *why)),
            _ => None,
        })
        .collect()
}

/// Evidence that was given out.
pub(super) fn evidence(effects: &[Effect]) -> Vec<&Evidence> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Evidence(evidence) => Some(evidence),
            _ => None,
        })
        .collect()
}

/// Blocks that were given out as final.
pub(super) fn finalized(effects: &[Effect]) -> Vec<BlockHash> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Finalized { blocks, .. } => Some(blocks),
            _ => None,
        })
        .flatten()
        .map(|block| block.hash())
        .collect()
}

pub(super) const fn nullify(view: u64) -> Statement {
    Statement::Nullify {
        epoch: Epoch::ZERO,
        view: View::new(view),
    }
}

/// The finalization of what a notarization is for.
pub(super) fn finalize(notarize: Statement) -> Statement {
    let (parent_view, block) = notarize.block().unwrap();
    Statement::Finalize {
        epoch: notarize.epoch(),
        view: notarize.view(),
        parent_view,
        block,
    }
}
