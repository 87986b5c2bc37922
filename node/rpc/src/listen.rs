//! The listening socket and its connections: bounded in number, closed for good when the node ends.

use crate::holder;
use crate::metrics::Metrics;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::Stream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::{Connected, TcpConnectInfo};

/// How long to wait when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The address cannot be listened at.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there already.
    #[error(
        "port {} of {} is taken{}: stop it, or set rpc.listen to another port",
        .address.port(), .address.ip(), .holder.as_ref().map(|h| format!(" by {h}")).unwrap_or_default()
    )]
    Taken {
        /// The address.
        address: SocketAddr,
        /// Who listens there, as far as the system says.
        holder: Option<String>,
    },
    /// It is not this machine's, or not allowed.
    #[error("cannot listen at {address}: {error}; set rpc.listen to an address of this machine")]
    Refused {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
}

/// Listens at `address`.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let holder = holder::of(address.port());
            Err(BindError::Taken { address, holder })
        }
        Err(error) => Err(BindError::Refused { address, error }),
    }
}

/// Accepts connections while there is room; `kill` ends all of them.
pub(crate) fn connections(
    listener: TcpListener,
    max: usize,
    kill: CancellationToken,
    metrics: Metrics,
) -> impl Stream<Item = io::Result<Connection>> {
    let room = Arc::new(Semaphore::new(max));
    futures::stream::unfold(
        (listener, room, kill, metrics),
        |(listener, room, kill, metrics)| async move {
            let connection = loop {
                match listener.accept().await {
                    Ok((stream, _)) => match room.clone().try_acquire_owned() {
                        Ok(room) => break Connection::new(stream, room, &kill, &metrics),
                        Err(_) => {
                            metrics.refused_connections.inc();
                        }
                    },
                    Err(error) => {
                        tracing::warn!(%error, "no connection could be accepted");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                }
            };
            Some((Ok(connection), (listener, room, kill, metrics)))
        },
    )
}

/// A client's connection.
pub(crate) struct Connection {
    stream: TcpStream,
    killed: Pin<Box<WaitForCancellationFutureOwned>>,
    metrics: Metrics,
    _room: OwnedSemaphorePermit,
}

impl Connection {
    fn new(
        stream: TcpStream,
        room: OwnedSemaphorePermit,
        kill: &CancellationToken,
        metrics: &Metrics,
    ) -> Self {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays slow");
        }
        metrics.connections.inc();
        Self {
            stream,
            killed: Box::pin(kill.clone().cancelled_owned()),
            metrics: metrics.clone(),
            _room: room,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.metrics.connections.dec();
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl Connection {
    /// Fails once the connection is to end, and has whoever polls it woken when it is.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.killed.as_mut().poll(context).is_ready() {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "this node is shutting down",
            ));
        }
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
