//! The log against faults: what was acknowledged is there, what was not appended never is.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "tests compute with small numbers"
)]

mod behaviour;
mod damage;
mod disk;
mod hampered;
mod model;
mod typed;

use palisade_wal::faulty::Faulty;
use palisade_wal::{Limits, Log, LogError, Presence, Recovered, Spec};
use std::sync::Arc;

const SPEC: Spec = Spec {
    name: "test.log",
    purpose: "test/1",
    binding: [7; 32],
    limits: Limits {
        record: palisade_wal::MAX_RECORD,
        total: 16 << 20,
    },
    hint: "Ask the test",
};

fn open(medium: &Faulty) -> Result<(Log, Recovered), LogError> {
    Log::open(Arc::new(medium.clone()), SPEC, Presence::Any)
}

fn texts(recovered: &Recovered) -> Vec<String> {
    recovered
        .records
        .iter()
        .map(|record| String::from_utf8_lossy(record).into_owned())
        .collect()
}
