//! `palisade query risk`: who could be slashed for what, what that would do, how concentrated stake is.

use crate::cli::context::Context;
use crate::cli::restaking::{Asked, PAGE, operator, pages, parse_bps, percent, value};
use crate::output::{Failure, Show, columns};
use clap::Subcommand;
use proto::risk::v1 as wire;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Which service could take how much of which vault, by whose fault.
    Graph {
        /// Only of this operator: an address, an id in hex, or a key's name.
        #[arg(long)]
        operator: Option<String>,
        /// Only of this service; 0 is the chain itself.
        #[arg(long)]
        service: Option<u32>,
    },
    /// What an operator's conviction at a service would take, and who would fall below which bound.
    Slash {
        /// At which service; 0 is the chain itself.
        service: u32,
        /// Whose fault: an address, an id in hex, or a key's name.
        operator: String,
        /// What would be taken of what is slashable [default: the most that one of the service's faults takes].
        #[arg(long, value_parser = parse_bps, default_value = "0%")]
        fraction: u32,
    },
    /// How what stands behind each service is spread over operators.
    Concentration {
        /// Only for this service; 0 is the chain itself.
        #[arg(long)]
        service: Option<u32>,
    },
}

async fn graph(context: &Context, who: Option<&str>, service_id: Option<u32>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let who = who
        .map(|text| operator(context, asked.network, text))
        .transpose()?
        .unwrap_or_default();
    let found = pages(async |page_token| {
        let mut client = asked.client.risk();
        let request = wire::GetExposureGraphRequest {
            operator: who.clone(),
            service_id,
            page_size: PAGE,
            page_token,
            ..wire::GetExposureGraphRequest::default()
        };
        let page = asked.client.unary(client.get_exposure_graph(request)).await?;
        Ok((page.exposures, page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = found
        .iter()
        .map(|one| {
            json!({
                "vault": one.vault, "operator": one.operator, "service_id": one.service_id,
                "asset_id": one.asset_id, "slashable": one.slashable, "value": one.value, "most_bps": one.most_bps,
            })
        })
        .collect();
    let table = || {
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|one| {
                vec![
                    one.vault.clone(),
                    one.operator.clone(),
                    one.service_id.to_string(),
                    asked.coin(one.asset_id, &one.slashable),
                    value(&one.value),
                    percent(one.most_bps),
                ]
            })
            .collect();
        columns(
            &[
                "VAULT",
                "OPERATOR",
                "SERVICE",
                "SLASHABLE",
                "COUNTS FOR",
                "MOST AT ONCE",
            ],
            &rows,
        )
    };
    context.output.list(&shown, table, |row| {
        row["vault"].as_str().unwrap_or_default().to_owned()
    })
}

/// What a bound is called.
fn bound(number: i32) -> &'static str {
    match wire::RiskBound::try_from(number) {
        Ok(wire::RiskBound::Nothing) => "nothing counts",
        Ok(wire::RiskBound::Stake) => "least stake",
        Ok(wire::RiskBound::OwnStake) => "least stake of its own",
        Ok(wire::RiskBound::Reputation) => "least reputation",
        Ok(wire::RiskBound::Unspecified) | Err(_) => "unknown",
    }
}

#[derive(Serialize)]
struct Aftermath {
    #[serde(flatten)]
    value: Value,
    #[serde(skip)]
    text: String,
}

impl Show for Aftermath {
    fn table(&self) -> String {
        self.text.clone()
    }

    fn id(&self) -> Option<String> {
        self.value["total_value"].as_str().map(str::to_owned)
    }
}

fn short(one: &wire::StakeAfter) -> Vec<&'static str> {
    one.short_of.iter().map(|number| bound(*number)).collect()
}

fn loss_json(one: &wire::VaultLoss) -> Value {
    json!({
        "vault": one.vault, "asset_id": one.asset_id, "taken": one.taken, "value": one.value, "own": one.own,
        "left": one.left,
    })
}

fn standing_json(one: &wire::StakeAfter) -> Value {
    json!({
        "service_id": one.service_id, "before": one.before, "after": one.after, "reached": one.reached,
        "short_of": short(one), "eligible": one.eligible, "min_operators": one.min_operators,
    })
}

fn loss_row(asked: &Asked, one: &wire::VaultLoss) -> Vec<String> {
    vec![
        one.vault.clone(),
        asked.coin(one.asset_id, &one.taken),
        value(&one.value),
        asked.coin(one.asset_id, &one.left),
    ]
}

fn standing_row(one: &wire::StakeAfter) -> Vec<String> {
    let short = short(one);
    vec![
        one.service_id.to_string(),
        value(&one.before),
        value(&one.after),
        if short.is_empty() {
            "-".to_owned()
        } else {
            short.join(", ")
        },
        match one.min_operators {
            0 => "-".to_owned(),
            least => format!("{} of {least}", one.eligible),
        },
    ]
}

fn aftermath(asked: &Asked, found: &wire::SimulateSlashResponse) -> Aftermath {
    let losses: Vec<Value> = found.losses.iter().map(loss_json).collect();
    let services: Vec<Value> = found.services.iter().map(standing_json).collect();
    let lost: Vec<Vec<String>> = found.losses.iter().map(|one| loss_row(asked, one)).collect();
    let stands: Vec<Vec<String>> = found.services.iter().map(standing_row).collect();
    let text = format!(
        "{} of what is slashable: {} in all\n\n{}\n\n{}",
        percent(found.fraction_bps),
        value(&found.total_value),
        columns(&["VAULT", "LOSES", "COUNTS FOR", "LEFT"], &lost),
        columns(
            &["SERVICE", "BEHIND IT", "AFTER", "SHORT OF", "OPERATORS"],
            &stands
        ),
    );
    Aftermath {
        value: json!({
            "fraction_bps": found.fraction_bps, "total_value": found.total_value, "losses": losses, "services": services,
        }),
        text,
    }
}

async fn slash(context: &Context, service_id: u32, who: &str, fraction_bps: u32) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let mut client = asked.client.risk();
    let request = wire::SimulateSlashRequest {
        service_id,
        operator: operator(context, asked.network, who)?,
        fraction_bps,
        height: 0,
    };
    let found = asked.client.unary(client.simulate_slash(request)).await?;
    context.output.show(&aftermath(&asked, &found))
}

/// What stands behind a service, in its own unit: power for the chain itself.
fn total(one: &wire::ConcentrationMetrics) -> String {
    if one.service_id == 0 {
        format!("{} power", one.total)
    } else {
        value(&one.total)
    }
}

async fn concentration(context: &Context, service_id: Option<u32>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let found = pages(async |page_token| {
        let mut client = asked.client.risk();
        let request = wire::ListConcentrationMetricsRequest {
            service_id,
            page_size: PAGE,
            page_token,
            ..wire::ListConcentrationMetricsRequest::default()
        };
        let page = asked
            .client
            .unary(client.list_concentration_metrics(request))
            .await?;
        Ok((page.metrics, page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = found.iter().map(metrics_json).collect();
    let table = || {
        let rows: Vec<Vec<String>> = found.iter().map(metrics_row).collect();
        let head = [
            "SERVICE",
            "OPERATORS",
            "BEHIND IT",
            "LARGEST",
            "HHI",
            "AS MANY AS",
            "CORRUPT IT",
            "COST",
            "PROFIT",
        ];
        columns(&head, &rows)
    };
    context
        .output
        .list(&shown, table, |row| row["service_id"].to_string())
}

fn metrics_json(one: &wire::ConcentrationMetrics) -> Value {
    json!({
        "service_id": one.service_id, "operators": one.operators, "total": one.total,
        "largest_bps": one.largest_bps, "herfindahl_bps": one.herfindahl_bps,
        "effective_hundredths": one.effective_hundredths, "corrupting_bps": one.corrupting_bps,
        "nakamoto": one.nakamoto, "cost_of_corruption": one.cost_of_corruption, "profit_cap": one.profit_cap,
    })
}

fn metrics_row(one: &wire::ConcentrationMetrics) -> Vec<String> {
    let or_none = |text: &str| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            value(text)
        }
    };
    let (whole, part) = (one.effective_hundredths / 100, one.effective_hundredths % 100);
    vec![
        one.service_id.to_string(),
        one.operators.to_string(),
        total(one),
        percent(one.largest_bps),
        percent(one.herfindahl_bps),
        format!("{whole}.{part:02}"),
        format!("{} with {}", one.nakamoto, percent(one.corrupting_bps)),
        or_none(&one.cost_of_corruption),
        or_none(&one.profit_cap),
    ]
}

pub(super) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Graph { operator, service } => graph(context, operator.as_deref(), service).await,
        Verb::Slash {
            service,
            operator,
            fraction,
        } => slash(context, service, &operator, fraction).await,
        Verb::Concentration { service } => concentration(context, service).await,
    }
}
