//! `palisade testnet bench`.

use crate::cli::context::Context;
use crate::cli::testnet::{Which, status};
use crate::output::{Failure, Show, columns, pairs};
use clap::Args;
use serde::Serialize;
use testnet::Span;
use testnet::bench::{Load, Outcome, Stage, run};

/// `palisade testnet bench`.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Transactions a second, over all nodes.
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    rate: u64,
    /// For how long.
    #[arg(long, default_value = "10s", value_name = "DURATION")]
    duration: Span,
    #[command(flatten)]
    which: Which,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown(Outcome);

impl Show for Shown {
    fn table(&self) -> String {
        let outcome = &self.0;
        let measured = &outcome.measured;
        let latency = &measured.latency_ms;
        let mut rows = vec![
            (
                "asked for",
                format!("{} tx/s for {} s", outcome.rate, outcome.duration_seconds),
            ),
            ("submitted", format!("{} tx/s", measured.submitted_per_second)),
            ("accepted", format!("{} tx/s", measured.accepted_per_second)),
            ("finalized", format!("{} tx/s", measured.finalized_per_second)),
            (
                "latency",
                format!(
                    "p50 {} ms, p95 {} ms, p99 {} ms",
                    latency.p50, latency.p95, latency.p99
                ),
            ),
            (
                "in all",
                format!("{} finalized, {} not", measured.finalized, measured.unfinalized),
            ),
            (
                "signed before",
                format!("{} in {} s", outcome.presigned, outcome.presign_seconds),
            ),
        ];
        let refused: Vec<String> = measured
            .rejected
            .iter()
            .map(|(reason, count)| format!("{count} {reason}"))
            .collect();
        if !refused.is_empty() {
            rows.push(("refused", refused.join(", ")));
        }
        let nodes: Vec<Vec<String>> = outcome
            .nodes
            .iter()
            .map(|node| {
                let mebibytes = node.rss_bytes / (1 << 20);
                vec![
                    node.name.clone(),
                    format!("{} s", node.cpu_seconds),
                    format!("{mebibytes} MiB"),
                ]
            })
            .collect();
        format!(
            "{}\n\n{}",
            pairs(&rows),
            columns(&["NODE", "CPU", "MEMORY"], &nodes)
        )
    }
}

impl Bench {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (folder, spec) = self.which.spec(context)?;
        let now = status::running(&folder).await?;
        let load = Load {
            rate: self.rate,
            duration: self.duration.duration(),
        };
        let outcome = run(&spec, &now, load, |stage| {
            context.output.note(&match stage {
                Stage::Funding(count) => format!("giving {count} accounts money"),
                Stage::Signing(count) => format!("signing {count} transactions beforehand"),
                Stage::Sending { signed_in } => {
                    format!(
                        "signed in {:.1} s; sending for {}",
                        signed_in.as_secs_f64(),
                        self.duration
                    )
                }
            });
        })
        .await?;
        context.output.show(&Shown(outcome))
    }
}
