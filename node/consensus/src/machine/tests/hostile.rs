//! One core in a world that is all against it: random messages, true and forged, certificates that no honest majority
//! could make, verdicts, timers, crashes. Whatever comes, it must never contradict itself, and hold little.

use super::bench::{Bench, Draft, at, certificate, finalize, genesis_tip, nullify, peer, vote};
use crate::effect::Effect;
use crate::input::{Input, TimerKey, Verdict};
use crate::machine::Core;
use crate::message::{Message, Peer};
use crate::record::Record;
use light_palisade::{Offence, Statement, Vote};
use primitives::{BlockHash, Epoch, View};

/// A small generator (splitmix64): the sequence of a seed is the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// What is watched over a whole run, restarts included.
struct Watch {
    said: Vec<Statement>,
    log: Vec<Record>,
    /// Blocks that the application was asked about, last.
    asked: Vec<BlockHash>,
}

impl Watch {
    /// Every statement is in the log before it is signed, and contradicts none before.
    fn over(&mut self, seed: u64, effects: &[Effect]) -> Vec<Statement> {
        let mut asked = Vec::new();
        for effect in effects {
            match effect {
                Effect::Record(record) => self.log.push(record.clone()),
                Effect::Sign(statements) => asked.extend(statements.clone()),
                Effect::Verify(verify) => self.asked.push(verify.hash),
                _ => {}
            }
        }
        for statement in &asked {
            assert!(
                self.log.contains(&Record::Voted(*statement)),
                "seed {seed}: {statement:?} is not in the log"
            );
            for earlier in &self.said {
                let offence = Offence::between(earlier, statement);
                assert_eq!(offence, None, "seed {seed}: {earlier:?} and {statement:?}");
            }
            if !self.said.contains(statement) {
                self.said.push(*statement);
            }
        }
        asked
    }
}

/// What a quorum makes of each view: one block at most, a nullification, or both; a finalization only without one.
struct Fate {
    /// The leader's proposals; of two, a quorum knows the first at most.
    drafts: [Draft; 2],
    noted: bool,
    nullified: bool,
}

const VIEWS: u64 = 14;

/// A world: in each view a leader that proposes twice, on some parent that the fates of earlier views justify.
fn fates(dice: &mut Dice, bench: &Bench) -> Vec<Fate> {
    let mut fates: Vec<Fate> = Vec::new();
    for view in 1..=VIEWS {
        let mut parent = view - 1;
        while parent > 0 {
            let fate = &fates[parent as usize - 1];
            if fate.noted && (!fate.nullified || dice.roll(2) == 0) {
                break;
            }
            parent -= 1;
        }
        let mut plan = if parent == 0 {
            bench.plan(view)
        } else {
            bench.plan_on(&fates[parent as usize - 1].drafts[0], view)
        };
        plan.time = plan.parent.time.get() + 1;
        plan.justification.nullifications = (parent + 1..view)
            .map(|v| bench.certificate(nullify(v)))
            .collect();
        let first = bench.draft(&plan);
        plan.salt = 1;
        let drafts = [first, bench.draft(&plan)];
        let (noted, nullified) = [(false, true), (true, true), (true, false)][dice.roll(3) as usize];
        fates.push(Fate {
            drafts,
            noted,
            nullified,
        });
    }
    fates
}

impl Fate {
    /// Something that a quorum says of view `view`.
    fn say(&self, dice: &mut Dice, view: u64) -> Statement {
        let block = self.drafts[0].proposal.vote.statement;
        match (self.noted, self.nullified) {
            (true, true) if dice.roll(2) == 0 => block,
            (true, false) if dice.roll(4) > 0 => block,
            (true, false) => finalize(block),
            (_, _) => nullify(view),
        }
    }
}

fn anything(dice: &mut Dice, fate: &Fate) -> Statement {
    let notarize = fate.drafts[dice.roll(2) as usize].proposal.vote.statement;
    match dice.roll(6) {
        0 | 1 => notarize,
        2 | 3 => finalize(notarize),
        4 => nullify(1 + dice.roll(90)),
        _ => Statement::Nullify {
            epoch: Epoch::new(dice.roll(4)),
            view: View::new(dice.roll(200)),
        },
    }
}

fn message(dice: &mut Dice, bench: &Bench, fates: &[Fate]) -> (u16, Message) {
    let others = bench.others();
    let seat = dice.roll(3) as usize;
    let from = others[seat];
    let (view, fate) = around(dice, bench, fates);
    let truth = fate.say(dice, view);
    let message = match dice.roll(8) {
        0..=2 => {
            let said = if seat == 0 { anything(dice, fate) } else { truth };
            let mut vote = vote(&bench.set, from, said);
            if seat == 0 && dice.roll(200) == 0 {
                vote.signature.0[5] ^= 1;
            }
            Message::Votes(vec![vote])
        }
        3..=5 => {
            let draft = &fate.drafts[dice.roll(2) as usize];
            let from = draft.proposal.vote.signer.get();
            return (from, Message::Proposal(Box::new(draft.proposal.clone())));
        }
        6 => {
            let mut certificate = certificate(&bench.set, truth, &others);
            if seat == 0 && dice.roll(50) == 0 {
                certificate.signature.0[5] ^= 1;
            }
            Message::Certificates(vec![certificate])
        }
        _ => Message::CertificatesWanted {
            epoch: Epoch::new(dice.roll(3)),
            from: View::new(dice.roll(9)),
            to: View::new(dice.roll(900)),
        },
    };
    (from, message)
}

/// A view near the current one, and its fate.
fn around<'a>(dice: &mut Dice, bench: &Bench, fates: &'a [Fate]) -> (u64, &'a Fate) {
    let current = bench.core.position().1.get();
    let view = (current + dice.roll(4)).saturating_sub(2).clamp(1, VIEWS);
    (view, &fates[view as usize - 1])
}

fn input(dice: &mut Dice, bench: &Bench, fates: &[Fate], asked: &mut Vec<BlockHash>) -> Input {
    let (_, fate) = around(dice, bench, fates);
    let draft = &fate.drafts[dice.roll(2) as usize];
    let keys = [
        TimerKey::Proposal,
        TimerKey::Certification,
        TimerKey::Idle,
        TimerKey::Clock,
        TimerKey::Retry,
        TimerKey::Standstill,
    ];
    match dice.roll(10) {
        0..=4 => {
            let (from, message) = message(dice, bench, fates);
            let stranger = dice.roll(30) == 0;
            let from = if stranger { Peer([77; 32]) } else { peer(from) };
            Input::Message { from, message }
        }
        5 | 6 => Input::Verified {
            block: asked.pop().unwrap_or_else(|| draft.block.hash()),
            verdict: match dice.roll(300) {
                0 => Verdict::Corrupt("body".into()),
                1 => Verdict::Invalid("state".into()),
                _ => Verdict::Valid,
            },
        },
        7 => Input::Fetched(draft.block.clone()),
        8 => Input::Timer(keys[dice.roll(6) as usize]),
        _ => Input::Work {
            available: dice.roll(2) == 0,
        },
    }
}

fn run(seed: u64) -> usize {
    let mut dice = Dice(seed);
    let mut bench = Bench::equal();
    let fates = fates(&mut dice, &bench);
    let mut watch = Watch {
        said: Vec::new(),
        log: Vec::new(),
        asked: Vec::new(),
    };
    let mut unsigned: Vec<Statement> = Vec::new();
    for _ in 0..400 {
        bench.now += dice.roll(400);
        let input = match dice.roll(25) {
            0 => {
                // A crash: what was appended is durable, what was not signed yet is asked for again.
                let tip = genesis_tip(&bench.set);
                let config = super::bench::config(bench.me);
                let log = watch.log.clone();
                bench.core = Core::recover(super::bench::Mock, config, tip, log).unwrap();
                unsigned = watch.over(seed, &bench.core.start(at(bench.now)));
                continue;
            }
            1..=6 => {
                let votes: Vec<Vote> = unsigned
                    .drain(..)
                    .map(|s| vote(&bench.set, bench.me, s))
                    .collect();
                Input::Signed(votes)
            }
            _ => input(&mut dice, &bench, &fates, &mut watch.asked),
        };
        let effects = bench.step(input);
        unsigned.extend(watch.over(seed, &effects));
        let (views, bodies) = bench.core.load();
        assert!(
            views <= 120 && bodies <= 2 * fates.len(),
            "seed {seed}: {views} {bodies}"
        );
    }
    watch.said.len()
}

#[test]
fn whatever_comes_a_validator_never_contradicts_itself() {
    let said: usize = (0..300).map(run).sum();
    assert!(said > 300 * 5, "it has much to say: {said}");
}
