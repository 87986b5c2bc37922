//! Valuations follow prices: down at once, up step by step, and slowly down when nobody states one.

use super::{REGISTRAR, STRANGER, pal};
use kernel::testing::Sandbox;
use kernel::{Event, Fault as _, Item, Module, ModuleId, Read, StateError, View};
use palisade_assets::{
    Asset, Assets, Error, Genesis, GenesisAsset, GenesisTerms, Msg, Name, Origin, Params, PriceMissing,
    Quote, RiseBounded, Rules, SetPriceSource, Source, Symbol, Terms, Valued, Wiring, follow, set_source,
    terms,
};
use primitives::{AccountId, AssetId, Blocks, Bps, ChainClock, Millis, Ratio};
use proptest::prelude::*;

const TOKEN: AssetId = AssetId::new(7);
const FEED: u64 = 3;
/// What the feed says: value, lowest, when.
const STATED: Item<(u128, u128, ChainClock)> = Item::new(ModuleId::new(200, "stated").table(0));

#[derive(Debug)]
enum Wire {}

impl Wiring for Wire {
    fn prices(_: &dyn Read, feed: u64, asset: AssetId) -> Result<bool, StateError> {
        Ok((feed, asset) == (FEED, TOKEN))
    }

    fn quote(view: &View<'_>, _: u64) -> Result<Option<Quote>, StateError> {
        let found = STATED.get(view)?;
        Ok(found.map(|(value, lowest, at)| Quote {
            value,
            lowest,
            decimals: 2,
            at,
        }))
    }
}

type Prices = Assets<Wire>;

struct World(Sandbox);

impl World {
    /// A token of 6 decimals, and a feed of 2.
    fn new() -> Self {
        let mut chain = Sandbox::new();
        let asset = Asset {
            symbol: Symbol::new("TOKEN").unwrap(),
            name: Name::new("Token").unwrap(),
            decimals: 6,
            origin: Origin::Genesis,
        };
        let genesis = Genesis {
            registrar: REGISTRAR,
            assets: vec![pal(), GenesisAsset { id: TOKEN, asset }],
            terms: vec![GenesisTerms {
                asset: TOKEN,
                terms: Terms::new(TOKEN, Rules::WHOLE),
            }],
            params: Params::localnet(),
            sources: Vec::new(),
        };
        chain.run(|ctx| Prices::init_genesis(ctx, genesis)).unwrap();
        Self(chain)
    }

    fn source(&mut self, sender: AccountId, asset: AssetId, source: Option<Source>) -> Result<(), Error> {
        let message = Msg::SetPriceSource(SetPriceSource { asset, source });
        self.0.run(|ctx| Prices::execute(ctx, sender, message))
    }

    /// The feed comes to `value` hundredths of a PAL per token, and has been as low as `lowest` of late.
    fn state(&mut self, value: u128, lowest: u128) {
        let now = self.0.block.chain_clock;
        self.0.run(|ctx| STATED.put(ctx, &(value, lowest, now))).unwrap();
    }

    /// An epoch later, the valuation in hundredths of a PAL per token, and what happened.
    fn end_epoch(&mut self) -> (u128, Vec<Event>) {
        self.0.take_events();
        self.0.hook(Prices::end_epoch).unwrap();
        self.0.block.epoch = self.0.block.epoch.next().unwrap();
        let price = terms(&self.0.view(), TOKEN).unwrap().unwrap().valuation.price;
        // A hundredth of a PAL is 10^7 npal, a token 10^6 base units: ten npal per base unit.
        let hundredths = price.raw().div_euclid(10 * Ratio::ONE.raw());
        (hundredths, self.0.take_events())
    }

    fn pass(&mut self, millis: u64) {
        self.0.advance(Blocks::new(1), Millis::new(millis));
    }
}

fn happened<E: kernel::EventType>(events: &[Event]) -> bool {
    events.iter().any(Event::is::<E>)
}

#[test]
fn the_first_price_counts_whole_and_the_decimals_of_feed_and_asset_are_seen() {
    let mut world = World::new();
    world.source(REGISTRAR, TOKEN, Some(Source::Feed(FEED))).unwrap();
    world.state(12_345, 12_345);
    let (price, events) = world.end_epoch();
    assert_eq!(price, 12_345);
    assert!(happened::<Valued>(&events));
}

#[test]
fn a_price_that_drops_to_a_tenth_counts_at_once() {
    let mut world = World::new();
    world.source(REGISTRAR, TOKEN, Some(Source::Feed(FEED))).unwrap();
    world.state(10_000, 10_000);
    world.end_epoch();
    world.state(1_000, 1_000);
    assert_eq!(world.end_epoch().0, 1_000);
}

#[test]
fn a_price_that_jumps_tenfold_is_followed_by_a_tenth_per_epoch_and_says_so() {
    let mut world = World::new();
    world.source(REGISTRAR, TOKEN, Some(Source::Feed(FEED))).unwrap();
    world.state(1_000, 1_000);
    world.end_epoch();
    for expected in [1_100, 1_210, 1_331] {
        world.state(10_000, 10_000);
        let (price, events) = world.end_epoch();
        assert_eq!(price, expected);
        assert!(happened::<RiseBounded>(&events));
    }
}

#[test]
fn a_price_counts_no_higher_than_its_low_of_late() {
    let mut world = World::new();
    world.source(REGISTRAR, TOKEN, Some(Source::Feed(FEED))).unwrap();
    world.state(10_000, 4_000);
    assert_eq!(world.end_epoch().0, 4_000);
}

#[test]
fn a_price_that_goes_missing_decays_with_an_event_and_never_to_nothing() {
    let mut world = World::new();
    world.source(REGISTRAR, TOKEN, Some(Source::Feed(FEED))).unwrap();
    world.state(1_000, 1_000);
    world.end_epoch();
    let good = world.0.block.chain_clock;
    // Not yet too old.
    world.pass(10_000);
    assert_eq!(world.end_epoch().0, 1_000);
    world.pass(10_000);
    world.pass(10_000);
    world.pass(10_000);
    for expected in [900, 810, 729] {
        let (price, events) = world.end_epoch();
        assert_eq!(price, expected);
        assert!(happened::<PriceMissing>(&events));
    }
    for _ in 0..1_000 {
        assert!(happened::<PriceMissing>(&world.end_epoch().1));
    }
    let valuation = terms(&world.0.view(), TOKEN).unwrap().unwrap().valuation;
    assert_eq!(valuation.price, Ratio::from_raw(1));
    assert!(valuation.at > good, "the time of the last good price stays");
    // It comes back, step by step.
    world.state(1_000, 1_000);
    world.end_epoch();
    let valuation = terms(&world.0.view(), TOKEN).unwrap().unwrap().valuation;
    assert_eq!(valuation.price, Ratio::from_raw(2));
}

#[test]
fn what_governance_states_stands_in_for_a_feed_and_is_followed_as_one() {
    let mut world = World::new();
    let stated = |hundredths: u128| {
        Some(Source::Stated(Ratio::from_raw(
            hundredths * 10 * Ratio::ONE.raw(),
        )))
    };
    world
        .0
        .run(|ctx| set_source::<Wire>(ctx, TOKEN, stated(1_000)))
        .unwrap();
    assert_eq!(world.end_epoch().0, 1_000);
    world.source(REGISTRAR, TOKEN, stated(5_000)).unwrap();
    assert_eq!(world.end_epoch().0, 1_100);
    world.source(REGISTRAR, TOKEN, stated(10)).unwrap();
    assert_eq!(world.end_epoch().0, 10);
    world.source(REGISTRAR, TOKEN, None).unwrap();
    assert_eq!(world.end_epoch().0, 10);
}

#[test]
fn only_the_registrar_names_a_source_and_only_one_that_fits() {
    let mut world = World::new();
    let feed = Some(Source::Feed(FEED));
    let cases = [
        (STRANGER, TOKEN, feed, "NOT_REGISTRAR"),
        (REGISTRAR, AssetId::PAL, feed, "PAL_IS_THE_UNIT"),
        (REGISTRAR, AssetId::new(9), feed, "ASSET_UNVALUED"),
        (REGISTRAR, TOKEN, Some(Source::Feed(4)), "NOT_ITS_FEED"),
        (
            REGISTRAR,
            TOKEN,
            Some(Source::Stated(Ratio::ZERO)),
            "PRICE_IS_ZERO",
        ),
    ];
    for (sender, asset, source, reason) in cases {
        let refused = world.source(sender, asset, source).unwrap_err();
        assert_eq!(refused.reason(), reason);
        assert!(refused.code().is_some());
    }
    assert!(
        palisade_assets::query::sources(&world.0.view())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn parameters_that_would_freeze_or_take_everything_are_refused() {
    let good = Params::mainnet();
    assert_eq!(good.validate(), Ok(()));
    let bad = [
        Params {
            rise: Bps::ZERO,
            ..good
        },
        Params {
            decay: Bps::ONE,
            ..good
        },
        Params {
            stale_after: Millis::ZERO,
            ..good
        },
    ];
    for params in bad {
        let genesis = Genesis {
            registrar: REGISTRAR,
            assets: vec![pal()],
            terms: Vec::new(),
            params,
            sources: Vec::new(),
        };
        let refused = Sandbox::new()
            .run(|ctx| Prices::init_genesis(ctx, genesis))
            .unwrap_err();
        assert_eq!(refused.reason(), "BAD_VALUATION_PARAMS");
    }
}

proptest! {
    #[test]
    fn a_valuation_never_rises_faster_than_its_bound_and_never_falls_to_nothing(
        start in 1u128..1_000_000_000_000,
        stated in prop::collection::vec(prop::option::of(1u128..1_000_000_000_000_000), 1..40),
    ) {
        let params = Params::mainnet();
        let mut price = Ratio::from_raw(start);
        for one in stated {
            let next = follow(price, one.map(Ratio::from_raw), &params);
            prop_assert!(next > Ratio::ZERO);
            prop_assert!(next.raw() <= price.raw() + price.raw().div_ceil(10));
            match one {
                Some(stated) => prop_assert!(next.raw() <= stated),
                None => prop_assert!(next.raw() + price.raw().div_ceil(10) >= price.raw()),
            }
            price = next;
        }
    }
}
