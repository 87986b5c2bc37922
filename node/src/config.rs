//! The node's settings: one `config.toml`, under flags and environment, over defaults.

mod home;
mod load;
mod origin;
mod storage;
mod telemetry;

pub(crate) use home::Home;
pub(crate) use load::{Loaded, Overrides, load};
pub(crate) use storage::{Pruning, StorageSection};
pub(crate) use telemetry::TelemetrySection;

use serde::{Deserialize, Serialize};
use signer::remote::{Address, TlsFiles};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

/// The commented file that `palisade init` writes and `palisade config default` shows.
pub(crate) const DEFAULT_FILE: &str = include_str!("config/default.toml");

/// Everything that an operator can set. Unknown sections and fields are errors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NodeConfig {
    /// The node itself.
    pub(crate) node: NodeSection,
    /// Where its keys' password is.
    pub(crate) keys: KeysSection,
    /// Who signs its votes.
    pub(crate) signer: SignerSection,
    /// Timing of consensus, sizes of its log.
    pub(crate) consensus: engine::Config,
    /// Peers.
    pub(crate) network: network::Config,
    /// Transactions that wait.
    pub(crate) mempool: mempool::Config,
    /// Blocks and state on disk.
    pub(crate) store: store::Config,
    /// What is kept of the chain.
    pub(crate) storage: StorageSection,
    /// Catching up.
    pub(crate) sync: sync::Config,
    /// The gRPC services and the explorer.
    pub(crate) rpc: rpc::Config,
    /// Metrics and health.
    pub(crate) metrics: MetricsSection,
    /// Spans to a collector.
    pub(crate) telemetry: TelemetrySection,
    /// The services for the owner alone.
    pub(crate) admin: AdminSection,
}

/// The `[node]` section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NodeSection {
    /// The name that others see.
    pub(crate) moniker: String,
    /// What is logged: a level, or directives such as `info,palisade_network=debug`.
    pub(crate) log: String,
    /// How it is logged.
    pub(crate) log_format: LogFormat,
    /// Whether it only follows the chain: it needs no consensus key, and never votes.
    pub(crate) observer: bool,
}

/// How a log's lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The `[keys]` section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct KeysSection {
    /// The file that holds the password of the node's keys; empty on a development chain.
    pub(crate) password_file: String,
}

/// The `[signer]` section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SignerSection {
    /// Where another process signs: `unix:/path/to.sock` or `host:port`; empty when this one does.
    pub(crate) remote: String,
    /// The folder with `authority.pem`, `node.pem` and `node.key`, for a signer over TCP.
    pub(crate) tls: String,
    /// How long the remote signer may take for an answer, in milliseconds.
    pub(crate) patience_ms: u64,
    /// How long a node whose signing history starts anew listens for votes of its own keys, in seconds.
    pub(crate) doppelganger_wait_s: u64,
}

/// The `[metrics]` section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MetricsSection {
    /// Where `/metrics`, `/healthy` and `/ready` are served over HTTP.
    pub(crate) listen: SocketAddr,
}

/// The `[admin]` section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AdminSection {
    /// The socket of AdminService and KeyService, and of DevService on a development chain: a path, from the home on;
    /// empty for none. Only the owner of the home can open it.
    pub(crate) socket: String,
}

impl Default for AdminSection {
    fn default() -> Self {
        Self {
            socket: "admin.sock".to_owned(),
        }
    }
}

impl Default for NodeSection {
    fn default() -> Self {
        Self {
            moniker: "palisade".to_owned(),
            log: "info".to_owned(),
            log_format: LogFormat::default(),
            observer: false,
        }
    }
}

impl Default for SignerSection {
    fn default() -> Self {
        Self {
            remote: String::new(),
            tls: String::new(),
            patience_ms: 1_000,
            doppelganger_wait_s: 60,
        }
    }
}

impl SignerSection {
    /// Where the remote signer is, and this node's certificates for it; `None` when this process signs.
    pub(crate) fn address(&self) -> Result<Option<(Address, Option<TlsFiles>)>, String> {
        if self.remote.is_empty() {
            return Ok(None);
        }
        let address: Address = self
            .remote
            .parse()
            .map_err(|error| format!("signer.remote = \"{}\": {error}", self.remote))?;
        let tls = (!self.tls.is_empty()).then(|| TlsFiles::node_in(Path::new(&self.tls)));
        if matches!(address, Address::Tcp(_)) && tls.is_none() {
            return Err(
                "signer.tls is empty: over TCP both sides show certificates; `palisade signer certificates` makes them"
                    .to_owned(),
            );
        }
        Ok(Some((address, tls)))
    }

    fn validate(&self) -> Result<(), String> {
        if !(50..=30_000).contains(&self.patience_ms) {
            return Err(format!(
                "signer.patience_ms = {}: from 50 to 30,000",
                self.patience_ms
            ));
        }
        if self.doppelganger_wait_s > 86_400 {
            return Err(format!(
                "signer.doppelganger_wait_s = {}: a day, 86,400, at most",
                self.doppelganger_wait_s
            ));
        }
        self.address().map(drop)
    }
}

impl Default for MetricsSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 26_601),
        }
    }
}

impl NodeConfig {
    /// Checks the rules between fields.
    fn validate(&self) -> Result<(), String> {
        self.signer.validate()?;
        self.consensus.validate().map_err(|error| error.to_string())?;
        self.network.validate().map_err(|error| error.to_string())?;
        self.mempool.validate().map_err(|error| error.to_string())?;
        self.store.validate().map_err(|error| error.to_string())?;
        self.storage.validate()?;
        self.sync.validate().map_err(|error| error.to_string())?;
        self.rpc.validate().map_err(|error| error.to_string())?;
        self.telemetry.validate()?;
        if self.node.moniker.is_empty() || self.node.moniker.len() > 64 {
            return Err("node.moniker: a moniker has 1 to 64 bytes".to_owned());
        }
        if let Err(error) = self.node.log.parse::<tracing_subscriber::EnvFilter>() {
            return Err(format!("node.log = \"{}\": {error}", self.node.log));
        }
        if self.metrics.listen == self.rpc.listen {
            return Err(format!(
                "metrics.listen and rpc.listen are both {}: each needs its own port",
                self.rpc.listen
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
