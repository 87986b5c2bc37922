//! `palisade testnet fault`: links, clocks, disks and validators, wrong on purpose. No root is needed.

use crate::cli::context::Context;
use crate::cli::testnet::{Which, status};
use crate::output::Failure;
use clap::Subcommand;
use proto::dev::v1alpha1::ConsensusFault;
use testnet::control::{Action, Request, ask};
use testnet::devnet::{Devnet, parse_skew};
use testnet::links::{Delay, Partition, parse_delay};
use testnet::scenario::Wrong;
use testnet::{Folder, Span, Spec};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Keep groups of nodes apart: 0,1/2,3.
    Partition {
        /// The groups; nodes that are not named form one more.
        groups: String,
        #[command(flatten)]
        which: Which,
    },
    /// Make what leaves a node late, or lost: latency node1 200ms±50 loss 2%.
    Latency {
        /// Which node.
        node: String,
        /// How much later, and by how much that varies: 200ms, 200ms±50.
        delay: String,
        /// `loss 2%`: how much of it is lost.
        #[arg(value_name = "loss PERCENT", num_args = 0..=2)]
        loss: Vec<String>,
        #[command(flatten)]
        which: Which,
    },
    /// Make a node's validator sign two contradicting votes: it is slashed and jailed for good.
    Equivocate {
        /// Which node.
        node: String,
        /// How.
        #[arg(long, value_enum, default_value_t)]
        offence: Offence,
        #[command(flatten)]
        which: Which,
    },
    /// Make a node's clock wrong: clock-skew node3 +5s, or -5s.
    ClockSkew {
        /// Which node.
        node: String,
        /// By how much, ahead or behind.
        #[arg(allow_hyphen_values = true, value_name = "±DURATION")]
        skew: String,
        #[command(flatten)]
        which: Which,
    },
    /// Make each write and sync of a node take longer: slow-disk node1 200ms.
    SlowDisk {
        /// Which node.
        node: String,
        /// How much longer, at most 10s.
        delay: Span,
        #[command(flatten)]
        which: Which,
    },
    /// Let a node's disk take nothing more: it ends with exit code 24. A restart makes room.
    DiskFull {
        /// Which node.
        node: String,
        #[command(flatten)]
        which: Which,
    },
    /// Have a node leave all transactions out of the blocks that it proposes.
    Censor {
        /// Which node.
        node: String,
        #[command(flatten)]
        which: Which,
    },
    /// Have a node propose nothing when it is its turn.
    Withhold {
        /// Which node.
        node: String,
        #[command(flatten)]
        which: Which,
    },
    /// Make all links whole and all nodes right again.
    Clear {
        #[command(flatten)]
        which: Which,
    },
}

/// What a validator signs that convicts it.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
pub(crate) enum Offence {
    /// Two blocks of a view, to notarize.
    #[default]
    DoubleNotarize,
    /// Two blocks of a view, to finalize.
    DoubleFinalize,
    /// That a view is given up, and that a block of it is final.
    NullifyFinalize,
    /// One block of a view to notarize, and another to finalize.
    NotarizeFinalize,
}

impl Offence {
    const fn wire(self) -> ConsensusFault {
        match self {
            Self::DoubleNotarize => ConsensusFault::DoubleNotarize,
            Self::DoubleFinalize => ConsensusFault::DoubleFinalize,
            Self::NullifyFinalize => ConsensusFault::NullifyFinalize,
            Self::NotarizeFinalize => ConsensusFault::NotarizeFinalize,
        }
    }
}

impl Verb {
    const fn which(&self) -> &Which {
        match self {
            Self::Partition { which, .. }
            | Self::Latency { which, .. }
            | Self::Equivocate { which, .. }
            | Self::ClockSkew { which, .. }
            | Self::SlowDisk { which, .. }
            | Self::DiskFull { which, .. }
            | Self::Censor { which, .. }
            | Self::Withhold { which, .. }
            | Self::Clear { which } => which,
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (folder, spec) = self.which().spec(context)?;
        // What makes no sense is said before anybody is asked.
        let order = self.order(&spec)?;
        let now = status::running(&folder).await?;
        let told = order.carry_out(&folder, &Devnet::new(&spec, &now)).await?;
        context.output.note(&format!("done at {told}"));
        Ok(())
    }

    /// What is to be done, read.
    fn order(self, spec: &Spec) -> Result<Order, Failure> {
        Ok(match self {
            Self::Partition { groups, .. } => {
                Order::Partition(Partition::parse(&groups, usize::from(spec.validators))?)
            }
            Self::Latency {
                node, delay, loss, ..
            } => Order::Delay(node, parse_delay(&delay, &loss)?),
            Self::Equivocate { node, offence, .. } => Order::Offend(node, offence),
            Self::ClockSkew { node, skew, .. } => Order::Node(node, Wrong::Skew(parse_skew(&skew)?)),
            Self::SlowDisk { node, delay, .. } => {
                let ms = u32::try_from(delay.millis()).unwrap_or(u32::MAX);
                Order::Node(node, Wrong::SlowDisk(ms))
            }
            Self::DiskFull { node, .. } => Order::Node(node, Wrong::FullDisk),
            Self::Censor { node, .. } => Order::Node(node, Wrong::Censor),
            Self::Withhold { node, .. } => Order::Node(node, Wrong::Withhold),
            Self::Clear { .. } => Order::Clear,
        })
    }
}

#[derive(Debug)]
enum Order {
    Partition(Partition),
    Delay(String, Delay),
    Offend(String, Offence),
    Node(String, Wrong),
    Clear,
}

impl Order {
    async fn carry_out(self, folder: &Folder, devnet: &Devnet<'_>) -> Result<String, Failure> {
        Ok(match self {
            Self::Partition(partition) => devnet.partition(&partition).await?.join(", "),
            Self::Delay(node, delay) => {
                devnet.delay(&node, delay).await?;
                node
            }
            Self::Offend(node, offence) => {
                let (epoch, view) = devnet.misbehave(&node, offence.wire()).await?;
                format!("{node}, in view {view} of epoch {epoch}")
            }
            Self::Node(node, wrong) => {
                if matches!(wrong, Wrong::FullDisk) {
                    let request = Request::Node {
                        name: node.clone(),
                        action: Action::ExpectEnd,
                    };
                    ask(folder, &request).await?;
                }
                devnet.make_wrong(&node, |fault| wrong.apply(fault)).await?;
                node
            }
            Self::Clear => devnet.clear().await?.join(", "),
        })
    }
}
