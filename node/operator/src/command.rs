//! Commands of the operator's own, run with an end in time and in bytes.

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

/// How much of what a command complains about is passed on.
const MAX_COMPLAINT: u64 = 512;

/// Why a command gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It could not be started, or watched.
    #[error("`{command}`: {source}")]
    Io {
        /// The command.
        command: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// It took too long.
    #[error("`{command}` did not end within {} s", .limit.as_secs())]
    TooSlow {
        /// The command.
        command: String,
        /// How long it was given.
        limit: Duration,
    },
    /// It wrote too much.
    #[error("`{command}` wrote more than {limit} bytes")]
    TooMuch {
        /// The command.
        command: String,
        /// How much it may write.
        limit: usize,
    },
    /// It failed.
    #[error("`{command}` failed ({status}): {complaint}")]
    Failed {
        /// The command.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it wrote to standard error.
        complaint: String,
    },
}

/// What `command` writes to standard output, run by `sh` with these variables, at most `bytes` and within `limit`. Whatever it
/// has started is ended with it.
///
/// # Errors
/// [`CommandError`].
pub(crate) async fn output(
    command: &str,
    variables: &[(&str, String)],
    limit: Duration,
    bytes: usize,
) -> Result<Vec<u8>, CommandError> {
    let io = |source| CommandError::Io {
        command: command.to_owned(),
        source,
    };
    let mut child = Command::new("/bin/sh")
        .arg("-c")
        .arg(command)
        .envs(variables.iter().map(|(name, value)| (*name, value.as_str())))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .process_group(0)
        .spawn()
        .map_err(io)?;
    let group = Group(child.id());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let most = u64::try_from(bytes).unwrap_or(u64::MAX);
    let work = async {
        let (written, complaint) =
            tokio::join!(read(stdout, most.saturating_add(1)), read(stderr, MAX_COMPLAINT));
        let written = written.map_err(io)?;
        if written.len() > bytes {
            return Err(CommandError::TooMuch {
                command: command.to_owned(),
                limit: bytes,
            });
        }
        let status = child.wait().await.map_err(io)?;
        if !status.success() {
            let complaint = complaint.unwrap_or_default();
            return Err(CommandError::Failed {
                command: command.to_owned(),
                status,
                complaint: String::from_utf8_lossy(&complaint).trim().to_owned(),
            });
        }
        Ok(written)
    };
    let outcome = tokio::time::timeout(limit, work).await;
    drop(group);
    outcome.unwrap_or_else(|_| {
        Err(CommandError::TooSlow {
            command: command.to_owned(),
            limit,
        })
    })
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(most).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// The processes of a command, ended when this is dropped.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.0.and_then(|id| i32::try_from(id).ok())
            && let Err(error) = killpg(Pid::from_raw(id), Signal::SIGKILL)
        {
            // Mostly: they have all ended.
            tracing::trace!(%error, "no process of the command is left");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(300);
    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn what_it_writes_is_given_and_variables_reach_it() {
        let variables = [("PALISADE_TASK", "7".to_owned())];
        let found = output("printf %s-$PALISADE_TASK x", &variables, LONG, 10).await;
        assert_eq!(found.unwrap(), b"x-7");
    }

    #[tokio::test]
    async fn what_takes_too_long_writes_too_much_or_fails_is_ended_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("mark");
        let slow = format!("(sleep 1; touch {}) & sleep 100", mark.display());
        let found = output(&slow, &[], SHORT, 10).await.unwrap_err();
        assert!(matches!(found, CommandError::TooSlow { .. }), "{found}");
        let found = output("yes", &[], LONG, 1_000).await.unwrap_err();
        assert!(matches!(found, CommandError::TooMuch { .. }), "{found}");
        let found = output("echo no such thing >&2; exit 3", &[], LONG, 10)
            .await
            .unwrap_err();
        assert!(found.to_string().contains("no such thing"), "{found}");
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        assert!(!mark.exists(), "a child outlived its command");
    }
}
