//! A chain of bank and staking in memory, with keys that the tests hold.

use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, POSSESSION_DST, SignatureBytes, possession_message};
use crypto::ed25519;
use kernel::testing::Sandbox;
use kernel::{Ctx, Event, EventType, Map, Module, StateError};
use light_palisade::{Committee, ValidatorSet};
use palisade_staking as staking;
use primitives::{AccountId, Amount, AssetId, Blocks, Bps, Coin, Millis, Rounding, mul_div};
use staking::{
    BondRecord, ClaimRewards, Genesis, GenesisBond, GenesisValidator, Moniker, Msg, Params,
    RegisterValidator, Unbonding, ValidatorRecord,
};
use std::sync::{LazyLock, Mutex};

pub(crate) type Staking = staking::Staking<()>;
type Bank = bank::Bank<()>;

/// What everybody has at the start, in npal.
pub(crate) const FUNDS: u128 = 1 << 50;

/// Small numbers, so that limits are near.
pub(crate) fn params() -> Params {
    Params {
        epoch_length: Millis::new(10_000),
        unbonding_delay: Millis::new(30_000),
        max_validators: 4,
        min_bond: Amount::new(1_000),
        validator_cap: Bps::ONE,
        power_change: Bps::ONE,
        issuance: Bps::ZERO,
        max_unbondings: 3,
        payouts_per_block: 2,
        evidence_window: Millis::new(10_000),
        equivocation_least: Bps::new(500).unwrap(),
        equivocation_most: Bps::ONE,
        missed_views: Bps::new(5_000).unwrap(),
        idle_epochs: 1_000,
        downtime_slash: Bps::new(1).unwrap(),
        jail_time: Millis::new(5_000),
    }
}

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

/// Secret, key and proof of possession number `n`; made once, since making one takes a while.
fn identity(n: u8) -> (KeyBytes, SignatureBytes) {
    type Made = (KeyBytes, SignatureBytes);
    static MADE: LazyLock<Mutex<Vec<Option<Made>>>> = LazyLock::new(|| Mutex::new(vec![None; 256]));
    *MADE.lock().unwrap()[usize::from(n)].get_or_insert_with(|| {
        let secret = SecretKey::key_gen(&[n; 32], &[]).unwrap();
        let key = secret.sk_to_pk().compress();
        let message = possession_message(&KeyBytes(key), &account(n));
        let proof = secret.sign(&message, POSSESSION_DST, &[]).compress();
        (KeyBytes(key), SignatureBytes(proof))
    })
}

/// The proof that the holder of key `key` gave it to `operator`.
pub(crate) fn possession(key: u8, operator: u8) -> SignatureBytes {
    let secret = SecretKey::key_gen(&[key; 32], &[]).unwrap();
    let message = possession_message(&consensus_key(key), &account(operator));
    SignatureBytes(secret.sign(&message, POSSESSION_DST, &[]).compress())
}

pub(crate) fn consensus_key(n: u8) -> KeyBytes {
    identity(n).0
}

/// The first acceptable key whose first byte is `n`.
pub(crate) fn p2p_key(n: u8) -> [u8; 32] {
    (0..=u8::MAX)
        .map(|salt| {
            let mut bytes = [7; 32];
            (bytes[0], bytes[1]) = (n, salt);
            bytes
        })
        .find(|bytes| ed25519::PublicKey::new(*bytes).is_ok())
        .unwrap()
}

pub(crate) fn registration(n: u8, bond: u128) -> RegisterValidator {
    RegisterValidator {
        moniker: Moniker::new(&format!("validator {n}")).unwrap(),
        consensus_key: consensus_key(n),
        proof_of_possession: identity(n).1,
        p2p_key: p2p_key(n),
        bond: Amount::new(bond),
    }
}

/// The validator of account `n`, with these bonds by account.
pub(crate) fn validator(n: u8, bonds: &[(u8, u128)]) -> GenesisValidator {
    GenesisValidator {
        operator: account(n),
        moniker: Moniker::new(&format!("validator {n}")).unwrap(),
        consensus_key: consensus_key(n),
        p2p_key: p2p_key(n),
        jailed: false,
        bonds: bonds
            .iter()
            .map(|(who, amount)| GenesisBond {
                account: account(*who),
                amount: Amount::new(*amount),
            })
            .collect(),
    }
}

pub(crate) fn genesis(params: Params, validators: Vec<GenesisValidator>) -> Genesis {
    Genesis {
        params,
        validators,
        resumed: None,
    }
}

pub(crate) fn pal(amount: u128) -> Coin {
    Coin {
        asset: AssetId::PAL,
        amount: Amount::new(amount),
    }
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) chain: Sandbox,
}

impl World {
    /// Accounts 1 to 60 with [`FUNDS`] each, and a staking module from `genesis`.
    pub(crate) fn start(genesis: Genesis) -> Result<Self, staking::Error> {
        let mut chain = Sandbox::new();
        chain
            .run(|ctx| Bank::init_genesis(ctx, funds(60)))
            .expect("the bank starts");
        chain.run(|ctx| Staking::init_genesis(ctx, genesis))?;
        Ok(Self { chain })
    }

    /// One validator, of account 1, with a bond of its own of 10,000.
    pub(crate) fn new(params: Params) -> Self {
        Self::start(genesis(params, vec![validator(1, &[(1, 10_000)])])).unwrap()
    }

    pub(crate) fn execute(&mut self, sender: u8, msg: Msg) -> Result<(), staking::Error> {
        let before = self.chain.state().unwrap().root();
        let outcome = self.chain.run(|ctx| Staking::execute(ctx, account(sender), msg));
        if outcome.is_err() {
            let after = self.chain.state().unwrap().root();
            assert_eq!(before, after, "what is refused leaves no trace");
        }
        self.check();
        outcome
    }

    /// Every invariant of both modules.
    pub(crate) fn check(&self) {
        assert_eq!(self.chain.check(Staking::invariants()), Ok(()));
        assert_eq!(self.chain.check(Bank::invariants()), Ok(()));
    }

    pub(crate) fn register(&mut self, n: u8, bond: u128) -> Result<(), staking::Error> {
        self.execute(n, Msg::RegisterValidator(registration(n, bond)))
    }

    pub(crate) fn bond(&mut self, who: u8, validator: u8, amount: u128) -> Result<(), staking::Error> {
        self.execute(
            who,
            Msg::Bond(staking::Bond {
                validator: account(validator),
                amount: Amount::new(amount),
            }),
        )
    }

    pub(crate) fn unbond(&mut self, who: u8, validator: u8, amount: u128) -> Result<(), staking::Error> {
        self.execute(
            who,
            Msg::Unbond(staking::Unbond {
                validator: account(validator),
                amount: Amount::new(amount),
            }),
        )
    }

    pub(crate) fn claim(&mut self, who: u8, validator: u8) -> Result<(), staking::Error> {
        self.execute(
            who,
            Msg::ClaimRewards(ClaimRewards {
                validator: account(validator),
            }),
        )
    }

    /// The next block, `ms` later: its hook runs.
    pub(crate) fn block(&mut self, ms: u64) {
        self.chain.advance(Blocks::new(1), Millis::new(ms));
        self.chain.hook(Staking::begin_block).unwrap();
        self.check();
    }

    /// Tips that account 60 pays to the validator of `proposer`.
    pub(crate) fn tip(&mut self, proposer: u8, amount: u128) {
        self.try_tip(proposer, pal(amount)).unwrap();
        self.check();
    }

    /// As [`World::tip`], and the epoch ends: the tips are shared out.
    pub(crate) fn earn(&mut self, proposer: u8, amount: u128) {
        self.tip(proposer, amount);
        self.end_epoch();
    }

    pub(crate) fn try_tip(&mut self, proposer: u8, coin: Coin) -> Result<(), StateError> {
        self.chain.block.proposer = account(proposer);
        self.chain.hook(|ctx| {
            let tips = bank::take(ctx, &account(60), coin).expect("account 60 can pay");
            staking::collect_tips(ctx, tips)
        })
    }

    /// What the epoch's end would make the next set, from the state as it is.
    pub(crate) fn candidates(&self) -> ValidatorSet {
        let view = self.chain.view();
        let epoch = view.block().epoch.next().unwrap();
        let ends_at = view
            .block()
            .chain_clock
            .after(staking::query::params(&view).unwrap().epoch_length);
        staking::candidate_set(&view, epoch, ends_at, &self.set()).unwrap()
    }

    /// Ends the epoch in this block with the set that the present state gives, as the runtime does.
    pub(crate) fn end_epoch(&mut self) -> ValidatorSet {
        let next = self.candidates();
        self.chain
            .hook(|ctx| {
                staking::store_next_set(ctx, &next)?;
                Staking::end_epoch(ctx)
            })
            .unwrap();
        self.check();
        self.chain.block.epoch = next.epoch;
        self.check();
        next
    }

    pub(crate) fn set(&self) -> ValidatorSet {
        staking::set_in_force(&self.chain.view()).unwrap()
    }

    /// The operators of the set in force, with their weights, by operator.
    pub(crate) fn members(&self) -> Vec<(AccountId, u64)> {
        by_operator(&self.set())
    }

    pub(crate) fn balance(&self, who: u8) -> u128 {
        self.balance_of(&account(who))
    }

    pub(crate) fn balance_of(&self, who: &AccountId) -> u128 {
        bank::balance(&self.chain.view(), who, AssetId::PAL)
            .unwrap()
            .get()
    }

    pub(crate) fn supply(&self) -> u128 {
        bank::supply(&self.chain.view(), AssetId::PAL).unwrap().get()
    }

    pub(crate) fn record(&self, validator: u8) -> ValidatorRecord {
        staking::query::validator(&self.chain.view(), &account(validator))
            .unwrap()
            .unwrap()
    }

    /// A bond with its rewards settled, and what it is worth.
    pub(crate) fn bond_of(&self, who: u8, validator: u8) -> Option<(BondRecord, u128)> {
        staking::query::bond(&self.chain.view(), &account(validator), &account(who))
            .unwrap()
            .map(|(bond, worth)| (bond, worth.get()))
    }

    /// What a bond has earned and not claimed.
    pub(crate) fn owed(&self, who: u8, validator: u8) -> u128 {
        self.bond_of(who, validator)
            .map_or(0, |(bond, _)| bond.owed.get())
    }

    /// When each payout is due, in milliseconds, with what is to be paid.
    pub(crate) fn unbondings(&self) -> Vec<(u64, Unbonding)> {
        staking::query::unbondings(&self.chain.view(), usize::MAX)
            .unwrap()
            .into_iter()
            .map(|(due, entry)| (due.get(), entry))
            .collect()
    }

    /// Takes a fraction of both pools of a validator and destroys it, as slashing will.
    pub(crate) fn slash(&mut self, validator: u8, bps: u16) {
        self.change(validator, |record| {
            for pool in [&mut record.bonded, &mut record.unbonding] {
                let taken = mul_div(pool.assets.get(), u128::from(bps), 10_000, Rounding::Up).unwrap();
                pool.assets = Amount::new(pool.assets.get() - taken);
            }
        });
        let left: u128 = staking::query::validators(&self.chain.view(), None, usize::MAX)
            .unwrap()
            .iter()
            .map(|(_, record)| record.bonded.assets.get() + record.unbonding.assets.get())
            .try_fold(0u128, u128::checked_add)
            .unwrap();
        let held = self.balance_of(&staking::bonding_account());
        self.chain
            .run(|ctx| bank::burn(ctx, &staking::bonding_account(), pal(held - left)))
            .unwrap();
        self.check();
    }

    /// Writes a validator's record as the modules above will.
    pub(crate) fn change(&mut self, validator: u8, change: impl FnOnce(&mut ValidatorRecord)) {
        const VALIDATORS: Map<AccountId, ValidatorRecord> = Map::new(staking::ID.table(1));
        let mut record = self.record(validator);
        change(&mut record);
        self.chain
            .hook(|ctx: &mut Ctx<'_>| VALIDATORS.put(ctx, &account(validator), &record))
            .unwrap();
    }

    /// How many events of a type there were since this was last asked about any.
    pub(crate) fn count<E: EventType>(&mut self) -> usize {
        self.chain
            .take_events()
            .iter()
            .filter(|event| Event::is::<E>(event))
            .count()
    }
}

/// A bank where accounts 1 to `last` have [`FUNDS`] each.
pub(crate) fn funds(last: u8) -> bank::Genesis {
    bank::Genesis {
        balances: (1..=last)
            .map(|n| bank::Balance {
                account: account(n),
                asset: AssetId::PAL,
                amount: Amount::new(FUNDS),
            })
            .collect(),
        supply: vec![pal(FUNDS * u128::from(last))],
    }
}

/// The operators of a set with their weights, by operator; the set is checked as everybody who relies on it does.
pub(crate) fn by_operator(set: &ValidatorSet) -> Vec<(AccountId, u64)> {
    assert!(Committee::new(set.clone()).is_ok(), "a set that can decide");
    let mut members: Vec<(AccountId, u64)> = set
        .validators
        .iter()
        .map(|member| (member.operator, member.weight.get()))
        .collect();
    members.sort_unstable();
    members
}
