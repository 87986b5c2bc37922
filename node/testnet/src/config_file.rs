//! A node's settings on a testnet, as the text of its `config.toml`.

use crate::error::Error;
use crate::ports::NodePorts;
use crate::spec::Spec;
use serde::Serialize;

/// What a testnet's node has otherwise than by default. The node itself checks the names.
#[derive(Serialize)]
struct Settings {
    node: Node,
    consensus: Consensus,
    network: Network,
    rpc: Listen,
    metrics: Listen,
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

/// First guess at the delay between nodes of one machine, in milliseconds (consensus.md, "Pacing").
const DELTA_MS: u64 = 250;

/// The text of a node's `config.toml`.
pub(crate) fn render(
    node: &str,
    spec: &Spec,
    ports: &NodePorts,
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
            listen: vec![format!("/ip4/127.0.0.1/tcp/{}", ports.p2p)],
            persistent_peers: peers,
        },
        rpc: Listen {
            listen: format!("127.0.0.1:{}", ports.grpc),
        },
        metrics: Listen {
            listen: format!("127.0.0.1:{}", ports.metrics),
        },
    };
    let text = toml::to_string(&settings)
        .map_err(|error| Error::Supervisor(format!("settings of {node}: {error}")))?;
    Ok(format!(
        "# Written anew at each `palisade testnet up`. What is not here has its default: `palisade config default`.\n\n{text}"
    ))
}
