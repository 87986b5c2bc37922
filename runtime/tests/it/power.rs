//! Vaults behind validators: what they count for, who explains it, and what a contradiction costs them.

use delegation::{Allocate, Magnitude, Msg as PledgeMsg, ServiceKey, SetKey, Status};
use genesis::Restaking;
use light_palisade::{Offence, ValidatorIndex};
use palisade_runtime::{Message, Receipt};
use primitives::{
    AccountId, Amount, AssetId, Bps, Coin, Digest, Epoch, Millis, Ratio, ServiceId, Shares, View,
};
use service_consensus::query::{Explanation, explain};
use service_consensus::{Barred, Msg as ConsensusMsg, Place, Source};
use testing::{Account, Chain, ValidatorKeys};
use vaults::{Charter, Create, Deposit, Limits, Msg as VaultMsg, Serves, VaultId, Withdraw};

const TOKEN: AssetId = AssetId::new(7);
const BOND: u128 = 10_000_000_000_000;
/// In the vault behind node0: not a round number, so that rounding shows.
const STAKE: u128 = 4_000_000_000_007;
const WHOLE: u128 = 1_000_000_000_000_000_000;

/// A unit of the token is two npal, less a tenth.
const fn worth(amount: u128) -> u128 {
    amount * 2 * 9_000 / 10_000
}

struct World {
    chain: Chain,
    node: Account,
    alice: Account,
    vault: VaultId,
}

impl World {
    /// `count` validators with equal bonds, and a vault of tokens behind the first, pledged whole since long ago.
    fn new(count: usize) -> Self {
        Self::with(count, |_| {})
    }

    /// As [`World::new`], with other parameters.
    fn with(count: usize, change: impl FnOnce(&mut genesis::Document)) -> Self {
        let more: Vec<ValidatorKeys> = (4..count)
            .map(|n| ValidatorKeys::named(&format!("node{n}")))
            .collect();
        let mut chain = Chain::with(|document| {
            let all: Vec<ValidatorKeys> = (0..count)
                .map(|n| ValidatorKeys::named(&format!("node{n}")))
                .collect();
            *document = Chain::document(&all);
            document.assets.push(genesis::Asset {
                id: TOKEN,
                symbol: assets::Symbol::new("TOK").unwrap(),
                name: assets::Name::new("A token").unwrap(),
                decimals: 9,
                restaking: Some(Restaking {
                    rules: assets::Rules {
                        haircut: Bps::new(1_000).unwrap(),
                        deposit_cap: None,
                        power_cap: Bps::ONE,
                    },
                    price: Amount::new(2 * WHOLE),
                }),
            });
            let coin = Coin {
                asset: TOKEN,
                amount: Amount::new(1_000 * STAKE),
            };
            document.fund(Account::named("alice").id(), coin).unwrap();
            change(document);
        });
        for keys in more {
            chain.enlist(keys);
        }
        let mut world = Self {
            chain,
            node: Account::named("node0"),
            alice: Account::named("alice"),
            vault: VaultId::new([0; 32]),
        };
        world.pledge();
        world
    }

    fn pledge(&mut self) {
        let node = self.node.clone();
        let create = Create {
            asset: TOKEN,
            charter: Charter {
                leverage_limit: Ratio::ONE,
                serves: Serves::Listed(vec![ServiceId::CONSENSUS]),
            },
            limits: Limits::default(),
        };
        self.good(&node, Message::Vaults(VaultMsg::Create(create)));
        self.vault = vaults::query::vaults_of(self.chain.state(), &node.id()).unwrap()[0];
        self.deposit(STAKE);
        let allocate = Allocate {
            vault: self.vault,
            service: ServiceId::CONSENSUS,
            magnitude: Magnitude::WHOLE,
        };
        self.good(&node, Message::Delegation(PledgeMsg::Allocate(allocate)));
        self.chain.advance(Millis::new(30_000));
        self.chain.end_epoch();
    }

    fn send(&mut self, who: &Account, message: Message) -> Receipt {
        let draft = self.chain.draft(who, vec![message]).with_fee(95_000_000, 100, 1);
        let id = self.chain.submit(&draft);
        let receipts = &self.chain.next_block().executed.receipts;
        receipts.iter().find(|receipt| receipt.id == id).cloned().unwrap()
    }

    fn good(&mut self, who: &Account, message: Message) {
        let receipt = self.send(who, message);
        let why = receipt.failure.and_then(|failure| failure.meaning());
        assert!(receipt.succeeded(), "{why:?}");
    }

    fn refused(&mut self, who: &Account, message: Message) -> &'static str {
        let receipt = self.send(who, message);
        receipt.failure.expect("refused").meaning().unwrap().reason
    }

    fn deposit(&mut self, amount: u128) {
        let (vault, alice) = (self.vault, self.alice.clone());
        let deposit = Deposit {
            vault,
            amount: Amount::new(amount),
            min_shares: Shares::ZERO,
            max_open_slash: Bps::ONE,
        };
        self.good(&alice, Message::Vaults(VaultMsg::Deposit(deposit)));
    }

    fn withdraw(&mut self, shares: u128) {
        let (vault, alice) = (self.vault, self.alice.clone());
        let withdraw = Withdraw {
            vault,
            shares: Shares::new(shares),
            beneficiary: alice.id(),
            min_assets: Amount::ZERO,
        };
        self.good(&alice, Message::Vaults(VaultMsg::Withdraw(withdraw)));
    }

    /// All of alice's shares.
    fn shares(&self) -> u128 {
        let found = vaults::query::position(self.chain.state(), &self.vault, &self.alice.id()).unwrap();
        found.unwrap().0.shares.get()
    }

    fn assets(&self) -> u128 {
        let vault = vaults::vault(self.chain.state(), &self.vault).unwrap();
        vault.unwrap().pool.assets.get()
    }

    fn explained(&self, operator: &AccountId, epoch: Epoch) -> Option<Explanation> {
        self.chain.view(|view| explain(view, operator, epoch)).unwrap()
    }

    /// What the first validator's power is made of in the epoch that decides the next block.
    fn power(&self) -> u128 {
        let epoch = self.chain.next_set().epoch;
        let found = self.explained(&self.node.id(), epoch).unwrap();
        found.record.unwrap().power.get()
    }

    fn seat(&self, operator: &AccountId) -> ValidatorIndex {
        let set = self.chain.next_set();
        let place = set
            .validators
            .iter()
            .position(|member| member.operator == *operator);
        ValidatorIndex::new(u16::try_from(place.unwrap()).unwrap())
    }

    /// Evidence that a validator contradicts itself in the present epoch.
    fn contradicts(&self, name: &str) -> light_palisade::Evidence {
        let set = self.chain.next_set();
        let seat = self.seat(&Account::named(name).id());
        self.chain
            .offend(&set, seat, View::new(5), Offence::DoubleNotarize)
    }

    fn fraction(&self, name: &str, epoch: Epoch) -> u128 {
        let operator = Account::named(name).id();
        let found = self
            .chain
            .view(|view| staking::query::conviction(view, epoch, &operator));
        u128::from(found.unwrap().unwrap().fraction.get())
    }
}

/// What a slash takes of a vault that is pledged whole: the pledge's part Up, what is taken Down.
fn part(stake: u128, fraction: u128) -> u128 {
    let left = WHOLE - (WHOLE * fraction).div_ceil(10_000);
    stake - (stake * left).div_ceil(WHOLE)
}

#[test]
fn a_vault_counts_for_its_value_and_that_is_explained() {
    let world = World::new(4);
    let set = world.chain.next_set();
    let whole = 4 * BOND + worth(STAKE);
    assert_eq!(world.power(), BOND + worth(STAKE));
    let weights: Vec<u64> = set.validators.iter().map(|member| member.weight.get()).collect();
    let weight = |power: u128| u64::try_from(power * 1_000_000_000 / whole).unwrap();
    let seat = usize::from(world.seat(&world.node.id()).get());
    assert_eq!(weights[seat], weight(BOND + worth(STAKE)));
    assert_eq!(weights[(seat + 1) % 4], weight(BOND));
    let found = world.explained(&world.node.id(), set.epoch).unwrap();
    assert_eq!(found.weight.get(), weights[seat]);
    assert_eq!((found.epoch.whole.get(), found.epoch.kept), (whole, false));
    assert!(found.epoch.concentrated, "it has more than a third");
    let record = found.record.unwrap();
    let parts: Vec<_> = record
        .parts
        .iter()
        .map(|part| (part.source, part.asset, part.backing.get(), part.counted.get()))
        .collect();
    let vault = Source::Vault(Digest::new(*world.vault.as_bytes()));
    assert_eq!(
        parts,
        [
            (Source::Bond, AssetId::PAL, BOND, BOND),
            (vault, TOKEN, STAKE, worth(STAKE))
        ]
    );
    let asset = found.epoch.assets.iter().find(|one| one.asset == TOKEN).unwrap();
    assert_eq!(
        (asset.value.get(), asset.price),
        (worth(STAKE), Ratio::from_raw(2 * WHOLE))
    );
    // Nobody without stake has a record, and no epoch that is not decided an explanation.
    assert_eq!(
        world.explained(&world.alice.id(), set.epoch).unwrap().record,
        None
    );
    assert_eq!(world.explained(&world.node.id(), Epoch::new(999)), None);
    let first = world.explained(&world.node.id(), Epoch::ZERO).unwrap();
    assert_eq!(first.record.unwrap().power.get(), BOND);
    assert_eq!(first.epoch.change, None, "nothing bounds the first epoch");
}

#[test]
fn what_is_escrowed_or_taken_back_votes_no_more() {
    let mut world = World::new(4);
    world.withdraw(world.shares() / 2);
    world.chain.end_epoch();
    let half = world.power();
    assert!(
        half >= BOND + worth(STAKE / 2) && half <= BOND + worth(STAKE / 2 + 2),
        "{half}"
    );
    assert_eq!(world.assets(), STAKE, "it is in the vault still, and liable");
    let node = world.node.clone();
    let allocate = Allocate {
        vault: world.vault,
        service: ServiceId::CONSENSUS,
        magnitude: Magnitude::ZERO,
    };
    world.good(&node, Message::Delegation(PledgeMsg::Allocate(allocate)));
    world.chain.end_epoch();
    assert_eq!(world.power(), BOND);
}

/// "Unbacked power kept by a change bound": a bound of a thousandth per epoch holds up nothing that is gone.
#[test]
fn no_bound_of_changes_keeps_power_of_what_is_gone() {
    let mut world = World::with(4, |document| {
        document.parameters.staking.power_change = Bps::new(10).unwrap();
    });
    // It rises by a thousandth of all power per epoch: that is the bound at work.
    let bound = (4 * BOND + worth(STAKE)) / 1_000 + 1;
    let before = world.power();
    assert!(before > BOND && before <= BOND + 3 * bound, "{before}");
    while world.power() < BOND + 4 * bound {
        world.chain.end_epoch();
    }
    let before = world.power();
    assert!(before < BOND + worth(STAKE), "{before}");
    world.withdraw(world.shares());
    world.chain.end_epoch();
    assert_eq!(world.power(), BOND, "all of it at once, and not a thousandth");
    let weights: Vec<u64> = world
        .chain
        .next_set()
        .validators
        .iter()
        .map(|one| one.weight.get())
        .collect();
    assert_eq!(weights, [250_000_000; 4]);
}

#[test]
fn a_contradiction_takes_its_part_of_a_vault_to_the_unit() {
    let mut world = World::new(4);
    // Whoever leaves bears his part.
    world.withdraw(world.shares());
    let supply = bank::supply(world.chain.state(), TOKEN).unwrap();
    world.chain.accuse(world.contradicts("node0"));
    let sealed = world.chain.next_block();
    assert_eq!(sealed.block.evidence.len(), 1);
    let taken = part(STAKE, 500);
    assert_eq!(world.assets(), STAKE - taken);
    let left = bank::supply(world.chain.state(), TOKEN).unwrap();
    assert_eq!(supply.checked_sub(left).unwrap().get(), taken, "it is destroyed");
    let bonded = world
        .chain
        .view(|view| staking::query::validator(view, &world.node.id()));
    assert_eq!(bonded.unwrap().unwrap().bonded.assets.get(), BOND / 20 * 19);
    let before = world.chain.balance(&world.alice, TOKEN).get();
    world.chain.advance(Millis::new(120_000));
    let paid = world.chain.balance(&world.alice, TOKEN).get() - before;
    assert!(paid <= STAKE - taken && paid + 2 >= STAKE - taken, "{paid}");
    let epoch = world.chain.next_set().epoch;
    let record = world.explained(&world.node.id(), epoch).unwrap().record.unwrap();
    assert_eq!(record.place, Place::Barred(Barred::Jailed));
}

#[test]
fn later_deposits_are_no_offences_prize() {
    let mut world = World::new(4);
    let evidence = world.contradicts("node0");
    world.deposit(50 * STAKE);
    world.chain.accuse(evidence);
    world.chain.next_block();
    let taken = 51 * STAKE - world.assets();
    let most = STAKE.div_ceil(20);
    assert!(taken <= most && taken + 100 >= most, "{taken} of {most}");
}

#[test]
fn a_vault_pays_the_difference_when_others_turn_out_to_be_guilty() {
    let mut world = World::new(10);
    let (first, second) = (world.contradicts("node0"), world.contradicts("node1"));
    let epoch = first.epoch();
    world.chain.accuse(first);
    world.chain.next_block();
    assert_eq!(world.assets(), STAKE - part(STAKE, 500));
    world.chain.accuse(second);
    world.chain.next_block();
    let fraction = world.fraction("node0", epoch);
    assert!(fraction > 5_000 && fraction < 10_000, "{fraction}");
    assert_eq!(fraction, world.fraction("node1", epoch));
    let taken = STAKE - world.assets();
    let whole = part(STAKE, fraction);
    assert!(taken.abs_diff(whole) <= 1, "{taken}, at once {whole}");
}

#[test]
fn together_they_lose_all_of_it() {
    let mut world = World::new(4);
    let (first, second) = (world.contradicts("node0"), world.contradicts("node1"));
    world.chain.accuse(first);
    world.chain.next_block();
    world.chain.accuse(second);
    world.chain.next_block();
    assert_eq!(world.assets(), 0);
}

#[test]
fn who_leaves_the_chains_service_is_in_no_later_set_and_liable_still() {
    let mut world = World::new(5);
    let (node, alice) = (world.node.clone(), world.alice.clone());
    let member = |world: &World| {
        let found = delegation::membership(world.chain.state(), &node.id(), ServiceId::CONSENSUS);
        found.unwrap().unwrap().status
    };
    assert_eq!(
        member(&world),
        Status::Active,
        "whoever registers a validator serves"
    );
    let evidence = world.contradicts("node0");
    assert_eq!(
        world.refused(&alice, Message::Consensus(ConsensusMsg::Leave)),
        "NOT_VALIDATOR"
    );
    world.good(&node, Message::Consensus(ConsensusMsg::Leave));
    assert_eq!(
        world.refused(&node, Message::Consensus(ConsensusMsg::Join)),
        "STILL_LIABLE"
    );
    world.chain.end_epoch();
    let set = world.chain.next_set();
    assert!(set.validators.iter().all(|one| one.operator != node.id()));
    let record = world.explained(&node.id(), set.epoch).unwrap().record.unwrap();
    assert_eq!(record.place, Place::Barred(Barred::NotServing));
    world.chain.accuse(evidence);
    world.chain.next_block();
    assert_eq!(world.assets(), STAKE - part(STAKE, 500));
    world.chain.advance(Millis::new(120_000));
    assert_eq!(member(&world), Status::Left);
    world.good(&node, Message::Consensus(ConsensusMsg::Join));
    assert_eq!(member(&world), Status::Active);
}

#[test]
fn a_key_that_served_elsewhere_is_no_validators() {
    let mut world = World::new(4);
    let carol = Account::named("carol");
    let keys = ValidatorKeys::named("carol");
    let metadata = delegation::Metadata::new("carol", "").unwrap();
    world.good(
        &carol,
        Message::Delegation(PledgeMsg::Register(delegation::Register { metadata })),
    );
    let key = SetKey {
        service: ServiceId::new(1),
        key: ServiceKey::Bls(keys.consensus_key()),
        proof: keys.possession().0.to_vec(),
    };
    world.good(&carol, Message::Delegation(PledgeMsg::SetKey(key.clone())));
    let register = Message::Staking(staking::Msg::RegisterValidator(
        keys.registration(Amount::new(BOND)),
    ));
    assert_eq!(world.refused(&carol, register), "KEY_TAKEN");
    // The other way round as well.
    let node = ValidatorKeys::named("node1");
    let taken = SetKey {
        key: ServiceKey::Bls(node.consensus_key()),
        proof: node.possession().0.to_vec(),
        ..key
    };
    let message = Message::Delegation(PledgeMsg::SetKey(taken));
    assert_eq!(world.refused(&node.operator, message), "KEY_TAKEN");
}
