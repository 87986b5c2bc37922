//! Playing a scenario on a running testnet: step by step, until one does not hold.

use crate::control::{self, Action, Answer, Request};
use crate::deed::Deed;
use crate::devnet::Devnet;
use crate::doer::Doer;
use crate::error::Error;
use crate::folder::Folder;
use crate::name;
use crate::scenario::{Order, Scenario, Step, Wrong};
use crate::span::Span;
use crate::spec::Spec;
use crate::status::Status;
use crate::world;
use client::Client;
use client::wait::{End, Until, Wait};
use primitives::address::{Network, format_account};
use primitives::{Height, TxId};
use proto::dev::v1alpha1::{NodeFault, RequestFundsRequest};
use proto::ledger::v1::get_block_request::Block;
use proto::ledger::v1::{BlockView, GetBlockRequest};
use proto::staking::v1::{ListValidatorsRequest, ValidatorStatus};
use serde::Serialize;
use std::time::{Duration, Instant};

/// Between two looks at what is not so yet.
const LOOK: Duration = Duration::from_millis(100);
/// How long a payment, or a standstill, may take to come about.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlayedStep {
    /// The step, as it was written.
    pub step: String,
    /// Whether it was done, and what must be is so.
    pub holds: bool,
    /// How long it took.
    pub seconds: f64,
    /// What came of it, where there is more to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// What is so instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

/// What came of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Played {
    /// Its name.
    pub scenario: String,
    /// What it shows.
    pub about: String,
    /// Whether all of it holds.
    pub holds: bool,
    /// How long it took.
    pub seconds: f64,
    /// What came of each step, up to the first that does not hold.
    pub steps: Vec<PlayedStep>,
}

/// Plays `scenario` on the testnet in `folder`; `told` hears of each step when it is over.
pub async fn play(
    folder: &Folder,
    spec: &Spec,
    scenario: &Scenario,
    mut told: impl FnMut(&PlayedStep),
) -> Played {
    let began = Instant::now();
    let player = Player {
        folder,
        spec,
        doer: Doer::new(spec),
    };
    let mut steps = Vec::new();
    for (text, step) in &scenario.steps {
        let start = Instant::now();
        let outcome = if let Step::Deed(deed) = step {
            player.deed(deed).await.map(Some)
        } else {
            player.carry_out(step).await.map(|()| None)
        };
        let (detail, instead) = match outcome {
            Ok(detail) => (detail, None),
            Err(instead) => (None, Some(instead)),
        };
        let played = PlayedStep {
            step: text.clone(),
            holds: instead.is_none(),
            seconds: start.elapsed().as_secs_f64(),
            told: detail,
            instead,
        };
        told(&played);
        let holds = played.holds;
        steps.push(played);
        if !holds {
            break;
        }
    }
    Played {
        scenario: scenario.name.clone(),
        about: scenario.about.clone(),
        holds: steps.iter().all(|step| step.holds),
        seconds: began.elapsed().as_secs_f64(),
        steps,
    }
}

struct Player<'a> {
    folder: &'a Folder,
    spec: &'a Spec,
    doer: Doer<'a>,
}

type Outcome<T = ()> = Result<T, String>;

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Player<'_> {
    async fn carry_out(&self, step: &Step) -> Outcome {
        match step {
            Step::Pay(count) => self.pay(*count).await,
            Step::Node(node, action) => self.act(node, *action).await,
            Step::Assert(assertion) => {
                let within = assertion.within().map_or(Duration::ZERO, Span::duration);
                self.until(within, async || assertion.holds(&self.status().await?))
                    .await
            }
            Step::Advance(blocks, within) => self.advance(*blocks, *within).await,
            Step::Halt(duration) => self.halt(*duration).await,
            Step::Jailed(node, within) => {
                self.until(within.duration(), async || self.is_jailed(node).await)
                    .await
            }
            Step::Same => self.until(PATIENCE, async || self.all_agree().await).await,
            Step::Tell(order) => self.tell(order).await,
            Step::Deed(deed) => self.deed(deed).await.map(drop),
        }
    }

    /// What is done with what is restaked; what must come of it in time is looked for until it has.
    async fn deed(&self, deed: &Deed) -> Outcome<String> {
        let within = if let Deed::Certified(limit)
        | Deed::Ended(_, limit)
        | Deed::Earned(_, _, limit)
        | Deed::Paid(_, _, limit)
        | Deed::Decided(_, limit)
        | Deed::Halted(_, _, limit) = deed
        {
            limit.duration()
        } else {
            Duration::ZERO
        };
        let client = self.anyone().await?;
        let began = Instant::now();
        loop {
            match self.doer.carry_out(&client, deed).await {
                Err(_) if began.elapsed() < within => tokio::time::sleep(LOOK).await,
                outcome => return outcome,
            }
        }
    }

    /// What is told through the nodes' DevServices.
    async fn tell(&self, order: &Order) -> Outcome {
        if let Order::Wrong(node, Wrong::FullDisk) = order {
            self.act(node, Action::ExpectEnd).await?;
        }
        let status = self.status().await?;
        let devnet = Devnet::new(self.spec, &status);
        let done = match order {
            Order::Partition(partition) => devnet.partition(partition).await.map(drop),
            Order::Latency(node, delay) => devnet.delay(node, *delay).await,
            Order::Wrong(node, wrong) => devnet.make_wrong(node, |fault| wrong.apply(fault)).await,
            Order::Offend(node, fault) => devnet.misbehave(node, *fault).await.map(drop),
            Order::NextEpoch => devnet.next_epoch().await.map(drop),
            Order::Warp(by) => devnet.warp(*by).await.map(drop),
            Order::Clear => devnet.clear().await.map(drop),
        };
        done.map_err(said)
    }

    async fn status(&self) -> Outcome<Status> {
        match control::ask(self.folder, &Request::Status).await {
            Ok(Answer::Status(status)) => Ok(*status),
            Ok(Answer::Stopping | Answer::Checkpoint(_) | Answer::Error { .. }) => {
                Err(said(Error::NotRunning(self.folder.name().to_string())))
            }
            Err(error) => Err(said(error)),
        }
    }

    async fn act(&self, node: &str, action: Action) -> Outcome {
        let request = Request::Node {
            name: node.to_owned(),
            action,
        };
        control::ask(self.folder, &request).await.map(drop).map_err(said)
    }

    /// Looks until it is so; what is so instead when it has not become so in time.
    async fn until(&self, within: Duration, mut look: impl AsyncFnMut() -> Outcome) -> Outcome {
        let began = Instant::now();
        while let Err(instead) = look().await {
            if began.elapsed() >= within {
                return Err(instead);
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// A connection to the first node that runs.
    async fn anyone(&self) -> Outcome<Client> {
        let status = self.status().await?;
        let devnet = Devnet::new(self.spec, &status);
        let first = devnet.running_nodes().first().copied();
        devnet.public(first.ok_or("no node runs")?).await.map_err(said)
    }

    async fn pay(&self, count: u32) -> Outcome {
        let status = self.status().await?;
        let devnet = Devnet::new(self.spec, &status);
        let first = devnet.running_nodes().first().copied().ok_or("no node runs")?;
        let owner = devnet.client(first).await.map_err(said)?;
        let client = devnet.public(first).await.map_err(said)?;
        let people = world::people(self.spec);
        let payee = people.get(1).ok_or("there is nobody to pay")?.key.account();
        for _ in 0..count {
            let mut dev = owner.dev();
            let request = RequestFundsRequest {
                address: format_account(Network::Development, &payee),
                asset_id: 0,
                amount: world::PAL.to_string(),
            };
            let sent = owner.unary(dev.request_funds(request)).await.map_err(said)?;
            let wait = Wait {
                id: TxId::from_slice(&sent.tx_hash).ok_or("the payment's id has not 32 bytes")?,
                timeout_height: Height::ZERO,
                until: Until::Finalized,
                patience: PATIENCE,
            };
            let end = client.wait(&wait).await.map_err(said)?;
            if !matches!(end, End::Finalized(..)) {
                return Err(format!("the payment {} ended as {end:?}", wait.id));
            }
        }
        Ok(())
    }

    /// The final heights of the nodes that run.
    async fn heights(&self) -> Outcome<Vec<u64>> {
        let status = self.status().await?;
        let running = status.nodes.iter().filter(|node| node.running && !node.paused);
        let heights: Vec<u64> = running.map(|node| node.finalized_height).collect();
        if heights.is_empty() {
            return Err("no node runs".to_owned());
        }
        Ok(heights)
    }

    async fn highest(&self) -> Outcome<u64> {
        Ok(self.heights().await?.into_iter().max().unwrap_or(0))
    }

    async fn advance(&self, blocks: u64, within: Span) -> Outcome {
        let goal = self.highest().await?.saturating_add(blocks);
        let reached = async || {
            let heights = self.heights().await?;
            if heights.iter().all(|height| *height >= goal) {
                return Ok(());
            }
            Err(format!("the nodes are at {heights:?}, not all at {goal}"))
        };
        self.until(within.duration(), reached).await
    }

    async fn halt(&self, duration: Span) -> Outcome {
        let began = Instant::now();
        loop {
            let before = self.highest().await?;
            tokio::time::sleep(duration.duration()).await;
            let after = self.highest().await?;
            if before == after {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!(
                    "blocks still become final: from {before} to {after} within {duration}"
                ));
            }
        }
    }

    async fn is_jailed(&self, node: &str) -> Outcome {
        let status = self.status().await?;
        let devnet = Devnet::new(self.spec, &status);
        for index in devnet.running_nodes() {
            let client = devnet.public(index).await.map_err(said)?;
            let mut service = client.validators();
            let request = ListValidatorsRequest {
                page_size: 1_000,
                ..Default::default()
            };
            let page = client
                .unary(service.list_validators(request))
                .await
                .map_err(said)?;
            let found = page.validators.iter().find(|one| one.moniker == node);
            let state = found.map(proto::staking::v1::Validator::status);
            if state != Some(ValidatorStatus::Jailed) {
                return Err(format!(
                    "for {}, the validator of {node} is {state:?}",
                    name::node(index)
                ));
            }
        }
        Ok(())
    }

    async fn all_agree(&self) -> Outcome {
        let height = self.heights().await?.into_iter().min().unwrap_or(0);
        if height == 0 {
            return Err("a node does not say how far it has come".to_owned());
        }
        let status = self.status().await?;
        let devnet = Devnet::new(self.spec, &status);
        let mut first = None;
        for index in devnet.running_nodes() {
            let client = devnet.public(index).await.map_err(said)?;
            let mut ledger = client.ledger();
            let request = GetBlockRequest {
                block: Some(Block::Height(height)),
                view: BlockView::Basic.into(),
            };
            let answer = client.unary(ledger.get_block(request)).await.map_err(said)?;
            let header = answer.block.and_then(|block| block.header);
            let header = header.ok_or_else(|| format!("node{index} gives no header at {height}"))?;
            let same = header;
            match &first {
                None => first = Some(same),
                Some(other) if *other == same => {}
                Some(_) => return Err(format!("node{index} has another block at height {height}")),
            }
        }
        Ok(())
    }
}

impl Wrong {
    /// Adds it to what is wrong already.
    pub const fn apply(self, fault: &mut NodeFault) {
        match self {
            Self::Skew(ms) => fault.clock_skew_ms = ms,
            Self::SlowDisk(ms) => fault.disk_delay_ms = ms,
            Self::FullDisk => fault.disk_full = true,
            Self::Censor => fault.censor = true,
            Self::Withhold => fault.withhold = true,
        }
    }
}
