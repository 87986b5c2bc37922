//! What is proposed, from flags or a file, beside what stands.

use crate::cli::context::Context;
use crate::cli::restaking::{Asked, duration, parse_bps, percent};
use crate::output::{Failure, columns};
use client::action::{self, ActionError};
use client::amount::{Written, format_pal};
use primitives::Amount;
use proto::governance::v1::{Action, CheckActionRequest, CheckActionResponse, ListParametersRequest};
use serde_json::Value;
use std::io::Read as _;
use std::path::Path;
use testnet::Span;

/// Fields that are amounts of npal.
const AMOUNTS: [&str; 6] = [
    "lowest_price",
    "min_bond",
    "service_bond",
    "request_bond",
    "deposit",
    "reporter_most",
];
/// The most bytes of a file with an action.
const MOST_BYTES: u64 = 65_536;

/// What somebody wants to propose: an action's name, and fields as they were written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    name: String,
    fields: Vec<(String, String)>,
}

impl Wanted {
    /// What the command line says.
    pub(super) fn of_flags(name: &str, fields: &[String]) -> Result<Self, Failure> {
        let fields = fields.iter().map(|text| {
            let pair = text.split_once('=');
            let wrong = || Failure::usage(format!("`{text}`: write FIELD=VALUE, like max_withdrawals=8"));
            pair.map(|(field, value)| (field.trim().to_owned(), value.trim().to_owned()))
                .ok_or_else(wrong)
        });
        Ok(Self {
            name: name.to_owned(),
            fields: fields.collect::<Result<_, _>>()?,
        })
    }

    /// What a file says.
    pub(super) fn of_file(path: &Path) -> Result<Self, Failure> {
        let broken =
            |why: &dyn std::fmt::Display| Failure::usage(format!("--file {}: {why}", path.display()));
        let mut text = String::new();
        let read = if path == Path::new("-") {
            std::io::stdin().take(MOST_BYTES).read_to_string(&mut text)
        } else {
            let file = std::fs::File::open(path).map_err(|error| broken(&error))?;
            file.take(MOST_BYTES).read_to_string(&mut text)
        };
        read.map_err(|error| broken(&error))?;
        Self::of_json(&text).map_err(|why| broken(&why))
    }

    fn of_json(text: &str) -> Result<Self, String> {
        let shape = r#"one action with its fields, like {"set_vaults": {"withdrawal_delay_ms": 130000}}"#;
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("{error}; expected {shape}"))?;
        let one = value.as_object().filter(|object| object.len() == 1);
        let (name, fields) = one
            .and_then(|object| object.iter().next())
            .and_then(|(name, fields)| Some((name, fields.as_object()?)))
            .ok_or_else(|| format!("expected {shape}"))?;
        let fields = fields.iter().map(|(field, value)| {
            let text = value.as_str().map(str::to_owned);
            let number = value.as_u64().map(|number| number.to_string());
            text.or(number)
                .map(|text| (field.clone(), text))
                .ok_or_else(|| format!("{field}: expected a whole number or a text, not {value}"))
        });
        Ok(Self {
            name: name.clone(),
            fields: fields.collect::<Result<_, _>>()?,
        })
    }

    /// The fields in the units of the chain.
    fn in_units(&self, context: &Context, asked: &Asked) -> Result<Vec<(String, String)>, Failure> {
        let fields = self.fields.iter();
        fields
            .map(|(field, text)| {
                let field = field.replace('-', "_");
                let text = in_units(context, asked, &field, text)?;
                Ok((field, text))
            })
            .collect()
    }
}

/// A field's value in the units of the chain: durations in milliseconds, parts in basis points, amounts in npal, accounts in hex.
fn in_units(context: &Context, asked: &Asked, field: &str, text: &str) -> Result<String, Failure> {
    let plain = text.bytes().all(|b| b.is_ascii_digit());
    let wrong = |why: &dyn std::fmt::Display| Failure::usage(format!("{field}: {why}"));
    if field == "seat" {
        if text.is_empty() {
            return Ok(String::new());
        }
        return Ok(context.account(text, Some(asked.network))?.to_string());
    }
    if plain {
        return Ok(text.to_owned());
    }
    if field.ends_with("_ms") {
        let span = text.parse::<Span>().map_err(|error| wrong(&error))?;
        return Ok(span.millis().to_string());
    }
    if field.ends_with("_bps") {
        return parse_bps(text)
            .map(|bps| bps.to_string())
            .map_err(|error| wrong(&error));
    }
    if field == "asset_id" {
        return Ok(asked.asset_id(text)?.to_string());
    }
    if AMOUNTS.contains(&field) {
        let written = text.parse::<Written>().map_err(|error| wrong(&error))?;
        let amount = written.pal().ok_or_else(|| wrong(&"write it in pal or npal"))??;
        return Ok(amount.to_string());
    }
    Ok(text.to_owned())
}

/// A field's value as people read it.
pub(super) fn in_words(field: &str, value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value.as_u64() {
        Some(ms) if field.ends_with("_ms") => duration(ms),
        Some(bps) if field.ends_with("_bps") => percent(u32::try_from(bps).unwrap_or(u32::MAX)),
        _ if AMOUNTS.contains(&field) => text.parse::<Amount>().map_or(text, format_pal),
        _ if text.is_empty() => "-".to_owned(),
        _ => text,
    }
}

/// What would change, and what would become of it.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) action: Action,
    pub(super) outlook: CheckActionResponse,
}

impl Change {
    /// Puts together what is wanted and what stands, and asks the node.
    pub(super) async fn find(context: &Context, asked: &Asked, wanted: &Wanted) -> Result<Self, Failure> {
        let usage = |error: ActionError| Failure::usage(error.to_string());
        let fields = wanted.in_units(context, asked)?;
        let mut governance = asked.client.governance();
        let standing = asked
            .client
            .unary(governance.list_parameters(ListParametersRequest::default()))
            .await?;
        // Of modules' parameters all are stated; other actions start from nothing, and from what stands once that is known.
        let name = wanted.name.replace('-', "_");
        let mut base = None;
        for one in standing.parameters {
            if action::fields(&one).map_err(usage)?.0 == name {
                base = Some(one);
            }
        }
        let mut action = action::build(&wanted.name, base.as_ref(), &fields).map_err(usage)?;
        let mut outlook = Self::ask(asked, &action).await?;
        if base.is_none()
            && let Some(standing) = &outlook.standing
        {
            action = action::build(&wanted.name, Some(standing), &fields).map_err(usage)?;
            outlook = Self::ask(asked, &action).await?;
        }
        Ok(Self { action, outlook })
    }

    /// What would become of an action.
    pub(super) async fn ask(asked: &Asked, action: &Action) -> Result<CheckActionResponse, Failure> {
        let mut governance = asked.client.governance();
        let request = CheckActionRequest {
            action: Some(action.clone()),
            height: 0,
        };
        Ok(asked.client.unary(governance.check_action(request)).await?)
    }

    /// What changes, and when.
    pub(super) fn table(&self, asked: &Asked) -> String {
        let now = self
            .outlook
            .context
            .as_ref()
            .map_or(0, |context| context.chain_clock_ms);
        let changes = changes(&self.action, self.outlook.standing.as_ref());
        format!(
            "{changes}\nvotes count for {}; once accepted it waits {}; the deposit of {} comes back unless too few vote",
            duration(self.outlook.votes_until_ms.saturating_sub(now)),
            duration(self.outlook.wait_ms),
            asked.coin(0, &self.outlook.deposit),
        )
    }
}

/// What an action changes of what stands, as a table; all of it where it replaces nothing.
pub(super) fn changes(action: &Action, standing: Option<&Action>) -> String {
    let Ok((name, fields)) = action::fields(action) else {
        return String::new();
    };
    let before = standing
        .and_then(|standing| action::fields(standing).ok())
        .map(|(_, fields)| fields);
    let Some(before) = before else {
        let rows: Vec<Vec<String>> = fields
            .iter()
            .map(|(field, value)| vec![field.clone(), in_words(field, value)])
            .collect();
        return columns(&[&name, "VALUE"], &rows);
    };
    let of = |rows: &[(String, Value)], field: &str| {
        let found = rows.iter().find(|(name, _)| name == field);
        found.map_or_else(|| "-".to_owned(), |(_, value)| in_words(field, value))
    };
    // Of fields that exclude each other only one is there, before and after.
    let gone = before
        .iter()
        .filter(|(name, _)| !fields.iter().any(|(one, _)| one == name));
    let names: Vec<&String> = fields.iter().chain(gone).map(|(name, _)| name).collect();
    let rows: Vec<Vec<String>> = names
        .into_iter()
        .map(|field| vec![field.clone(), of(&before, field), of(&fields, field)])
        .filter(|row| row[1] != row[2])
        .collect();
    if rows.is_empty() {
        return format!("{name}: everything is so already");
    }
    columns(&[&name, "NOW", "THEN"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_action_is_written_with_flags_or_in_a_file() {
        let flags = Wanted::of_flags(
            "set_vaults",
            &["max_withdrawals=8".into(), "charter_delay_ms = 3m".into()],
        );
        let file = Wanted::of_json(r#"{"set_vaults": {"charter_delay_ms": "3m", "max_withdrawals": 8}}"#);
        let (mut flags, file) = (flags.unwrap(), file.unwrap());
        flags.fields.sort();
        assert_eq!(flags, file);
        assert!(Wanted::of_flags("set_vaults", &["max_withdrawals".into()]).is_err());
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"a": 1}"#,
            r#"{"a": {"b": []}}"#,
            r#"{"a": {}, "b": {}}"#,
        ] {
            assert!(Wanted::of_json(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn values_are_shown_in_their_units() {
        for (field, value, words) in [
            ("withdrawal_delay_ms", json!(130_000), "2m 10s"),
            ("burned_bps", json!(250), "2.5%"),
            ("deposit", json!("10000000000"), "10 PAL"),
            ("deposit_cap", json!(""), "-"),
            ("max_open", json!(64), "64"),
        ] {
            assert_eq!(in_words(field, &value), words, "{field}");
        }
    }
}
