//! One encoding per meaning: bytes are accepted only if decoding and encoding them again gives the same bytes.

use crate::wire::schema::Schema;
use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// Why bytes are not the one encoding of a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// They are no encoding of it at all.
    #[error("{part} is malformed: {what}")]
    Malformed {
        /// Which message.
        part: &'static str,
        /// What the decoder says.
        what: String,
    },
    /// They hold a field that this chain does not know.
    #[error("{part} holds the unknown field {tag}")]
    UnknownField {
        /// Which message.
        part: &'static str,
        /// The field's number.
        tag: u32,
    },
    /// They mean what another encoding means: a field out of order, twice, or at its default value, or a number in
    /// more bytes than it needs.
    #[error("{part} is not in canonical form from byte {offset} on")]
    NotCanonical {
        /// Which message.
        part: &'static str,
        /// The first byte that the canonical form has otherwise.
        offset: usize,
    },
}

impl CanonicalError {
    pub(crate) fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Malformed { part, what } => vec![("part", (*part).to_owned()), ("what", what.clone())],
            Self::UnknownField { part, tag } => {
                vec![("part", (*part).to_owned()), ("field", tag.to_string())]
            }
            Self::NotCanonical { part, offset } => {
                vec![("part", (*part).to_owned()), ("offset", offset.to_string())]
            }
        }
    }
}

/// Decodes `bytes` as an `M`, of which `schema` lists the fields.
pub(super) fn decode<M: Message + Default>(bytes: &[u8], schema: &Schema) -> Result<M, CanonicalError> {
    let part = schema.name;
    let message = M::decode(bytes).map_err(|error| CanonicalError::Malformed {
        part,
        what: error.to_string(),
    })?;
    let again = message.encode_to_vec();
    if again == bytes {
        return Ok(message);
    }
    // Only what is refused is looked at closely.
    if let Some((part, tag)) = unknown_field(bytes, schema) {
        return Err(CanonicalError::UnknownField { part, tag });
    }
    let offset = again
        .iter()
        .zip(bytes)
        .position(|(a, b)| a != b)
        .unwrap_or(again.len().min(bytes.len()));
    Err(CanonicalError::NotCanonical { part, offset })
}

/// The first field in `bytes` that the schema does not have. The bytes decode, so the walk follows the decoder's.
fn unknown_field(mut bytes: &[u8], schema: &Schema) -> Option<(&'static str, u32)> {
    while !bytes.is_empty() {
        let (tag, wire) = decode_key(&mut bytes).ok()?;
        let Some((_, inner)) = schema.fields.iter().find(|(known, _)| *known == tag) else {
            return Some((schema.name, tag));
        };
        match inner {
            Some(inner) if wire == WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut bytes).ok()?).ok()?;
                let (content, rest) = bytes.split_at_checked(length)?;
                if let Some(found) = unknown_field(content, inner) {
                    return Some(found);
                }
                bytes = rest;
            }
            Some(_) | None => skip_field(wire, tag, &mut bytes, DecodeContext::default()).ok()?,
        }
    }
    None
}
