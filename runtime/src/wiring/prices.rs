//! What prices need of the rest: feeds for valuations, power for feeds.

use super::Wire;
use assets::Quote;
use kernel::{Read, StateError, View};
use oracle::Weighing;
use primitives::{AccountId, AssetId, Epoch};

impl assets::Wiring for Wire {
    fn prices(store: &dyn Read, feed: u64, asset: AssetId) -> Result<bool, StateError> {
        let found = oracle::query::feed(store, feed)?;
        Ok(found.is_some_and(|found| {
            let pair = found.rules.pair;
            !found.ended
                && pair.base == asset
                && pair.quote == AssetId::PAL
                && found.rules.weighing == Weighing::Power
        }))
    }

    fn quote(view: &View<'_>, feed: u64) -> Result<Option<Quote>, StateError> {
        let Some(price) = oracle::latest_price(view, feed)? else {
            return Ok(None);
        };
        let lowest = oracle::lowest(view, feed, view.block().chain_clock)?;
        Ok(Some(Quote {
            value: price.value,
            lowest: lowest.unwrap_or(price.value),
            decimals: price.decimals,
            at: price.at,
        }))
    }
}

impl oracle::Wiring for Wire {
    fn power(view: &View<'_>, epoch: Epoch) -> Result<Vec<(AccountId, u64)>, StateError> {
        let set = staking::set_of(view, epoch)?;
        Ok(set.map_or_else(Vec::new, |set| {
            let validators = set.validators.into_iter();
            validators
                .map(|validator| (validator.operator, validator.weight.get()))
                .collect()
        }))
    }
}
