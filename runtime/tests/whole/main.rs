//! The whole of restaking against a model on paper that shares no code with it: random sequences of everything that
//! users, operators, services, slashers, vetoers and accusers may do, with time warps, over real modules wired as the
//! chain wires them. After every message both say the same to the unit, and the invariants of restaking hold.
//!
//! How many sequences are played says `PALISADE_WHOLE_SEQUENCES` when this is compiled (`scripts/nightly.sh whole`),
//! and where they start `PALISADE_WHOLE_SEED`. A sequence that fails is made as short as it goes and printed with its
//! seed.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::needless_range_loop,
    clippy::too_many_lines,
    clippy::wildcard_enum_match_arm,
    reason = "tests compute their own expectations; a step has an arm where it is taken, and none elsewhere"
)]

mod both;
mod invariants;
mod paper;
mod real;
mod step;

use both::{Both, Tally};
use step::{Rng, Step};

/// Steps of a sequence, at least.
const STEPS: usize = 32;
/// What succeeds in some sequence.
const DONE: [&str; 26] = [
    "deposit",
    "withdraw",
    "claim",
    "sell",
    "fund",
    "unfund",
    "allocate",
    "amend",
    "limits",
    "allow",
    "rebase",
    "leave",
    "join",
    "post",
    "request",
    "veto",
    "prove",
    "slash",
    "reward",
    "collect",
    "commission",
    "earn",
    "work",
    "wage",
    "convict",
    "price",
];

fn setting(text: Option<&str>, default: u64) -> u64 {
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn play(start: &Both, steps: &[Step]) -> Result<Tally, String> {
    let mut both = start.clone();
    for (position, step) in steps.iter().enumerate() {
        both.take(step)
            .map_err(|what| format!("step {position}, {step:?}: {what}"))?;
    }
    both.finish().map_err(|what| format!("in the end: {what}"))?;
    Ok(both.answers)
}

/// The same failure with as few steps as leaving some out gives.
fn shrink(start: &Both, mut steps: Vec<Step>) -> Vec<Step> {
    let mut size = steps.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + size).min(steps.len()));
            if play(start, &fewer).is_err() {
                steps = fewer;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    steps
}

#[test]
fn whatever_happens_the_chain_and_the_paper_agree() {
    let sequences = setting(option_env!("PALISADE_WHOLE_SEQUENCES"), 10_000);
    let first = setting(option_env!("PALISADE_WHOLE_SEED"), 1);
    let start = Both::start();
    println!("{sequences} sequences of {STEPS} steps from seed {first}");
    let mut answers = Tally::new();
    for seed in first..first + sequences {
        let mut rng = Rng::new(seed);
        let steps = Step::sequence(&mut rng, STEPS);
        match play(&start, &steps) {
            Ok(more) => more
                .into_iter()
                .for_each(|(answer, count)| *answers.entry(answer).or_default() += count),
            Err(what) => {
                let short = shrink(&start, steps);
                let again = play(&start, &short).err();
                panic!(
                    "seed {seed} (PALISADE_WHOLE_SEED={seed} PALISADE_WHOLE_SEQUENCES=1): {what}\n\
                     shortest: {short:#?}\n{again:?}"
                );
            }
        }
    }
    for ((step, answer), count) in &answers {
        println!("{step:10} {answer:22} {count}");
    }
    // Everything was done, and not only asked for.
    for step in DONE {
        assert!(
            sequences < 5_000 || answers.contains_key(&(step, "done")),
            "{step} was never done"
        );
    }
}
