//! How a testnet is: its nodes, and how far each has come.

use crate::folder::Folder;
use crate::ports::NodePorts;
use client::{Client, Timeouts};
use primitives::Height;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a node may take to say how it is.
const PATIENCE: Duration = Duration::from_millis(800);

/// How a testnet is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The testnet's name.
    pub name: String,
    /// The chain's name.
    pub chain_id: String,
    /// Whether there is a supervisor.
    pub running: bool,
    /// The supervisor's process.
    pub supervisor_pid: Option<u32>,
    /// Its nodes.
    pub nodes: Vec<NodeStatus>,
}

/// How a node is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Its name.
    pub name: String,
    /// Its process; absent when it does not run.
    pub pid: Option<u32>,
    /// Whether its process runs.
    pub running: bool,
    /// Whether its process is frozen.
    pub paused: bool,
    /// The highest block that it has heard of; 0 when it does not answer.
    pub height: u64,
    /// The highest final block that it holds; 0 when it does not answer.
    pub finalized_height: u64,
    /// The epoch of that block.
    pub epoch: u64,
    /// The view that consensus is in.
    pub view: u64,
    /// How many peers it has.
    pub peers: u32,
    /// Whether it is catching up.
    pub syncing: bool,
    /// Where its gRPC services and its explorer are.
    pub grpc: String,
    /// Where its owner's services are: AdminService, KeyService, DevService.
    pub admin: String,
    /// Where its metrics are.
    pub metrics: String,
    /// Where its peers reach it.
    pub p2p: String,
}

impl NodeStatus {
    /// A node of the testnet in `folder` that does not run.
    #[must_use]
    pub fn stopped(folder: &Folder, name: &str, ports: &NodePorts) -> Self {
        Self {
            name: name.to_owned(),
            pid: None,
            running: false,
            paused: false,
            height: 0,
            finalized_height: 0,
            epoch: 0,
            view: 0,
            peers: 0,
            syncing: false,
            grpc: grpc_url(ports),
            admin: admin_url(folder, name),
            metrics: format!("http://127.0.0.1:{}", ports.metrics),
            p2p: format!("127.0.0.1:{}", ports.p2p),
        }
    }
}

/// Where a node's gRPC services are.
#[must_use]
pub(crate) fn grpc_url(ports: &NodePorts) -> String {
    format!("http://127.0.0.1:{}", ports.grpc)
}

/// Where a node's owner's services are: the socket's name is the node's default.
fn admin_url(folder: &Folder, name: &str) -> String {
    let path = folder.home(name).join("admin.sock");
    format!("unix:{}", std::path::absolute(&path).unwrap_or(path).display())
}

/// How far a node has come, as it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) height: u64,
    pub(crate) finalized: u64,
    pub(crate) epoch: u64,
    pub(crate) view: u64,
    pub(crate) peers: u32,
    pub(crate) syncing: bool,
}

/// Asks a node how far it has come; `None` when it does not answer soon.
pub(crate) async fn progress(client: &Client) -> Option<Progress> {
    let answer = tokio::time::timeout(PATIENCE, client.sync_status())
        .await
        .ok()?
        .ok()?;
    Some(Progress {
        height: answer.height.max(answer.target_height),
        finalized: Height::new(answer.height).get(),
        epoch: answer.epoch,
        view: answer.view,
        peers: answer.peers,
        syncing: answer.syncing,
    })
}

/// A connection that is opened when it is first used.
pub(crate) fn lazy_client(ports: &NodePorts) -> Result<Client, client::Error> {
    let timeouts = Timeouts {
        connect: PATIENCE,
        request: PATIENCE,
    };
    Client::lazy(&grpc_url(ports), timeouts)
}
