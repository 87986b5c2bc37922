//! `palisade testnet status` and `list`.

use crate::cli::context::Context;
use crate::cli::testnet::Which;
use crate::output::{Failure, Show, columns};
use serde::Serialize;
use std::path::Path;
use testnet::control::{Answer, Request, ask};
use testnet::ports::Block;
use testnet::{Error, Folder, Lock, NodeStatus, Spec, Status, name};

/// How a testnet is, running or not.
pub(crate) async fn of(folder: &Folder, spec: &Spec) -> Result<Status, Failure> {
    match ask(folder, &Request::Status).await {
        Ok(Answer::Status(status)) => Ok(*status),
        Ok(Answer::Stopping | Answer::Checkpoint(_) | Answer::Error { .. }) | Err(Error::NotRunning(_)) => {
            Ok(stopped(folder, spec))
        }
        Err(error) => Err(error.into()),
    }
}

/// How a testnet that runs is.
pub(crate) async fn running(folder: &Folder) -> Result<Status, Failure> {
    match ask(folder, &Request::Status).await? {
        Answer::Status(status) => Ok(*status),
        Answer::Stopping | Answer::Checkpoint(_) | Answer::Error { .. } => {
            Err(Error::NotRunning(folder.name().to_string()).into())
        }
    }
}

fn stopped(folder: &Folder, spec: &Spec) -> Status {
    let block = Block {
        base: spec.base_port,
        nodes: spec.validators,
    };
    Status {
        name: spec.name.to_string(),
        chain_id: spec.name.chain_id(),
        running: false,
        supervisor_pid: None,
        nodes: (0..spec.validators)
            .map(|index| NodeStatus::stopped(folder, &name::node(usize::from(index)), &block.node(index)))
            .collect(),
    }
}

/// A status as a command shows it.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Shown(pub(crate) Status);

impl Show for Shown {
    fn table(&self) -> String {
        let state = match (self.0.running, self.0.supervisor_pid) {
            (true, Some(pid)) => format!("running, supervisor {pid}"),
            _ => "not running".to_owned(),
        };
        let rows: Vec<Vec<String>> = self
            .0
            .nodes
            .iter()
            .map(|node| {
                let state = match (node.running, node.paused, node.syncing) {
                    (false, _, _) => "stopped",
                    (true, true, _) => "frozen",
                    (true, false, true) => "catching up",
                    (true, false, false) => "running",
                };
                vec![
                    node.name.clone(),
                    state.to_owned(),
                    node.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
                    node.height.to_string(),
                    node.finalized_height.to_string(),
                    node.peers.to_string(),
                    node.grpc.clone(),
                    node.metrics.clone(),
                    node.p2p.clone(),
                ]
            })
            .collect();
        let head = [
            "NODE",
            "STATE",
            "PID",
            "HEIGHT",
            "FINALIZED",
            "PEERS",
            "gRPC",
            "METRICS",
            "P2P",
        ];
        format!(
            "testnet \"{}\" ({}): {state}\n\n{}",
            self.0.name,
            self.0.chain_id,
            columns(&head, &rows)
        )
    }

    fn id(&self) -> Option<String> {
        Some(self.0.name.clone())
    }
}

pub(crate) async fn run(which: &Which, context: &Context) -> Result<(), Failure> {
    let (folder, spec) = which.spec(context)?;
    context.output.show(&Shown(of(&folder, &spec).await?))
}

/// A testnet in this folder.
#[derive(Serialize)]
struct Row {
    name: String,
    running: bool,
    validators: u16,
    grpc: String,
    folder: String,
}

pub(crate) async fn list(context: &Context) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for folder in Folder::list(Path::new(""))? {
        let spec = Spec::load(&folder, Path::new("."))?;
        rows.push(Row {
            running: Lock::is_held(&folder),
            grpc: of(&folder, &spec)
                .await?
                .nodes
                .first()
                .map(|node| node.grpc.clone())
                .unwrap_or_default(),
            name: spec.name.to_string(),
            validators: spec.validators,
            folder: folder.path().display().to_string(),
        });
    }
    let table = || {
        if rows.is_empty() {
            return "no testnets in this folder: start one with `palisade testnet up`".to_owned();
        }
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let state = if row.running { "running" } else { "stopped" };
                vec![
                    row.name.clone(),
                    state.to_owned(),
                    row.validators.to_string(),
                    row.grpc.clone(),
                    row.folder.clone(),
                ]
            })
            .collect();
        columns(&["NAME", "STATE", "VALIDATORS", "gRPC", "FOLDER"], &lines)
    };
    context.output.list(&rows, table, |row| row.name.clone())
}
