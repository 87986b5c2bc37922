//! Processes beside a testnet: nodes, signers and operators of their own.

use crate::world::Testnet;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// A process beside the testnet, ended with the test.
pub(crate) struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    pub(crate) fn start(testnet: &Testnet, log: &Path, arguments: &[&str]) -> Self {
        let mut command = testnet.command(arguments);
        let said = File::create(log).unwrap();
        let child = command.stdout(Stdio::null()).stderr(said).spawn().unwrap();
        Self {
            child,
            log: log.to_owned(),
        }
    }

    /// Ends it as a power cut would: with signal 9.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What it has written to standard error.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, or have been killed.
        self.child.kill().unwrap_or_default();
        self.child.wait().unwrap();
        if std::thread::panicking() {
            let said = self.said();
            let end: Vec<&str> = said.lines().rev().take(15).collect();
            let end: Vec<&str> = end.into_iter().rev().collect();
            println!("== {}\n{}", self.log.display(), end.join("\n"));
        }
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The flags of a node that listens where nobody else does; gRPC at `port`.
pub(crate) fn node(home: &Path, port: u16, more: &[&str]) -> Vec<String> {
    let settings = [
        format!("rpc.listen=127.0.0.1:{port}"),
        "metrics.listen=127.0.0.2:0".to_owned(),
        "network.listen=[\"/ip4/127.0.0.1/tcp/0\"]".to_owned(),
    ];
    let mut all = vec![
        "start".to_owned(),
        "--home".to_owned(),
        home.display().to_string(),
    ];
    for setting in settings {
        all.extend(["--set".to_owned(), setting]);
    }
    all.extend(more.iter().map(|one| (*one).to_owned()));
    all
}

pub(crate) fn start(testnet: &Testnet, log: &Path, arguments: &[String]) -> Running {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Running::start(testnet, log, &arguments)
}
