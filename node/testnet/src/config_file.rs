//! A node's settings on a testnet, as the text of its `config.toml`.

use crate::error::Error;
use crate::ports::NodePorts;
use crate::spec::Spec;
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What a testnet's node has otherwise than by default. The node itself checks the names.
#[derive(Serialize)]
struct Settings {
    node: Node,
    consensus: Consensus,
    network: Network,
    rpc: Rpc,
    metrics: Listen,
}

#[derive(Serialize)]
struct Rpc {
    listen: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    allow_plaintext_public: bool,
}

#[derive(Serialize)]
struct Node {
    moniker: String,
}

#[derive(Serialize)]
struct Consensus {
    delta_ms: u64,
    idle_interval_ms: u64,
}

#[derive(Serialize)]
struct Network {
    listen: Vec<String>,
    persistent_peers: Vec<String>,
}

#[derive(Serialize)]
struct Listen {
    listen: String,
}

/// Where a node is.
pub(crate) struct Place {
    /// Where its peers reach it, as a multiaddress.
    pub(crate) p2p: String,
    /// Where other machines may use its gRPC services; `None`: programs on the same machine alone may.
    pub(crate) public_rpc: Option<IpAddr>,
}

impl Place {
    /// On this machine, as everything of a testnet is that one supervisor runs.
    pub(crate) fn local(ports: &NodePorts) -> Self {
        Self {
            p2p: format!("/ip4/127.0.0.1/tcp/{}", ports.p2p),
            public_rpc: None,
        }
    }

    /// The address that its gRPC services listen at.
    pub(crate) fn rpc_host(&self) -> IpAddr {
        self.public_rpc.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

/// First guess at the delay between nodes of one machine, in milliseconds (consensus.md, "Pacing").
const DELTA_MS: u64 = 250;

/// The text of a node's `config.toml`.
pub(crate) fn render(
    node: &str,
    spec: &Spec,
    ports: &NodePorts,
    place: &Place,
    peers: Vec<String>,
) -> Result<String, Error> {
    let settings = Settings {
        node: Node {
            moniker: node.to_owned(),
        },
        consensus: Consensus {
            delta_ms: DELTA_MS,
            idle_interval_ms: spec.block_time.millis(),
        },
        network: Network {
            listen: vec![place.p2p.clone()],
            persistent_peers: peers,
        },
        rpc: Rpc {
            listen: SocketAddr::new(place.rpc_host(), ports.grpc).to_string(),
            allow_plaintext_public: place.public_rpc.is_some(),
        },
        metrics: Listen {
            listen: format!("127.0.0.1:{}", ports.metrics),
        },
    };
    let text = toml::to_string(&settings)
        .map_err(|error| Error::Supervisor(format!("settings of {node}: {error}")))?;
    Ok(format!(
        "# Written by `palisade testnet`, for a node that `up` runs anew at each start. What is not here has its default: `palisade config default`.\n\n{text}"
    ))
}
