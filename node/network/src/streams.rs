//! Streams of our own protocols, opened and accepted through one small behaviour.
//!
//! `libp2p-stream` would do the same, but 0.5.0-alpha keeps a sender for every connection that there ever was (a
//! stranger who reconnects fills the memory), silently drops an incoming stream when another one arrives in the same
//! instant, and dials peers by itself, around this crate's bans and back-off. So this is written here, over the same
//! public interface of `libp2p-swarm`.

mod handler;

use handler::Handler;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol};
use primitives::ChainHash;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    Consensus,
    Transactions,
    Request,
    Addresses,
}

impl Lane {
    const ALL: [Self; 4] = [
        Self::Consensus,
        Self::Transactions,
        Self::Request,
        Self::Addresses,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Consensus => "consensus/1",
            Self::Transactions => "transactions/1",
            Self::Request => "request/1",
            Self::Addresses => "addresses/1",
        }
    }
}

/// The names of one chain's protocols. Every name has the first eight bytes of the chain's hash in it, so that nodes
/// of different chains have no protocol in common.
#[derive(Clone, Debug)]
pub(crate) struct Protocols {
    prefix: String,
    lanes: Arc<[(StreamProtocol, Lane)]>,
}

impl Protocols {
    /// `None` is impossible for a chain hash; libp2p only asks that a name starts with a slash.
    pub(crate) fn new(chain: ChainHash) -> Option<Self> {
        let digits: Vec<String> = chain
            .as_bytes()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let prefix = format!("/palisade/{}", digits.concat());
        let lanes = Lane::ALL
            .into_iter()
            .map(|lane| {
                Some((
                    StreamProtocol::try_from_owned(format!("{prefix}/{}", lane.name())).ok()?,
                    lane,
                ))
            })
            .collect::<Option<_>>()?;
        Some(Self { prefix, lanes })
    }

    /// `/palisade/<16 hexadecimal digits>`: what a node of this chain says it speaks.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    fn of(&self, lane: Lane) -> Option<&StreamProtocol> {
        self.lanes
            .iter()
            .find(|(_, other)| *other == lane)
            .map(|(protocol, _)| protocol)
    }
}

/// Why there is no stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("not connected")]
    NotConnected,
    #[error("the peer does not speak {0}")]
    Unsupported(StreamProtocol),
    #[error("the peer did not open the stream in time")]
    Timeout,
    #[error("the stream failed while it was opened: {0}")]
    Io(String),
}

/// A stream that a peer opened.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) peer: PeerId,
    pub(crate) lane: Lane,
    pub(crate) stream: Stream,
}

/// Who gets an opened stream.
pub(crate) type Reply = oneshot::Sender<Result<Stream, OpenError>>;

/// An order to a connection's handler.
#[derive(Debug)]
pub(crate) struct Open {
    protocol: StreamProtocol,
    reply: Reply,
}

/// Opens streams on the newest connection of a peer and reports those that peers open.
#[derive(Debug)]
pub(crate) struct Behaviour {
    protocols: Protocols,
    /// Connections of each peer, the newest last.
    connections: BTreeMap<PeerId, Vec<ConnectionId>>,
    actions: VecDeque<ToSwarm<Inbound, Open>>,
}

impl Behaviour {
    pub(crate) const fn new(protocols: Protocols) -> Self {
        Self {
            protocols,
            connections: BTreeMap::new(),
            actions: VecDeque::new(),
        }
    }

    /// Opens a stream to a connected peer. `reply` is dropped when the connection ends before it is open.
    pub(crate) fn open(&mut self, peer: PeerId, lane: Lane, reply: Reply) {
        let newest = self.connections.get(&peer).and_then(|all| all.last());
        match (newest, self.protocols.of(lane)) {
            (Some(connection), Some(protocol)) => self.actions.push_back(ToSwarm::NotifyHandler {
                peer_id: peer,
                handler: NotifyHandler::One(*connection),
                event: Open {
                    protocol: protocol.clone(),
                    reply,
                },
            }),
            // Whoever asked may have gone; nobody misses the answer then.
            _ => drop(reply.send(Err(OpenError::NotConnected))),
        }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Inbound;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(self.protocols.lanes.clone()))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(self.protocols.lanes.clone()))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(new) => {
                self.connections
                    .entry(new.peer_id)
                    .or_default()
                    .push(new.connection_id);
            }
            FromSwarm::ConnectionClosed(old) => {
                if let Some(all) = self.connections.get_mut(&old.peer_id) {
                    all.retain(|connection| *connection != old.connection_id);
                    if all.is_empty() {
                        self.connections.remove(&old.peer_id);
                    }
                }
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        let (lane, stream) = event;
        self.actions
            .push_back(ToSwarm::GenerateEvent(Inbound { peer, lane, stream }));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        // No waker is kept: actions are only added from calls after which the swarm polls again.
        self.actions.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocol_names_carry_the_chain() {
        let protocols = Protocols::new(ChainHash::new([0xab; 32])).unwrap();
        assert_eq!(protocols.prefix(), "/palisade/abababababababab");
        let names: Vec<String> = Lane::ALL
            .iter()
            .filter_map(|lane| protocols.of(*lane))
            .map(ToString::to_string)
            .collect();
        assert_eq!(names[0], "/palisade/abababababababab/consensus/1");
        assert_eq!(names.len(), 4);
    }
}
