//! The pool against a list that is searched from end to end.

use super::*;
use crate::fixture::{Chain, Spec, Tx, account};
use crate::{Admission, Bid};
use primitives::Gas;
use proptest::prelude::*;

/// What can happen.
#[derive(Clone, Debug)]
enum Step {
    Insert(Spec),
    /// A block of at most this many, in which a few senders' sequences are used by others.
    Block {
        take: usize,
        foreign: Option<u8>,
        base: u128,
    },
    Poor {
        sender: u8,
        balance: u128,
    },
    Invalid {
        sender: u8,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let insert = (
        1u8..6,
        0u64..8,
        1u128..40,
        0u128..40,
        1u128..40,
        0u64..30,
        0usize..120,
    )
        .prop_map(|(sender, ahead, price, tip, cost, timeout, size)| {
            Step::Insert(Spec {
                sender,
                sequence: ahead,
                price,
                tip: tip.min(price),
                cost,
                timeout: timeout + 2,
                size,
                ..Spec::default()
            })
        });
    let block = (0usize..5, proptest::option::weighted(0.2, 1u8..6), 0u128..20)
        .prop_map(|(take, foreign, base)| Step::Block { take, foreign, base });
    prop_oneof![
        8 => insert,
        2 => block,
        1 => (1u8..6, 0u128..120).prop_map(|(sender, balance)| Step::Poor { sender, balance }),
        1 => (1u8..6).prop_map(|sender| Step::Invalid { sender }),
    ]
}

/// A waiting transaction: when it came, and up to which height it waits.
struct Waiting {
    tx: Arc<Tx>,
    arrival: u64,
    expires: u64,
}

struct Model {
    limits: Config,
    waiting: Vec<Waiting>,
    arrivals: u64,
    next: [u64; 6],
    balance: [u128; 6],
    height: u64,
    base: u128,
}

impl Model {
    fn of(&self, sender: u8) -> Vec<&Waiting> {
        let mut own: Vec<&Waiting> = self
            .waiting
            .iter()
            .filter(|w| w.tx.spec.sender == sender)
            .collect();
        own.sort_by_key(|w| w.tx.spec.sequence);
        own
    }

    fn is_ready(&self, sender: u8, sequence: u64) -> bool {
        (self.next[usize::from(sender)]..sequence)
            .all(|before| self.of(sender).iter().any(|w| w.tx.spec.sequence == before))
    }

    fn queued(&self) -> usize {
        let behind = |w: &&Waiting| !self.is_ready(w.tx.spec.sender, w.tx.spec.sequence);
        self.waiting.iter().filter(behind).count()
    }

    fn price(&self, spec: &Spec, base: u128) -> u128 {
        let bid = Bid {
            max_price: Amount::new(spec.price),
            tip: Amount::new(spec.tip),
        };
        bid.price_at(Amount::new(base)).get()
    }

    /// All rules but those of room; true when the list may take it.
    fn admits(&self, spec: &Spec) -> bool {
        let next = self.next[usize::from(spec.sender)];
        let own = self.of(spec.sender);
        let same = own.iter().find(|w| w.tx.spec.sequence == spec.sequence);
        let tenth_more = |old: u128, new: u128| new * 10 >= old * 11;
        let outbids = same
            .is_none_or(|w| tenth_more(w.tx.spec.price, spec.price) && tenth_more(w.tx.spec.tip, spec.tip));
        let others: u128 = own
            .iter()
            .filter(|w| w.tx.spec.sequence != spec.sequence)
            .map(|w| w.tx.spec.cost)
            .sum();
        spec.timeout > self.height
            && spec.sequence >= next
            && spec.sequence < next + self.limits.max_per_account
            && outbids
            && others + spec.cost <= self.balance[usize::from(spec.sender)]
    }

    fn has_room(&self, spec: &Spec, size: usize) -> bool {
        let replaced = self
            .of(spec.sender)
            .into_iter()
            .find(|w| w.tx.spec.sequence == spec.sequence);
        let bytes: usize = self.waiting.iter().map(|w| w.tx.bytes().len()).sum();
        let old = replaced.map_or(0, |w| w.tx.bytes().len());
        let count = self.waiting.len() + usize::from(replaced.is_none());
        let queued =
            self.queued() + usize::from(replaced.is_none() && !self.is_ready(spec.sender, spec.sequence));
        count <= self.limits.max_transactions
            && bytes + size - old <= self.limits.max_bytes
            && queued <= self.limits.max_queued
    }

    fn take(&mut self, tx: Arc<Tx>) {
        let (sender, sequence) = (tx.spec.sender, tx.spec.sequence);
        self.waiting
            .retain(|w| (w.tx.spec.sender, w.tx.spec.sequence) != (sender, sequence));
        self.arrivals += 1;
        let expires = tx.spec.timeout.min(self.height + self.limits.ttl_blocks);
        self.waiting.push(Waiting {
            tx,
            arrival: self.arrivals,
            expires,
        });
    }

    /// What a block may hold, chosen one by one from all that could be next.
    fn select(&self, count: usize) -> Vec<(u8, u64)> {
        let mut next = self.next;
        let mut chosen = Vec::new();
        while chosen.len() < count {
            let best = self
                .waiting
                .iter()
                .filter(|w| {
                    let spec = &w.tx.spec;
                    spec.sequence == next[usize::from(spec.sender)]
                        && spec.timeout > self.height
                        && spec.price >= self.base
                })
                .max_by_key(|w| (self.price(&w.tx.spec, self.base), u64::MAX - w.arrival));
            let Some(best) = best else { break };
            next[usize::from(best.tx.spec.sender)] += 1;
            chosen.push((best.tx.spec.sender, best.tx.spec.sequence));
        }
        chosen
    }

    /// Drops what used sequences, time and balances forbid, in this order.
    fn settle(&mut self) {
        let (next, height) = (self.next, self.height);
        self.waiting
            .retain(|w| w.tx.spec.sequence >= next[usize::from(w.tx.spec.sender)]);
        self.waiting.retain(|w| w.expires > height);
        for sender in 1..6u8 {
            loop {
                let own = self.of(sender);
                let cost: u128 = own.iter().map(|w| w.tx.spec.cost).sum();
                let poor = cost > self.balance[usize::from(sender)];
                let Some(last) = own.last().filter(|_| poor) else {
                    break;
                };
                let arrival = last.arrival;
                self.waiting.retain(|w| w.arrival != arrival);
            }
        }
    }
}

struct Run {
    chain: Chain,
    pool: Pool<Tx>,
    model: Model,
}

impl Run {
    fn new(limits: Config) -> Self {
        let chain = Chain::default();
        for sender in 1..6 {
            chain.set(sender, 0, 100);
        }
        let model = Model {
            limits: limits.clone(),
            waiting: Vec::new(),
            arrivals: 0,
            next: [0; 6],
            balance: [100; 6],
            height: 0,
            base: 0,
        };
        Self {
            chain,
            pool: Pool::new(limits, Height::ZERO, Amount::ZERO),
            model,
        }
    }

    fn insert(&mut self, mut spec: Spec) -> Result<(), TestCaseError> {
        spec.sequence += self.model.next[usize::from(spec.sender)].saturating_sub(1);
        let tx = spec.transaction();
        let known = self.model.waiting.iter().any(|w| w.tx.id() == tx.id());
        let (admits, room) = (
            self.model.admits(&spec),
            self.model.has_room(&spec, tx.bytes().len()),
        );
        let ready = self.model.is_ready(spec.sender, spec.sequence);
        let before = self.model.waiting.len();
        let answer = self
            .pool
            .insert(Arc::clone(&tx), self.chain.account(&account(spec.sender)));
        let left = self.pool.take_left();
        match answer {
            Ok(Inserted::AlreadyPending) => prop_assert!(known),
            Ok(Inserted::Added(place)) => {
                prop_assert!(admits && !known);
                prop_assert_eq!(place == Place::Ready, ready);
                let pushed_out = left
                    .iter()
                    .filter(|c| matches!(c.reason, Some(Dropped::Evicted { .. })));
                for change in pushed_out {
                    prop_assert!(!room, "pushed out although there was room");
                    self.check_victim(&change.transaction, &spec, ready)?;
                    let id = change.transaction.id();
                    self.model.waiting.retain(|w| w.tx.id() != id);
                }
                self.model.take(tx);
            }
            Err(rejection) => {
                let room_could_be_made = room || self.someone_is_worth_less(&spec, &tx);
                prop_assert!(!known, "{rejection}");
                prop_assert!(!admits || !room_could_be_made, "{rejection}");
                prop_assert!(left.is_empty());
                prop_assert_eq!(before, self.model.waiting.len());
            }
        }
        Ok(())
    }

    /// Whoever is pushed out is the last of its account, and worth less than the newcomer.
    fn check_victim(&self, victim: &Tx, newcomer: &Spec, ready: bool) -> Result<(), TestCaseError> {
        let (sender, sequence) = (victim.spec.sender, victim.spec.sequence);
        let own = self.model.of(sender);
        prop_assert_eq!(own.last().map(|w| w.tx.spec.sequence), Some(sequence));
        let (theirs, ours) = (self.worth(&victim.spec), self.worth(newcomer));
        prop_assert_eq!(ours.0, ready);
        prop_assert!(theirs < ours, "{:?} went for {:?}", theirs, ours);
        Ok(())
    }

    /// Whether all before it wait, and the least price among it and them.
    fn worth(&self, spec: &Spec) -> (bool, u128) {
        let own = self.model.of(spec.sender).into_iter();
        let before = own
            .filter(|w| w.tx.spec.sequence < spec.sequence)
            .map(|w| w.tx.spec);
        let chain = before.chain([*spec]);
        let least = chain.map(|spec| self.model.price(&spec, self.model.base)).min();
        (
            self.model.is_ready(spec.sender, spec.sequence),
            least.unwrap_or_default(),
        )
    }

    /// Whether one other is enough to go for this one, and would have to.
    fn someone_is_worth_less(&self, spec: &Spec, tx: &Tx) -> bool {
        let last = |sender| {
            self.model
                .of(sender)
                .last()
                .map(|w| (w.tx.spec, w.tx.bytes().len()))
        };
        (1..6u8).filter_map(last).any(|(other, size)| {
            let behind = other.sender != spec.sender || other.sequence > spec.sequence;
            let frees_queue = !self.worth(&other).0 || self.worth(spec).0;
            behind && frees_queue && size >= tx.bytes().len() && self.worth(&other) < self.worth(spec)
        })
    }

    fn block(&mut self, take: usize, foreign: Option<u8>, base: u128) {
        let mut included: Vec<Arc<Tx>> = Vec::new();
        for (sender, sequence) in self.model.select(take) {
            let found = self
                .model
                .waiting
                .iter()
                .find(|w| (w.tx.spec.sender, w.tx.spec.sequence) == (sender, sequence));
            included.extend(found.map(|w| Arc::clone(&w.tx)));
        }
        if let Some(sender) = foreign
            && !included.iter().any(|tx| tx.spec.sender == sender)
        {
            let sequence = self.model.next[usize::from(sender)];
            included.push(
                Spec {
                    sender,
                    sequence,
                    price: 10_000,
                    ..Spec::default()
                }
                .transaction(),
            );
        }
        for tx in &included {
            self.model.next[usize::from(tx.spec.sender)] = tx.spec.sequence + 1;
        }
        self.model.height += 1;
        self.model.base = base;
        for sender in 1..6u8 {
            let place = usize::from(sender);
            self.chain
                .set(sender, self.model.next[place], self.model.balance[place]);
        }
        self.chain.advance(self.model.height, base);
        self.pool.finalized(&included, &self.chain);
        self.model.settle();
        self.agree_on_trimming();
    }

    /// A removal can leave too many behind gaps: which of them go is the pool's choice, that they are last is not.
    fn agree_on_trimming(&mut self) {
        let trimmed = self.pool.take_left();
        for change in trimmed {
            if matches!(change.reason, Some(Dropped::Evicted { .. })) {
                let id = change.transaction.id();
                let own = self.model.of(change.transaction.spec.sender);
                assert_eq!(own.last().map(|w| w.tx.id()), Some(id));
                self.model.waiting.retain(|w| w.tx.id() != id);
            }
        }
    }

    fn apply(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Insert(spec) => self.insert(spec)?,
            Step::Block { take, foreign, base } => self.block(take, foreign, base),
            Step::Poor { sender, balance } => {
                self.model.balance[usize::from(sender)] = balance;
                self.block(0, None, self.model.base);
            }
            Step::Invalid { sender } => {
                let first = self.model.of(sender).first().map(|w| w.tx.id());
                let why = Rejection::new(crate::Class::Precondition, "INVALID", "invalid");
                self.pool
                    .remove(&first.map(|id| (id, why)).into_iter().collect::<Vec<_>>());
                self.model.waiting.retain(|w| Some(w.tx.id()) != first);
                self.agree_on_trimming();
            }
        }
        self.compare()
    }

    fn compare(&self) -> Result<(), TestCaseError> {
        let (pool, model) = (&self.pool, &self.model);
        prop_assert_eq!(pool.len(), model.waiting.len());
        prop_assert_eq!(
            pool.bytes(),
            model.waiting.iter().map(|w| w.tx.bytes().len()).sum::<usize>()
        );
        prop_assert_eq!(pool.queued(), model.queued());
        prop_assert!(pool.len() <= model.limits.max_transactions);
        prop_assert!(pool.bytes() <= model.limits.max_bytes);
        prop_assert!(pool.queued() <= model.limits.max_queued);
        prop_assert_eq!(pool.expiry.len(), pool.len());
        for w in &model.waiting {
            let place = pool.find(&w.tx.id()).map(|(_, place)| place == Place::Ready);
            prop_assert_eq!(place, Some(model.is_ready(w.tx.spec.sender, w.tx.spec.sequence)));
        }
        let room = Selection {
            height: Height::new(model.height + 1),
            base_price: Amount::new(model.base),
            max_bytes: usize::MAX,
            max_gas: Gas::MAX,
            max_transactions: usize::MAX,
        };
        let chosen = pool.select(&room, &Reserved::default());
        let chosen: Vec<(u8, u64)> = chosen
            .iter()
            .map(|tx| (tx.spec.sender, tx.spec.sequence))
            .collect();
        prop_assert_eq!(chosen, model.select(usize::MAX));
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_pool_is_the_list_only_faster(
        steps in proptest::collection::vec(step(), 1..120),
        max_transactions in 3usize..20,
        max_bytes in 300usize..1_500,
        max_queued in 0usize..6,
    ) {
        let limits = Config {
            max_transactions,
            max_bytes,
            max_queued,
            max_transaction_bytes: 300,
            max_per_account: 6,
            ttl_blocks: 12,
            recheck_per_block: 100,
            ..Config::default()
        };
        let mut run = Run::new(limits);
        for step in steps {
            run.apply(step)?;
        }
    }
}
