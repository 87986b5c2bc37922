//! Random sequences against decisions on paper: plain lists, every vote counted anew each time. It knows the README alone.

use crate::world::{Act, DEPOSIT, FUNDS, TIMELOCK, VOTING, World};
use governance::{Choice, Ending, Phase};
use palisade_governance as governance;
use proptest::prelude::*;
use std::collections::BTreeMap;

const POWERS: [(u8, u64); 4] = [(1, 40), (2, 30), (3, 20), (4, 10)];

#[derive(Clone, Debug)]
enum Step {
    Propose(u8, u8),
    Vote(u8, u64, Choice),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let choice = prop_oneof![
        Just(Choice::Yes),
        Just(Choice::Yes),
        Just(Choice::No),
        Just(Choice::Abstain)
    ];
    prop_oneof![
        3 => (6u8..=9, 0u8..4).prop_map(|(who, value)| Step::Propose(who, value)),
        8 => (1u8..=5, 0u64..8, choice).prop_map(|(who, number, choice)| Step::Vote(who, number, choice)),
        4 => prop_oneof![1u64..100, 1u64..VOTING * 2].prop_map(Step::Pass),
    ]
}

#[derive(Clone, Debug)]
struct Written {
    maker: u8,
    value: u8,
    from: u8,
    votes: BTreeMap<u8, Choice>,
    due: u64,
    state: &'static str,
}

#[derive(Default)]
struct Paper {
    now: u64,
    value: u8,
    all: Vec<Written>,
    /// What each maker has lost.
    lost: BTreeMap<u8, u128>,
}

impl Paper {
    fn open(&self) -> usize {
        self.all
            .iter()
            .filter(|one| matches!(one.state, "voting" | "waiting"))
            .count()
    }

    fn propose(&mut self, maker: u8, value: u8) -> Result<(), &'static str> {
        if self.open() >= 3 {
            return Err("TOO_MANY_OPEN");
        }
        if value == self.value {
            return Err("CHANGES_NOTHING");
        }
        self.all.push(Written {
            maker,
            value,
            from: self.value,
            votes: BTreeMap::new(),
            due: self.now + VOTING,
            state: "voting",
        });
        Ok(())
    }

    fn vote(&mut self, who: u8, number: u64, choice: Choice) -> Result<(), &'static str> {
        let now = self.now;
        let found = usize::try_from(number).unwrap();
        let one = self.all.get_mut(found).ok_or("UNKNOWN_PROPOSAL")?;
        if one.state != "voting" || now >= one.due {
            return Err("NOT_VOTING");
        }
        if who > 4 {
            return Err("NO_POWER");
        }
        one.votes.insert(who, choice);
        Ok(())
    }

    /// Two steps at most, those first due first.
    fn pass(&mut self, ms: u64) {
        self.now += ms;
        let mut due: Vec<(u64, usize)> = (0..self.all.len())
            .filter(|n| matches!(self.all[*n].state, "voting" | "waiting"))
            .map(|n| (self.all[n].due, n))
            .filter(|(due, _)| *due <= self.now)
            .collect();
        due.sort_unstable();
        for (_, n) in due.into_iter().take(2) {
            self.step(n);
        }
    }

    fn step(&mut self, n: usize) {
        let one = &self.all[n];
        let of = |choice| {
            POWERS
                .iter()
                .filter(|(who, _)| one.votes.get(who) == Some(&choice))
                .fold(0, |sum, (_, power)| sum + power)
        };
        let (yes, no, abstain) = (of(Choice::Yes), of(Choice::No), of(Choice::Abstain));
        let state = match one.state {
            "waiting" if one.from != self.value => "failed",
            "waiting" => {
                self.value = one.value;
                "executed"
            }
            _ if yes + no + abstain < 40 => {
                *self.lost.entry(one.maker).or_default() += DEPOSIT;
                "ignored"
            }
            _ if yes == 0 || yes * 10 < (yes + no) * 6 => "rejected",
            _ if one.value == self.value => "failed",
            _ => "waiting",
        };
        let due = self.now + TIMELOCK;
        let one = &mut self.all[n];
        one.state = state;
        one.due = due;
    }
}

fn compare(world: &World, paper: &Paper) {
    assert_eq!(world.value(), paper.value);
    assert_eq!(
        usize::from(governance::query::open(&world.chain.view()).unwrap()),
        paper.open()
    );
    for (number, one) in (0u64..).zip(&paper.all) {
        let phase = world.phase(number);
        assert_eq!(phase.name(), one.state, "proposal {number}");
        if let Phase::Voting { until } | Phase::Waiting { until } = phase {
            assert_eq!(until.get(), one.due);
        }
        if let Phase::Ended(Ending::Failed(code)) = phase {
            assert!([9, 14].contains(&code.number), "{code}");
        }
    }
    for maker in 6..=9 {
        let lost = paper.lost.get(&maker).copied().unwrap_or(0);
        let lies = paper
            .all
            .iter()
            .filter(|one| one.maker == maker && matches!(one.state, "voting" | "waiting"))
            .count();
        let lies = u128::try_from(lies).unwrap() * DEPOSIT;
        assert_eq!(world.balance(maker), FUNDS - lost - lies, "maker {maker}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_happens_the_module_and_the_paper_agree(steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        let mut paper = Paper::default();
        for step in &steps {
            match *step {
                Step::Propose(who, value) => {
                    let real = world.propose(who, Act::Set { value }).map(|_| ());
                    prop_assert_eq!(real, paper.propose(who, value));
                }
                Step::Vote(who, number, choice) => {
                    prop_assert_eq!(world.vote(who, number, choice), paper.vote(who, number, choice));
                }
                Step::Pass(ms) => {
                    world.pass(ms);
                    paper.pass(ms);
                }
            }
            compare(&world, &paper);
        }
    }
}
