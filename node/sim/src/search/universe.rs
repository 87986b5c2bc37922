//! What there is to say in a search: validators, blocks, certificates and proposals, each made once.

use super::Setup;
use crate::app::transactions_root;
use crate::keys::{CHAIN, Keyring, MockScheme, key, peer};
use consensus::{Build, Content, Draw, Message, Proposal, Schedule, Scheme, Timing, Tip};
use crypto::hash::seed;
use light_palisade::vote::seed_sign_bytes;
use light_palisade::{
    Bitmap, Block, Certificate, Committee, Header, Justification, SetError, Statement, Validator,
    ValidatorIndex, ValidatorSet, Vote,
};
use primitives::{AccountId, BlockHash, ChainClock, Digest, Epoch, Height, Millis, Power, Timestamp, View};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Seats.
pub(crate) const SEATS: usize = 4;
/// What every wall clock says, in milliseconds.
pub(crate) const WALL: u64 = 1_000_000;
/// A duration that never passes.
const NEVER: Millis = Millis::new(1 << 60);

/// Numbers of statements, and of proposals.
pub(crate) type Id = u32;

/// A proposal.
pub(crate) struct Proposed {
    pub(crate) leader: usize,
    pub(crate) message: Message,
}

pub(crate) struct Universe {
    pub(crate) setup: Setup,
    pub(crate) committee: Arc<Committee>,
    pub(crate) leaders: Vec<usize>,
    pub(crate) genesis: Header,
    pub(crate) statements: Vec<Statement>,
    ids: BTreeMap<Statement, Id>,
    certificates: BTreeMap<Statement, Certificate>,
    pub(crate) blocks: BTreeMap<BlockHash, Arc<Block>>,
    pub(crate) proposals: Vec<Proposed>,
    proposal_ids: BTreeMap<(Statement, Vec<Statement>), Id>,
}

fn committee(setup: &Setup) -> Result<Committee, SetError> {
    let validators = setup
        .weights
        .iter()
        .enumerate()
        .map(|(seat, weight)| Validator {
            key: key(seat),
            weight: Power::new(*weight),
            operator: AccountId::new([seat as u8 + 1; 32]),
            p2p_key: peer(seat).0,
        })
        .collect();
    Committee::new(ValidatorSet {
        epoch: Epoch::ZERO,
        ends_at: ChainClock::new(if setup.boundary { 0 } else { u64::MAX }),
        validators,
    })
}

fn genesis(committee: &Committee) -> Header {
    Header {
        version: Header::VERSION,
        chain_hash: CHAIN,
        height: Height::ZERO,
        epoch: Epoch::ZERO,
        view: View::ZERO,
        parent: BlockHash::ZERO,
        proposer: ValidatorIndex::new(0),
        time: Timestamp::new(WALL),
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

/// Where a malicious leader may build.
struct Base {
    parent_view: View,
    block: BlockHash,
    justification: Justification,
}

impl Universe {
    pub(crate) fn new(setup: Setup) -> Option<Self> {
        let committee = Arc::new(committee(&setup).ok()?);
        let mut schedule = Schedule::new(&CHAIN, &committee, &Draw::default());
        schedule.extend_to(View::new(setup.views + 1));
        let leaders = (1..=setup.views)
            .filter_map(|view| schedule.leader(View::new(view)))
            .map(|seat| usize::from(seat.get()))
            .collect();
        Some(Self {
            genesis: genesis(&committee),
            committee,
            leaders,
            setup,
            statements: Vec::new(),
            ids: BTreeMap::new(),
            certificates: BTreeMap::new(),
            blocks: BTreeMap::new(),
            proposals: Vec::new(),
            proposal_ids: BTreeMap::new(),
        })
    }

    pub(crate) fn tip(&self) -> Tip {
        Tip {
            header: self.genesis.clone(),
            certificate: None,
            committee: Arc::clone(&self.committee),
            previous: None,
            draw: Draw::default(),
        }
    }

    pub(crate) const fn timing() -> Timing {
        Timing {
            delta: Millis::new(1),
            delta_max: Millis::new(1),
            idle_interval: Millis::ZERO,
            skip_timeout: NEVER,
            standstill: Millis::new(1),
        }
    }

    pub(crate) fn id(&mut self, statement: Statement) -> Id {
        let next = self.statements.len() as Id;
        let id = *self.ids.entry(statement).or_insert(next);
        if id == next {
            self.statements.push(statement);
        }
        id
    }

    pub(crate) fn statement(&self, id: Id) -> Statement {
        self.statements[id as usize]
    }

    /// The certificate of a statement that is used for all its quorums: who signed makes no difference to a core.
    pub(crate) fn certificate(&mut self, statement: Statement) -> Certificate {
        if let Some(known) = self.certificates.get(&statement) {
            return known.clone();
        }
        let bytes = statement.sign_bytes(&CHAIN);
        let all: Vec<_> = (0..SEATS)
            .filter_map(|seat| MockScheme.decode(&MockScheme.sign(seat, &bytes)))
            .collect();
        let sum = MockScheme.sum(&all).unwrap_or_default();
        let certificate = Certificate {
            statement,
            signers: Bitmap::new(SEATS, (0..SEATS as u16).map(ValidatorIndex::new)),
            signature: MockScheme.encode(&sum),
        };
        self.certificates.insert(statement, certificate.clone());
        certificate
    }

    pub(crate) fn vote(seat: usize, statement: Statement) -> Vote {
        Vote {
            statement,
            signer: ValidatorIndex::new(seat as u16),
            signature: MockScheme.sign(seat, &statement.sign_bytes(&CHAIN)),
        }
    }

    /// Fills in a block that a core asks for.
    pub(crate) fn build(&mut self, build: &Build, seat: usize, variant: u8) -> Arc<Block> {
        let mut header = build.header.clone();
        let bytes = seed_sign_bytes(&CHAIN, header.epoch, header.view);
        let seed_signature = MockScheme.sign(seat, &bytes);
        header.seed = seed(&build.parent_seed, &seed_signature.0);
        header.evidence_root = Block::evidence_root(&[]);
        if build.boundary {
            header.next_validators_root = Digest::new([1; 32]);
        }
        let mut block = Block {
            header,
            justification: build.justification.clone(),
            seed_signature,
            evidence: Vec::new(),
            transactions: (0..variant).map(|number| vec![number]).collect(),
        };
        block.header.transactions_root = transactions_root(&block);
        let hash = block.hash();
        Arc::clone(self.blocks.entry(hash).or_insert_with(|| Arc::new(block)))
    }

    /// Makes a proposal known; its number.
    pub(crate) fn propose(&mut self, leader: usize, proposal: Proposal) -> Id {
        let justification = match &proposal.content {
            Content::Fresh(block) => &block.justification,
            Content::Again(justification) => justification,
        };
        let parent = justification.parent.iter();
        let why = parent
            .chain(&justification.nullifications)
            .map(|certificate| certificate.statement)
            .collect();
        let next = self.proposals.len() as Id;
        let id = *self
            .proposal_ids
            .entry((proposal.vote.statement, why))
            .or_insert(next);
        if id == next {
            self.proposals.push(Proposed {
                leader,
                message: Message::Proposal(Box::new(proposal)),
            });
        }
        id
    }

    /// Everything that the malicious validator can propose in its views when these statements can be certified: two
    /// blocks on each base, or the boundary block again.
    pub(crate) fn malicious(&mut self, certifiable: &[Id]) -> Vec<Id> {
        let mut made = Vec::new();
        let me = self.setup.byzantine;
        for view in 1..=self.setup.views {
            if self.leaders[view as usize - 1] != me {
                continue;
            }
            for base in self.bases(View::new(view), certifiable) {
                made.extend(self.offers(view, base));
            }
        }
        made
    }

    fn bases(&mut self, view: View, certifiable: &[Id]) -> Vec<Base> {
        let mut bases = Vec::new();
        let mut nullifications = Vec::new();
        let mut cursor = view;
        loop {
            cursor = cursor.saturating_sub(View::new(1));
            if cursor.is_zero() {
                bases.push(Base {
                    parent_view: cursor,
                    block: self.genesis.hash(),
                    justification: justification(None, &nullifications),
                });
                return bases;
            }
            for id in certifiable.iter().copied() {
                let statement = self.statement(id);
                let block = statement.block().filter(|_| statement.view() == cursor);
                if let Some((_, block)) = block {
                    let parent = self.certificate(statement);
                    bases.push(Base {
                        parent_view: cursor,
                        block,
                        justification: justification(Some(parent), &nullifications),
                    });
                }
            }
            let nullify = Statement::Nullify {
                epoch: Epoch::ZERO,
                view: cursor,
            };
            let id = self.id(nullify);
            if !certifiable.contains(&id) {
                return bases;
            }
            nullifications.push(self.certificate(nullify));
        }
    }

    fn offers(&mut self, view: u64, base: Base) -> Vec<Id> {
        let parent = match self.blocks.get(&base.block) {
            Some(block) => block.header.clone(),
            None => self.genesis.clone(),
        };
        let me = self.setup.byzantine;
        let notarize = |block| Statement::Notarize {
            epoch: Epoch::ZERO,
            view: View::new(view),
            parent_view: base.parent_view,
            block,
        };
        if parent.is_boundary() {
            let proposal = Proposal {
                vote: Self::vote(me, notarize(base.block)),
                content: Content::Again(base.justification),
            };
            return vec![self.propose(me, proposal)];
        }
        let build = Build {
            header: self.template(view, &parent, &base.justification),
            justification: base.justification,
            parent_seed: parent.seed,
            boundary: self.setup.boundary,
            empty: false,
        };
        (0..2)
            .map(|variant| {
                let block = self.build(&build, me, variant);
                let proposal = Proposal {
                    vote: Self::vote(me, notarize(block.hash())),
                    content: Content::Fresh(block),
                };
                self.propose(me, proposal)
            })
            .collect()
    }

    fn template(&self, view: u64, parent: &Header, justification: &Justification) -> Header {
        let time = parent.time.after(Millis::new(1));
        Header {
            height: Height::new(parent.height.get() + 1),
            view: View::new(view),
            parent: parent.hash(),
            proposer: ValidatorIndex::new(self.setup.byzantine as u16),
            time,
            chain_clock: parent.chain_clock.advance(parent.time, time),
            justification_root: justification.root(),
            next_validators_root: Digest::ZERO,
            ..self.genesis.clone()
        }
    }
}

fn justification(parent: Option<Certificate>, nullifications: &[Certificate]) -> Justification {
    Justification {
        parent,
        nullifications: nullifications.iter().rev().cloned().collect(),
    }
}
