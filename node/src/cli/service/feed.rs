//! What owners and payers of feeds do. What operators say in rounds is `palisade operator run`'s: it needs a guard.

use crate::cli::context::Context;
use crate::cli::query::lacking;
use crate::cli::restaking::{Asked, Sender, parse_bps};
use crate::cli::tx;
use crate::output::Failure;
use clap::{Args, Subcommand, ValueEnum};
use client::amount::{AmountError, Written};
use primitives::Amount;
use proto::oracle::v1 as wire;
use proto::tx::v1::message::Message as Kind;
use testnet::Span;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Start a feed of a service of the kind oracle. For the service's owner.
    Create(Box<Create>),
    /// Change what may be stated in rounds that open from now on. For the service's owner.
    Bounds {
        /// The feed's number.
        feed: u64,
        /// The least value, with its point: 0.5.
        least: String,
        /// The largest.
        most: String,
        #[command(flatten)]
        sender: Sender,
    },
    /// End a feed: no more rounds open. For the service's owner.
    End {
        /// The feed's number.
        feed: u64,
        #[command(flatten)]
        sender: Sender,
    },
    /// Put something down for a feed's rounds to come. Anyone may.
    Fund {
        /// The feed's number.
        feed: u64,
        /// How much, of the asset that its rounds pay in.
        amount: Written,
        #[command(flatten)]
        sender: Sender,
    },
    /// Take back what rounds have not used of a deposit of the sender.
    Withdraw {
        /// The feed's number.
        feed: u64,
        /// The deposit's number.
        deposit: u64,
        #[command(flatten)]
        sender: Sender,
    },
}

/// What a value weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Weighing {
    /// What stands behind the operator for the service.
    Stake,
    /// Its power in consensus: for prices that stake itself is valued by.
    Power,
}

/// A feed's rules.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The service's number.
    service: u32,
    /// One whole of this asset ...
    base: String,
    /// ... costs so much of this one.
    quote: String,
    /// Digits of a value after the decimal point: at most 18.
    #[arg(long, default_value_t = 2)]
    decimals: u8,
    /// The least value that may be stated, with its point: 0.5.
    #[arg(long, value_name = "VALUE")]
    least: String,
    /// The largest.
    #[arg(long, value_name = "VALUE")]
    most: String,
    /// From the opening of one round to that of the next.
    #[arg(long, value_name = "DURATION")]
    every: Span,
    /// How long values are committed to.
    #[arg(long, value_name = "DURATION")]
    commit: Span,
    /// How long they are shown after that.
    #[arg(long, value_name = "DURATION")]
    reveal: Span,
    /// How far from the median a value may lie and be paid.
    #[arg(long, value_parser = parse_bps, default_value = "1%")]
    tolerance: u32,
    /// What a round pays.
    #[arg(long, value_name = "AMOUNT", default_value = "0pal")]
    pay: Written,
    /// What a value weighs.
    #[arg(long, value_enum, default_value = "stake")]
    weighing: Weighing,
    #[command(flatten)]
    sender: Sender,
}

/// A value with its point in units of its last digit.
fn units(text: &str, decimals: u8) -> Result<String, Failure> {
    let wrong = |error: AmountError| Failure::usage(format!("`{text}`: {error}"));
    let written: Written = format!("{text}pal").parse().map_err(wrong)?;
    let value = written.in_base_units(decimals).map_err(wrong)?;
    Ok(value.to_string())
}

impl Create {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = Asked::new(context).await?;
        let fee = tx::coin(&asked.client, &self.pay).await?;
        let weighing = match self.weighing {
            Weighing::Stake => wire::Weighing::Stake,
            Weighing::Power => wire::Weighing::Power,
        };
        let message = wire::CreateFeed {
            service_id: self.service,
            base_asset_id: asked.asset_id(&self.base)?,
            quote_asset_id: asked.asset_id(&self.quote)?,
            decimals: u32::from(self.decimals),
            least: units(&self.least, self.decimals)?,
            most: units(&self.most, self.decimals)?,
            every_ms: self.every.millis(),
            commit_ms: self.commit.millis(),
            reveal_ms: self.reveal.millis(),
            tolerance_bps: self.tolerance,
            fee_asset_id: fee.asset.get(),
            fee: fee.amount.to_string(),
            weighing: weighing.into(),
        };
        self.sender.send(context, Kind::CreateFeed(message)).await
    }
}

async fn fetch(asked: &Asked, feed_id: u64) -> Result<wire::Feed, Failure> {
    let mut feeds = asked.client.feeds();
    let request = wire::GetFeedRequest {
        feed_id,
        ..wire::GetFeedRequest::default()
    };
    let answer = asked.client.unary(feeds.get_feed(request)).await?;
    answer.feed.ok_or_else(|| lacking("feed"))
}

async fn fund(context: &Context, feed_id: u64, written: &Written, sender: &Sender) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let coin = tx::coin(&asked.client, written).await?;
    let pays = fetch(&asked, feed_id).await?.fee_asset_id;
    if coin.asset.get() != pays {
        return Err(Failure::usage(format!(
            "rounds of feed {feed_id} pay in {}, not {}",
            asked.symbol(pays),
            written.unit
        )));
    }
    let amount: Amount = coin.amount;
    let message = wire::FundFeed {
        feed_id,
        amount: amount.to_string(),
    };
    sender.send(context, Kind::FundFeed(message)).await
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Create(create) => create.run(context).await,
        Verb::Bounds {
            feed,
            least,
            most,
            sender,
        } => {
            let asked = Asked::new(context).await?;
            let found = fetch(&asked, feed).await?;
            let decimals = u8::try_from(found.decimals).unwrap_or(u8::MAX);
            let message = wire::SetFeedBounds {
                feed_id: feed,
                least: units(&least, decimals)?,
                most: units(&most, decimals)?,
            };
            sender.send(context, Kind::SetFeedBounds(message)).await
        }
        Verb::End { feed, sender } => {
            let message = wire::EndFeed { feed_id: feed };
            sender.send(context, Kind::EndFeed(message)).await
        }
        Verb::Fund { feed, amount, sender } => fund(context, feed, &amount, &sender).await,
        Verb::Withdraw {
            feed,
            deposit,
            sender,
        } => {
            let message = wire::WithdrawFeedDeposit {
                feed_id: feed,
                deposit_id: deposit,
            };
            sender.send(context, Kind::WithdrawFeedDeposit(message)).await
        }
    }
}
