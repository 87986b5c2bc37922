//! What the nodes of a running testnet are told through their DevServices: to be wrong, and what time it is.

use crate::error::Error;
use crate::name;
use crate::span::Span;
use crate::spec::Spec;
use crate::status::Status;
use client::{Client, Timeouts};
use proto::dev::v1alpha1 as wire;
use serde::Serialize;
use std::time::{Duration, Instant};

/// How long the chain may take to do what it was told.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at whether it has.
const LOOK: Duration = Duration::from_millis(50);
/// Blocks that an epoch goes on for after the clock was put forward: enough for whoever did not lead in it to say that
/// it is there, so that nobody is jailed for an epoch that was cut short.
const BLOCKS_TO_SPEAK: u64 = 4;

/// The nodes of a running testnet.
#[derive(Debug)]
pub struct Devnet<'a> {
    spec: &'a Spec,
    status: &'a Status,
}

/// Where the chain clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ChainTime {
    /// With the last final block, in milliseconds.
    pub chain_clock_ms: u64,
    /// The epoch of the next block.
    pub epoch: u64,
    /// From when on that epoch ends, in milliseconds.
    pub epoch_ends_at_ms: u64,
}

/// Reads `+5s`, `-5s` or `5s`: by how much a clock is wrong, in milliseconds.
///
/// # Errors
/// [`Error::Flag`] says what is wrong with the text.
pub fn parse_skew(text: &str) -> Result<i64, Error> {
    let (sign, span) = match text.strip_prefix('-') {
        Some(span) => (-1, span),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let ms = span
        .parse::<Span>()
        .ok()
        .and_then(|span| i64::try_from(span.millis()).ok());
    ms.map(|ms| sign * ms).ok_or_else(|| Error::Flag {
        flag: "clock-skew",
        value: text.to_owned(),
        hint: "write a duration ahead or behind, like +5s or -5s; `fault clear` puts it right".into(),
    })
}

impl<'a> Devnet<'a> {
    /// Of the testnet that was made from `spec` and is as `status` says. Only nodes that run can be told.
    #[must_use]
    pub const fn new(spec: &'a Spec, status: &'a Status) -> Self {
        Self { spec, status }
    }

    pub(crate) const fn spec(&self) -> &Spec {
        self.spec
    }

    fn runs(&self, index: usize) -> bool {
        self.status
            .nodes
            .get(index)
            .is_some_and(|node| node.running && !node.paused)
    }

    /// The positions of the nodes that run.
    pub(crate) fn running_nodes(&self) -> Vec<usize> {
        (0..self.status.nodes.len())
            .filter(|index| self.runs(*index))
            .collect()
    }

    /// A connection to a node's services for its owner.
    pub(crate) async fn client(&self, index: usize) -> Result<Client, Error> {
        let admin = self.status.nodes.get(index).map(|node| node.admin.as_str());
        Ok(Client::connect(admin.unwrap_or_default(), Timeouts::default()).await?)
    }

    /// A connection to a node's public services.
    pub(crate) async fn public(&self, index: usize) -> Result<Client, Error> {
        let grpc = self.status.nodes.get(index).map(|node| node.grpc.as_str());
        Ok(Client::connect(grpc.unwrap_or_default(), Timeouts::default()).await?)
    }

    /// The position of a node that runs.
    pub(crate) fn running(&self, node: &str) -> Result<usize, Error> {
        let have: Vec<String> = self.status.nodes.iter().map(|node| node.name.clone()).collect();
        let Some(index) = have.iter().position(|name| name == node) else {
            return Err(Error::NoNode {
                testnet: self.spec.name.to_string(),
                node: node.to_owned(),
                have,
            });
        };
        if !self.runs(index) {
            return Err(Error::Supervisor(format!(
                "{node} does not run, so it cannot be told"
            )));
        }
        Ok(index)
    }

    /// Makes a node wrong in one more way.
    ///
    /// # Errors
    /// [`Error::NoNode`], [`Error::Supervisor`] when the node does not run, [`Error::Client`].
    pub async fn make_wrong(
        &self,
        node: &str,
        change: impl FnOnce(&mut wire::NodeFault),
    ) -> Result<(), Error> {
        let client = self.client(self.running(node)?).await?;
        let mut dev = client.dev();
        let now = client.unary(dev.get_devnet(wire::GetDevnetRequest {})).await?;
        let mut fault = now.node_fault.unwrap_or_default();
        change(&mut fault);
        let request = wire::SetNodeFaultRequest { fault: Some(fault) };
        client.unary(dev.set_node_fault(request)).await?;
        Ok(())
    }

    /// Where the chain clock stands, as the first node that runs says.
    ///
    /// # Errors
    /// [`Error::NotRunning`], [`Error::Client`].
    pub async fn time(&self) -> Result<ChainTime, Error> {
        let first = self.running_nodes().first().copied();
        let first = first.ok_or_else(|| Error::NotRunning(self.spec.name.to_string()))?;
        let client = self.client(first).await?;
        let mut dev = client.dev();
        let now = client.unary(dev.get_devnet(wire::GetDevnetRequest {})).await?;
        Ok(ChainTime {
            chain_clock_ms: now.chain_clock_ms,
            epoch: now.epoch,
            epoch_ends_at_ms: now.epoch_ends_at_ms,
        })
    }

    /// Puts the chain clock forward by `by`, and waits until a final block says so.
    ///
    /// # Errors
    /// [`Error::Client`], [`Error::Supervisor`] when no block does in time.
    pub async fn warp(&self, by: Span) -> Result<ChainTime, Error> {
        let to = self.time().await?.chain_clock_ms.saturating_add(by.millis());
        self.tell(to).await?;
        self.until(|time| time.chain_clock_ms >= to).await
    }

    /// Ends the epoch early, and waits until the next has begun.
    ///
    /// # Errors
    /// As [`Devnet::warp`].
    pub async fn next_epoch(&self) -> Result<ChainTime, Error> {
        let now = self.time().await?;
        let rest = self.spec.block_time.millis().saturating_mul(BLOCKS_TO_SPEAK);
        let to = now.epoch_ends_at_ms.saturating_sub(rest);
        if to > now.chain_clock_ms {
            self.tell(to).await?;
        }
        self.until(|time| time.epoch > now.epoch).await
    }

    /// Tells every node that runs where the chain clock is to stand: whichever leads first brings it about.
    async fn tell(&self, chain_clock_ms: u64) -> Result<(), Error> {
        for index in self.running_nodes() {
            let client = self.client(index).await?;
            let mut dev = client.dev();
            let request = wire::AdvanceClockRequest { chain_clock_ms };
            match client.unary(dev.advance_clock(request)).await {
                Ok(_) => {}
                // The first that were told have brought it about already.
                Err(_) if self.time().await?.chain_clock_ms >= chain_clock_ms => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn until(&self, done: impl Fn(&ChainTime) -> bool) -> Result<ChainTime, Error> {
        let began = Instant::now();
        loop {
            let time = self.time().await?;
            if done(&time) {
                return Ok(time);
            }
            if began.elapsed() > PATIENCE {
                return Err(Error::Supervisor(format!(
                    "after {} s the chain clock stands at {} ms in epoch {}: are enough validators running for blocks \
                     to become final?",
                    PATIENCE.as_secs(),
                    time.chain_clock_ms,
                    time.epoch,
                )));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The names of the nodes that run.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.running_nodes().into_iter().map(name::node).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_either_way() {
        assert_eq!(parse_skew("+5s").unwrap(), 5_000);
        assert_eq!(parse_skew("5s").unwrap(), 5_000);
        assert_eq!(parse_skew("-250ms").unwrap(), -250);
        for bad in ["", "+", "5", "--5s", "now"] {
            let text = parse_skew(bad).unwrap_err().to_string();
            assert!(text.contains("+5s"), "{bad}: {text}");
        }
    }
}
