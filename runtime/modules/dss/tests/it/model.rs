//! Random messages against a model on paper that shares no code: who is a member, what tasks pay.

use crate::tasks::answer;
use crate::world::{CLIENT, FEES, SERVICE, World, join};
use palisade_dss::{Msg, Respond, query};
use primitives::Digest;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
enum Step {
    Join(u8),
    Leave(u8),
    Post(u16),
    Respond(u8, u8),
    Abstain(u8),
    Pass(u16),
    EndEpoch,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..5u8).prop_map(Step::Join),
        (1..5u8).prop_map(Step::Leave),
        any::<u16>().prop_map(Step::Post),
        (1..5u8, 0..2u8).prop_map(|(who, what)| Step::Respond(who, what)),
        (1..5u8).prop_map(Step::Abstain),
        (0..9_000u16).prop_map(Step::Pass),
        Just(Step::EndEpoch),
    ]
}

/// Posted when, fee, seats, answers in time by operator, abstained.
type Asked = (u64, u64, Vec<u8>, BTreeMap<u8, u8>, BTreeSet<u8>);

struct Paper {
    now: u64,
    members: BTreeSet<u8>,
    left_at: BTreeMap<u8, u64>,
    seats: Option<Vec<u8>>,
    tasks: Vec<Asked>,
    next: usize,
    earned: BTreeMap<u8, u64>,
    client: u64,
    keys: u8,
}

impl Paper {
    fn settle(&mut self) {
        while let Some((posted, fee, seats, answers, _)) = self.tasks.get(self.next) {
            if posted + 6_000 > self.now {
                break;
            }
            self.client += fee;
            let need = (seats.len() * 100 * 6_667).div_ceil(10_000);
            for what in 0..2u8 {
                let agreeing: Vec<u8> = answers
                    .iter()
                    .filter(|(_, said)| **said == what)
                    .map(|(who, _)| *who)
                    .collect();
                if agreeing.len() * 100 >= need {
                    let share = fee * 100 / (agreeing.len() as u64 * 100);
                    for who in agreeing {
                        *self.earned.entry(who).or_default() += share;
                        self.client -= share;
                    }
                }
            }
            self.next += 1;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn members_and_fees_are_as_on_paper(steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::with_service();
        let mut paper = Paper {
            now: 0,
            members: (1..5).collect(),
            left_at: BTreeMap::new(),
            seats: None,
            tasks: Vec::new(),
            next: 0,
            earned: BTreeMap::new(),
            client: 1_000_000,
            keys: 50,
        };
        for step in steps {
            match step {
                Step::Join(who) => {
                    let open = !paper.members.contains(&who)
                        && paper.left_at.get(&who).is_none_or(|left| paper.now >= left + 120_000);
                    let outcome = world.send(who, Msg::Join(join(1, who, paper.keys)));
                    prop_assert_eq!(outcome.is_ok(), open);
                    if open {
                        paper.members.insert(who);
                        paper.keys += 1;
                    }
                }
                Step::Leave(who) => {
                    let outcome = world.send(who, Msg::Leave { service: SERVICE });
                    prop_assert_eq!(outcome.is_ok(), paper.members.remove(&who));
                    if outcome.is_ok() {
                        paper.left_at.insert(who, paper.now);
                    }
                }
                Step::Post(fee) => {
                    let fee = u64::from(fee);
                    let can = (paper.seats.is_some() || paper.members.len() >= 2) && fee <= paper.client;
                    let outcome = world.post(u128::from(fee), 0);
                    prop_assert_eq!(outcome.is_ok(), can, "{:?}", outcome);
                    if can {
                        let seats: Vec<u8> =
                            paper.seats.get_or_insert_with(|| paper.members.iter().copied().collect()).clone();
                        paper.tasks.push((paper.now, fee, seats, BTreeMap::new(), BTreeSet::new()));
                        paper.client -= fee;
                    }
                }
                Step::Respond(who, what) => {
                    // The last task, by keys that did not change since the start.
                    let Some(id) = paper.tasks.len().checked_sub(1) else { continue };
                    let task = id as u64;
                    let said = answer(what);
                    let (posted, _, seats, answers, abstained) = &mut paper.tasks[id];
                    let fresh = !paper.left_at.contains_key(&who);
                    if !fresh {
                        continue;
                    }
                    let open = paper.now < *posted + 6_000
                        && seats.contains(&who) && !answers.contains_key(&who) && !abstained.contains(&who);
                    let known = query::task(&world.sandbox.view(), task).unwrap().unwrap();
                    let seat = seats.iter().position(|seat| *seat == who);
                    let late = seat.is_some_and(|seat| known.late.contains(seat as u8));
                    let message = Msg::Respond(Respond {
                        task,
                        answer: said,
                        salt: Digest::ZERO,
                        signature: world.sign(who, task, &said),
                    });
                    let outcome = world.send(who, message);
                    prop_assert_eq!(outcome.is_ok(), open && !late, "{:?}", outcome);
                    if open && paper.now < *posted + 4_000 {
                        answers.insert(who, what);
                    }
                }
                Step::Abstain(who) => {
                    let Some(id) = paper.tasks.len().checked_sub(1) else { continue };
                    let (posted, _, seats, answers, abstained) = &mut paper.tasks[id];
                    let open = paper.now < *posted + 4_000 && seats.contains(&who) && !answers.contains_key(&who);
                    let outcome = world.send(who, Msg::Abstain { task: id as u64 });
                    prop_assert_eq!(outcome.is_ok(), open && abstained.insert(who));
                }
                Step::Pass(time) => {
                    world.pass(u64::from(time));
                    paper.now += u64::from(time);
                    paper.settle();
                }
                Step::EndEpoch => {
                    world.end_epoch();
                    paper.seats = None;
                }
            }
            prop_assert_eq!(world.held(CLIENT, FEES), u128::from(paper.client));
            for who in 1..5 {
                let earned = paper.earned.get(&who).copied().unwrap_or(0);
                prop_assert_eq!(world.held(who, FEES), u128::from(earned));
            }
        }
    }
}
