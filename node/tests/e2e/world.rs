//! A testnet of its own for each test, gone when the test ends.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up. No test depends on less.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The nodes of every testnet here.
pub(crate) const NODES: [&str; 4] = ["node0", "node1", "node2", "node3"];

/// One testnet at a time, also where tests share a process.
static TURN: Mutex<()> = Mutex::new(());

/// A running testnet of four validators.
pub(crate) struct Testnet {
    folder: tempfile::TempDir,
    name: &'static str,
    _turn: MutexGuard<'static, ()>,
}

impl Testnet {
    /// Starts it and waits until every node has a final block.
    pub(crate) fn up(name: &'static str) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let testnet = Self {
            folder: tempfile::tempdir().unwrap(),
            name,
            _turn: turn,
        };
        testnet.run(&[
            "testnet",
            "up",
            "--detach",
            "--wait",
            "finalized",
            "--keep-going",
            "--block-time",
            "200ms",
        ]);
        testnet
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
        command
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path().join("user"))
            .env("NO_COLOR", "1");
        if arguments.first() == Some(&"testnet") {
            command.args(arguments).args(["--name", self.name]);
        } else {
            command
                .env("PALISADE_NODE", self.grpc("node0"))
                .env("PALISADE_KEYS", self.path().join("accounts"));
            command.args(arguments);
        }
        command
    }

    /// Runs a command that must succeed, and gives what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "palisade {arguments:?}: {}",
            told(&output)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.extend(["-o", "json"]);
        serde_json::from_str(&self.run(&all)).unwrap()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(".palisade/testnets").join(self.name)
    }

    pub(crate) fn home(&self, node: &str) -> PathBuf {
        self.path().join(node)
    }

    fn facts(&self) -> Value {
        let text = std::fs::read_to_string(self.path().join("testnet.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn grpc(&self, node: &str) -> String {
        self.fact(node, "grpc")
    }

    /// A node's page of metrics.
    pub(crate) fn metrics(&self, node: &str) -> String {
        let address = self.fact(node, "metrics");
        let address = address.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(address).unwrap();
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        page
    }

    fn fact(&self, node: &str, what: &str) -> String {
        let facts = self.facts();
        let nodes = facts["nodes"].as_array().unwrap();
        let found = nodes.iter().find(|one| one["name"] == node).unwrap();
        found[what].as_str().unwrap().to_owned()
    }

    pub(crate) fn status(&self) -> Vec<Value> {
        self.json(&["testnet", "status"])["nodes"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// Finalized height of every node that runs.
    pub(crate) fn heights(&self) -> Vec<u64> {
        self.status()
            .iter()
            .filter(|n| n["running"] == true)
            .filter_map(|n| n["finalized_height"].as_u64())
            .collect()
    }

    pub(crate) fn highest(&self) -> u64 {
        self.heights().into_iter().max().unwrap_or(0)
    }

    /// Waits until all four nodes run and have finalized `height`.
    pub(crate) fn wait_for_all(&self, height: u64) {
        self.wait(&format!("all four nodes to finalize height {height}"), || {
            let heights = self.heights();
            heights.len() == 4 && heights.iter().all(|h| *h >= height)
        });
    }

    pub(crate) fn wait(&self, what: &str, mut done: impl FnMut() -> bool) {
        let start = Instant::now();
        while !done() {
            assert!(
                start.elapsed() < PATIENCE,
                "waited in vain for {what}: {:#?}{}",
                self.status(),
                self.logs()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Sends one PAL from alice to bob; gives the id once it is final.
    pub(crate) fn transfer(&self) -> String {
        let sent = self.json(&["tx", "send", "alice", "bob", "1pal", "--wait", "--yes"]);
        let id = sent["tx_hash"]
            .as_str()
            .or(sent["hash"].as_str())
            .or(sent["id"].as_str());
        id.unwrap_or_else(|| panic!("no id in {sent}")).to_owned()
    }

    /// What `node` says of the block at `height`.
    pub(crate) fn block(&self, node: &str, height: u64) -> Value {
        let height = height.to_string();
        let url = self.grpc(node);
        self.json(&["query", "block", &height, "--node", &url])
    }

    /// Every node has the same block, and so the same state root, at `height`.
    pub(crate) fn assert_equal_at(&self, height: u64) {
        let first = self.block("node0", height);
        for node in &NODES[1..] {
            let other = self.block(node, height);
            assert_eq!(first["hash"], other["hash"], "{node} at height {height}");
            assert_eq!(
                first["state_root"], other["state_root"],
                "{node} at height {height}"
            );
        }
    }

    /// The process of a node.
    pub(crate) fn pid(&self, node: &str) -> u64 {
        let status = self.status();
        status
            .iter()
            .find(|one| one["name"] == node)
            .and_then(|one| one["pid"].as_u64())
            .unwrap()
    }

    /// The end of every node's log, for a test that failed.
    fn logs(&self) -> String {
        let tail = |node: &str| {
            let text = std::fs::read_to_string(self.home(node).join("node.log")).unwrap_or_default();
            let lines: Vec<&str> = text.lines().rev().take(15).collect();
            format!(
                "\n== {node}\n{}",
                lines.into_iter().rev().collect::<Vec<_>>().join("\n")
            )
        };
        NODES.into_iter().map(tail).collect()
    }
}

impl Drop for Testnet {
    fn drop(&mut self) {
        let output = self.command(&["testnet", "rm", "--yes"]).output();
        if std::thread::panicking() {
            println!("{output:?}");
        }
    }
}

pub(crate) fn told(output: &Output) -> String {
    format!(
        "exit {:?}\n{}\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Whether a process is alive.
pub(crate) fn alive(pid: u64) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    // A zombie has ended, its parent has not looked yet.
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}
