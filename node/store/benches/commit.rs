//! Cost of a commit: `cargo bench -p palisade-store [-- <updates per block> ...]`, 1,000 and 5,000 by default.
//!
//! Prints, for a store on disk that already holds a hundred thousand entries, the time to make a block durable (median
//! and 95 %), to write its leaves in the background, and what the disk takes for what is in use.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::print_stdout,
    reason = "a program that measures time and space"
)]

use crypto::bls::SignatureBytes;
use light_palisade::{Block, Header, Justification, ValidatorIndex, ValidatorSet};
use palisade_store::{CommittedBlock, Config, Genesis, Metrics, Roots, Store};
use primitives::{BlockHash, ChainClock, ChainHash, Digest, Epoch, Height, Timestamp, View};
use state::{Bytes, Change, Changes, State};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Entries of the state.
const ENTRIES: u64 = 100_000;
/// Blocks measured.
const BLOCKS: u64 = 40;

/// A key as long as a balance's: two bytes of table, an account, an asset.
fn key(number: u64) -> Bytes {
    let account = crypto::sparse::path(&number.to_be_bytes());
    Bytes::from([&[1, 1], &account[..], &[0; 4]].concat())
}

fn value(number: u64) -> Bytes {
    Bytes::from([number.to_le_bytes(), [0; 8]].concat())
}

fn genesis_header(chain: ChainHash) -> Header {
    Header {
        version: Header::VERSION,
        chain_hash: chain,
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
    }
}

/// A chain whose every block changes `updates` entries.
struct Chain {
    state: State,
    header: Header,
    updates: u64,
}

impl Chain {
    fn changes(&self, height: u64) -> Changes {
        let mut changes: Vec<Change> = (0..self.updates)
            .map(|number| {
                // A stride that is prime to the number of entries: other entries in each block.
                let key = key((height * self.updates + number) * 7_919 % ENTRIES);
                let old = self.state.get(key.as_slice()).map(Bytes::from);
                Change {
                    key,
                    old,
                    new: Some(value(ENTRIES + height)),
                }
            })
            .collect();
        changes.sort_by(|a, b| a.key.cmp(&b.key));
        changes.dedup_by(|a, b| a.key == b.key);
        Changes::new(changes).expect("ordered and different")
    }

    fn next(&mut self) -> CommittedBlock {
        let height = self.header.height.get() + 1;
        let roots = |state: &State| Roots {
            state: state.root(),
            ..Roots::default()
        };
        let header = Header {
            height: Height::new(height),
            view: View::new(height),
            parent: self.header.hash(),
            time: Timestamp::new(height),
            state_root: self.state.root(),
            ..self.header.clone()
        };
        let changes = self.changes(height);
        self.state = self.state.apply(&changes).expect("made for this state");
        self.header = header.clone();
        CommittedBlock {
            hash: header.hash(),
            block: Arc::new(Block {
                header,
                justification: Justification::default(),
                seed_signature: SignatureBytes([0; 48]),
                evidence: Vec::new(),
                transactions: Vec::new(),
            }),
            certificate: None,
            roots: roots(&self.state),
            changes: Arc::new(changes),
            receipts: Arc::from(vec![0; 100 * self.updates as usize]),
            transactions: Vec::new(),
            events: Vec::new(),
            next_validators: None,
        }
    }
}

fn measure(updates: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let chain = ChainHash::new([9; 32]);
    let (store, _) =
        Store::open(folder.path(), &Config::default(), &chain, Metrics::default()).expect("a new store");
    let first = |number| Change {
        key: key(number),
        old: None,
        new: Some(value(number)),
    };
    let mut changes: Vec<Change> = (0..ENTRIES).map(first).collect();
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    let changes = Arc::new(Changes::new(changes).expect("ordered"));
    let state = State::new().apply(&changes).expect("from nothing");
    let header = genesis_header(chain);
    store
        .initialize(&Genesis {
            header: header.clone(),
            roots: Roots {
                state: state.root(),
                ..Roots::default()
            },
            changes,
            validators: ValidatorSet {
                epoch: Epoch::ZERO,
                ends_at: ChainClock::ZERO,
                validators: Vec::new(),
            },
        })
        .expect("a genesis");
    store.settle().expect("settled");
    let mut blocks = Chain {
        state,
        header,
        updates,
    };
    let mut times: Vec<Duration> = (0..BLOCKS)
        .map(|_| {
            let block = blocks.next();
            let start = Instant::now();
            store.commit(vec![block]).expect("committed");
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let start = Instant::now();
    store.settle().expect("settled");
    let settled = start.elapsed();
    let space = store.space().expect("measured");
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!(
        "{updates:>6} updates: commit {:.1} ms, 95 % {:.1} ms; leaves of {BLOCKS} blocks {:.0} ms; disk {:.1} times what is in use",
        ms(times[times.len() / 2]),
        ms(times[times.len() * 95 / 100]),
        ms(settled),
        space.on_disk as f64 / space.live as f64,
    );
}

fn main() {
    let asked: Vec<u64> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let sizes = if asked.is_empty() {
        vec![1_000, 5_000]
    } else {
        asked
    };
    sizes.into_iter().for_each(measure);
}
