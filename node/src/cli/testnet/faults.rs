//! `palisade testnet fault`: links between nodes, broken on purpose. No root is needed.

use crate::cli::context::Context;
use crate::cli::testnet::{Which, status};
use crate::output::Failure;
use clap::Subcommand;
use proto::dev::v1alpha1::ConsensusFault;
use testnet::links::{Links, Partition, parse_delay};

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
    /// Make all links whole again.
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
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let which = match &self {
            Self::Partition { which, .. }
            | Self::Latency { which, .. }
            | Self::Equivocate { which, .. }
            | Self::Clear { which } => which,
        };
        let (folder, spec) = which.spec(context)?;
        // What makes no sense is said before anybody is asked.
        let partition = match &self {
            Self::Partition { groups, .. } => Some(Partition::parse(groups, usize::from(spec.validators))?),
            Self::Latency { .. } | Self::Equivocate { .. } | Self::Clear { .. } => None,
        };
        let delay = match &self {
            Self::Latency { delay, loss, .. } => Some(parse_delay(delay, loss)?),
            Self::Partition { .. } | Self::Equivocate { .. } | Self::Clear { .. } => None,
        };
        let now = status::running(&folder).await?;
        let links = Links::new(&spec, &now);
        let told = match (&self, partition, delay) {
            (Self::Partition { .. }, Some(partition), _) => links.partition(&partition).await?,
            (Self::Latency { node, .. }, _, Some(delay)) => {
                links.delay(node, delay).await?;
                vec![node.clone()]
            }
            (Self::Equivocate { node, offence, .. }, _, _) => {
                let (epoch, view) = links.misbehave(node, offence.wire()).await?;
                vec![format!("{node}, in view {view} of epoch {epoch}")]
            }
            _ => links.clear().await?,
        };
        context.output.note(&format!("done at {}", told.join(", ")));
        Ok(())
    }
}
