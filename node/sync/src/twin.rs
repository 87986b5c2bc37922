//! A finalized chain in memory, and peers with habits.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "each place twists one habit and leaves the others alone"
)]

use crate::peers::{Lie, Peers};
use crate::server::{Source, answer};
use crate::syncer::{Ids, Local};
use crate::wire::{Answer, HandOver, Request, Status};
use blst::min_sig::SecretKey;
use bytes::Bytes;
use crypto::bls::{KeyBytes, SIGNATURE_DST, SignatureBytes};
use crypto::hash::{seed, sha256};
use light_palisade::{
    Bitmap, Block, Certificate, Committee, Header, Justification, Statement, Validator, ValidatorIndex,
    ValidatorSet,
};
use network::{PeerKey, RequestError};
use primitives::{
    AccountId, BlockHash, ChainClock, ChainHash, Digest, Epoch, Height, Power, Timestamp, TxId, View,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const CHAIN: ChainHash = ChainHash::new([5; 32]);

/// The one validator of an epoch, and the set of it alone.
struct Member {
    secret: SecretKey,
    committee: Arc<Committee>,
    root: Digest,
}

/// Another one in each epoch, so that no set can stand for another. Made once.
fn member(epoch: u64) -> Arc<Member> {
    static MEMBERS: Mutex<BTreeMap<u64, Arc<Member>>> = Mutex::new(BTreeMap::new());
    let make = || {
        let mut material = [1u8; 32];
        material[..8].copy_from_slice(&epoch.to_be_bytes());
        let secret = SecretKey::key_gen(&material, &[]).unwrap();
        let set = ValidatorSet {
            epoch: Epoch::new(epoch),
            ends_at: ChainClock::new(epoch + 1),
            validators: vec![Validator {
                key: KeyBytes(secret.sk_to_pk().compress()),
                weight: Power::new(1),
                operator: AccountId::new([1; 32]),
                p2p_key: [1; 32],
            }],
        };
        let root = set.root();
        let committee = Arc::new(Committee::new(set).unwrap());
        Arc::new(Member {
            secret,
            committee,
            root,
        })
    };
    Arc::clone(MEMBERS.lock().unwrap().entry(epoch).or_insert_with(make))
}

pub(crate) fn set(epoch: u64) -> ValidatorSet {
    member(epoch).committee.set().clone()
}

pub(crate) fn committee(epoch: u64) -> Arc<Committee> {
    Arc::clone(&member(epoch).committee)
}

/// A finalization of `header`, signed by the validator of the epoch `signer`.
pub(crate) fn finalization(header: &Header, signer: u64) -> Certificate {
    let statement = Statement::Finalize {
        epoch: header.epoch,
        view: header.view,
        parent_view: View::ZERO,
        block: header.hash(),
    };
    let signature = member(signer)
        .secret
        .sign(&statement.sign_bytes(&CHAIN), SIGNATURE_DST, &[]);
    Certificate {
        statement,
        signers: Bitmap::new(1, [ValidatorIndex::new(0)]),
        signature: SignatureBytes(signature.compress()),
    }
}

/// The id of a made-up transaction. One that starts with `!` is none.
fn id(transaction: &[u8]) -> Option<TxId> {
    (!transaction.starts_with(b"!")).then(|| TxId::new(sha256(&[transaction])))
}

/// Names the transactions of the made-up chain.
pub(crate) struct Named;

impl Ids for Named {
    fn of(&self, block: &Block) -> Option<Vec<TxId>> {
        block.transactions.iter().map(|bytes| id(bytes)).collect()
    }
}

/// A finalized chain; `blocks[h - 1]` is at height h.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) genesis: Header,
    pub(crate) blocks: Vec<Arc<Block>>,
    /// Where each block is.
    places: BTreeMap<BlockHash, usize>,
    /// Blocks of an epoch.
    length: u64,
    /// The first height that is kept.
    earliest: Height,
}

impl Chain {
    /// `count` blocks in epochs of `length`; chains of different `salt` differ from their first block on.
    pub(crate) fn new(count: u64, length: u64, salt: u8) -> Self {
        let genesis = Header {
            version: Header::VERSION,
            chain_hash: CHAIN,
            height: Height::ZERO,
            epoch: Epoch::ZERO,
            view: View::ZERO,
            parent: BlockHash::ZERO,
            proposer: ValidatorIndex::default(),
            time: Timestamp::new(1_000),
            chain_clock: ChainClock::ZERO,
            transactions_root: Digest::ZERO,
            justification_root: Digest::ZERO,
            evidence_root: Digest::ZERO,
            validators_root: Digest::ZERO,
            next_validators_root: Digest::ZERO,
            state_root: Digest::ZERO,
            receipts_root: Digest::ZERO,
            outbox_root: Digest::ZERO,
            seed: Digest::ZERO,
        };
        let mut chain = Self {
            genesis,
            blocks: Vec::new(),
            places: BTreeMap::new(),
            length,
            earliest: Height::ZERO,
        };
        for _ in 0..count {
            chain.grow(salt);
        }
        chain
    }

    pub(crate) fn grow(&mut self, salt: u8) {
        let parent = self.header(self.blocks.len() as u64).clone();
        let height = parent.height.get() + 1;
        let epoch = (height - 1) / self.length;
        let seed_signature = SignatureBytes([height as u8; 48]);
        let justification = Justification {
            parent: (height > 1).then(|| finalization(&parent, parent.epoch.get())),
            nullifications: Vec::new(),
        };
        let transactions: Vec<Vec<u8>> = (0..height % 4)
            .map(|n| vec![salt, height as u8, n as u8])
            .collect();
        let mut block = Block {
            header: Header {
                height: Height::new(height),
                epoch: Epoch::new(epoch),
                view: View::new(height),
                parent: parent.hash(),
                time: Timestamp::new(1_000 + height),
                justification_root: justification.root(),
                evidence_root: Block::evidence_root(&[]),
                validators_root: member(epoch).root,
                next_validators_root: if height.is_multiple_of(self.length) {
                    member(epoch + 1).root
                } else {
                    Digest::ZERO
                },
                seed: seed(&parent.seed, &seed_signature.0),
                ..parent
            },
            justification,
            seed_signature,
            evidence: Vec::new(),
            transactions,
        };
        let ids = Named.of(&block).unwrap();
        block.header.transactions_root = block.transactions_root(&ids);
        self.places.insert(block.hash(), self.blocks.len());
        self.blocks.push(Arc::new(block));
    }

    pub(crate) fn header(&self, height: u64) -> &Header {
        match usize::try_from(height).unwrap().checked_sub(1) {
            None => &self.genesis,
            Some(place) => &self.blocks[place].header,
        }
    }

    /// Where a node stands that has the blocks up to `height`.
    pub(crate) fn local(&self, height: u64) -> Local {
        Local {
            header: self.header(height).clone(),
            committee: committee(height / self.length),
        }
    }

    /// The same chain as a node has it that forgot the blocks below `earliest`.
    pub(crate) fn pruned_below(&self, earliest: u64) -> Self {
        let mut pruned = self.clone();
        pruned.earliest = Height::new(earliest);
        pruned.places.retain(|_, place| *place as u64 + 1 >= earliest);
        pruned
    }

    /// The same chain as a node sees it that is at `height`.
    pub(crate) fn up_to(&self, height: u64) -> Self {
        let mut shorter = self.clone();
        shorter.blocks.truncate(usize::try_from(height).unwrap());
        shorter
    }
}

impl Source for Chain {
    fn status(&self) -> Option<Status> {
        let header = self.header(self.blocks.len() as u64).clone();
        let certificate = (!header.height.is_zero()).then(|| finalization(&header, header.epoch.get()));
        Some(Status {
            header,
            certificate,
            earliest: self.earliest,
        })
    }

    fn earliest(&self) -> Height {
        self.earliest
    }

    fn header(&self, height: Height) -> Option<Header> {
        (height >= self.earliest && height.get() <= self.blocks.len() as u64)
            .then(|| self.header(height.get()).clone())
    }

    fn block(&self, hash: &BlockHash) -> Option<Arc<Block>> {
        self.blocks.get(*self.places.get(hash)?).cloned()
    }

    fn hand_overs(&self, from: Epoch, limit: usize) -> Vec<HandOver> {
        let ends = (from.get()..).map(|epoch| (epoch + 1) * self.length);
        ends.take_while(|height| *height <= self.blocks.len() as u64)
            .take(limit)
            .map(|height| {
                let header = self.header(height).clone();
                let epoch = header.epoch.get();
                HandOver {
                    certificate: finalization(&header, epoch),
                    header,
                    next: set(epoch + 1),
                }
            })
            .collect()
    }
}

/// How a peer behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    Honest,
    /// Never answers.
    Silent,
    /// Answers so many questions and is gone.
    Vanishes(u32),
    /// Answers with noise.
    Garbage,
    /// Answers another question than was asked.
    WrongKind,
    /// Claims a height that nobody finalized.
    LyingHeight,
    /// Shows a certificate that another key signed.
    ForgedCertificate,
    /// Shows its latest block without any certificate.
    NoCertificate,
    /// Speaks of another chain.
    OtherChain,
    /// Hands over to a set of its own.
    ForgedHandOver,
    /// Claims a later epoch and has no hand-over to show.
    NoHandOver,
    /// Headers that do not link.
    BrokenHeaders,
    /// Fewer headers than were asked for.
    FewHeaders,
    /// A right header over another body.
    WrongBody,
    /// A body with something that is no transaction.
    NoTransaction,
    /// A right body under another seed signature.
    WrongSeed,
    /// Another block than was asked for.
    OtherBlock,
    /// Has no bodies.
    NoBodies,
    /// Has every body but one.
    Lacks(u64),
}

struct Peer {
    chain: Chain,
    habit: Habit,
    answered: u32,
}

/// Everyone, in one process.
#[derive(Default)]
pub(crate) struct Net {
    peers: Mutex<BTreeMap<PeerKey, Peer>>,
    pub(crate) blamed: Mutex<BTreeMap<PeerKey, Lie>>,
    /// How many bodies each gave.
    pub(crate) served: Mutex<BTreeMap<PeerKey, usize>>,
}

pub(crate) const fn key(number: u8) -> PeerKey {
    PeerKey([number; 32])
}

impl Net {
    /// Peers 1, 2, … with these habits, all on `chain`.
    pub(crate) fn of(chain: &Chain, habits: &[Habit]) -> Arc<Self> {
        let net = Self::default();
        for (number, habit) in (1u8..).zip(habits) {
            net.join(number, chain, *habit);
        }
        Arc::new(net)
    }

    pub(crate) fn join(&self, number: u8, chain: &Chain, habit: Habit) {
        let peer = Peer {
            chain: chain.clone(),
            habit,
            answered: 0,
        };
        self.peers.lock().unwrap().insert(key(number), peer);
    }

    pub(crate) fn lies(&self) -> Vec<(u8, Lie)> {
        self.blamed
            .lock()
            .unwrap()
            .iter()
            .map(|(peer, lie)| (peer.0[0], *lie))
            .collect()
    }

    /// What a peer says, if it is there.
    fn say(&self, key: PeerKey, question: &Bytes) -> Option<Option<Bytes>> {
        let mut peers = self.peers.lock().unwrap();
        let peer = peers.get_mut(&key)?;
        peer.answered += 1;
        if let Habit::Vanishes(after) = peer.habit
            && peer.answered > after
        {
            peers.remove(&key);
            return None;
        }
        if peer.habit == Habit::Silent {
            return Some(None);
        }
        let honest = answer(&peer.chain, question).map(|bytes| Answer::parse(&bytes).unwrap());
        let said = habitual(peer, &Request::parse(question).unwrap(), honest);
        if let Some(Answer::Bodies(blocks)) = &said {
            *self.served.lock().unwrap().entry(key).or_default() += blocks.len();
        }
        if peer.habit == Habit::Garbage {
            return Some(Some(Bytes::from_static(b"\xff\xff noise")));
        }
        Some(said.map(|answer| answer.to_bytes()))
    }
}

/// What a peer makes of the honest answer.
fn habitual(peer: &Peer, request: &Request, honest: Option<Answer>) -> Option<Answer> {
    let mut answer = honest?;
    if peer.habit == Habit::WrongKind {
        return Some(match request {
            Request::Status => Answer::Headers(Vec::new()),
            _ => Answer::Status(Box::new(peer.chain.status()?)),
        });
    }
    match &mut answer {
        Answer::Status(status) => bend_status(peer.habit, status),
        Answer::Headers(headers) => bend_headers(peer.habit, headers),
        Answer::Bodies(blocks) => bend_bodies(peer, blocks),
        Answer::HandOvers(ends) => bend_hand_overs(peer.habit, ends),
        Answer::Pruned { .. } => {}
    }
    Some(answer)
}

fn bend_status(habit: Habit, status: &mut Status) {
    match habit {
        Habit::LyingHeight => status.header.height = Height::new(1_000_000),
        Habit::ForgedCertificate => status.certificate = Some(finalization(&status.header, 99)),
        Habit::NoCertificate => status.certificate = None,
        Habit::OtherChain => status.header.chain_hash = ChainHash::new([6; 32]),
        Habit::NoHandOver => status.header.epoch = Epoch::new(50),
        _ => {}
    }
}

fn bend_headers(habit: Habit, headers: &mut Vec<Header>) {
    match habit {
        Habit::BrokenHeaders => {
            if let Some(header) = headers.first_mut() {
                header.time = Timestamp::new(77);
            }
        }
        Habit::FewHeaders => drop(headers.pop()),
        _ => {}
    }
}

fn bend_bodies(peer: &Peer, blocks: &mut Vec<Block>) {
    match peer.habit {
        Habit::WrongBody => blocks
            .iter_mut()
            .for_each(|block| block.transactions.push(b"more".to_vec())),
        Habit::NoTransaction => blocks
            .iter_mut()
            .for_each(|block| block.transactions.push(b"!".to_vec())),
        Habit::WrongSeed => blocks
            .iter_mut()
            .for_each(|block| block.seed_signature = SignatureBytes([0xee; 48])),
        Habit::OtherBlock => blocks
            .iter_mut()
            .for_each(|block| block.header.time = Timestamp::new(77)),
        Habit::NoBodies => blocks.clear(),
        Habit::Lacks(height) => {
            let lacking = blocks
                .iter()
                .position(|block| block.header.height == Height::new(height));
            blocks.truncate(lacking.unwrap_or(blocks.len()));
        }
        _ => {}
    }
}

fn bend_hand_overs(habit: Habit, ends: &mut Vec<HandOver>) {
    match habit {
        Habit::ForgedHandOver => {
            if let Some(end) = ends.first_mut() {
                end.next = set(77);
                end.next.epoch = end.header.epoch.next().unwrap();
            }
        }
        Habit::ForgedCertificate => {
            if let Some(end) = ends.first_mut() {
                end.certificate = finalization(&end.header, 99);
            }
        }
        Habit::NoHandOver => ends.clear(),
        _ => {}
    }
}

impl Peers for Net {
    fn connected(&self) -> Vec<PeerKey> {
        self.peers.lock().unwrap().keys().copied().collect()
    }

    async fn request(
        &self,
        peer: PeerKey,
        question: Bytes,
        timeout: Duration,
    ) -> Result<Bytes, RequestError> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        match self.say(peer, &question) {
            None => Err(RequestError::NotConnected(peer)),
            Some(Some(bytes)) => Ok(bytes),
            Some(None) => {
                tokio::time::sleep(timeout).await;
                Err(RequestError::Timeout(timeout))
            }
        }
    }

    fn blame(&self, peer: PeerKey, lie: Lie) {
        self.blamed.lock().unwrap().insert(peer, lie);
    }
}
