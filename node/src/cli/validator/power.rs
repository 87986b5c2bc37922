//! `palisade validator power`: where validators' power comes from.

use crate::cli::context::Context;
use crate::cli::query::lacking;
use crate::cli::restaking::{Asked, operator, pages, percent, value};
use crate::output::{Failure, Show, columns, pairs};
use clap::Args;
use proto::staking::v1 as wire;
use proto::staking::v1::{PowerLimit, PowerPlace};
use serde_json::{Value, json};

/// Whose power, and when.
#[derive(Debug, Args)]
pub(crate) struct Power {
    /// Whose: an address, an id in hex, or a key's name [default: every validator that had stake].
    validator: Option<String>,
    /// In which epoch, of the last eight and the one to come [default: the present one].
    #[arg(long)]
    epoch: Option<u64>,
}

/// What is shown: data for programs, text for people.
struct Page {
    value: Value,
    text: String,
    id: Option<String>,
}

impl serde::Serialize for Page {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl Show for Page {
    fn table(&self) -> String {
        self.text.clone()
    }
    fn id(&self) -> Option<String> {
        self.id.clone()
    }
}

const fn place(place: PowerPlace) -> &'static str {
    match place {
        PowerPlace::Unspecified => "no_stake",
        PowerPlace::Chosen => "chosen",
        PowerPlace::Jailed => "jailed",
        PowerPlace::NotServing => "not_serving",
        PowerPlace::BelowMinimum => "below_minimum",
        PowerPlace::NotAmongLargest => "not_among_largest",
    }
}

/// The place in words.
const fn story(place: PowerPlace) -> &'static str {
    match place {
        PowerPlace::Unspecified => "it had no stake",
        PowerPlace::Chosen => "in the set",
        PowerPlace::Jailed => "out: jailed",
        PowerPlace::NotServing => "out: its operator has left the chain's service",
        PowerPlace::BelowMinimum => "out: it counts for less than the minimum",
        PowerPlace::NotAmongLargest => "out: others count for more, and take all seats",
    }
}

const fn limit(limit: PowerLimit) -> &'static str {
    match limit {
        PowerLimit::Unspecified => "none",
        PowerLimit::AssetCap => "asset_cap",
        PowerLimit::ValidatorCap => "validator_cap",
        PowerLimit::Rise => "rise",
        PowerLimit::Place => "place",
    }
}

/// The limits in words, `-` for none.
fn limits(one: &wire::ValidatorPower) -> String {
    let words: Vec<&str> = one
        .limits()
        .map(|limit| match limit {
            PowerLimit::Unspecified => "nothing",
            PowerLimit::AssetCap => "asset cap",
            PowerLimit::ValidatorCap => "validator cap",
            PowerLimit::Rise => "bound of rises",
            PowerLimit::Place => story(one.place()),
        })
        .collect();
    if words.is_empty() {
        "-".to_owned()
    } else {
        words.join(", ")
    }
}

/// A part of a whole as a percentage, to hundredths.
fn part(part: u64, whole: u64) -> String {
    let hundredths = u128::from(part) * 10_000 / u128::from(whole.max(1));
    percent(u32::try_from(hundredths).unwrap_or(u32::MAX))
}

fn epoch_json(epoch: &wire::EpochPower) -> Value {
    let assets = epoch.assets.iter().map(|one| {
        json!({
            "asset_id": one.asset_id, "price": one.price, "haircut_bps": one.haircut_bps, "value": one.value,
            "most": one.most,
        })
    });
    json!({
        "epoch": epoch.epoch,
        "since_ms": epoch.since_ms,
        "whole": epoch.whole,
        "most": epoch.most,
        "least": epoch.least,
        "change": if epoch.change.is_empty() { Value::Null } else { json!(epoch.change) },
        "assets": assets.collect::<Vec<_>>(),
        "kept": epoch.kept,
        "concentrated": epoch.concentrated,
    })
}

fn power_json(one: &wire::ValidatorPower) -> Value {
    json!({
        "validator": one.validator,
        "place": place(one.place()),
        "value": one.value,
        "counted": one.counted,
        "capped": one.capped,
        "power": one.power,
        "limits": one.limits().map(limit).collect::<Vec<_>>(),
    })
}

fn part_json(one: &wire::PowerPart) -> Value {
    json!({
        "vault": if one.vault.is_empty() { Value::Null } else { json!(one.vault) },
        "asset_id": one.asset_id,
        "backing": one.backing,
        "price": one.price,
        "haircut_bps": one.haircut_bps,
        "value": one.value,
        "held_up": one.held_up,
        "counted": one.counted,
    })
}

/// What is the same for all, as people read it.
fn common(epoch: &wire::EpochPower) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("epoch", epoch.epoch.to_string()),
        ("all stake", value(&epoch.whole)),
        ("most of one", value(&epoch.most)),
        ("least", value(&epoch.least)),
    ];
    if !epoch.change.is_empty() {
        lines.push(("most change", value(&epoch.change)));
    }
    if epoch.kept {
        lines.push((
            "kept",
            "nobody would have been chosen: the set before was kept".to_owned(),
        ));
    }
    if epoch.concentrated {
        lines.push((
            "concentrated",
            "one validator has a third of the weight or more, and alone can stop the chain".to_owned(),
        ));
    }
    lines
}

fn holdings(asked: &Asked, parts: &[wire::PowerPart]) -> String {
    let row = |one: &wire::PowerPart| {
        let from = if one.vault.is_empty() { "bond" } else { &one.vault };
        let held = if one.held_up { " (held up)" } else { "" };
        vec![
            asked.coin(one.asset_id, &one.backing),
            asked.price(one.asset_id, &one.price),
            percent(one.haircut_bps),
            format!("{}{held}", value(&one.value)),
            value(&one.counted),
            from.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = parts.iter().map(row).collect();
    columns(
        &["BACKING", "PRICE", "HAIRCUT", "VALUE", "AFTER ASSET CAP", "FROM"],
        &rows,
    )
}

async fn one(context: &Context, text: &str, epoch: Option<u64>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let request = wire::ExplainPowerRequest {
        validator: operator(context, asked.network, text)?,
        epoch,
        ..wire::ExplainPowerRequest::default()
    };
    let mut service = asked.client.validators();
    let answer = asked.client.unary(service.explain_power(request)).await?;
    let found = answer.power.ok_or_else(|| lacking("power"))?;
    let epoch = answer.epoch.ok_or_else(|| lacking("epoch"))?;
    let weight = format!("{} of {}", answer.weight, answer.total_weight);
    let mut lines = vec![
        ("validator", found.validator.clone()),
        ("stands", story(found.place()).to_owned()),
        (
            "weight",
            format!("{weight}, {}", part(answer.weight, answer.total_weight)),
        ),
        ("stake", value(&found.value)),
        ("after asset caps", value(&found.counted)),
        ("after its own cap", value(&found.capped)),
        ("power", value(&found.power)),
        ("limited by", limits(&found)),
    ];
    lines.extend(common(&epoch));
    let mut shown = power_json(&found);
    shown["weight"] = json!(answer.weight);
    shown["total_weight"] = json!(answer.total_weight);
    shown["parts"] = found.parts.iter().map(part_json).collect();
    shown["epoch"] = epoch_json(&epoch);
    let table = holdings(&asked, &found.parts);
    context.output.show(&Page {
        value: shown,
        text: format!("{}\n\n{table}", pairs(&lines)),
        id: Some(found.validator),
    })
}

async fn all(context: &Context, epoch: Option<u64>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let mut common_part = None;
    let powers = pages(async |page_token| {
        let mut service = asked.client.validators();
        let request = wire::ListPowersRequest {
            epoch,
            page_size: 200,
            page_token,
            ..wire::ListPowersRequest::default()
        };
        let page = asked.client.unary(service.list_powers(request)).await?;
        common_part = page.epoch;
        Ok((page.powers, page.next_page_token))
    })
    .await?;
    let epoch = common_part.ok_or_else(|| lacking("epoch"))?;
    let row = |one: &wire::ValidatorPower| {
        vec![
            value(&one.value),
            value(&one.counted),
            value(&one.capped),
            value(&one.power),
            limits(one),
            one.validator.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = powers.iter().map(row).collect();
    let head = [
        "STAKE",
        "AFTER ASSET CAPS",
        "AFTER ITS CAP",
        "POWER",
        "LIMITED BY",
        "VALIDATOR",
    ];
    let mut shown = epoch_json(&epoch);
    shown["validators"] = powers.iter().map(power_json).collect();
    context.output.show(&Page {
        value: shown,
        text: format!("{}\n\n{}", pairs(&common(&epoch)), columns(&head, &rows)),
        id: None,
    })
}

impl Power {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match &self.validator {
            Some(text) => one(context, text, self.epoch).await,
            None => all(context, self.epoch).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        power: Power,
    }

    #[test]
    fn a_validator_and_an_epoch_are_read_and_both_may_be_left_out() {
        let line = Line::try_parse_from(["power", "node0", "--epoch", "7"]).unwrap();
        assert_eq!(
            (line.power.validator.as_deref(), line.power.epoch),
            (Some("node0"), Some(7))
        );
        let line = Line::try_parse_from(["power"]).unwrap();
        assert_eq!((line.power.validator, line.power.epoch), (None, None));
        assert!(Line::try_parse_from(["power", "--epoch", "last"]).is_err());
    }

    #[test]
    fn what_limits_power_is_said_in_words() {
        let mut one = wire::ValidatorPower::default();
        assert_eq!(limits(&one), "-");
        one.limits = vec![PowerLimit::AssetCap.into(), PowerLimit::ValidatorCap.into()];
        assert_eq!(limits(&one), "asset cap, validator cap");
        one.set_place(PowerPlace::Jailed);
        one.limits = vec![PowerLimit::Place.into()];
        assert_eq!(limits(&one), "out: jailed");
        assert_eq!((part(1, 3), part(1, 0)), ("33.33%".to_owned(), "100%".to_owned()));
    }
}
