//! Keys in real files, and the guard against faults.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "tests compute with small numbers"
)]

mod backup;
mod files;
mod fuzz;
mod guard;
mod property;
mod remote;
mod signing;
mod transfer;

use light_palisade::Statement;
use palisade_signer::guard::{Guard, GuardConfig, GuardError};
use primitives::{BlockHash, ChainHash, Epoch, View};
use std::sync::Arc;
use wal::faulty::Faulty;

const CHAIN: ChainHash = ChainHash::new([3; 32]);

fn initialise(medium: &Faulty) -> Guard {
    Guard::initialise(Arc::new(medium.clone()), CHAIN, GuardConfig::default()).unwrap()
}

fn open(medium: &Faulty) -> Result<Guard, GuardError> {
    Guard::open(Arc::new(medium.clone()), CHAIN, GuardConfig::default())
}

fn notarize(view: u64, block: u8) -> Statement {
    Statement::Notarize {
        epoch: Epoch::new(1),
        view: View::new(view),
        parent_view: View::new(view - 1),
        block: BlockHash::new([block; 32]),
    }
}

fn nullify(view: u64) -> Statement {
    Statement::Nullify {
        epoch: Epoch::new(1),
        view: View::new(view),
    }
}

fn finalize(view: u64, block: u8) -> Statement {
    Statement::Finalize {
        epoch: Epoch::new(1),
        view: View::new(view),
        parent_view: View::new(view - 1),
        block: BlockHash::new([block; 32]),
    }
}
