//! A chain of bank and governance in memory, and something to decide.

use borsh::{BorshDeserialize, BorshSerialize};
use governance::{
    Ballot, Choice, Genesis, Inequality, Msg, Params, Phase, Proposal, Propose, Refusal, Subject, Summary,
    Tally, Urgency, Vote, Wiring,
};
use kernel::testing::Sandbox;
use kernel::{Code, Ctx, Event, EventType, Fault, Item, Module, Read, StateError, View};
use palisade_governance as governance;
use primitives::codec::encode;
use primitives::{AccountId, Amount, AssetId, Blocks, Bps, ChainClock, Coin, Epoch, Millis, Power};

pub(crate) const FUNDS: u128 = 1_000_000;
pub(crate) const DEPOSIT: u128 = 1_000;
pub(crate) const VOTING: u64 = 1_000;
pub(crate) const TIMELOCK: u64 = 500;

/// What is decided about.
const VALUE: Item<u8> = Item::new([200, 0]);
/// Whether what is fragile is broken.
const BROKEN: Item<bool> = Item::new([200, 1]);
/// Whether sets of the past are forgotten.
const FORGOTTEN: Item<bool> = Item::new([200, 2]);

/// What can be decided here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Act {
    /// Sets the value, at most 100.
    Set { value: u8 },
    /// As [`Act::Set`], which waits for three timelocks.
    Slow { value: u8 },
    /// Never fits.
    Unfit,
    /// Is about nothing.
    Unknown,
    /// Is refused by another module.
    Foreign,
    /// Fits until it is broken.
    Fragile,
    /// Writes, and is then refused by another module.
    Halfway,
    /// Does not wait.
    Urgent,
}

#[derive(Debug)]
pub(crate) enum Wire {}

impl Wiring for Wire {
    type Action = Act;

    /// Operators 1 to 4 have 40, 30, 20 and 10 in epoch 0; in others operator 5 has 100.
    fn ballot(view: &View<'_>, epoch: Epoch, operator: &AccountId) -> Result<Option<Ballot>, StateError> {
        if FORGOTTEN.or_default(view)? && epoch != view.block().epoch {
            return Ok(None);
        }
        let powers: &[(u8, u64)] = if epoch == Epoch::ZERO {
            &[(1, 40), (2, 30), (3, 20), (4, 10)]
        } else {
            &[(5, 100)]
        };
        let own = powers.iter().find(|(n, _)| account(*n) == *operator);
        Ok(Some(Ballot {
            own: Power::new(own.map_or(0, |(_, power)| *power)),
            total: Power::new(100),
        }))
    }

    fn basis(store: &dyn Read, action: &Act) -> Result<Vec<u8>, StateError> {
        Ok(match action {
            Act::Set { .. } => encode(&VALUE.or_default(store)?),
            Act::Slow { .. }
            | Act::Unfit
            | Act::Unknown
            | Act::Foreign
            | Act::Fragile
            | Act::Halfway
            | Act::Urgent => Vec::new(),
        })
    }

    fn check(view: &View<'_>, action: &Act, _: ChainClock) -> Result<Urgency, Refusal> {
        match action {
            Act::Set { value } | Act::Slow { value } if *value > 100 => {
                Err(Refusal::Rule("at most 100".to_owned()))
            }
            Act::Set { value } if *value == VALUE.or_default(view)? => Err(Refusal::NoChange),
            Act::Fragile if BROKEN.or_default(view)? => Err(Refusal::Inequality(Inequality::Withdrawal)),
            Act::Set { .. } | Act::Fragile | Act::Halfway => Ok(Urgency::Usual),
            Act::Slow { .. } => Ok(Urgency::AtLeast(Millis::new(3 * TIMELOCK))),
            Act::Unfit => Err(Refusal::Inequality(Inequality::Withdrawal)),
            Act::Unknown => Err(Refusal::Unknown("nothing".to_owned())),
            Act::Foreign => Err(Refusal::Code(Code {
                module: 99,
                number: 1,
            })),
            Act::Urgent => Ok(Urgency::Now),
        }
    }

    fn execute(ctx: &mut Ctx<'_>, action: Act) -> Result<(), Refusal> {
        match action {
            Act::Set { value } | Act::Slow { value } => Ok(VALUE.put(ctx, &value)?),
            Act::Halfway => {
                VALUE.put(ctx, &99)?;
                Err(Refusal::Code(Code {
                    module: 99,
                    number: 3,
                }))
            }
            Act::Unfit | Act::Unknown | Act::Foreign | Act::Fragile | Act::Urgent => Ok(()),
        }
    }
}

type Bank = bank::Bank<()>;
type Governance = governance::Governance<Wire>;

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

fn params() -> Params {
    Params {
        deposit: Amount::new(DEPOSIT),
        voting_period: Millis::new(VOTING),
        timelock: Millis::new(TIMELOCK),
        quorum: Bps::new(4_000).unwrap(),
        threshold: Bps::new(6_000).unwrap(),
        longest_halt: Millis::new(100),
        max_open: 3,
        items_per_block: 2,
    }
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) chain: Sandbox,
}

impl World {
    /// Accounts 1 to 9 have [`FUNDS`].
    pub(crate) fn new() -> Self {
        let mut chain = Sandbox::new();
        let pal = |amount| Coin {
            asset: AssetId::PAL,
            amount: Amount::new(amount),
        };
        let funds = bank::Genesis {
            balances: (1..=9)
                .map(|n| bank::Balance {
                    account: account(n),
                    asset: AssetId::PAL,
                    amount: Amount::new(FUNDS),
                })
                .collect(),
            supply: vec![pal(9 * FUNDS)],
        };
        chain.run(|ctx| Bank::init_genesis(ctx, funds)).unwrap();
        let genesis = Genesis {
            params: params(),
            resumed: None,
        };
        chain.run(|ctx| Governance::init_genesis(ctx, genesis)).unwrap();
        Self { chain }
    }

    pub(crate) fn check(&self) {
        assert_eq!(self.chain.check(Governance::invariants()), Ok(()));
        assert_eq!(self.chain.check(Bank::invariants()), Ok(()));
    }

    fn tell(&mut self, who: u8, msg: Msg<Act>) -> Result<(), &'static str> {
        let before = self.chain.state().unwrap().root();
        let done = self.chain.run(|ctx| Governance::execute(ctx, account(who), msg));
        if let Err(error) = &done {
            assert_eq!(
                before,
                self.chain.state().unwrap().root(),
                "a refusal leaves no trace"
            );
            let code = error.code().expect("a refusal has a code");
            let known = Governance::MEANINGS.iter().any(|one| one.number == code.number);
            assert!(code.module != governance::ID.number() || known, "{error}");
        }
        self.check();
        done.map_err(|error| error.reason())
    }

    /// The number of what was proposed.
    pub(crate) fn propose(&mut self, who: u8, action: Act) -> Result<u64, &'static str> {
        let summary = Summary::new("do it").unwrap();
        let number = governance::query::count(&self.chain.view()).unwrap();
        self.tell(who, Msg::Propose(Box::new(Propose { summary, action })))?;
        Ok(number)
    }

    pub(crate) fn vote(&mut self, who: u8, proposal: u64, choice: Choice) -> Result<(), &'static str> {
        self.tell(who, Msg::Vote { proposal, choice })
    }

    /// Time passes, without a block.
    pub(crate) fn wait(&mut self, ms: u64) {
        self.chain.advance(Blocks::new(1), Millis::new(ms));
    }

    /// The next block, `ms` later.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.wait(ms);
        self.chain.hook(Governance::begin_block).unwrap();
        self.check();
    }

    pub(crate) fn next_epoch(&mut self) {
        self.chain.block.epoch = self.chain.block.epoch.next().unwrap();
    }

    pub(crate) fn forget_sets(&mut self) {
        self.chain.hook(|ctx| FORGOTTEN.put(ctx, &true)).unwrap();
    }

    pub(crate) fn break_fragile(&mut self) {
        self.chain.hook(|ctx| BROKEN.put(ctx, &true)).unwrap();
    }

    pub(crate) fn proposal(&self, number: u64) -> Proposal<Act> {
        governance::query::proposal(&self.chain.view(), number)
            .unwrap()
            .unwrap()
    }

    pub(crate) fn phase(&self, number: u64) -> Phase {
        self.proposal(number).phase
    }

    pub(crate) fn tally(&self, number: u64) -> Tally {
        self.proposal(number).tally
    }

    pub(crate) fn votes(&self, number: u64) -> Vec<(AccountId, Vote)> {
        governance::query::votes(&self.chain.view(), number, None, 99).unwrap()
    }

    pub(crate) fn value(&self) -> u8 {
        VALUE.or_default(&self.chain.view()).unwrap()
    }

    pub(crate) fn balance(&self, who: u8) -> u128 {
        bank::balance(&self.chain.view(), &account(who), AssetId::PAL)
            .unwrap()
            .get()
    }

    pub(crate) fn supply(&self) -> u128 {
        bank::supply(&self.chain.view(), AssetId::PAL).unwrap().get()
    }

    pub(crate) fn halt(&mut self, name: &str, ms: u64) -> Result<(), &'static str> {
        let subject = Subject::new(name).unwrap();
        let done = self
            .chain
            .run(|ctx| governance::halt(ctx, subject, Millis::new(ms)));
        self.check();
        done.map_err(|error| error.reason())
    }

    pub(crate) fn lift(&mut self, name: &str) -> Result<(), &'static str> {
        let subject = Subject::new(name).unwrap();
        let done = self.chain.run(|ctx| governance::lift(ctx, subject));
        self.check();
        done.map_err(|error| error.reason())
    }

    /// Whether it is refused now.
    pub(crate) fn stands(&mut self, name: &str) -> bool {
        let subject = Subject::new(name).unwrap();
        self.chain
            .run(|ctx| governance::refuse_if_halted(ctx, subject))
            .is_err()
    }

    pub(crate) fn count<E: EventType>(&mut self) -> usize {
        let events = self.chain.take_events();
        events.iter().filter(|event| Event::is::<E>(event)).count()
    }

    /// Starts the module anew from its tables: nothing changes; without the deposits it does not start.
    pub(crate) fn go_on(&self) {
        let export = || governance::as_genesis::<Act>(&self.chain.view()).unwrap();
        let mut again = self.chain.clone();
        let before = again.state().unwrap().root();
        again.run(|ctx| Governance::init_genesis(ctx, export())).unwrap();
        assert_eq!(again.state().unwrap().root(), before);
        let mut poor = self.chain.clone();
        poor.hook(|ctx| {
            let one = Coin {
                asset: AssetId::PAL,
                amount: Amount::new(1),
            };
            let held = bank::take(ctx, &governance::deposit_account(), one).expect("deposits are held");
            bank::destroy(ctx, held)
        })
        .unwrap();
        let refused = poor
            .run(|ctx| Governance::init_genesis(ctx, export()))
            .unwrap_err();
        assert_eq!(refused.reason(), "BAD_GENESIS");
    }
}
