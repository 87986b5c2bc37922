//! From prices that operators agree on to what stake counts for, in bytes.

use assets::{PriceMissing, Rules as AssetRules, SetPriceSource, SetTerms, Source};
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, POSSESSION_DST, SIGNATURE_DST, SignatureBytes, possession_message};
use crypto::statement::{Quote, commitment, quote_slots, sign_bytes};
use delegation::{Allocate, Magnitude, Msg as PledgeMsg};
use dss::{
    Accepted, Class, Destination, Evidence, Join, Kind, Metadata, Msg as ServiceMsg, Nature, Proof, Said,
    Terms,
};
use oracle::{Bounds, Commit, CreateFeed, Msg as OracleMsg, Pair, Reveal, Rules, Weighing};
use palisade_runtime::{Message, Receipt};
use primitives::codec::encode;
use primitives::{Amount, AssetId, Bps, Coin, Digest, Millis, Ratio, ServiceId, Shares};
use slashing::Msg as SlashMsg;
use testing::{Account, Chain};
use vaults::{Charter, Create, Deposit, Limits, Msg as VaultMsg, Serves};

const SERVICE: ServiceId = ServiceId::new(1);
const TOKEN: AssetId = AssetId::new(7);

fn secret(of: &Account) -> SecretKey {
    SecretKey::key_gen(of.id().as_bytes(), &[]).unwrap()
}

fn bps(value: u16) -> Bps {
    Bps::new(value).unwrap()
}

fn terms() -> Terms {
    let class = |least, most| Class {
        nature: Nature::Objective,
        least: bps(least),
        most: bps(most),
        cooldown: Millis::new(5_000),
        rise: None,
    };
    Terms {
        kind: Kind::Oracle,
        accepted: vec![Accepted {
            asset: AssetId::PAL,
            haircut: Bps::ZERO,
        }],
        min_operators: 2,
        max_operators: 8,
        min_stake: Amount::new(1),
        min_self_stake: Amount::ZERO,
        min_reputation: Bps::ZERO,
        quorum: bps(6_667),
        classes: vec![class(500, 5_000), class(300, 3_000), class(200, 2_000)],
        equivocation: Some(0),
        destination: Destination::Burn,
        slasher: None,
        vetoers: Vec::new(),
        profit_cap: Amount::ZERO,
        metadata: Metadata::new("prices").unwrap(),
    }
}

struct World {
    chain: Chain,
    alice: Account,
    operators: Vec<Account>,
}

impl World {
    /// The four validators serve alice's oracle, which prices asset 7 in PAL by power; its valuation follows that.
    fn new() -> Self {
        let chain = Chain::new();
        let operators = chain.validators().iter().map(|keys| keys.operator.clone());
        let mut world = Self {
            operators: operators.collect(),
            chain,
            alice: Account::named("alice"),
        };
        let alice = world.alice.clone();
        world.good(&alice, Message::Dss(ServiceMsg::Register(Box::new(terms()))));
        for operator in world.operators.clone() {
            world.join(&operator);
        }
        // Pledges take effect after the allocation delay.
        world.chain.advance(Millis::new(25_000));
        world.good(&alice, Message::Dss(ServiceMsg::Activate { service: SERVICE }));
        world.good(&alice, crate::register(7, "TOKEN"));
        let rules = AssetRules::WHOLE;
        world.good(
            &alice,
            Message::Assets(assets::Msg::SetTerms(SetTerms { asset: TOKEN, rules })),
        );
        world.good(&alice, feed(Weighing::Stake));
        assert_eq!(world.refused(&alice, source(0)), "NOT_ITS_FEED");
        world.good(&alice, Message::Oracle(OracleMsg::EndFeed { feed: 0 }));
        world.good(&alice, feed(Weighing::Power));
        world.good(&alice, source(1));
        world
    }

    fn send(&mut self, who: &Account, message: Message) -> Receipt {
        let draft = self.chain.draft(who, vec![message]).with_fee(95_000_000, 100, 1);
        let id = self.chain.submit(&draft);
        let receipts = &self.chain.next_block().executed.receipts;
        receipts.iter().find(|receipt| receipt.id == id).cloned().unwrap()
    }

    fn good(&mut self, who: &Account, message: Message) {
        let receipt = self.send(who, message);
        let failure = receipt.failure.and_then(|failure| failure.meaning());
        assert!(failure.is_none(), "{failure:?}");
    }

    fn refused(&mut self, who: &Account, message: Message) -> &'static str {
        let receipt = self.send(who, message);
        receipt.failure.expect("refused").meaning().unwrap().reason
    }

    fn join(&mut self, operator: &Account) {
        // Whoever runs a validator is one.
        if !delegation::is_operator(self.chain.state(), &operator.id()).unwrap() {
            let metadata = delegation::Metadata::new("an operator", "").unwrap();
            self.good(
                operator,
                Message::Delegation(PledgeMsg::Register(delegation::Register { metadata })),
            );
        }
        let create = Create {
            asset: AssetId::PAL,
            charter: Charter {
                leverage_limit: Ratio::ONE,
                serves: Serves::Listed(vec![SERVICE]),
            },
            limits: Limits {
                deposit_cap: None,
                min_deposit: Amount::ZERO,
                allow_listed: false,
            },
        };
        self.good(operator, Message::Vaults(VaultMsg::Create(create)));
        let vault = vaults::query::vaults_of(self.chain.state(), &operator.id()).unwrap()[0];
        let deposit = Deposit {
            vault,
            amount: Amount::new(5_000_000_000),
            min_shares: Shares::ZERO,
            max_open_slash: Bps::ONE,
        };
        self.good(operator, Message::Vaults(VaultMsg::Deposit(deposit)));
        let key = KeyBytes(secret(operator).sk_to_pk().compress());
        let message = possession_message(&key, &operator.id());
        let possession = SignatureBytes(secret(operator).sign(&message, POSSESSION_DST, &[]).compress());
        let join = Join {
            service: SERVICE,
            key,
            possession,
        };
        self.good(operator, Message::Dss(ServiceMsg::Join(join)));
        let allocate = Allocate {
            vault,
            service: SERVICE,
            magnitude: Magnitude::WHOLE,
        };
        self.good(operator, Message::Delegation(PledgeMsg::Allocate(allocate)));
    }

    fn sign(&self, operator: &Account, slot: u64, said: &Digest) -> SignatureBytes {
        let statement = sign_bytes(&self.chain.hash(), SERVICE, 1, slot, said);
        SignatureBytes(
            secret(operator)
                .sign(statement.as_bytes(), SIGNATURE_DST, &[])
                .compress(),
        )
    }

    fn quote(&self, operator: &Account, round: u64, value: u128) -> (Quote, SignatureBytes) {
        let quote = Quote {
            feed: 1,
            round,
            value,
            salt: Digest::new(*operator.id().as_bytes()),
        };
        let signature = self.sign(operator, quote_slots(round).1, &quote.hash());
        (quote, signature)
    }

    /// Waits for the next round and lets every operator state `value` in it.
    fn play(&mut self, value: u128) {
        let round = loop {
            let open = oracle::query::open_round(self.chain.state(), 1).unwrap();
            match open {
                Some((number, round)) if round.opened_at == self.chain.tip().chain_clock => break number,
                Some(_) | None => {
                    self.chain.next_block();
                }
            }
        };
        for operator in self.operators.clone() {
            let (quote, _) = self.quote(&operator, round, value);
            let hidden = commitment(&operator.id(), 1, &quote.hash(), &quote.salt);
            let commit = OracleMsg::Commit(Commit {
                feed: 1,
                round,
                commitment: hidden,
                signature: self.sign(&operator, quote_slots(round).0, &hidden),
            });
            self.submit(&operator, Message::Oracle(commit));
        }
        self.chain.next_block();
        let open = |world: &Self| {
            oracle::query::round(world.chain.state(), 1, round)
                .unwrap()
                .unwrap()
        };
        while self.chain.tip().chain_clock.after(Millis::new(1_000)) < open(self).commit_until {
            self.chain.next_block();
        }
        for operator in self.operators.clone() {
            let (quote, signature) = self.quote(&operator, round, value);
            let reveal = OracleMsg::Reveal(Reveal {
                feed: 1,
                round,
                value,
                salt: quote.salt,
                signature,
            });
            self.submit(&operator, Message::Oracle(reveal));
        }
        while open(self).outcome.is_none() {
            self.chain.next_block();
        }
        assert_eq!(open(self).outcome.unwrap().price, Some(value));
    }

    fn submit(&mut self, who: &Account, message: Message) {
        let draft = self.chain.draft(who, vec![message]).with_fee(95_000_000, 100, 1);
        self.chain.submit(&draft);
    }

    /// Goes on to the end of the epoch; what a whole token counts for then, in hundredths of a PAL.
    fn end_epoch(&mut self) -> u128 {
        let epoch = self.chain.tip().epoch;
        while self.chain.tip().epoch == epoch {
            self.chain.next_block();
        }
        let whole = Amount::new(100_000_000);
        let npal = assets::value(self.chain.state(), TOKEN, whole).unwrap();
        npal.get() / 10_000_000
    }
}

/// Prices asset 7 in PAL with two decimals, every 8 seconds.
fn feed(weighing: Weighing) -> Message {
    let rules = Rules {
        pair: Pair {
            base: TOKEN,
            quote: AssetId::PAL,
        },
        decimals: 2,
        bounds: Bounds {
            least: 10,
            most: 1_000_000,
        },
        every: Millis::new(8_000),
        commit: Millis::new(3_000),
        reveal: Millis::new(3_000),
        tolerance: bps(100),
        fee: Coin {
            asset: AssetId::PAL,
            amount: Amount::ZERO,
        },
        weighing,
    };
    Message::Oracle(OracleMsg::CreateFeed(Box::new(CreateFeed {
        service: SERVICE,
        rules,
    })))
}

fn source(feed: u64) -> Message {
    Message::Assets(assets::Msg::SetPriceSource(SetPriceSource {
        asset: TOKEN,
        source: Some(Source::Feed(feed)),
    }))
}

#[test]
fn stake_counts_for_what_the_chains_power_says_it_costs() {
    let mut world = World::new();
    world.play(10_000);
    assert_eq!(world.end_epoch(), 10_000);
    // A tenfold jump is followed by a tenth; and only once the low of the last minute is over.
    world.play(100_000);
    assert_eq!(world.end_epoch(), 10_000);
    // A fall to a tenth counts at once.
    world.play(1_000);
    assert_eq!(world.end_epoch(), 1_000);
    // Nobody states anything: it decays, and says so.
    world.chain.advance(Millis::new(31_000));
    let missed = world.end_epoch();
    assert!((1..1_000).contains(&missed), "{missed}");
    let said = world.chain.sealed().iter().rev().take(3);
    let said = said.flat_map(|sealed| &sealed.executed.events);
    assert!(said.into_iter().any(kernel::Event::is::<PriceMissing>));
}

#[test]
fn an_operator_that_shows_another_price_than_it_committed_to_is_slashed() {
    let mut world = World::new();
    world.play(10_000);
    let (liar, alice) = (world.operators[0].clone(), world.alice.clone());
    let round = oracle::latest_price(world.chain.state(), 1)
        .unwrap()
        .unwrap()
        .round;
    // It committed to 10,000 in that round, and signed 9,999 too; two quotes would be equivocation, this is seen with one.
    let (quote, signature) = world.quote(&liar, round, 9_999);
    let (honest, _) = world.quote(&liar, round, 10_000);
    let hidden = commitment(&liar.id(), 1, &honest.hash(), &honest.salt);
    let (committed, shown) = quote_slots(round);
    let proof = Message::Slashing(SlashMsg::Prove(Box::new(Evidence {
        service: SERVICE,
        operator: liar.id(),
        task: 1,
        slot: shown,
        proof: Proof::Answers {
            said: vec![Said {
                answer: encode(&quote),
                signature,
            }],
            extra: encode(&(hidden, world.sign(&liar, committed, &hidden))),
        },
    })));
    let vault = vaults::query::vaults_of(world.chain.state(), &liar.id()).unwrap()[0];
    let before = vaults::vault(world.chain.state(), &vault).unwrap().unwrap();
    world.good(&alice, proof);
    let after = vaults::vault(world.chain.state(), &vault).unwrap().unwrap();
    // Three percent: the class's least.
    let taken = before.pool.assets.get() - after.pool.assets.get();
    assert_eq!(taken, 150_000_000);
}

/// "An oracle weighing itself": what a value weighs is power of two epochs ago, whatever the round or the stake comes to
/// meanwhile; and no feed that is weighed by its own service's stake decides what stake counts for.
#[test]
fn a_feed_never_weighs_by_what_it_says_itself() {
    let mut world = World::new();
    let alice = world.alice.clone();
    assert_eq!(world.refused(&alice, source(0)), "NOT_ITS_FEED");
    let rich = world.operators[0].clone();
    let power = |world: &World, epoch: u64| {
        let set = world
            .chain
            .view(|view| staking::set_of(view, primitives::Epoch::new(epoch)));
        let set = set.unwrap().unwrap();
        let mut weights: Vec<u128> = set
            .validators
            .iter()
            .map(|one| u128::from(one.weight.get()))
            .collect();
        weights.sort_unstable();
        weights
    };
    let bond = staking::Msg::Bond(staking::Bond {
        validator: rich.id(),
        amount: Amount::new(3_000_000_000_000),
    });
    world.good(&rich, Message::Staking(bond));
    world.end_epoch();
    let mut told_apart = 0;
    for _ in 0..4 {
        let open = |world: &World| oracle::query::open_round(world.chain.state(), 1).unwrap();
        while open(&world).is_none() {
            world.chain.next_block();
        }
        let (_, round) = open(&world).unwrap();
        let mut weights = round.weights;
        weights.sort_unstable();
        let epoch = round.epoch.get();
        assert_eq!(weights, power(&world, epoch.saturating_sub(2)), "epoch {epoch}");
        told_apart += usize::from(power(&world, epoch) != power(&world, epoch.saturating_sub(2)));
        world.end_epoch();
    }
    assert!(told_apart > 0, "power has changed meanwhile");
}
