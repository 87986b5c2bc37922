//! What decisions can be about, field by field: read from the descriptors, so that no list of them is kept by hand.

use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind as FieldKind, MessageDescriptor, Value,
};
use proto::governance::v1::Action;
use serde_json::json;
use std::sync::LazyLock;

/// The full name of what proposals state.
const ACTION: &str = "palisade.governance.v1.Action";

/// Why an action cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// There is no such action.
    #[error("`{asked}` is no action; there are: {}", .known.join(", "))]
    UnknownAction {
        /// What was asked for.
        asked: String,
        /// The actions that there are.
        known: Vec<String>,
    },
    /// The action has no such field.
    #[error("{action} has no field `{asked}`; it has: {}", .known.join(", "))]
    UnknownField {
        /// The action.
        action: String,
        /// What was asked for.
        asked: String,
        /// The fields that there are.
        known: Vec<String>,
    },
    /// A field cannot have this value.
    #[error("{field}: `{value}` is not {expected}")]
    BadValue {
        /// The field.
        field: String,
        /// What was given.
        value: String,
        /// What must be.
        expected: &'static str,
    },
    /// The descriptors of this program are not what it was written for.
    #[error("this program's own descriptors are broken: {0}")]
    Descriptors(String),
}

/// An action that can be proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionKind {
    /// Its name, such as `set_vaults`.
    pub name: String,
    /// The names of its fields.
    pub fields: Vec<String>,
}

/// Read once: fields of two pools are never equal.
static DESCRIPTOR: LazyLock<Result<MessageDescriptor, ActionError>> = LazyLock::new(|| {
    let pool = DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET)
        .map_err(|error| ActionError::Descriptors(error.to_string()))?;
    pool.get_message_by_name(ACTION)
        .ok_or_else(|| ActionError::Descriptors(format!("no {ACTION}")))
});

fn descriptor() -> Result<MessageDescriptor, ActionError> {
    DESCRIPTOR.clone()
}

/// What lies in a field of the action.
fn inner(field: &FieldDescriptor) -> Result<MessageDescriptor, ActionError> {
    if let FieldKind::Message(inner) = field.kind() {
        return Ok(inner);
    }
    let what = format!("{} is {:?} and no message", field.name(), field.kind());
    Err(ActionError::Descriptors(what))
}

fn names(message: &MessageDescriptor) -> Vec<String> {
    message.fields().map(|field| field.name().to_owned()).collect()
}

/// Every action that can be proposed, in the order of the protocol.
///
/// # Errors
/// [`ActionError::Descriptors`].
pub fn kinds() -> Result<Vec<ActionKind>, ActionError> {
    descriptor()?
        .fields()
        .map(|field| {
            Ok(ActionKind {
                name: field.name().to_owned(),
                fields: names(&inner(&field)?),
            })
        })
        .collect()
}

/// The message of an action, with the name of its kind; `None` where there is nothing to be done.
fn open(action: &Action) -> Result<Option<(FieldDescriptor, DynamicMessage)>, ActionError> {
    let whole = DynamicMessage::decode(descriptor()?, action.encode_to_vec().as_slice())
        .map_err(|error| ActionError::Descriptors(error.to_string()))?;
    Ok(whole.fields().find_map(|(field, value)| {
        let message = value.as_message()?.clone();
        Some((field, message))
    }))
}

/// A value as JSON; bytes in hex.
fn to_json(value: &Value) -> serde_json::Value {
    if let Some(number) = value.as_u64().or_else(|| value.as_u32().map(u64::from)) {
        return json!(number);
    }
    match (value.as_str(), value.as_bytes()) {
        (Some(text), _) => json!(text),
        (None, Some(bytes)) => json!(hex::encode(bytes)),
        (None, None) => serde_json::Value::Null,
    }
}

/// The name of an action's kind and its fields with their values as JSON; bytes are in hex. Of fields that exclude each other
/// only the one that is there.
///
/// # Errors
/// [`ActionError::Descriptors`].
pub fn fields(action: &Action) -> Result<(String, Vec<(String, serde_json::Value)>), ActionError> {
    let Some((field, message)) = open(action)? else {
        return Ok((String::new(), Vec::new()));
    };
    let rows = inner(&field)?
        .fields()
        .filter(|one| one.containing_oneof().is_none() || message.has_field(one))
        .map(|one| (one.name().to_owned(), to_json(&message.get_field(&one))))
        .collect();
    Ok((field.name().to_owned(), rows))
}

fn parse(field: &FieldDescriptor, text: &str) -> Result<Value, ActionError> {
    let wrong = |expected| ActionError::BadValue {
        field: field.name().to_owned(),
        value: text.to_owned(),
        expected,
    };
    let kind = field.kind();
    if kind == FieldKind::Uint32 {
        let number = text.parse().map(Value::U32);
        return number.map_err(|_| wrong("a whole number of at most 32 bits"));
    }
    if kind == FieldKind::Uint64 {
        let number = text.parse().map(Value::U64);
        return number.map_err(|_| wrong("a whole number of at most 64 bits"));
    }
    if kind == FieldKind::String {
        return Ok(Value::String(text.to_owned()));
    }
    if kind == FieldKind::Bytes {
        let bytes = hex::decode(text).map(|bytes| Value::Bytes(bytes.into()));
        return bytes.map_err(|_| wrong("bytes in hex"));
    }
    let what = format!("{} is {kind:?}, which nothing here can read", field.name());
    Err(ActionError::Descriptors(what))
}

/// The action of the kind `name` with these values, and those of `base` for fields that are not named: proposals state a
/// module's parameters whole. Dashes in names count as underscores.
///
/// # Errors
/// [`ActionError`] says what there is no such thing of, or which value does not fit.
pub fn build(name: &str, base: Option<&Action>, values: &[(String, String)]) -> Result<Action, ActionError> {
    let whole = descriptor()?;
    let name = name.replace('-', "_");
    let field = whole
        .get_field_by_name(&name)
        .ok_or_else(|| ActionError::UnknownAction {
            asked: name.clone(),
            known: names(&whole),
        })?;
    let shape = inner(&field)?;
    let base = match base {
        Some(base) => open(base)?.filter(|(found, _)| *found == field),
        None => None,
    };
    let mut message = base.map_or_else(|| DynamicMessage::new(shape.clone()), |(_, message)| message);
    for (asked, text) in values {
        let asked = asked.replace('-', "_");
        let one = shape
            .get_field_by_name(&asked)
            .ok_or_else(|| ActionError::UnknownField {
                action: name.clone(),
                asked,
                known: names(&shape),
            })?;
        message.set_field(&one, parse(&one, text)?);
    }
    let mut action = DynamicMessage::new(whole);
    action.set_field(&field, Value::Message(message));
    action
        .transcode_to()
        .map_err(|error| ActionError::Descriptors(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::governance::v1::action::Action as Kind;
    use proto::governance::v1::{SetAssetSource, SlashParameters, VaultParameters, set_asset_source};

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn every_action_is_flat_and_can_be_put_together_from_text() {
        for kind in kinds().unwrap() {
            let action = build(&kind.name, None, &[]).unwrap();
            assert_eq!(fields(&action).unwrap().0, kind.name);
            for field in &kind.fields {
                // Four zeros are a number, a text and bytes.
                let one = build(&kind.name, None, &[pair(field, "0000")]).unwrap();
                let shown = fields(&one).unwrap().1;
                assert!(shown.iter().any(|(name, _)| name == field), "{field}");
            }
        }
    }

    #[test]
    fn what_is_not_named_stays_as_it_stands() {
        let standing = Action {
            action: Some(Kind::SetVaults(VaultParameters {
                withdrawal_delay_ms: 7,
                max_withdrawals: 9,
                ..VaultParameters::default()
            })),
        };
        let action = build("set-vaults", Some(&standing), &[pair("withdrawal-delay-ms", "8")]).unwrap();
        let expected = VaultParameters {
            withdrawal_delay_ms: 8,
            max_withdrawals: 9,
            ..VaultParameters::default()
        };
        assert_eq!(action.action, Some(Kind::SetVaults(expected)));
    }

    #[test]
    fn a_choice_is_one_of_its_fields() {
        let action = build(
            "set_asset_source",
            None,
            &[pair("asset_id", "3"), pair("feed_id", "0")],
        )
        .unwrap();
        let expected = SetAssetSource {
            asset_id: 3,
            source: Some(set_asset_source::Source::FeedId(0)),
        };
        assert_eq!(action.action, Some(Kind::SetAssetSource(expected)));
        let shown = fields(&action).unwrap().1;
        assert_eq!(
            shown,
            [("asset_id".into(), json!(3)), ("feed_id".into(), json!(0))]
        );
    }

    #[test]
    fn what_there_is_not_is_refused_with_what_there_is() {
        let unknown = build("set_moon", None, &[]).unwrap_err().to_string();
        assert!(unknown.contains("set_vaults"), "{unknown}");
        let field = build("lift_halt", None, &[pair("x", "1")])
            .unwrap_err()
            .to_string();
        assert!(field.contains("subject"), "{field}");
        let value = build("stop_slash", None, &[pair("request_id", "many")]).unwrap_err();
        assert!(value.to_string().contains("many"), "{value}");
        let bytes = build("set_slashes", None, &[pair("seat", "zz")]).unwrap_err();
        assert!(matches!(bytes, ActionError::BadValue { .. }), "{bytes}");
        let seated = build("set_slashes", None, &[pair("seat", "0102")]).unwrap();
        let Some(Kind::SetSlashes(SlashParameters { seat, .. })) = seated.action else {
            panic!("it sets what slashes go by");
        };
        assert_eq!(seat.as_ref(), [1, 2]);
    }
}
