//! The `[telemetry]` section.

use serde::{Deserialize, Serialize};
use tonic::codegen::http::Uri;

/// The `[telemetry]` section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TelemetrySection {
    /// The collector that spans are sent to over OTLP, `http://HOST:PORT`; empty: none are sent.
    pub(crate) otlp: String,
    /// Which spans: a level, or directives such as `info,palisade_rpc=debug`.
    pub(crate) spans: String,
}

impl Default for TelemetrySection {
    fn default() -> Self {
        Self {
            otlp: String::new(),
            spans: "info".to_owned(),
        }
    }
}

impl TelemetrySection {
    /// Checks the section.
    pub(super) fn validate(&self) -> Result<(), String> {
        crate::telemetry::filter(self)?;
        if self.otlp.is_empty() {
            return Ok(());
        }
        let uri = self.otlp.parse::<Uri>();
        let uri = uri.map_err(|error| format!("telemetry.otlp = \"{}\": {error}", self.otlp))?;
        if uri.scheme_str() != Some("http") || uri.host().is_none() || uri.port_u16().is_none() {
            return Err(format!(
                "telemetry.otlp = \"{}\": http://HOST:PORT, where a collector takes OTLP over gRPC without encryption, \
                 usually port 4317; one that is far away stands behind a collector of this machine",
                self.otlp
            ));
        }
        Ok(())
    }
}
