//! One connection's half of [`super::Behaviour`].

use super::{Lane, Open, OpenError, Reply};
use futures::future::{Ready, ready};
use libp2p::core::UpgradeInfo;
use libp2p::core::upgrade::{InboundUpgrade, OutboundUpgrade};
use libp2p::swarm::handler::{
    ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
};
use libp2p::swarm::{ConnectionHandler, ConnectionHandlerEvent, StreamUpgradeError, SubstreamProtocol};
use libp2p::{Stream, StreamProtocol};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Streams that a peer opened and that were not reported yet; more are dropped. They are reported at once, so that
/// even a burst of honest ones fits.
const MAX_WAITING: usize = 64;

/// Opens and accepts streams on one connection.
#[derive(Debug)]
pub(crate) struct Handler {
    lanes: Arc<[(StreamProtocol, Lane)]>,
    asked: VecDeque<Open>,
    accepted: VecDeque<(Lane, Stream)>,
    waker: Option<Waker>,
}

impl Handler {
    pub(super) const fn new(lanes: Arc<[(StreamProtocol, Lane)]>) -> Self {
        Self {
            lanes,
            asked: VecDeque::new(),
            accepted: VecDeque::new(),
            waker: None,
        }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Open;
    type ToBehaviour = (Lane, Stream);
    type InboundProtocol = AnyLane;
    type OutboundProtocol = OneLane;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = (StreamProtocol, Reply);

    fn listen_protocol(&self) -> SubstreamProtocol<AnyLane> {
        SubstreamProtocol::new(AnyLane(self.lanes.clone()), ())
    }

    /// An idle link is kept: whether it is wanted is the driver's decision.
    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<OneLane, (StreamProtocol, Reply), (Lane, Stream)>> {
        if let Some(accepted) = self.accepted.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(accepted));
        }
        // Whoever no longer waits needs no stream.
        while let Some(Open { protocol, reply }) = self.asked.pop_front() {
            if !reply.is_closed() {
                return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
                    protocol: SubstreamProtocol::new(OneLane(protocol.clone()), (protocol, reply)),
                });
            }
        }
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, open: Open) {
        self.asked.push_back(open);
        self.wake();
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, AnyLane, OneLane, (), (StreamProtocol, Reply)>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, .. }) => {
                let (lane, stream) = protocol;
                if let Some(lane) = lane
                    && self.accepted.len() < MAX_WAITING
                {
                    self.accepted.push_back((lane, stream));
                    self.wake();
                }
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info }) => {
                // Whoever asked may have given up; the stream is closed by being dropped then.
                drop(info.1.send(Ok(protocol)));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) => {
                let (name, reply) = info;
                let error = match error {
                    StreamUpgradeError::Timeout => OpenError::Timeout,
                    StreamUpgradeError::Apply(never) => match never {},
                    StreamUpgradeError::NegotiationFailed => OpenError::Unsupported(name),
                    StreamUpgradeError::Io(error) => OpenError::Io(error.to_string()),
                };
                drop(reply.send(Err(error)));
            }
            _ => {}
        }
    }
}

/// Accepts any of our protocols and says which.
#[derive(Clone, Debug)]
pub(crate) struct AnyLane(Arc<[(StreamProtocol, Lane)]>);

impl UpgradeInfo for AnyLane {
    type Info = StreamProtocol;
    type InfoIter = Vec<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.iter().map(|(protocol, _)| protocol.clone()).collect()
    }
}

impl InboundUpgrade<Stream> for AnyLane {
    type Output = (Option<Lane>, Stream);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, chosen: StreamProtocol) -> Self::Future {
        let lane = self
            .0
            .iter()
            .find(|(protocol, _)| *protocol == chosen)
            .map(|(_, lane)| *lane);
        ready(Ok((lane, stream)))
    }
}

/// Asks for one protocol.
#[derive(Clone, Debug)]
pub(crate) struct OneLane(StreamProtocol);

impl UpgradeInfo for OneLane {
    type Info = StreamProtocol;
    type InfoIter = std::iter::Once<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        std::iter::once(self.0.clone())
    }
}

impl OutboundUpgrade<Stream> for OneLane {
    type Output = Stream;
    type Error = Infallible;
    type Future = Ready<Result<Stream, Infallible>>;

    fn upgrade_outbound(self, stream: Stream, _: StreamProtocol) -> Self::Future {
        ready(Ok(stream))
    }
}
