//! The built program, as a person or a script runs it: what it prints, and how it ends. No chain runs here.
#![cfg(test)]
#![allow(
    clippy::too_many_lines,
    reason = "a test tells one story from beginning to end"
)]

mod arguments;
mod backups;
mod bridges;
mod configuration;
mod home;
mod keys;
mod operating;
mod testnets;
mod transactions;

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

/// A folder of its own for one test, in which the program runs.
struct Place {
    folder: tempfile::TempDir,
}

/// How a run ended.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The program with nothing of this machine's settings in its environment.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PALISADE_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.path())
            .env("HOME", self.path().join("user"))
            .env("NO_COLOR", "1");
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command().args(arguments).output().unwrap())
    }

    /// A file that only its owner may read.
    fn secret_file(&self, name: &str, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    }
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    /// Ended with this code, with this text among its errors and nothing on standard output.
    #[track_caller]
    fn failed(self, code: i32, part: &str) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert!(self.err.contains(part), "`{part}` is not in: {}", self.err);
        assert_eq!(self.out, "", "data beside an error");
        self
    }

    /// The error that a command with `-o json` ended with, after what it may have logged.
    #[track_caller]
    fn last_error(&self) -> Value {
        let last = self.err.lines().last().unwrap_or_default();
        let value: Value = serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {}", self.err));
        value["error"].clone()
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}
