//! `palisade service follow`: where an asset's valuation comes from.

use crate::cli::context::Context;
use crate::cli::restaking::{Asked, Sender, WHOLE};
use crate::output::Failure;
use clap::Args;
use client::amount::Written;
use primitives::{Rounding, mul_div};
use proto::assets::v1::SetPriceSource;
use proto::assets::v1::set_price_source::Source as Wire;
use proto::tx::v1::message::Message as Kind;
use std::str::FromStr;

/// What a valuation follows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// A feed.
    Feed(u64),
    /// A price in PAL.
    Stated(Written),
    /// Nothing: it stays where it is.
    Nothing,
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}`: write feed:NUMBER, a price such as 2400pal, or none");
        if text == "none" {
            return Ok(Self::Nothing);
        }
        if let Some(number) = text.strip_prefix("feed:") {
            return number.parse().map(Self::Feed).map_err(|_| wrong());
        }
        text.parse().map(Self::Stated).map_err(|_| wrong())
    }
}

/// What an asset's valuation follows from the end of this epoch on. For the chain's registrar alone.
#[derive(Debug, Args)]
pub(crate) struct Follow {
    /// The asset: its symbol or number.
    asset: String,
    /// feed:NUMBER, a price of one whole such as 2400pal, or none to leave it where it is. Whichever it is, the valuation falls
    /// at once and rises by a bounded part per epoch.
    #[arg(value_name = "SOURCE")]
    source: Source,
    #[command(flatten)]
    sender: Sender,
}

/// npal per base unit times 10^18, of a price of one whole in PAL.
fn stated(written: &Written, decimals: u32) -> Result<String, Failure> {
    let npal = written
        .pal()
        .ok_or_else(|| Failure::usage(format!("`{}`: a price is in pal or npal", written.unit)))??;
    let whole = 10u128.checked_pow(decimals);
    let price = whole.and_then(|whole| mul_div(npal.get(), WHOLE, whole, Rounding::Down).ok());
    match price {
        Some(0) => Err(Failure::usage("a price is more than nothing".to_owned())),
        Some(price) => Ok(price.to_string()),
        None => Err(Failure::usage(
            "the price is larger than a valuation can be".to_owned(),
        )),
    }
}

impl Follow {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = Asked::new(context).await?;
        let asset_id = asked.asset_id(&self.asset)?;
        let source = match &self.source {
            Source::Feed(feed) => Some(Wire::FeedId(*feed)),
            Source::Stated(price) => Some(Wire::Stated(stated(price, asked.decimals(asset_id))?)),
            Source::Nothing => None,
        };
        let message = SetPriceSource { asset_id, source };
        self.sender.send(context, Kind::SetPriceSource(message)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_feed_a_price_or_nothing() {
        assert_eq!("feed:3".parse(), Ok(Source::Feed(3)));
        assert_eq!("none".parse(), Ok(Source::Nothing));
        assert!(matches!("2400.5pal".parse(), Ok(Source::Stated(_))));
        for bad in ["feed:", "feed:x", "2400", "", "feed 3"] {
            let error = bad.parse::<Source>().unwrap_err();
            assert!(error.contains("feed:NUMBER"), "{bad}: {error}");
        }
    }

    #[test]
    fn a_price_is_stated_per_base_unit() {
        let price = |text: &str, decimals| stated(&text.parse().unwrap(), decimals);
        // 2,400 PAL for 10^18 base units are 2.4 · 10^12 npal for 10^18: 2.4 · 10^12 in 10^-18 npal each.
        assert_eq!(price("2400pal", 18).unwrap(), "2400000000000");
        assert_eq!(price("60000pal", 8).unwrap(), "600000000000000000000000");
        for bad in ["0pal", "1eth"] {
            assert!(price(bad, 18).is_err(), "{bad}");
        }
    }
}
