//! The chain's modules in memory, wired as the chain wires them, and everything that may be asked of them.

mod pay;
mod power;

use crate::paper::power::{ASSET_MOST, CHANGE, MOST, OWN_BOND};
use crate::paper::rewards::{EARNERS, POOLS};
use crate::paper::{ASSETS, CLIENT, EFFECTS, EXITS, ITEMS, PAYOUTS, RULES, SLASHER, VETOER, WHOLE};
use assets::{Name, Rules, Symbol};
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, POSSESSION_DST, SIGNATURE_DST, SignatureBytes, possession_message};
use delegation::{Magnitude, Outcome};
use dss::{Class, Destination, Evidence, Kind, Nature, Proof, Terms};
use genesis::{Asset, Restaking};
use kernel::testing::Sandbox;
use kernel::{Fault, Invariant, Module};
use palisade_runtime::Wire;
use primitives::{
    AccountId, Amount, AssetId, Blocks, Bps, ChainClock, Coin, Digest, Epoch, Millis, Ratio, ServiceId,
    Shares,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use testing::Chain;
use vaults::{Charter, Serves, VaultId};

type Vaults = vaults::Vaults<Wire>;
type Delegation = delegation::Delegation<Wire>;
type Dss = dss::Dss<Wire>;
type Slashing = slashing::Slashing<Wire>;
type Rewards = rewards::Rewards<Wire>;

/// Everybody whose money is counted: operators 1 and 2, stakers 3 to 7, and those with a task of their own.
pub(crate) const PEOPLE: [u8; 11] = [1, 2, 3, 4, 5, 6, 7, SLASHER, VETOER, 11, CLIENT];
/// What everybody has of the assets that vaults hold.
pub(crate) const FUNDS: u128 = 1 << 100;
/// What slasher and client have of PAL.
pub(crate) const PAL: u128 = 1_000_000_000_000_000;
/// What a service's owner puts down.
pub(crate) const SERVICE_BOND: u128 = 100_000_000_000;
/// Leverage of the vaults, in quarters, with operator and asset.
pub(crate) const VAULTS: [(u8, usize, u128); 4] = [(1, 1, 4), (1, 2, 16), (2, 1, 8), (2, 2, 4)];

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

pub(crate) const fn service(n: u32) -> ServiceId {
    ServiceId::new(n)
}

const fn asset(n: usize) -> AssetId {
    AssetId::new(n as u32)
}

pub(crate) fn bps(n: u16) -> Bps {
    Bps::new(n).unwrap()
}

pub(crate) const fn coin(n: usize, amount: u128) -> Coin {
    Coin {
        asset: asset(n),
        amount: Amount::new(amount),
    }
}

/// Any service, at a leverage of so many quarters.
pub(crate) const fn charter(quarters: u128) -> Charter {
    Charter {
        leverage_limit: Ratio::from_raw(quarters * WHOLE / 4),
        serves: Serves::Any {
            objective: Bps::ONE,
            subjective: Bps::ONE,
        },
    }
}

fn terms(number: usize) -> Terms {
    let rules = &RULES[number];
    let class = |nature, least, most, rest| Class {
        nature,
        least: bps(least as u16),
        most: bps(most as u16),
        cooldown: Millis::new(rest),
        rise: None,
    };
    Terms {
        kind: Kind::Attested,
        accepted: vec![
            dss::Accepted {
                asset: asset(1),
                haircut: Bps::ZERO,
            },
            dss::Accepted {
                asset: asset(2),
                haircut: bps(500),
            },
        ],
        min_operators: 1,
        max_operators: 8,
        min_stake: Amount::ZERO,
        min_self_stake: Amount::ZERO,
        min_reputation: Bps::ZERO,
        quorum: bps(6_667),
        classes: vec![
            class(Nature::Objective, rules.proven.0, rules.proven.1, rules.proven.2),
            class(Nature::Subjective, 0, rules.judged.0, rules.judged.1),
        ],
        equivocation: Some(0),
        destination: rules
            .recipient
            .map_or(Destination::Burn, |who| Destination::Recipient(account(who))),
        slasher: Some(account(SLASHER)),
        vetoers: vec![account(VETOER)],
        profit_cap: Amount::new(1),
        metadata: dss::Metadata::new("one of three").unwrap(),
    }
}

/// What a module refuses with; a broken store is no refusal.
fn reason<E: Fault>(error: &E) -> &'static str {
    if error.code().is_some() {
        error.reason()
    } else {
        "BROKEN"
    }
}

type Reply = Result<(), &'static str>;

#[derive(Clone)]
pub(crate) struct Real {
    pub(crate) chain: Sandbox,
    pub(crate) vaults: Vec<VaultId>,
    parent: u64,
    /// How often each operator has joined each service: each time with another key.
    joined: BTreeMap<(u8, u32), u8>,
}

impl Real {
    /// Two operators with two vaults each, which serve all three services, none of them active yet.
    pub(crate) fn new() -> Self {
        let start = Chain::with(|document| {
            for (id, symbol, price) in [(1, "ONE", WHOLE), (2, "TWO", WHOLE * 5 / 2)] {
                document.assets.push(Asset {
                    id: AssetId::new(id),
                    symbol: Symbol::new(symbol).unwrap(),
                    name: Name::new(symbol).unwrap(),
                    decimals: 9,
                    restaking: Some(Restaking {
                        rules: Rules {
                            power_cap: bps(ASSET_MOST[id as usize] as u16),
                            ..Rules::WHOLE
                        },
                        price: Amount::new(price),
                    }),
                });
                for who in 1..=7 {
                    document.fund(account(who), coin(id as usize, FUNDS)).unwrap();
                }
            }
            for who in [SLASHER, CLIENT] {
                document.fund(account(who), coin(0, PAL)).unwrap();
            }
            for who in [1, 2] {
                document.fund(account(who), coin(0, OWN_BOND)).unwrap();
            }
            let parameters = &mut document.parameters;
            parameters.vaults.max_withdrawals = EXITS as u32;
            parameters.vaults.payouts_per_block = PAYOUTS as u16;
            parameters.delegation.effects_per_block = EFFECTS as u16;
            parameters.slashing.items_per_block = ITEMS as u16;
            parameters.rewards.pools_per_block = POOLS as u16;
            parameters.rewards.operators_per_block = EARNERS as u16;
            parameters.staking.validator_cap = bps(MOST as u16);
            parameters.staking.power_change = bps(CHANGE as u16);
        });
        let mut real = Self {
            chain: Sandbox::over(start.start.state),
            vaults: Vec::new(),
            parent: 0,
            joined: BTreeMap::new(),
        };
        for number in 1..RULES.len() {
            let register = dss::Msg::Register(Box::new(terms(number)));
            real.tell::<Dss>(CLIENT, register).unwrap();
        }
        for operator in [1, 2] {
            let metadata = delegation::Metadata::new("operator", "").unwrap();
            let register = delegation::Msg::Register(delegation::Register { metadata });
            real.tell::<Delegation>(operator, register).unwrap();
            for number in 1..=3 {
                real.join(operator, number).unwrap();
            }
            real.register_validator(operator);
        }
        for (operator, of, quarters) in VAULTS {
            let create = vaults::Create {
                asset: asset(of),
                charter: charter(quarters),
                limits: vaults::Limits::default(),
            };
            real.tell::<Vaults>(operator, vaults::Msg::Create(create))
                .unwrap();
        }
        for operator in [1, 2] {
            let own = vaults::query::vaults_of(&real.chain.view(), &account(operator)).unwrap();
            real.vaults.extend(own);
        }
        real
    }

    /// The same with all that was written as one version, which every sequence shares.
    pub(crate) fn settled(mut self) -> Self {
        let block = self.chain.block.clone();
        self.chain = Sandbox::over(self.chain.state().unwrap());
        self.chain.block = block;
        self
    }

    pub(crate) fn tell<M: Module>(&mut self, sender: u8, msg: M::Msg) -> Reply {
        let done = self.chain.run(|ctx| M::execute(ctx, account(sender), msg));
        drop(self.chain.take_events());
        done.map_err(|error| reason(&error))
    }

    pub(crate) fn vaults(&mut self, sender: u8, msg: vaults::Msg) -> Reply {
        self.tell::<Vaults>(sender, msg)
    }

    pub(crate) fn delegation(&mut self, sender: u8, msg: delegation::Msg) -> Reply {
        self.tell::<Delegation>(sender, msg)
    }

    pub(crate) fn dss(&mut self, sender: u8, msg: dss::Msg) -> Reply {
        self.tell::<Dss>(sender, msg)
    }

    pub(crate) fn slashing(&mut self, sender: u8, msg: slashing::Msg) -> Reply {
        self.tell::<Slashing>(sender, msg)
    }

    pub(crate) fn now(&self) -> u64 {
        self.chain.block.chain_clock.get()
    }

    pub(crate) const fn parent(&self) -> u64 {
        self.parent
    }

    /// The present block ends, perhaps with its epoch, and the next begins `ms` later.
    pub(crate) fn block(&mut self, ms: u64, epoch_ends: bool) {
        if epoch_ends {
            self.decide();
            self.chain.hook(Dss::end_epoch).unwrap();
            self.chain.hook(Rewards::end_epoch).unwrap();
            self.chain.block.epoch = self.chain.block.epoch.next().unwrap();
        }
        self.parent = self.now();
        self.chain.advance(Blocks::new(1), Millis::new(ms));
        self.chain.hook(Vaults::begin_block).unwrap();
        self.chain.hook(Delegation::begin_block).unwrap();
        self.chain.hook(Dss::begin_block).unwrap();
        self.chain.hook(Slashing::begin_block).unwrap();
        self.chain.hook(Rewards::begin_block).unwrap();
        drop(self.chain.take_events());
    }

    fn secret(operator: u8, number: u32, time: u8) -> SecretKey {
        SecretKey::key_gen(&[operator, number as u8, time].repeat(11), &[]).unwrap()
    }

    pub(crate) fn join(&mut self, operator: u8, number: u32) -> Reply {
        let time = self.joined.get(&(operator, number)).map_or(0, |time| time + 1);
        let secret = Self::secret(operator, number, time);
        let key = KeyBytes(secret.sk_to_pk().compress());
        let message = possession_message(&key, &account(operator));
        let join = dss::Join {
            service: service(number),
            key,
            possession: SignatureBytes(secret.sign(&message, POSSESSION_DST, &[]).compress()),
        };
        let done = self.dss(operator, dss::Msg::Join(join));
        if done.is_ok() {
            self.joined.insert((operator, number), time);
        }
        done
    }

    /// Two answers of an operator to one task, signed by the key of its seat.
    pub(crate) fn contradiction(
        &self,
        operator: u8,
        task: u64,
        (number, epoch): (u32, u64),
    ) -> slashing::Msg {
        let view = self.chain.view();
        let snapshot = dss::query::snapshot(&view, service(number), Epoch::new(epoch)).unwrap();
        let seated = snapshot.as_ref().and_then(|one| one.seat_of(&account(operator)));
        let latest = self.joined.get(&(operator, number)).copied().unwrap_or(0);
        let time = (0..=latest).find(|time| {
            let key = KeyBytes(Self::secret(operator, number, *time).sk_to_pk().compress());
            seated.is_some_and(|(_, seat)| seat.key == key)
        });
        let answer = |n: u8| {
            let digest = Digest::new([n; 32]);
            let signature = Self::signed(operator, (number, time.unwrap_or(0)), task, digest);
            (digest, signature)
        };
        slashing::Msg::Prove(Box::new(Evidence {
            service: service(number),
            operator: account(operator),
            task,
            slot: 0,
            proof: Proof::Equivocation {
                first: answer(1),
                second: answer(2),
            },
        }))
    }

    /// Signatures are dear: each is made once.
    fn signed(operator: u8, (number, time): (u32, u8), task: u64, answer: Digest) -> SignatureBytes {
        type Known = BTreeMap<(u8, u32, u8, u64, Digest), SignatureBytes>;
        thread_local! {
            static KNOWN: RefCell<Known> = const { RefCell::new(BTreeMap::new()) };
        }
        let chain = primitives::ChainHash::default();
        KNOWN.with_borrow_mut(|known| {
            let signed = known
                .entry((operator, number, time, task, answer))
                .or_insert_with(|| {
                    let statement = dss::statement::sign_bytes(&chain, service(number), task, 0, &answer);
                    let signature =
                        Self::secret(operator, number, time).sign(statement.as_bytes(), SIGNATURE_DST, &[]);
                    SignatureBytes(signature.compress())
                });
            *signed
        })
    }

    /// Slashes by hand, as a proof of the chain's own would, and says how much.
    pub(crate) fn slash(&mut self, vault: usize, number: u32, fraction: u16, at: u64) -> u128 {
        let offence = delegation::Offence {
            vault: self.vaults[vault],
            service: service(number),
            fraction: bps(fraction),
            class_cap: Bps::ONE,
            at: ChainClock::new(at),
        };
        let taken = self.chain.run(|ctx| {
            let Outcome { taken, .. } = delegation::slash(ctx, &offence)?;
            let amount = taken.coin.coin().amount.get();
            bank::destroy(ctx, taken.coin)?;
            Ok::<_, delegation::Error>(amount)
        });
        taken.unwrap()
    }

    /// Adds an amount of the client's account to a vault for all its owners; says what was not taken.
    pub(crate) fn compound(&mut self, vault: usize, from: u8, amount: Coin) -> u128 {
        let id = self.vaults[vault];
        let back = self.chain.run(|ctx| {
            let purse = bank::take(ctx, &account(from), amount)?;
            let back = vaults::compound(ctx, &id, purse)?;
            let left = back.as_ref().map_or(0, |back| back.coin().amount.get());
            if let Some(back) = back {
                bank::give(ctx, &account(from), back)?;
            }
            Ok::<_, bank::Error>(left)
        });
        back.unwrap()
    }

    /// What an amount is worth to a service; to the chain itself for 0.
    pub(crate) fn worth(&self, number: u32, of: usize, amount: u128) -> u128 {
        let worth = assets::value(&self.chain.view(), asset(of), Amount::new(amount))
            .unwrap()
            .get();
        let haircut = if number > 0 && of == 2 { 500 } else { 0 };
        worth - crate::paper::ceil(worth, haircut, 10_000)
    }

    pub(crate) fn vault(&self, vault: usize) -> vaults::Vault {
        vaults::vault(&self.chain.view(), &self.vaults[vault])
            .unwrap()
            .unwrap()
    }

    pub(crate) fn balance(&self, who: &AccountId, of: usize) -> u128 {
        bank::balance(&self.chain.view(), who, asset(of)).unwrap().get()
    }

    pub(crate) fn supply(&self) -> [u128; ASSETS] {
        let view = self.chain.view();
        [0, 1, 2].map(|of| bank::supply(&view, asset(of)).unwrap().get())
    }

    /// Every invariant of the modules themselves.
    pub(crate) fn check(&self) -> Result<(), String> {
        let all: [&[Invariant]; 6] = [
            bank::Bank::<Wire>::invariants(),
            Vaults::invariants(),
            Delegation::invariants(),
            Dss::invariants(),
            Slashing::invariants(),
            Rewards::invariants(),
        ];
        all.into_iter()
            .try_for_each(|one| self.chain.check(one))
            .map_err(|(name, violation)| format!("{name}: {violation}"))
    }

    pub(crate) fn shares(&self, vault: usize, who: u8) -> (u128, u32) {
        let found = vaults::query::position(&self.chain.view(), &self.vaults[vault], &account(who)).unwrap();
        found.map_or((0, 0), |(position, _)| (position.shares.get(), position.open))
    }

    pub(crate) fn funded(&self, vault: usize, who: u8) -> u128 {
        let shares: Shares =
            vaults::query::funded(&self.chain.view(), &self.vaults[vault], &account(who)).unwrap();
        shares.get()
    }

    pub(crate) fn pledge(&self, vault: usize, number: u32) -> delegation::Allocation {
        delegation::allocation(&self.chain.view(), &self.vaults[vault], service(number)).unwrap()
    }

    pub(crate) fn magnitude(value: u128) -> Magnitude {
        Magnitude::new(value)
    }
}
