//! The oracle of a testnet: a service whose operators state what each asset costs in PAL, and who pays them for it.
//!
//! Valuations stay where genesis put them until the registrar, alice, names a feed for an asset: one that nobody states
//! would decay.

use super::{TOKENS, Token, accepted, bps, members, person};
use crate::spec::Spec;
use crate::world::{PAL, Person};
use crypto::hash::sha256;
use genesis::{FaultClass, Feed, Service, ServiceKind, Stake, Text, Weighing};
use primitives::{AccountId, Amount, AssetId, Bps, Coin, Millis};
use signer::ConsensusKey;

/// The oracle's number.
pub const SERVICE: u32 = 2;
/// Digits of a feed's values after the decimal point.
pub const DECIMALS: u8 = 6;

/// The position, among the well-known accounts, of whoever pays for the rounds: frank.
const PAYER: usize = 5;
/// What a round pays, in PAL.
const FEE: u128 = 1;
/// What is put down for the rounds of each feed, in PAL.
const FUNDS: u128 = 10_000;
/// For how many blocks a round's values are committed to, and for how many they are shown.
const WINDOW_BLOCKS: u64 = 8;
/// The shortest and the longest such window, in milliseconds.
const WINDOW_MS: (u64, u64) = (4_000, 10_000);
/// Between two rounds, in milliseconds.
const PAUSE_MS: u64 = 2_000;
/// How far from what an asset costs at genesis values may go, either way, as a factor.
const RANGE: u128 = 1_000;

/// The key with which the `index`-th node's operator works for the oracle.
#[must_use]
pub fn key(spec: &Spec, index: u32) -> ConsensusKey {
    let seed = [&spec.key_seed()[..], b"/oracle"].concat();
    ConsensusKey::from_seed(&sha256(&[&seed, &index.to_be_bytes()]))
}

/// The number of the feed that states an asset's price: tokens are numbered from 1 on, feeds from 0.
#[must_use]
pub fn feed_of(token: &Token) -> u64 {
    u64::from(token.id).saturating_sub(1)
}

/// The service, with a feed for each token.
pub(super) fn service(spec: &Spec, operators: &[AccountId], people: &[Person]) -> Service {
    let class = |least, most| FaultClass {
        subjective: false,
        least: bps(least),
        most: bps(most),
        cooldown: Millis::new(5_000),
    };
    let count = u16::try_from(operators.len()).unwrap_or(u16::MAX);
    Service {
        owner: person(people, 0),
        kind: ServiceKind::Oracle,
        metadata: Text::from(
            "prices: what each asset costs in PAL; two values for one round, another one than was committed to, and one out \
             of bounds are slashed by proof",
        ),
        accepted: accepted(),
        min_operators: count.div_ceil(2),
        max_operators: 128,
        min_stake: Amount::new(1_000 * PAL),
        min_self_stake: Amount::ZERO,
        quorum: bps(6_667),
        classes: vec![class(500, 5_000), class(500, 1_000), class(500, 1_000)],
        double_answer: Some(0),
        recipient: None,
        slasher: None,
        vetoers: Vec::new(),
        profit_cap: Amount::new(50_000 * PAL),
        program: None,
        feeds: TOKENS.iter().map(|token| feed(spec, token, people)).collect(),
        members: members(operators, |index| key(spec, index)),
        active: true,
    }
}

fn feed(spec: &Spec, token: &Token, people: &[Person]) -> Feed {
    let blocks = spec.block_time.millis().saturating_mul(WINDOW_BLOCKS);
    let window = blocks.clamp(WINDOW_MS.0, WINDOW_MS.1);
    let price = token.price * 10u128.pow(u32::from(DECIMALS));
    Feed {
        base: AssetId::new(token.id),
        quote: AssetId::PAL,
        decimals: DECIMALS,
        least: Amount::new(price / RANGE),
        most: Amount::new(price * RANGE),
        every: Millis::new(2 * window + PAUSE_MS),
        commit: Millis::new(window),
        reveal: Millis::new(window),
        tolerance: Bps::new(100).unwrap_or(Bps::ONE),
        fee: Coin {
            asset: AssetId::PAL,
            amount: Amount::new(FEE * PAL),
        },
        weighing: Weighing::Power,
        funds: vec![Stake {
            owner: person(people, PAYER),
            amount: Amount::new(FUNDS * PAL),
        }],
        values: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use genesis::Document;

    #[test]
    fn every_token_has_the_feed_that_bears_its_number() {
        let spec = Spec::new(&crate::Name::default(), &crate::Flags::default(), 26_600).unwrap();
        let genesis = crate::world::genesis(&spec).unwrap();
        let document = Document::from_json(genesis.text.as_bytes()).unwrap();
        let feeds = &document.services[1].feeds;
        assert_eq!(feeds.len(), TOKENS.len());
        for token in &TOKENS {
            let feed = &feeds[usize::try_from(feed_of(token)).unwrap()];
            assert_eq!(feed.base, AssetId::new(token.id), "{}", token.symbol);
            assert!(feed.least < feed.most && !feed.values);
        }
    }

    #[test]
    fn rounds_fit_the_longest_task_whatever_the_time_between_blocks() {
        for block_time in ["10ms", "500ms", "60s"] {
            let flags = crate::Flags {
                block_time: block_time.parse().ok(),
                ..crate::Flags::default()
            };
            let spec = Spec::new(&crate::Name::default(), &flags, 26_600).unwrap();
            assert!(crate::world::genesis(&spec).is_ok(), "{block_time}");
        }
    }
}
