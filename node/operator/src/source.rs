//! Where values come from: a file, a command, or an endpoint that answers in JSON.

use crate::command::{self, CommandError};
use crate::decimal::{DecimalError, scaled};
use crate::http;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;

/// The most bytes that a source may give.
const MAX_BYTES: usize = 64 << 10;
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `file:PATH`, or `file:PATH#/pointer` for JSON.
    File {
        /// The file.
        path: PathBuf,
        /// Where in its JSON the value stands; none for a file that is a number.
        pointer: Option<String>,
    },
    /// `cmd:COMMAND`: what it writes to standard output is a number.
    Command(String),
    /// `http(s)://…#/pointer`; without a pointer the answer is a number.
    Http {
        /// The address, without the pointer.
        url: String,
        /// Where in its JSON the value stands.
        pointer: Option<String>,
    },
}

/// Why a source gave no value.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The command failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The endpoint did not answer as it should.
    #[error("{url}: {reason}")]
    Http {
        /// The address.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// More than is read.
    #[error("it gives more than {MAX_BYTES} bytes")]
    TooLong,
    /// Not text.
    #[error("what it gives is not text")]
    NotText,
    /// Not JSON.
    #[error("what it gives is not JSON: {0}")]
    NotJson(String),
    /// Nothing at the pointer.
    #[error("there is no number, and no text, at {0}")]
    NothingThere(String),
    /// Not a number.
    #[error(transparent)]
    Decimal(#[from] DecimalError),
}

impl std::str::FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pointed = |text: &str| -> Result<(String, Option<String>), String> {
            match text.split_once('#') {
                Some((_, pointer)) if !pointer.starts_with('/') => Err(format!(
                    "after # stands a JSON pointer, which starts with a slash: not `{pointer}`"
                )),
                Some((text, pointer)) => Ok((text.to_owned(), Some(pointer.to_owned()))),
                None => Ok((text.to_owned(), None)),
            }
        };
        let filled = |text: &str| {
            if text.is_empty() {
                Err("nothing stands after the kind of source".to_owned())
            } else {
                Ok(())
            }
        };
        if let Some(rest) = text.strip_prefix("file:") {
            let (path, pointer) = pointed(rest)?;
            filled(&path)?;
            let path = PathBuf::from(path);
            return Ok(Self::File { path, pointer });
        }
        if let Some(rest) = text.strip_prefix("cmd:") {
            filled(rest)?;
            return Ok(Self::Command(rest.to_owned()));
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            let (url, pointer) = pointed(text)?;
            return Ok(Self::Http { url, pointer });
        }
        Err("a source is file:PATH, cmd:COMMAND, or http(s)://ADDRESS#/json/pointer".to_owned())
    }
}

impl Source {
    /// The value that it gives now, in units of the last of `decimals` digits after the point.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn read(&self, decimals: u32) -> Result<u128, SourceError> {
        let (bytes, pointer) = match self {
            Self::File { path, pointer } => (read_file(path).await?, pointer.as_ref()),
            Self::Command(command) => {
                let found = command::output(command, &[], PATIENCE, MAX_BYTES).await?;
                (found, None)
            }
            Self::Http { url, pointer } => {
                let found = http::fetch(url, PATIENCE, MAX_BYTES).await;
                let found = found.map_err(|reason| SourceError::Http {
                    url: url.clone(),
                    reason,
                })?;
                (found, pointer.as_ref())
            }
        };
        let text = match pointer {
            Some(pointer) => at(&bytes, pointer)?,
            None => String::from_utf8(bytes).map_err(|_| SourceError::NotText)?,
        };
        Ok(scaled(&text, decimals)?)
    }
}

async fn read_file(path: &std::path::Path) -> Result<Vec<u8>, SourceError> {
    let wrong = |source| SourceError::File {
        path: path.to_owned(),
        source,
    };
    let file = tokio::fs::File::open(path).await.map_err(wrong)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bounded = file.take(most);
    let read = tokio::time::timeout(PATIENCE, bounded.read_to_end(&mut bytes)).await;
    read.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut)))
        .map_err(wrong)?;
    if bytes.len() > MAX_BYTES {
        return Err(SourceError::TooLong);
    }
    Ok(bytes)
}

/// The number or text at a pointer in JSON, as it is written.
fn at(bytes: &[u8], pointer: &str) -> Result<String, SourceError> {
    let json: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| SourceError::NotJson(error.to_string()))?;
    match json.pointer(pointer) {
        Some(serde_json::Value::Number(number)) => Ok(number.to_string()),
        Some(serde_json::Value::String(text)) => Ok(text.clone()),
        Some(_) | None => Err(SourceError::NothingThere(pointer.to_owned())),
    }
}

#[cfg(test)]
mod tests;
