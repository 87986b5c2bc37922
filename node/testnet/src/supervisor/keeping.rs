//! Keeping the state of a running testnet, and going back to it.

use super::{Node, Supervisor};
use crate::checkpoint::{self, Checkpoint};
use crate::error::Error;
use crate::name::Name;
use std::time::Instant;

impl Supervisor {
    /// Freezes all nodes, copies the store of the one that is furthest, and lets them go on. A frozen node's files are what
    /// a kill would leave, which is what its store is made to go on from.
    pub(super) async fn save(&mut self, name: &Name) -> Result<Checkpoint, Error> {
        let running = self.nodes.iter().filter(|node| node.runs());
        let furthest = running.max_by_key(|node| node.finalized());
        let Some((node, height)) = furthest.map(|node| (node.name().to_owned(), node.finalized())) else {
            return Err(Error::Supervisor(
                "no node runs: start one with `palisade testnet node restart`".into(),
            ));
        };
        let mut frozen = Vec::new();
        let mut outcome = Ok(());
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if node.runs() && !node.status().paused {
                outcome = node.set_paused(true);
                frozen.push(index);
            }
            if outcome.is_err() {
                break;
            }
        }
        let (folder, spec, name) = (self.folder.clone(), self.spec.clone(), name.clone());
        let saved = match outcome {
            Ok(()) => {
                let copying = move || checkpoint::save(&folder, &spec, &name, &node, height);
                let copied = tokio::task::spawn_blocking(copying).await;
                copied.unwrap_or_else(|error| Err(Error::Supervisor(error.to_string())))
            }
            Err(error) => Err(error),
        };
        for index in frozen {
            // One that has ended meanwhile is seen to by the next look at it.
            if let Some(node) = self.nodes.get_mut(index) {
                node.set_paused(false).unwrap_or_default();
            }
        }
        saved
    }

    /// Stops all nodes, sets them back, and starts them again, whether or not that was possible.
    pub(super) async fn restore(&mut self, name: &Name) -> Result<Checkpoint, Error> {
        checkpoint::find(&self.folder, name)?;
        self.stop_all().await?;
        let restored = checkpoint::restore(&self.folder, &self.spec, name, &self.options.binary).await;
        // New ones: what the old have seen of their nodes is of another chain.
        self.nodes = (0..self.spec.validators)
            .map(|index| Node::new(&self.folder, &self.spec, index))
            .collect::<Result<Vec<_>, _>>()?;
        for node in &mut self.nodes {
            node.start(&self.options.binary)?;
        }
        self.options.resumed = true;
        self.started = Instant::now();
        self.facts = None;
        restored
    }
}
