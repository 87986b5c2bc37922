//! `palisade debug bundle`: what somebody who helps needs to see, and no secrets.

use super::inspect;
use crate::cli::context::Context;
use crate::diagnostics::without_secrets;
use crate::output::{Failure, Show};
use clap::Args;
use serde::Serialize;
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of a log's end that are taken.
const LOG_TAIL: u64 = 4 << 20;
/// Bytes of metrics that are taken.
const METRICS: u64 = 16 << 20;

/// `palisade debug bundle`.
#[derive(Debug, Args)]
pub(crate) struct Bundle {
    /// The folder to make.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// What was gathered.
#[derive(Debug, Serialize)]
struct Gathered {
    folder: String,
    files: Vec<String>,
}

impl Show for Gathered {
    fn table(&self) -> String {
        format!("{}: {}", self.folder, self.files.join(", "))
    }

    fn id(&self) -> Option<String> {
        Some(self.folder.clone())
    }
}

impl Bundle {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        fs::create_dir(&self.folder)
            .map_err(|error| Failure::usage(format!("cannot make {}: {error}", self.folder.display())))?;
        let home = context.home()?;
        let mut files = Vec::new();
        let mut put = |name: &str, bytes: &[u8]| {
            files.push(name.to_owned());
            let path = self.folder.join(name);
            fs::write(&path, bytes)
                .map_err(|error| Failure::unexpected(format!("cannot write {}: {error}", path.display())))
        };
        let version = format!(
            "palisade {} ({})\n",
            env!("CARGO_PKG_VERSION"),
            crate::cli::commit()
        );
        put("version.txt", version.as_bytes())?;
        // What cannot be had is said instead: a bundle is asked for when something is wrong.
        let text = fs::read_to_string(home.config()).unwrap_or_else(|error| format!("# {error}\n"));
        put("config.toml", without_secrets(&text).as_bytes())?;
        let found = match inspect::look(context) {
            Ok(found) => serde_json::to_value(found).unwrap_or_default(),
            Err(failure) => failure.to_json(),
        };
        put("inspect.json", format!("{found:#}\n").as_bytes())?;
        if let Ok(genesis) = fs::read(home.genesis()) {
            put("genesis.json", &genesis)?;
        }
        if let Ok(log) = tail(&home.path().join("node.log")) {
            put("node.log", &log)?;
        }
        let metrics = context
            .settings(&[], false)
            .map_err(|failure| failure.message)
            .and_then(|loaded| metrics(loaded.config.metrics.listen).map_err(|error| error.to_string()));
        match metrics {
            Ok(text) => put("metrics.txt", &text)?,
            Err(error) => put("metrics.txt", format!("# not to be had: {error}\n").as_bytes())?,
        }
        context.output.show(&Gathered {
            folder: self.folder.display().to_string(),
            files,
        })
    }
}

fn tail(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = fs::File::open(path)?;
    let start = file.metadata()?.len().saturating_sub(LOG_TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(LOG_TAIL).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What `/metrics` of a node that runs says.
fn metrics(address: SocketAddr) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /metrics HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.take(METRICS).read_to_end(&mut bytes)?;
    Ok(bytes)
}
