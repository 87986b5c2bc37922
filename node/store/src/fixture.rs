//! A chain of made-up blocks that fit each other.

use crate::engine::{Engine, Memory};
use crate::{CommittedBlock, Config, EventKey, Genesis, Head, Metrics, Recovered, Roots, Store, StoreError};
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, SIGNATURE_DST, SignatureBytes};
use crypto::hash::sha256;
use light_palisade::{
    Bitmap, Block, Certificate, Header, Justification, Statement, Validator, ValidatorIndex, ValidatorSet,
};
use parking_lot::Mutex;
use primitives::{
    AccountId, BlockHash, ChainClock, ChainHash, Digest, Epoch, Height, Power, Timestamp, TxId, View,
};
use state::{Bytes, Change, Changes, State};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every so many blocks an epoch ends.
const EPOCH: u64 = 5;

pub(crate) fn chain_hash() -> ChainHash {
    ChainHash::new([9; 32])
}

/// A configuration whose background writes often.
pub(crate) fn config() -> Config {
    Config {
        coalesce_blocks: 3,
        coalesce_ms: 20,
        max_backlog_blocks: 6,
        recent_bytes: 4_000,
        ..Config::default()
    }
}

/// Opens a store on `engine` for the fixture's chain.
pub(crate) fn open(engine: Arc<dyn Engine>) -> Result<(Store, Recovered), StoreError> {
    Store::open_with(engine, &config(), &chain_hash(), Metrics::default())
}

/// A store that begins with the fixture's genesis, on a database in memory.
pub(crate) fn initialized() -> (Arc<Memory>, Store, Builder) {
    let engine = Arc::new(Memory::default());
    let (store, recovered) = open(engine.clone()).unwrap();
    assert!(recovered.tip.is_none() && recovered.state.is_empty());
    let builder = Builder::new();
    store.initialize(&builder.genesis()).unwrap();
    (engine, store, builder)
}

/// A number from several, the same every time.
fn mix(parts: &[u64]) -> [u8; 32] {
    let bytes: Vec<u8> = parts.iter().flat_map(|part| part.to_be_bytes()).collect();
    sha256(&[&bytes])
}

/// The key of the only validator of an epoch.
fn secret(epoch: u64) -> SecretKey {
    SecretKey::key_gen(&mix(&[epoch, 77]), &[]).unwrap()
}

pub(crate) fn set(epoch: u64) -> ValidatorSet {
    static SETS: Mutex<BTreeMap<u64, ValidatorSet>> = Mutex::new(BTreeMap::new());
    let make = || ValidatorSet {
        epoch: Epoch::new(epoch),
        ends_at: ChainClock::new(epoch + 1),
        validators: vec![Validator {
            key: KeyBytes(secret(epoch).sk_to_pk().compress()),
            weight: Power::new(1),
            operator: AccountId::new([epoch as u8; 32]),
            p2p_key: [1; 32],
        }],
    };
    SETS.lock().entry(epoch).or_insert_with(make).clone()
}

pub(crate) fn finalization(header: &Header) -> Certificate {
    signed_by(header, header.epoch.get())
}

/// A finalization that the validator of another epoch may have signed.
pub(crate) fn signed_by(header: &Header, signer: u64) -> Certificate {
    let statement = Statement::Finalize {
        epoch: header.epoch,
        view: header.view,
        parent_view: View::ZERO,
        block: header.hash(),
    };
    let signature = secret(signer).sign(&statement.sign_bytes(&chain_hash()), SIGNATURE_DST, &[]);
    Certificate {
        statement,
        signers: Bitmap::new(1, [ValidatorIndex::new(0)]),
        signature: SignatureBytes(signature.compress()),
    }
}

/// Makes one block after the other.
#[derive(Clone)]
pub(crate) struct Builder {
    genesis: Genesis,
    /// The header of the latest block and the roots it left.
    latest: (Header, Roots),
    pub(crate) state: State,
    /// The states after every height.
    pub(crate) states: Vec<State>,
    salt: u64,
}

impl Builder {
    pub(crate) fn new() -> Self {
        let changes = (0u8..40).map(|key| Change {
            key: Bytes::from(vec![key]),
            old: None,
            new: Some(Bytes::from(vec![key; 3])),
        });
        let changes = Arc::new(Changes::new(changes.collect()).unwrap());
        let state = State::new().apply(&changes).unwrap();
        let roots = Roots {
            state: state.root(),
            ..Roots::default()
        };
        let header = Header {
            version: Header::VERSION,
            chain_hash: chain_hash(),
            height: Height::ZERO,
            epoch: Epoch::ZERO,
            view: View::ZERO,
            parent: BlockHash::ZERO,
            proposer: ValidatorIndex::default(),
            time: Timestamp::ZERO,
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
        let genesis = Genesis {
            header: header.clone(),
            roots,
            changes,
            validators: set(0),
        };
        Self {
            genesis,
            latest: (header, roots),
            states: vec![state.clone()],
            state,
            salt: 0,
        }
    }

    pub(crate) fn genesis(&self) -> Genesis {
        self.genesis.clone()
    }

    /// The blocks of a chain that goes on from this state, after a genesis at its height.
    pub(crate) fn going_on(&self, genesis: &Genesis) -> Self {
        Self {
            latest: (genesis.header.clone(), genesis.roots),
            genesis: genesis.clone(),
            ..self.clone()
        }
    }

    /// Blocks made from now on differ from those made before at the same heights.
    pub(crate) const fn fork(&mut self, salt: u64) {
        self.salt = salt;
    }

    fn changes(&self, height: u64) -> Changes {
        let mut changes: Vec<Change> = Vec::new();
        for number in 0..8u64 {
            let random = mix(&[self.salt, height, number]);
            let key = Bytes::from(vec![random[0] % 48]);
            if changes.iter().any(|change| change.key == key) {
                continue;
            }
            let old = self.state.get(key.as_slice()).map(Bytes::from);
            // Now and then an entry is so large that it is kept in chunks.
            let length = if random[1] < 4 {
                150_000
            } else {
                usize::from(random[1] % 40)
            };
            let new = (random[2] > 50).then(|| Bytes::from(vec![random[3]; length]));
            if old != new {
                changes.push(Change { key, old, new });
            }
        }
        changes.sort_by(|a, b| a.key.cmp(&b.key));
        Changes::new(changes).unwrap()
    }

    pub(crate) fn next(&mut self) -> CommittedBlock {
        let (parent, roots) = &self.latest;
        let height = parent.height.get() + 1;
        let boundary = height.is_multiple_of(EPOCH);
        let epoch = (height - 1) / EPOCH;
        let next = boundary.then(|| set(epoch + 1));
        let count = usize::from(mix(&[self.salt, height])[0] % 5);
        let header = Header {
            height: Height::new(height),
            epoch: Epoch::new(epoch),
            view: View::new(height),
            parent: parent.hash(),
            time: Timestamp::new(height + self.salt),
            validators_root: set(epoch).root(),
            next_validators_root: next.as_ref().map_or(Digest::ZERO, ValidatorSet::root),
            state_root: roots.state,
            receipts_root: roots.receipts,
            outbox_root: roots.outbox,
            ..parent.clone()
        };
        let hash = header.hash();
        let changes = self.changes(height);
        self.state = self.state.apply(&changes).unwrap();
        self.states.push(self.state.clone());
        let roots = Roots {
            state: self.state.root(),
            receipts: Digest::new(mix(&[height, 1])),
            outbox: Digest::new(mix(&[height, 2])),
        };
        self.latest = (header.clone(), roots);
        let length = if height.is_multiple_of(7) { 70_000 } else { 100 };
        let transactions: Vec<Vec<u8>> = (0..count).map(|n| vec![n as u8; length]).collect();
        CommittedBlock {
            certificate: (boundary || count > 1).then(|| finalization(&header)),
            block: Arc::new(Block {
                header,
                justification: Justification::default(),
                seed_signature: SignatureBytes([0; 48]),
                evidence: Vec::new(),
                transactions,
            }),
            hash,
            roots,
            changes: Arc::new(changes),
            receipts: Arc::from(mix(&[self.salt, height, 3]).as_slice()),
            transactions: (0..count).map(|n| transaction_id(self.salt, height, n)).collect(),
            events: events(height, count),
            next_validators: next,
        }
    }

    /// Goes on from what a store recovered: the blocks above are forgotten.
    pub(crate) fn go_back_to(&mut self, head: &Head) {
        let height = usize::try_from(head.header.height.get()).unwrap();
        self.states.truncate(height + 1);
        self.state = self.states[height].clone();
        self.latest = (head.header.clone(), head.roots);
    }
}

pub(crate) fn transaction_id(salt: u64, height: u64, number: usize) -> TxId {
    TxId::new(mix(&[salt, height, number as u64, 4]))
}

fn events(height: u64, count: usize) -> Vec<EventKey> {
    let keys = (0u32..).take(count).map(|event| EventKey {
        event,
        key: vec![(height % 3) as u8, event as u8],
    });
    keys.chain([EventKey {
        event: 0,
        key: b"block".to_vec(),
    }])
    .collect()
}
