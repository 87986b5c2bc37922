//! Many seeds, and how to run one of them again.

use crate::keys::Keyring;
use crate::plan::Plan;
use crate::world::{Report, World};
use std::env;

/// How many seeds the environment asks for (`PALISADE_SIM_SEEDS`); `usual` when it does not.
///
/// # Errors
/// What is wrong with the variable.
pub fn count(usual: u64) -> Result<u64, String> {
    Ok(variable("PALISADE_SIM_SEEDS")?.unwrap_or(usual))
}

/// The one seed that the environment asks for (`PALISADE_SIM_SEED`).
///
/// # Errors
/// What is wrong with the variable.
pub fn only() -> Result<Option<u64>, String> {
    variable("PALISADE_SIM_SEED")
}

fn variable(name: &str) -> Result<Option<u64>, String> {
    match env::var(name) {
        Ok(text) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| format!("{name} is a number, not {text:?}")),
        Err(_) => Ok(None),
    }
}

/// The seeds of one of several sweeps that share a range; the one seed that was asked for, in the sweep that has it.
///
/// # Errors
/// What is wrong with the environment.
pub fn seeds(usual: u64, shard: u64, shards: u64) -> Result<Vec<u64>, String> {
    if let Some(seed) = only()? {
        return Ok([seed].into_iter().filter(|seed| seed % shards == shard).collect());
    }
    Ok((0..count(usual)?).filter(|seed| seed % shards == shard).collect())
}

/// Runs a plan.
///
/// # Errors
/// Everything that is needed to understand the failure and to see it again: `test` is the name of
/// the test.
pub fn one<K: Keyring>(keys: K, plan: Plan, test: &str) -> Result<Report, String> {
    let seed = plan.seed;
    let again =
        format!("PALISADE_SIM_SEED={seed} cargo test -p palisade-sim --test it {test} -- --nocapture");
    let Some(mut world) = World::new(keys, plan) else {
        return Err(format!("seed {seed}: the first validator set is refused"));
    };
    world.run().map_err(|failure| {
        let broken: Vec<_> = failure.violations.iter().map(|v| v.invariant).collect();
        format!(
            "{}\nseed {seed} breaks {broken:?}\nrun it again: {again}\n",
            failure.story
        )
    })
}
