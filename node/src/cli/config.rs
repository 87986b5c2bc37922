//! `palisade config`: the settings in force.

use crate::cli::context::Context;
use crate::config::DEFAULT_FILE;
use crate::output::{Failure, columns};
use clap::Subcommand;
use serde::Serialize;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show every setting in force.
    Show {
        /// Say where each comes from.
        #[arg(long)]
        origin: bool,
        /// Set a field, as `start` would: rpc.listen=127.0.0.1:1.
        #[arg(long, value_name = "NAME=VALUE")]
        set: Vec<String>,
    },
    /// Look for mistakes; says nothing but `ok` when there are none.
    Check {
        /// Set a field, as `start` would.
        #[arg(long, value_name = "NAME=VALUE")]
        set: Vec<String>,
    },
    /// Show the commented file that `init` writes.
    Default,
}

#[derive(Serialize)]
struct Field {
    name: String,
    value: serde_json::Value,
    origin: String,
}

pub(crate) fn run(verb: &Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Default => context.output.line(DEFAULT_FILE.trim_end()),
        Verb::Check { set } => {
            context.settings(set, true)?;
            let path = context.home()?.config().display().to_string();
            context.output.note(&format!("{path}: ok"));
            Ok(())
        }
        Verb::Show { origin, set } => show(context, *origin, set),
    }
}

fn show(context: &Context, origin: bool, set: &[String]) -> Result<(), Failure> {
    let loaded = context.settings(set, false)?;
    let fields: Vec<Field> = loaded
        .fields
        .iter()
        .map(|(name, (value, place))| Field {
            name: name.clone(),
            value: serde_json::to_value(value).unwrap_or_default(),
            origin: place.to_string(),
        })
        .collect();
    let table = || {
        let rows: Vec<Vec<String>> = fields
            .iter()
            .map(|field| {
                let mut row = vec![field.name.clone(), field.value.to_string()];
                if origin {
                    row.push(field.origin.clone());
                }
                row
            })
            .collect();
        let head: &[&str] = if origin {
            &["FIELD", "VALUE", "ORIGIN"]
        } else {
            &["FIELD", "VALUE"]
        };
        columns(head, &rows)
    };
    context
        .output
        .list(&fields, table, |field| format!("{}={}", field.name, field.value))
}
