//! The rules of restaking on paper: everything that ever was is kept, and searched each time. Shares no code with the
//! modules. The only thing that it is told is what an amount is worth, which is the oracle's to say.

mod blocks;
mod pledges;
pub(crate) mod power;
pub(crate) mod rewards;
mod services;
mod vaults;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Done = Result<(), &'static str>;
type Wide = ruint::Uint<256, 4>;

/// A vault that was never slashed, and a leverage of one.
pub(crate) const WHOLE: u128 = 1_000_000_000_000_000_000;
/// All, in basis points.
const ALL: u128 = 10_000;
/// Services are 1 to 3; 0 is the chain.
pub(crate) const SERVICES: usize = 4;
/// Assets are 0, PAL, and two that vaults hold.
pub(crate) const ASSETS: usize = 3;

/// Times, in milliseconds.
pub(crate) const EPOCH: u64 = 20_000;
const WITHDRAWAL: u64 = 120_000;
const UP: u64 = 20_000;
const DOWN: u64 = 120_000;
const LEAVING: u64 = 120_000;
const CHARTER: u64 = 140_000;
const WINDOW: u64 = 60_000;
const VETO: u64 = 20_000;
const KEPT: u64 = 130_000;
const LONGEST_TASK: u64 = 20_000;

/// Per block.
pub(crate) const PAYOUTS: usize = 1;
pub(crate) const EFFECTS: usize = 3;
pub(crate) const ITEMS: usize = 2;
/// At a time.
pub(crate) const EXITS: usize = 3;

/// `a · b / c` and whether something is left over.
fn divide(a: u128, b: u128, c: u128) -> (u128, bool) {
    if c == 0 {
        return (0, false);
    }
    if let Some(product) = a.checked_mul(b) {
        return (product / c, !product.is_multiple_of(c));
    }
    let (q, r) = (Wide::from(a) * Wide::from(b)).div_rem(Wide::from(c));
    (u128::try_from(q).unwrap_or(u128::MAX), !r.is_zero())
}

pub(crate) fn floor(a: u128, b: u128, c: u128) -> u128 {
    divide(a, b, c).0
}

pub(crate) fn ceil(a: u128, b: u128, c: u128) -> u128 {
    let (q, more) = divide(a, b, c);
    q.saturating_add(u128::from(more))
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) up: bool,
    pub(crate) by: u128,
    pub(crate) asked: u64,
    pub(crate) due: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Pledge {
    pub(crate) now: u128,
    pub(crate) change: Option<Change>,
    /// Every value that it ever had, in order.
    log: Vec<(u64, u128)>,
    /// The same, as far as slashes have left it liable.
    liable: Vec<(u64, u128)>,
    /// When decreases were asked for, and when they bound.
    falls: Vec<(u64, u64)>,
}

/// How a vault stood when a block ended.
#[derive(Clone, Debug)]
struct Past {
    at: u64,
    assets: u128,
    whole: u128,
    pledged: [u128; SERVICES],
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Vault {
    pub(crate) operator: u8,
    pub(crate) asset: usize,
    /// How often a unit may be pledged, in parts of [`WHOLE`].
    pub(crate) leverage: u128,
    wider: Option<(u64, u128)>,
    pub(crate) cap: Option<u128>,
    pub(crate) least: u128,
    pub(crate) listed: bool,
    pub(crate) allowed: BTreeSet<u8>,
    pub(crate) assets: u128,
    pub(crate) whole: u128,
    pub(crate) owners: BTreeMap<u8, u128>,
    /// Escrowed, of those who leave.
    pub(crate) leaving: u128,
    pub(crate) pledges: [Pledge; SERVICES],
    /// When the last pledge became nothing.
    ended: Option<u64>,
    past: Vec<Past>,
    pub(crate) cash: u128,
    pub(crate) claims: u128,
    pub(crate) funders: BTreeMap<u8, u128>,
    /// When exits were asked for, and when they were paid.
    exits: Vec<(u64, u64)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Exit {
    pub(crate) vault: usize,
    /// Whose, and who is paid; none for the buffer's.
    pub(crate) holder: Option<(u8, u8)>,
    pub(crate) shares: u128,
    asked: u64,
    pub(crate) due: u64,
    void: bool,
}

impl Exit {
    /// Whether its shares were worth nothing when its vault started anew.
    pub(crate) const fn is_void(&self) -> bool {
        self.void
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Leaving(u64),
    Left,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    service: u32,
    fraction: u128,
    cap: u128,
    at: u64,
    vaults: Vec<usize>,
    slasher: u8,
    pub(crate) due: u64,
    pub(crate) open: bool,
}

#[derive(Clone, Debug)]
struct Snap {
    at: u64,
    seats: BTreeMap<u8, u128>,
    total: u128,
}

#[derive(Clone, Debug)]
struct Task {
    service: u32,
    epoch: u64,
    poster: u8,
    fee: u128,
    settled: bool,
    gone: bool,
}

/// What slashes did, for those who check that nothing escapes and nothing is taken twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slashed {
    pub(crate) vault: usize,
    pub(crate) taken: u128,
    /// The most that it might take of what was slashable then.
    pub(crate) most: u128,
    /// What of others' stake in the vault it changed, where each unit was pledged once.
    pub(crate) others: u128,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Paper {
    pub(crate) now: u64,
    pub(crate) epoch: u64,
    epoch_start: u64,
    /// When each epoch began, by its number.
    pub(crate) starts: Vec<u64>,
    pinned: bool,
    pub(crate) vaults: Vec<Vault>,
    pub(crate) balances: BTreeMap<(u8, usize), u128>,
    pub(crate) burned: [u128; ASSETS],
    pub(crate) exits: BTreeMap<u64, Exit>,
    pub(crate) exit_count: u64,
    exit_queue: BTreeSet<(u64, u64)>,
    exit_cursor: Option<(u64, u64)>,
    effect_queue: BTreeSet<(u64, usize, u32)>,
    effect_cursor: Option<(u64, usize, u32)>,
    /// How operators stand with services.
    pub(crate) members: BTreeMap<(u8, u32), Standing>,
    leaves: BTreeSet<(u64, u8, u32)>,
    pub(crate) requests: BTreeMap<u64, Request>,
    request_queue: BTreeSet<(u64, u64)>,
    count: u64,
    snaps: BTreeMap<(u32, u64), Snap>,
    ends: BTreeMap<u64, u64>,
    guilty: BTreeMap<(u32, u64, u8), u128>,
    cooldowns: BTreeMap<(u32, u8, u8), u64>,
    tasks: Vec<Task>,
    task_queue: BTreeSet<(u64, u64)>,
    pub(crate) owed: BTreeMap<(u64, u64), (u8, usize, u128)>,
    pub(crate) bonds: u128,
    pub(crate) rewards: rewards::Rewards,
    pub(crate) power: power::Power,
    pub(crate) fees: u128,
    /// What was slashed since this was last asked.
    pub(crate) slashed: Vec<Slashed>,
}

/// What is fixed about the three services.
pub(crate) struct Rules {
    /// Who gets what is slashed; none when it is destroyed.
    pub(crate) recipient: Option<u8>,
    /// What one contradiction costs alone, at most, and how long the class rests then.
    pub(crate) proven: (u128, u128, u64),
    /// The most that the slasher may ask for, and how long the class rests then.
    pub(crate) judged: (u128, u64),
}

pub(crate) const RULES: [Rules; SERVICES] = [
    Rules {
        recipient: None,
        proven: (0, 0, 0),
        judged: (0, 0),
    },
    Rules {
        recipient: None,
        proven: (100, 5_000, 5_000),
        judged: (10_000, 20_000),
    },
    Rules {
        recipient: None,
        proven: (10_000, 10_000, 0),
        judged: (2_500, 0),
    },
    Rules {
        recipient: Some(11),
        proven: (1, 9_999, 30_000),
        judged: (5_000, 30_000),
    },
];

/// Who asks for slashes, who vetoes them, and who posts tasks.
pub(crate) const SLASHER: u8 = 9;
pub(crate) const VETOER: u8 = 10;
pub(crate) const CLIENT: u8 = 12;
/// What a slasher puts down.
pub(crate) const BOND: u128 = 10_000_000_000;

impl Paper {
    pub(crate) fn balance(&self, who: u8, asset: usize) -> u128 {
        self.balances.get(&(who, asset)).copied().unwrap_or(0)
    }

    fn pay(&mut self, who: u8, asset: usize, amount: u128) {
        *self.balances.entry((who, asset)).or_default() += amount;
    }

    fn take(&mut self, who: u8, asset: usize, amount: u128) -> Done {
        let held = self.balances.entry((who, asset)).or_default();
        *held = held.checked_sub(amount).ok_or("INSUFFICIENT_FUNDS")?;
        Ok(())
    }

    /// Whether something is asked for against a vault: how much together, and whether some of it is due.
    fn open(&self, vault: usize) -> (u128, bool, usize) {
        let named = self
            .requests
            .values()
            .filter(|one| one.open && one.vaults.contains(&vault));
        named.fold((0, false, 0), |(sum, due, count), one| {
            (ALL.min(sum + one.fraction), due || one.due <= self.now, count + 1)
        })
    }
}
