//! What the program logs, to standard error, and changing that while it runs; and its spans, to a collector.

use crate::config::{LogFormat, NodeConfig};
use crate::output::{Exit, Failure};
use crate::telemetry;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::io::IsTerminal;
use std::sync::OnceLock;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

/// The filter in force, once logging has begun. One for the process, as the log is.
static FILTER: OnceLock<Handle<EnvFilter, Registry>> = OnceLock::new();

/// A part of what is done with spans and events.
pub(crate) type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// Spans on their way to a collector; whoever began it ends it, or the last of them are lost.
#[derive(Debug)]
#[must_use = "the last spans leave when it is ended"]
pub(crate) struct Tracing(Option<SdkTracerProvider>);

impl Tracing {
    /// Sends what is left, within a moment.
    pub(crate) async fn end(self) {
        if let Some(provider) = self.0 {
            telemetry::end(provider).await;
        }
    }
}

/// Starts to log as the settings say.
///
/// # Errors
/// The filter is none, or logging had begun.
pub(crate) fn begin(config: &NodeConfig) -> Result<(), Failure> {
    install(config, Vec::new())
}

/// Starts to log, and to send spans to the collector that the settings name. Inside the runtime that shall send them.
///
/// # Errors
/// As [`begin`]; or the collector's address is none.
pub(crate) fn begin_traced(config: &NodeConfig) -> Result<Tracing, Failure> {
    let wrong = |text: String| Failure::new(Exit::Config, "CONFIG_INVALID", text);
    let traced = telemetry::layer(&config.telemetry, &config.node.moniker).map_err(wrong)?;
    let (layer, provider) = traced.unzip();
    install(config, layer.into_iter().collect())?;
    Ok(Tracing(provider))
}

fn install(config: &NodeConfig, more: Vec<Boxed>) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.node.log)
        .map_err(|error| Failure::new(Exit::Config, "CONFIG_INVALID", format!("node.log: {error}")))?;
    let (filter, handle) = reload::Layer::new(filter);
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(!plain && std::io::stderr().is_terminal());
    let lines: Boxed = match config.node.log_format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().with_filter(filter).boxed(),
    };
    let mut layers = vec![lines];
    layers.extend(more);
    let installed = tracing_subscriber::registry().with(layers).try_init();
    installed.map_err(|error| Failure::unexpected(format!("cannot start logging: {error}")))?;
    // Set once: installing a second time failed above.
    FILTER.set(handle).unwrap_or_default();
    Ok(())
}

/// Logs by `filter` from now on; the filter before.
///
/// # Errors
/// What is wrong with the filter.
pub(crate) fn change(filter: &str) -> Result<String, String> {
    let new = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    let Some(handle) = FILTER.get() else {
        return Err("nothing is logged".to_owned());
    };
    let mut before = String::new();
    let changed = handle.modify(|filter| {
        before = filter.to_string();
        *filter = new;
    });
    changed.map(|()| before).map_err(|error| error.to_string())
}
