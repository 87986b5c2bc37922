//! A node as the supervisor sees it: its process, and how far it has come.

use crate::child::{Child, GRACE, describe};
use crate::error::Error;
use crate::folder::Folder;
use crate::name;
use crate::ports::{Block, NodePorts};
use crate::spec::Spec;
use crate::status::{self, NodeStatus, Progress};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often a node is asked how far it has come, until all are ready.
const EAGER: Duration = Duration::from_millis(40);
/// And afterwards.
const CALM: Duration = Duration::from_millis(250);

/// One node of a testnet, running or not.
pub(super) struct Node {
    folder: Folder,
    name: String,
    ports: NodePorts,
    home: PathBuf,
    log: PathBuf,
    child: Option<Child>,
    /// Whether it was told something that ends it.
    doomed: bool,
    progress: watch::Receiver<Seen>,
    calm: Arc<AtomicBool>,
    poll: JoinHandle<()>,
}

/// What a node has said of its progress.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    now: Option<Progress>,
    /// The final height that it began with.
    first: Option<u64>,
}

impl Node {
    pub(super) fn new(folder: &Folder, spec: &Spec, index: u16) -> Result<Self, Error> {
        let name = name::node(usize::from(index));
        let block = Block {
            base: spec.base_port,
            nodes: spec.validators,
        };
        let ports = block.node(index);
        let calm = Arc::new(AtomicBool::new(false));
        let (sender, progress) = watch::channel(Seen::default());
        let client = status::lazy_client(&ports)?;
        let poll = tokio::spawn(poll(client, sender, Arc::clone(&calm)));
        Ok(Self {
            folder: folder.clone(),
            home: folder.home(&name),
            log: folder.log(&name),
            name,
            ports,
            child: None,
            doomed: false,
            progress,
            calm,
            poll,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn start(&mut self, binary: &Path) -> Result<(), Error> {
        self.doomed = false;
        self.child = Some(Child::start(binary, &self.home, &self.log)?);
        Ok(())
    }

    /// Whether it has a process.
    pub(super) const fn runs(&self) -> bool {
        self.child.is_some()
    }

    /// From now on the node is asked less often.
    pub(super) fn slow_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    /// How it ended, when it did without being told to.
    pub(super) fn ended_by_itself(&mut self) -> Option<String> {
        let status = self.child.as_mut()?.ended()?;
        self.child = None;
        Some(describe(status))
    }

    /// From now on, until it is started again, its end is nobody's failure.
    pub(super) const fn expect_end(&mut self) {
        self.doomed = true;
    }

    pub(super) const fn end_is_expected(&self) -> bool {
        self.doomed
    }

    pub(super) fn take_child(&mut self) -> Option<Child> {
        self.child.take()
    }

    pub(super) async fn stop(&mut self) -> Result<(), Error> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        child.ask_to_end()?;
        // A restart is not in the hurry that the end of the whole testnet is.
        child.gone(GRACE * 10).await
    }

    pub(super) async fn kill(&mut self) -> Result<(), Error> {
        let Some(child) = self.child.take() else {
            return Ok(());
        };
        child.kill()?;
        child.gone(GRACE).await
    }

    pub(super) fn set_paused(&mut self, paused: bool) -> Result<(), Error> {
        match &mut self.child {
            Some(child) => child.set_paused(paused),
            None => Err(Error::Supervisor(format!(
                "{0} does not run: start it with `palisade testnet node restart {0}`",
                self.name
            ))),
        }
    }

    /// The highest final block that it holds, as far as it has said.
    pub(super) fn finalized(&self) -> u64 {
        self.progress
            .borrow()
            .now
            .map_or(0, |progress| progress.finalized)
    }

    /// The highest final block that it began with.
    pub(super) fn first_finalized(&self) -> Option<u64> {
        self.progress.borrow().first
    }

    pub(super) fn status(&self) -> NodeStatus {
        let stopped = NodeStatus::stopped(&self.folder, &self.name, &self.ports);
        let Some(child) = &self.child else {
            return stopped;
        };
        let progress = self.progress.borrow().now.unwrap_or_default();
        NodeStatus {
            pid: Some(child.pid()),
            running: true,
            paused: child.is_paused(),
            height: progress.height,
            finalized_height: progress.finalized,
            epoch: progress.epoch,
            view: progress.view,
            peers: progress.peers,
            syncing: progress.syncing,
            ..stopped
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.poll.abort();
    }
}

async fn poll(client: client::Client, sender: watch::Sender<Seen>, calm: Arc<AtomicBool>) {
    loop {
        let progress = status::progress(&client).await;
        sender.send_modify(|seen| {
            seen.now = progress;
            seen.first = seen.first.or_else(|| progress.map(|progress| progress.finalized));
        });
        let pause = if calm.load(Ordering::Relaxed) { CALM } else { EAGER };
        tokio::time::sleep(pause).await;
    }
}
