//! What proposals and votes say.

use super::address;
use crate::action;
use primitives::address::{AddressKind, Network};
use proto::governance::v1::{Action, CastVote, Propose, VoteChoice};
use serde_json::{Map, Value, json};

/// A vote.
pub(super) fn vote(msg: &CastVote) -> Value {
    json!({"cast_vote": {"proposal_id": msg.proposal_id, "choice": choice(msg.choice)}})
}

/// How somebody votes, in a word.
#[must_use]
pub fn choice(choice: i32) -> &'static str {
    match VoteChoice::try_from(choice) {
        Ok(VoteChoice::Yes) => "yes",
        Ok(VoteChoice::No) => "no",
        Ok(VoteChoice::Abstain) => "abstain",
        Ok(VoteChoice::Unspecified) | Err(_) => "unknown",
    }
}

/// A proposal with what it would do.
pub(super) fn propose(network: Network, msg: &Propose) -> Value {
    json!({"propose": {
        "summary": msg.summary,
        "action": msg.action.as_ref().map_or(Value::Null, |action| done(network, action)),
    }})
}

/// What an action does: its name, and its fields with their values. Accounts are addresses.
#[must_use]
pub fn done(network: Network, action: &Action) -> Value {
    let Ok((name, fields)) = action::fields(action) else {
        return Value::Null;
    };
    if name.is_empty() {
        return Value::Null;
    }
    let fields: Map<String, Value> = fields
        .into_iter()
        .map(|(field, value)| {
            let shown = if field == "seat" {
                seat(network, &value)
            } else {
                value
            };
            (field, shown)
        })
        .collect();
    json!({ name: fields })
}

/// An account that is stated in hex, or none.
fn seat(network: Network, value: &Value) -> Value {
    let bytes = value.as_str().and_then(|text| hex::decode(text).ok());
    match bytes {
        Some(bytes) if !bytes.is_empty() => json!(address(network, AddressKind::Account, &bytes)),
        Some(_) | None => Value::Null,
    }
}
