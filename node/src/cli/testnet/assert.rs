//! `palisade testnet assert`.

use crate::cli::context::Context;
use crate::cli::testnet::{Which, status};
use crate::output::{Exit, Failure, Show, columns};
use clap::Args;
use serde::Serialize;
use std::time::{Duration, Instant};
use testnet::assertion::Assertion;

/// Between two looks at what is not true yet.
const PAUSE: Duration = Duration::from_millis(100);

/// `palisade testnet assert`.
#[derive(Debug, Args)]
pub(crate) struct Assert {
    /// What should be true: [NODE|all|any.]FACT then >=, <=, ==, !=, > or < and a value, and within how long, such as
    /// 'finalized_height>=10 within 30s' or 'node2.running==false'. Facts are those of `testnet status -o json`.
    #[arg(required = true, value_name = "ASSERTION")]
    assertions: Vec<Assertion>,
    #[command(flatten)]
    which: Which,
}

#[derive(Serialize)]
struct Held {
    assertion: String,
    seconds: f64,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown(Vec<Held>);

impl Show for Shown {
    fn table(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .0
            .iter()
            .map(|held| vec![held.assertion.clone(), format!("{:.1} s", held.seconds)])
            .collect();
        columns(&["HOLDS", "AFTER"], &rows)
    }
}

impl Assert {
    /// Waits for one after the other; fails at the first that does not become true in time.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (folder, spec) = self.which.spec(context)?;
        let mut held = Vec::new();
        for assertion in self.assertions {
            let start = Instant::now();
            let patience = assertion.within().map_or(Duration::ZERO, |span| span.duration());
            while let Err(instead) = assertion.holds(&status::of(&folder, &spec).await?) {
                if start.elapsed() >= patience {
                    return Err(Failure::new(
                        Exit::Unexpected,
                        "ASSERTION_FAILED",
                        format!("`{assertion}` does not hold: {instead}"),
                    ));
                }
                tokio::time::sleep(PAUSE).await;
            }
            held.push(Held {
                assertion: assertion.to_string(),
                seconds: start.elapsed().as_secs_f64(),
            });
        }
        context.output.show(&Shown(held))
    }
}
