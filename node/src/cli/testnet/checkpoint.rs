//! `palisade testnet checkpoint`: the state of a testnet, kept and gone back to.

use crate::cli::context::Context;
use crate::cli::testnet::{Which, status};
use crate::output::{Failure, Show, columns, pairs};
use clap::Subcommand;
use serde::Serialize;
use std::time::{Duration, Instant};
use testnet::checkpoint::{self, Checkpoint};
use testnet::control::{Answer, Request, ask};
use testnet::{Error, Folder, Lock, Name};

/// How long the nodes may take to make a block again.
const READY_WITHIN: Duration = Duration::from_secs(75);
/// Between two looks at whether they have.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Keep the state of a running testnet under a name. The nodes stand still for a moment.
    Save {
        /// The name.
        checkpoint: Name,
        #[command(flatten)]
        which: Which,
    },
    /// Go back to a state that was kept. What came after it is lost; transactions are signed anew.
    Restore {
        /// Its name.
        checkpoint: Name,
        #[command(flatten)]
        which: Which,
    },
    /// The states that are kept.
    List {
        #[command(flatten)]
        which: Which,
    },
    /// Delete a state that is kept.
    Rm {
        /// Its name.
        checkpoint: Name,
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Serialize)]
#[serde(transparent)]
struct One(Checkpoint);

impl Show for One {
    fn table(&self) -> String {
        pairs(&[
            ("checkpoint", self.0.name.clone()),
            ("height", self.0.height.to_string()),
            ("generation", self.0.generation.to_string()),
            ("of", self.0.node.clone()),
            ("bytes", self.0.bytes.to_string()),
        ])
    }

    fn id(&self) -> Option<String> {
        Some(self.0.name.clone())
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct All(Vec<Checkpoint>);

impl Show for All {
    fn table(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .0
            .iter()
            .map(|one| {
                vec![
                    one.name.clone(),
                    one.height.to_string(),
                    one.generation.to_string(),
                    one.bytes.to_string(),
                ]
            })
            .collect();
        columns(&["CHECKPOINT", "HEIGHT", "GENERATION", "BYTES"], &rows)
    }

    fn id(&self) -> Option<String> {
        None
    }
}

impl Verb {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Save { checkpoint, which } => {
                let (folder, _) = which.spec(context)?;
                let saved = done(&folder, Request::Checkpoint { name: checkpoint }).await?;
                context.output.show(&One(saved))
            }
            Self::Restore { checkpoint, which } => restore(&checkpoint, &which, context).await,
            Self::List { which } => {
                let (folder, _) = which.spec(context)?;
                context.output.show(&All(checkpoint::list(&folder)?))
            }
            Self::Rm {
                checkpoint: name,
                which,
            } => {
                let (folder, _) = which.spec(context)?;
                checkpoint::remove(&folder, &name)?;
                context.output.note(&format!("checkpoint \"{name}\" deleted"));
                Ok(())
            }
        }
    }
}

async fn done(folder: &Folder, request: Request) -> Result<Checkpoint, Failure> {
    match ask(folder, &request).await? {
        Answer::Checkpoint(checkpoint) => Ok(checkpoint),
        _ => Err(Error::NotRunning(folder.name().to_string()).into()),
    }
}

/// Of a testnet that runs, until its nodes make blocks again; of one that does not, until it is started.
async fn restore(name: &Name, which: &Which, context: &Context) -> Result<(), Failure> {
    let (folder, spec) = which.spec(context)?;
    checkpoint::find(&folder, name)?;
    if !Lock::is_held(&folder) {
        let _lock = Lock::take(&folder)?;
        let binary = std::env::current_exe()
            .map_err(|error| Failure::unexpected(format!("cannot find this program: {error}")))?;
        let restored = checkpoint::restore(&folder, &spec, name, &binary).await?;
        context
            .output
            .note("set back; `palisade testnet up` goes on from there");
        return context.output.show(&One(restored));
    }
    let restored = done(&folder, Request::Restore { name: name.clone() }).await?;
    let began = Instant::now();
    loop {
        let now = status::running(&folder).await?;
        // One block more: what the first one left can be proven.
        let goes_on = |node: &testnet::NodeStatus| node.finalized_height > restored.height + 1;
        if now.nodes.iter().all(goes_on) {
            break;
        }
        if began.elapsed() > READY_WITHIN {
            return Err(Failure::unexpected(format!(
                "set back to height {}, but the nodes make no blocks: see `palisade testnet logs`",
                restored.height
            )));
        }
        tokio::time::sleep(LOOK).await;
    }
    context.output.show(&One(restored))
}
