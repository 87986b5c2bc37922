//! `palisade testnet logs`.

use crate::cli::context::Context;
use crate::cli::testnet::Which;
use crate::output::Failure;
use clap::Args;
use std::time::Duration;
use testnet::logs::{Follower, tail};
use testnet::{Error, name};

/// How often growing files are looked at.
const LOOK: Duration = Duration::from_millis(100);

/// `palisade testnet logs`.
#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// Which node: node0, node1, … [default: all].
    node: Option<String>,
    /// Go on showing what is said, until Ctrl-C.
    #[arg(short, long)]
    follow: bool,
    /// Only lines that hold this text.
    #[arg(long, value_name = "TEXT")]
    grep: Option<String>,
    /// How many lines of each node to begin with.
    #[arg(short = 'n', long, default_value_t = 100, value_name = "N")]
    lines: usize,
    #[command(flatten)]
    which: Which,
}

impl Logs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (folder, spec) = self.which.spec(context)?;
        let have: Vec<String> = (0..usize::from(spec.validators)).map(name::node).collect();
        let nodes = match &self.node {
            None => have,
            Some(node) if have.contains(node) => vec![node.clone()],
            Some(node) => {
                return Err(Error::NoNode {
                    testnet: spec.name.to_string(),
                    node: node.clone(),
                    have,
                }
                .into());
            }
        };
        let mut followers = Vec::with_capacity(nodes.len());
        for node in &nodes {
            let path = folder.log(node);
            // Opened before the end is read: a line may come twice, none is lost.
            let follower = Follower::at_end(&path, 0)?;
            for line in tail(&path, self.lines)? {
                self.say(context, &nodes, node, &line)?;
            }
            followers.push((node, follower));
        }
        if !self.follow {
            return Ok(());
        }
        loop {
            for (node, follower) in &mut followers {
                for line in follower.next_lines()? {
                    self.say(context, &nodes, node, &line)?;
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn say(&self, context: &Context, nodes: &[String], node: &str, line: &str) -> Result<(), Failure> {
        if self
            .grep
            .as_ref()
            .is_some_and(|wanted| !line.contains(wanted.as_str()))
        {
            return Ok(());
        }
        if context.output.is_json() {
            return context
                .output
                .json(&serde_json::json!({"node": node, "line": line}), false);
        }
        if nodes.len() == 1 {
            context.output.line(line)
        } else {
            context.output.line(&format!("{node:<6} {line}"))
        }
    }
}
