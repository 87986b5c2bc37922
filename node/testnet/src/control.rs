//! Talking to the supervisor: one JSON object a line, over a socket in the testnet's folder.

use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::folder::Folder;
use crate::name::Name;
use crate::status::Status;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

/// The longest line that either side takes.
const MAX_LINE: u64 = 1 << 20;
/// How long the supervisor may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// And for what copies a state.
const LONG_PATIENCE: Duration = Duration::from_secs(600);

/// What can be done with one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Ask it to end, and wait until it has.
    Stop,
    /// End it at once, as a crash would.
    Kill,
    /// Start it, after stopping it when it runs.
    Restart,
    /// Freeze it.
    Pause,
    /// Let it go on.
    Resume,
    /// It is about to end by itself, because it was told something that ends it: the testnet goes on without it.
    ExpectEnd,
}

/// What the supervisor is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// How everything is.
    Status,
    /// Do something with a node.
    Node {
        /// Which.
        name: String,
        /// What.
        action: Action,
    },
    /// Stop everything.
    Down,
    /// Keep the state as it is now.
    Checkpoint {
        /// Under this name.
        name: Name,
    },
    /// Go back to a state that was kept.
    Restore {
        /// Under this name.
        name: Name,
    },
}

impl Request {
    /// How long the supervisor may take: states may be large.
    const fn patience(&self) -> Duration {
        match self {
            Self::Checkpoint { .. } | Self::Restore { .. } => LONG_PATIENCE,
            Self::Status | Self::Node { .. } | Self::Down => PATIENCE,
        }
    }
}

/// What the supervisor answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// How everything is, after what was asked for was done.
    Status(Box<Status>),
    /// The state that was kept, or gone back to.
    Checkpoint(Checkpoint),
    /// It is being done.
    Stopping,
    /// It was refused.
    Error {
        /// Why.
        message: String,
    },
}

/// A way to the socket that is short enough: a socket's path has at most 107 bytes, a folder's may have more.
struct ShortPath {
    path: PathBuf,
    /// Keeps `/proc/self/fd/N` alive.
    _folder: File,
}

impl ShortPath {
    fn new(folder: &Folder) -> io::Result<Self> {
        let open = File::open(folder.path())?;
        let name = folder.socket();
        let name = name.file_name().unwrap_or_default();
        let path = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd())).join(name);
        Ok(Self { path, _folder: open })
    }
}

/// The supervisor's end.
pub(crate) struct Server {
    listener: UnixListener,
}

/// One request and the way back to whoever asked.
pub(crate) struct Call {
    pub(crate) request: Request,
    stream: BufReader<UnixStream>,
}

impl Server {
    /// Listens, in place of whoever did before: the caller holds the testnet's lock.
    pub(crate) fn bind(folder: &Folder) -> Result<Self, Error> {
        crate::files::remove(&folder.socket())?;
        let listener = ShortPath::new(folder)
            .and_then(|short| UnixListener::bind(&short.path))
            .map_err(|error| Error::io(&folder.socket(), "listen at", error))?;
        Ok(Self { listener })
    }

    /// The next connection.
    pub(crate) async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.listener.accept().await?.0)
    }
}

/// Reads the request of a connection; `None` when it is not one (who asked is told).
pub(crate) async fn read(stream: UnixStream) -> Option<Call> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    let read = tokio::time::timeout(PATIENCE, (&mut stream).take(MAX_LINE).read_line(&mut line)).await;
    if !matches!(read, Ok(Ok(count)) if count > 0) {
        return None;
    }
    match serde_json::from_str(&line) {
        Ok(request) => Some(Call { request, stream }),
        Err(error) => {
            let message = format!("not a request: {error}");
            respond(&mut stream, &Answer::Error { message }).await;
            None
        }
    }
}

impl Call {
    /// Answers. Whoever asked may be gone; that is their affair.
    pub(crate) async fn answer(mut self, answer: &Answer) {
        respond(&mut self.stream, answer).await;
    }
}

async fn respond(stream: &mut BufReader<UnixStream>, answer: &Answer) {
    let Ok(mut text) = serde_json::to_string(answer) else {
        return;
    };
    text.push('\n');
    let written = tokio::time::timeout(PATIENCE, stream.get_mut().write_all(text.as_bytes())).await;
    if !matches!(written, Ok(Ok(()))) {
        tracing::debug!("whoever asked did not wait for the answer");
    }
}

/// Asks the supervisor of the testnet in `folder`.
///
/// # Errors
/// [`Error::NotRunning`] when nobody listens, [`Error::Supervisor`] with what it refused.
pub async fn ask(folder: &Folder, request: &Request) -> Result<Answer, Error> {
    let name = folder.name().to_string();
    let short = ShortPath::new(folder).map_err(|_| Error::NotRunning(name.clone()))?;
    let stream = match UnixStream::connect(&short.path).await {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Err(Error::NotRunning(name));
        }
        Err(error) => return Err(Error::io(&folder.socket(), "connect to", error)),
    };
    let patience = request.patience();
    let answered = tokio::time::timeout(patience, exchange(stream, request)).await;
    let line = match answered {
        Ok(Ok(line)) => line,
        Ok(Err(error)) => return Err(Error::io(&folder.socket(), "ask at", error)),
        Err(_) => {
            let seconds = patience.as_secs();
            return Err(Error::Supervisor(format!(
                "the supervisor has not answered for {seconds} s"
            )));
        }
    };
    match serde_json::from_str(&line) {
        Ok(Answer::Error { message }) => Err(Error::Supervisor(message)),
        Ok(answer) => Ok(answer),
        // It ended before it answered.
        Err(_) if line.is_empty() => Err(Error::NotRunning(name)),
        Err(error) => Err(Error::Supervisor(format!(
            "the supervisor's answer makes no sense: {error}"
        ))),
    }
}

async fn exchange(stream: UnixStream, request: &Request) -> io::Result<String> {
    let mut stream = BufReader::new(stream);
    let mut text = serde_json::to_string(request)?;
    text.push('\n');
    stream.get_mut().write_all(text.as_bytes()).await?;
    let mut line = String::new();
    stream.take(MAX_LINE).read_line(&mut line).await?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(base: &std::path::Path) -> Folder {
        let folder = Folder::new(base, &crate::name::Name::default());
        std::fs::create_dir_all(folder.path()).unwrap();
        folder
    }

    #[tokio::test]
    async fn a_request_is_answered_even_from_a_folder_with_a_long_path() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(&base.path().join("x".repeat(120)));
        let server = Server::bind(&folder).unwrap();
        let serve = async {
            let call = read(server.accept().await.unwrap()).await.unwrap();
            assert_eq!(call.request, Request::Down);
            call.answer(&Answer::Stopping).await;
        };
        let (answer, ()) = tokio::join!(ask(&folder, &Request::Down), serve);
        assert_eq!(answer.unwrap(), Answer::Stopping);
    }

    #[tokio::test]
    async fn nobody_there_means_not_running() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        assert!(matches!(
            ask(&folder, &Request::Status).await,
            Err(Error::NotRunning(_))
        ));
        // A socket that was left behind.
        drop(Server::bind(&folder).unwrap());
        assert!(matches!(
            ask(&folder, &Request::Status).await,
            Err(Error::NotRunning(_))
        ));
    }

    #[tokio::test]
    async fn nonsense_is_answered_with_what_is_wrong() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        let server = Server::bind(&folder).unwrap();
        let short = ShortPath::new(&folder).unwrap();
        let mut stream = UnixStream::connect(&short.path).await.unwrap();
        stream.write_all(b"{\"request\":\"dance\"}\n").await.unwrap();
        assert!(read(server.accept().await.unwrap()).await.is_none());
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.unwrap();
        assert!(line.contains("not a request"), "{line}");
    }
}
