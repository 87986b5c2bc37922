//! What the program logs, to standard error, and changing that while it runs.

use crate::config::{LogFormat, NodeConfig};
use crate::output::{Exit, Failure};
use std::io::IsTerminal;
use std::sync::OnceLock;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::reload::Handle;

/// Puts another filter in place and gives the one before, as text.
type Change = Box<dyn Fn(EnvFilter) -> Result<String, String> + Send + Sync>;

/// The filter in force, once logging has begun. One for the process, as the log is.
static FILTER: OnceLock<Change> = OnceLock::new();

fn changing<S: 'static>(handle: Handle<EnvFilter, S>) -> Change {
    Box::new(move |new| {
        let mut before = String::new();
        let done = handle.modify(|filter| {
            before = filter.to_string();
            *filter = new;
        });
        done.map(|()| before).map_err(|error| error.to_string())
    })
}

/// Starts to log as the settings say.
///
/// # Errors
/// The filter is none, or logging had begun.
pub(crate) fn begin(config: &NodeConfig) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.node.log)
        .map_err(|error| Failure::new(Exit::Config, "CONFIG_INVALID", format!("node.log: {error}")))?;
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(!plain && std::io::stderr().is_terminal());
    let (installed, change) = match config.node.log_format {
        LogFormat::Text => {
            let builder = builder.with_filter_reloading();
            let change = changing(builder.reload_handle());
            (builder.try_init(), change)
        }
        LogFormat::Json => {
            let builder = builder.json().with_filter_reloading();
            let change = changing(builder.reload_handle());
            (builder.try_init(), change)
        }
    };
    installed.map_err(|error| Failure::unexpected(format!("cannot start logging: {error}")))?;
    // Set once: installing a second time failed above.
    FILTER.set(change).unwrap_or_default();
    Ok(())
}

/// Logs by `filter` from now on; the filter before.
///
/// # Errors
/// What is wrong with the filter.
pub(crate) fn change(filter: &str) -> Result<String, String> {
    let new = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    match FILTER.get() {
        Some(change) => change(new),
        None => Err("nothing is logged".to_owned()),
    }
}
