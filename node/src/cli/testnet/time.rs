//! `palisade testnet epoch` and `palisade testnet time`: the chain's time, put forward.

use crate::cli::context::Context;
use crate::cli::testnet::{Which, status};
use crate::output::{Failure, Show};
use clap::Args;
use serde::Serialize;
use testnet::Span;
use testnet::devnet::{ChainTime, Devnet};

/// The most epochs at a time: each takes some blocks.
const MOST_EPOCHS: u64 = 1_000;

/// `palisade testnet epoch`.
#[derive(Debug, Args)]
pub(crate) struct EpochArgs {
    /// `next`: end the present epoch now.
    #[arg(value_parser = ["next"])]
    verb: Option<String>,
    /// End so many epochs, one after the other.
    #[arg(long, value_name = "EPOCHS", value_parser = clap::value_parser!(u64).range(1..=MOST_EPOCHS))]
    advance: Option<u64>,
    #[command(flatten)]
    which: Which,
}

/// `palisade testnet time`.
#[derive(Debug, Args)]
pub(crate) struct TimeArgs {
    /// `warp DURATION`: put the chain clock forward, as 30d or 12h. What has to wait for it is due at once; one epoch
    /// ends, and no empty blocks are made.
    #[arg(num_args = 0..=2, value_name = "warp DURATION")]
    warp: Vec<String>,
    /// The same: put the chain clock forward by this.
    #[arg(long, value_name = "DURATION", conflicts_with = "warp")]
    advance: Option<Span>,
    #[command(flatten)]
    which: Which,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown(ChainTime);

impl Show for Shown {
    fn table(&self) -> String {
        let left = self.0.epoch_ends_at_ms.saturating_sub(self.0.chain_clock_ms);
        format!(
            "chain clock {} ms, epoch {} ends in {left} ms",
            self.0.chain_clock_ms, self.0.epoch
        )
    }

    fn id(&self) -> Option<String> {
        Some(self.0.epoch.to_string())
    }
}

impl EpochArgs {
    /// Ends epochs, or says where the chain stands when it is not told to.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (folder, spec) = self.which.spec(context)?;
        let now = status::running(&folder).await?;
        let devnet = Devnet::new(&spec, &now);
        let count = self.advance.unwrap_or_else(|| u64::from(self.verb.is_some()));
        let mut time = devnet.time().await?;
        for _ in 0..count {
            time = devnet.next_epoch().await?;
        }
        context.output.show(&Shown(time))
    }
}

impl TimeArgs {
    /// Puts the clock forward, or says where it stands when it is not told to.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let by = match self.warp.as_slice() {
            [] => self.advance,
            [verb, by] if verb == "warp" => {
                let by = by
                    .parse::<Span>()
                    .map_err(|error| Failure::usage(error.to_string()))?;
                Some(by)
            }
            words => {
                return Err(Failure::usage(format!(
                    "`{}`: write `time warp 30d`, or `time` alone to see where the chain clock stands",
                    words.join(" ")
                )));
            }
        };
        let (folder, spec) = self.which.spec(context)?;
        let now = status::running(&folder).await?;
        let devnet = Devnet::new(&spec, &now);
        let time = match by {
            Some(by) => devnet.warp(by).await?,
            None => devnet.time().await?,
        };
        context.output.show(&Shown(time))
    }
}
