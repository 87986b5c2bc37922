//! Validators and what backs them, in few words.

use palisade_service_consensus as service;
use primitives::{AccountId, Amount, AssetId, Bps, Digest, Ratio};
use service::{Barred, Candidate, Computed, Holding, Previous, Rules, Source, Valuation};
use std::collections::BTreeMap;

pub(crate) const PAL: u32 = 0;
pub(crate) const ONE: u128 = 1_000_000_000_000_000_000;

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

pub(crate) fn bps(value: u16) -> Bps {
    Bps::new(value).unwrap()
}

/// Four seats, no cap, changes of a tenth.
pub(crate) fn rules() -> Rules {
    Rules {
        seats: 4,
        least: Amount::new(10),
        cap: Bps::ONE,
        change: bps(1_000),
    }
}

/// Price in thousandths of PAL, haircut and cap in basis points, by asset.
pub(crate) fn valuations(all: &[(u32, u128, u16, u16)]) -> BTreeMap<AssetId, Valuation> {
    let one = |(asset, price, haircut, cap): &(u32, u128, u16, u16)| {
        let valuation = Valuation {
            price: Ratio::from_raw(price * (ONE / 1_000)),
            haircut: bps(*haircut),
            cap: bps(*cap),
        };
        (AssetId::new(*asset), valuation)
    };
    all.iter().map(one).collect()
}

/// A bond of PAL: source 0. Others are vaults of that number.
pub(crate) fn source(number: u8) -> Source {
    if number == 0 {
        Source::Bond
    } else {
        Source::Vault(Digest::new([number; 32]))
    }
}

/// A validator with (source, asset, backing) each.
pub(crate) fn candidate(operator: u8, holdings: &[(u8, u32, u128)]) -> Candidate {
    let holding = |(number, asset, backing): &(u8, u32, u128)| Holding {
        source: source(*number),
        asset: AssetId::new(*asset),
        backing: Amount::new(*backing),
    };
    Candidate {
        operator: account(operator),
        barred: None,
        holdings: holdings.iter().map(holding).collect(),
    }
}

pub(crate) fn barred(why: Barred, candidate: Candidate) -> Candidate {
    Candidate {
        barred: Some(why),
        ..candidate
    }
}

pub(crate) fn previous(computed: &Computed) -> Previous {
    Previous {
        records: computed.records.iter().cloned().collect(),
    }
}

/// What each member's weight is made of, by the operators' numbers.
pub(crate) fn powers(computed: &Computed) -> Vec<(u8, u128)> {
    let powers = computed.powers();
    let number = |(operator, power): (AccountId, Amount)| (operator.as_bytes()[0], power.get());
    powers.into_iter().map(number).collect()
}
