//! `palisade asset`: assets: see them, and what the registrar may do about them.

use crate::cli::context::Context;
use crate::cli::restaking::{Asked, Sender, parse_bps};
use crate::cli::tx;
use crate::output::Failure;
use clap::{Args, Subcommand};
use client::amount::Written;
use primitives::Amount;
use proto::assets::v1 as wire;
use proto::tx::v1::message::Message as Kind;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Enter an asset. For the registrar alone; the validators may too: `palisade gov propose enter-asset`.
    Register {
        /// The number it shall have; must be free.
        asset: u32,
        /// Short name, such as WBTC.
        #[arg(long)]
        symbol: String,
        /// Full name.
        #[arg(long)]
        name: String,
        /// Digits of an amount after the decimal point.
        #[arg(long)]
        decimals: u32,
        #[command(flatten)]
        sender: Sender,
    },
    /// Say under which terms an asset may be restaked. For the registrar alone; the validators: `palisade gov propose
    /// set-asset-rules`.
    Terms(Terms),
    /// Name where an asset's valuation comes from. For the registrar alone; the validators: `palisade gov propose
    /// set-asset-source`.
    Source(Source),
}

/// Terms of restaking.
#[derive(Debug, Args)]
pub(crate) struct Terms {
    /// Its symbol or number.
    asset: String,
    /// What is taken off its value.
    #[arg(long, value_parser = parse_bps, default_value = "0%")]
    haircut: u32,
    /// The most that all vaults hold of it after a deposit [default: no limit].
    #[arg(long, value_name = "AMOUNT")]
    cap: Option<Written>,
    /// The most of the chain's power that it may be in all.
    #[arg(long, value_parser = parse_bps, default_value = "100%")]
    power_cap: u32,
    #[command(flatten)]
    sender: Sender,
}

/// Where a valuation comes from.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The asset's symbol or number.
    asset: String,
    /// A feed that states what one whole of it costs in PAL, weighed by power.
    #[arg(long, required_unless_present_any = ["stated", "none"], conflicts_with_all = ["stated", "none"])]
    feed: Option<u64>,
    /// A price that holds until another is stated: npal per base unit times 10^18.
    #[arg(long, value_name = "PRICE", conflicts_with = "none")]
    stated: Option<Amount>,
    /// Leave it where it is.
    #[arg(long)]
    none: bool,
    #[command(flatten)]
    sender: Sender,
}

impl Terms {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = Asked::new(context).await?;
        let asset_id = asked.asset_id(&self.asset)?;
        let deposit_cap = match &self.cap {
            None => String::new(),
            Some(written) => {
                let coin = tx::coin(&asked.client, written).await?;
                if coin.asset.get() != asset_id {
                    return Err(Failure::usage(format!(
                        "--cap is in {}, the terms are of {}",
                        written.unit, self.asset
                    )));
                }
                coin.amount.to_string()
            }
        };
        let message = wire::SetAssetTerms {
            asset_id,
            haircut_bps: self.haircut,
            deposit_cap,
            power_cap_bps: self.power_cap,
        };
        self.sender.send(context, Kind::SetAssetTerms(message)).await
    }
}

impl Source {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        use wire::set_price_source::Source as From;
        let asked = Asked::new(context).await?;
        let stated = self.stated.map(|price| From::Stated(price.to_string()));
        let message = wire::SetPriceSource {
            asset_id: asked.asset_id(&self.asset)?,
            source: self.feed.map(From::FeedId).or(stated),
        };
        self.sender.send(context, Kind::SetPriceSource(message)).await
    }
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Register {
            asset,
            symbol,
            name,
            decimals,
            sender,
        } => {
            let message = wire::RegisterAsset {
                asset_id: asset,
                symbol,
                decimals,
                name,
            };
            sender.send(context, Kind::RegisterAsset(message)).await
        }
        Verb::Terms(terms) => terms.run(context).await,
        Verb::Source(source) => source.run(context).await,
    }
}
