//! Starting a network.

use crate::config::{Checked, ConfigError};
use crate::driver::{Behaviour, BehaviourEvent, Driver};
use crate::gate::ip;
use crate::shared::Shared;
use crate::streams::Protocols;
use crate::{BadSecret, Config, Events, Handle, Identity, Metrics};
use futures::StreamExt;
use libp2p::core::transport::ListenerId;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Swarm, SwarmBuilder, TransportError, noise, tcp, yamux};
use primitives::ChainHash;
use std::collections::HashSet;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Why a network did not start.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A setting makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The secret is not an ed25519 one.
    #[error(transparent)]
    Identity(#[from] BadSecret),
    /// Another process has the port.
    #[error(
        "port {port} of {address} is taken by another process: stop it, or set another port in network.listen"
    )]
    PortTaken {
        /// The address that was to be listened on.
        address: String,
        /// Its port.
        port: u16,
    },
    /// The system refuses the address.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address that was to be listened on.
        address: String,
        /// What the system says.
        cause: String,
    },
    /// libp2p refuses to be set up.
    #[error("cannot set up the network: {0}")]
    Setup(String),
}

/// Commands that may wait for the driver.
const COMMANDS: usize = 4_096;
/// Streams of one connection: two of gossip, two of each class, pings, identification, requests both ways.
const STREAMS: usize = 96;
/// Streams of one connection that a peer has opened without saying what for.
const NEGOTIATING: usize = 32;
/// How long the system may take to report an address that is listened on.
const LISTEN_TIME: Duration = Duration::from_secs(10);

/// The network of one node.
#[derive(Clone, Copy, Debug)]
pub struct Network;

impl Network {
    /// Starts listening and dialing, and returns once every listen address stands. Peers on a chain other than
    /// `chain` are refused. Direct streams wait for [`Handle::set_validators`]. Must be called within a tokio
    /// runtime with time and I/O.
    ///
    /// # Errors
    /// [`NetworkError`]; a taken port is named.
    pub async fn start(
        config: Config,
        identity: Identity,
        chain: ChainHash,
        metrics: Metrics,
    ) -> Result<(Handle, Events), NetworkError> {
        let checked = config.checked()?;
        let key = identity.key();
        let protocols =
            Protocols::new(chain).ok_or_else(|| NetworkError::Setup("bad protocol name".into()))?;
        let mut swarm = swarm(&config, identity, &protocols, &metrics)?;
        let (local, early) = listen(&mut swarm, &checked).await?;
        for address in &checked.external {
            swarm.add_external_address(address.clone());
        }
        tracing::info!(
            peer_id = %swarm.local_peer_id(),
            addresses = ?local.iter().map(ToString::to_string).collect::<Vec<_>>(),
            protocol = protocols.prefix(),
            "network started"
        );
        let (commands, orders) = mpsc::channel(COMMANDS);
        let shared = Arc::new(Shared::new(key, config, metrics, local, commands));
        let driver = Driver::new(swarm, shared.clone(), protocols, checked.persistent, orders);
        tokio::spawn(driver.run(early));
        let events = Events::new(shared.inbox.clone());
        Ok((Handle::new(shared), events))
    }
}

fn swarm(
    config: &Config,
    identity: Identity,
    protocols: &Protocols,
    metrics: &Metrics,
) -> Result<Swarm<Behaviour>, NetworkError> {
    let setup = |error: &dyn std::fmt::Display| NetworkError::Setup(error.to_string());
    let pair = identity.into_keypair();
    let behaviour = Behaviour::new(config, &pair, protocols, metrics).map_err(NetworkError::Setup)?;
    let muxer = || {
        let mut muxer = yamux::Config::default();
        muxer.set_max_num_streams(STREAMS);
        muxer
    };
    let swarm = SwarmBuilder::with_existing_identity(pair)
        .with_tokio()
        .with_tcp(tcp::Config::new().nodelay(true), noise::Config::new, muxer)
        .map_err(|error| setup(&error))?
        .with_behaviour(|_| behaviour)
        .map_err(|error| setup(&error))?
        .with_swarm_config(|swarm| swarm.with_max_negotiating_inbound_streams(NEGOTIATING))
        .with_connection_timeout(Duration::from_millis(config.dial.timeout_ms))
        .build();
    Ok(swarm)
}

/// Where a node listens, and what happened before all of that stood.
type Listening = (Vec<Multiaddr>, Vec<SwarmEvent<BehaviourEvent>>);

/// Listens on every address; gives those that the system reports, the real port in place of 0. Peers may come in
/// at the first address before the last one stands: what they do is for the driver.
async fn listen(swarm: &mut Swarm<Behaviour>, checked: &Checked) -> Result<Listening, NetworkError> {
    // All before the first is taken: 0.0.0.0 and :: with one port would be in each other's way.
    checked.listen.iter().try_for_each(probe)?;
    let mut waiting: HashSet<ListenerId> = HashSet::new();
    for address in &checked.listen {
        let listener = swarm.listen_on(address.clone()).map_err(|error| match error {
            TransportError::MultiaddrNotSupported(_) => refused(address, &"not a TCP address"),
            TransportError::Other(error) => failed(address, &error),
        })?;
        waiting.insert(listener);
    }
    let (mut local, mut early) = (Vec::new(), Vec::new());
    let reporting = async {
        while !waiting.is_empty() {
            match swarm.select_next_some().await {
                SwarmEvent::NewListenAddr { listener_id, address } => {
                    waiting.remove(&listener_id);
                    local.push(address);
                }
                SwarmEvent::ListenerClosed {
                    addresses, reason, ..
                } => {
                    let cause = reason
                        .err()
                        .map_or_else(|| "closed".into(), |error| error.to_string());
                    let address = addresses.first().map(ToString::to_string).unwrap_or_default();
                    return Err(NetworkError::Listen { address, cause });
                }
                other => early.push(other),
            }
        }
        Ok(())
    };
    match timeout(LISTEN_TIME, reporting).await {
        Ok(result) => result.map(|()| (local, early)),
        Err(_) => Err(NetworkError::Setup("the system reports no listen address".into())),
    }
}

/// Takes the port once by itself: libp2p shares listening ports (`SO_REUSEPORT`), so that two nodes of one user
/// would both start, and each get some of the other's peers.
fn probe(address: &Multiaddr) -> Result<(), NetworkError> {
    let Some(ip) = ip(address) else {
        return Err(refused(address, &"it has no IP address"));
    };
    match TcpListener::bind(SocketAddr::new(ip, port(address))) {
        Ok(_) => Ok(()),
        Err(error) => Err(failed(address, &error)),
    }
}

fn failed(address: &Multiaddr, error: &io::Error) -> NetworkError {
    if error.kind() == io::ErrorKind::AddrInUse {
        return NetworkError::PortTaken {
            address: address.to_string(),
            port: port(address),
        };
    }
    refused(address, error)
}

fn refused(address: &Multiaddr, cause: &dyn std::fmt::Display) -> NetworkError {
    NetworkError::Listen {
        address: address.to_string(),
        cause: cause.to_string(),
    }
}

fn port(address: &Multiaddr) -> u16 {
    let port = address.iter().find_map(|part| match part {
        Protocol::Tcp(port) => Some(port),
        _ => None,
    });
    port.unwrap_or(0)
}
