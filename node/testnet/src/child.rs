//! One node's process: started, watched, stopped. It ends with the supervisor, however the supervisor ends.
//!
//! Three things see to that: the node asks the kernel for a SIGKILL when its parent dies; it ends when its standard
//! input does, which is a pipe that only the supervisor holds open; and dropping a [`Child`] kills it.

use crate::error::Error;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::OpenOptions;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{ChildStdin, Command};

/// How long a node may take to end when it is asked to, before it is killed.
pub(crate) const GRACE: Duration = Duration::from_millis(600);

/// A running node.
pub(crate) struct Child {
    process: tokio::process::Child,
    pid: u32,
    paused: bool,
    /// Its end is the node's end.
    _lifeline: Option<ChildStdin>,
}

impl Child {
    /// Starts `binary start --home <home> --supervised`, with what it says appended to `log`.
    ///
    /// The parent-death signal is bound to the thread that starts the child: callers stay on a thread that lives as
    /// long as the supervisor.
    pub(crate) fn start(binary: &Path, home: &Path, log: &Path) -> Result<Self, Error> {
        let output = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .map_err(|error| Error::io(log, "open", error))?;
        let errors = output
            .try_clone()
            .map_err(|error| Error::io(log, "open", error))?;
        let mut command = Command::new(binary);
        command
            .arg("start")
            .arg("--home")
            .arg(home)
            .arg("--supervised")
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            // A group of its own: Ctrl-C reaches the supervisor alone, which stops the nodes in order.
            .process_group(0)
            .kill_on_drop(true);
        // Settings meant for one node of the user's must not reach every node of a testnet.
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PALISADE_"))
        {
            command.env_remove(name);
        }
        let mut process = command
            .spawn()
            .map_err(|error| Error::io(binary, "start", error))?;
        let pid = process
            .id()
            .ok_or_else(|| Error::Supervisor("a node ended before it began".into()))?;
        let lifeline = process.stdin.take();
        Ok(Self {
            process,
            pid,
            paused: false,
            _lifeline: lifeline,
        })
    }

    pub(crate) const fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) const fn is_paused(&self) -> bool {
        self.paused
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().ok().flatten()
    }

    /// Freezes it, or lets it go on.
    pub(crate) fn set_paused(&mut self, paused: bool) -> Result<(), Error> {
        self.signal(if paused { Signal::SIGSTOP } else { Signal::SIGCONT })?;
        self.paused = paused;
        Ok(())
    }

    /// Asks it to end; [`Child::gone`] waits for it.
    pub(crate) fn ask_to_end(&mut self) -> Result<(), Error> {
        self.signal(Signal::SIGTERM)?;
        if self.paused {
            self.set_paused(false)?;
        }
        Ok(())
    }

    /// Ends it at once.
    pub(crate) fn kill(&self) -> Result<(), Error> {
        self.signal(Signal::SIGKILL)
    }

    /// Waits until it has ended, and kills it when that takes longer than `grace`.
    pub(crate) async fn gone(mut self, grace: Duration) -> Result<(), Error> {
        if tokio::time::timeout(grace, self.process.wait()).await.is_err() {
            self.kill()?;
            self.process.wait().await.map_err(|error| {
                Error::Supervisor(format!("process {} cannot be waited for: {error}", self.pid))
            })?;
        }
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        let pid = Pid::from_raw(i32::try_from(self.pid).unwrap_or_default());
        match kill(pid, signal) {
            // It is not reaped before `wait`, so the number still is its own; no such process means that it ended.
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => Err(Error::Supervisor(format!(
                "cannot send {signal} to process {}: {error}",
                self.pid
            ))),
        }
    }
}

/// How a process ended, in words.
pub(crate) fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(number)) => {
            let name =
                Signal::try_from(number).map_or_else(|_| number.to_string(), |signal| signal.to_string());
            format!("killed by {name}")
        }
        (None, None) => "for a reason that the system does not tell".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    /// A program that takes the node's arguments and behaves as the script says.
    fn program(folder: &Path, script: &str) -> PathBuf {
        let path = folder.join("node.sh");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[tokio::test]
    async fn a_node_that_ignores_the_request_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let binary = program(folder.path(), "trap '' TERM; while true; do sleep 0.05; done");
        let mut child = Child::start(&binary, folder.path(), &folder.path().join("log")).unwrap();
        let pid = child.pid();
        child.set_paused(true).unwrap();
        child.ask_to_end().unwrap();
        child.gone(Duration::from_millis(100)).await.unwrap();
        assert!(!crate::process::is_alive(pid));
    }

    #[tokio::test]
    async fn the_end_of_the_lifeline_is_seen_by_the_node() {
        let folder = tempfile::tempdir().unwrap();
        let binary = program(folder.path(), "echo \"$@\"; cat > /dev/null; exit 7");
        let log = folder.path().join("log");
        let mut child = Child::start(&binary, folder.path(), &log).unwrap();
        assert!(child.ended().is_none());
        child._lifeline = None;
        let status = child.process.wait().await.unwrap();
        assert_eq!(describe(status), "exit code 7");
        let said = std::fs::read_to_string(&log).unwrap();
        assert!(
            said.starts_with("start --home ") && said.trim_end().ends_with("--supervised"),
            "{said}"
        );
    }
}
