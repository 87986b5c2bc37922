//! Which fields the messages of a transaction have, to say what is wrong with bytes that are not canonical.

/// A message: its name and its fields.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    /// Tag, and what lies in it where that is a message.
    pub(crate) fields: &'static [(u32, Option<&'static Self>)],
}

const LEAF: Option<&'static Schema> = None;

const fn leaves(name: &'static str, fields: &'static [(u32, Option<&'static Schema>)]) -> Schema {
    Schema { name, fields }
}

const ONE: &[(u32, Option<&'static Schema>)] = &[(1, LEAF)];
const TWO: &[(u32, Option<&'static Schema>)] = &[(1, LEAF), (2, LEAF)];
const THREE: &[(u32, Option<&'static Schema>)] = &[(1, LEAF), (2, LEAF), (3, LEAF)];
const FOUR: &[(u32, Option<&'static Schema>)] = &[(1, LEAF), (2, LEAF), (3, LEAF), (4, LEAF)];
const FIVE: &[(u32, Option<&'static Schema>)] = &[(1, LEAF), (2, LEAF), (3, LEAF), (4, LEAF), (5, LEAF)];

static SIGNATURE: Schema = leaves("Signature", TWO);
static AUTHORIZATION: Schema = Schema {
    name: "Authorization",
    fields: &[(1, LEAF), (2, LEAF), (3, Some(&SIGNATURE))],
};
static FEE: Schema = leaves("Fee", THREE);
static TRANSFER: Schema = leaves("Transfer", THREE);
static BURN: Schema = leaves("Burn", TWO);
static REGISTER_ASSET: Schema = leaves("RegisterAsset", FOUR);
static REGISTER_VALIDATOR: Schema = leaves("RegisterValidator", FIVE);
static BOND: Schema = leaves("Bond", TWO);
static UNBOND: Schema = leaves("Unbond", TWO);
static CLAIM_REWARDS: Schema = leaves("ClaimRewards", ONE);
static UNJAIL: Schema = leaves("Unjail", &[]);
static HEARTBEAT: Schema = leaves("Heartbeat", &[]);
static ROTATE_CONSENSUS_KEY: Schema = leaves("RotateConsensusKey", TWO);
static MESSAGE: Schema = Schema {
    name: "Message",
    fields: &[
        (1, Some(&TRANSFER)),
        (2, Some(&BURN)),
        (3, Some(&REGISTER_ASSET)),
        (4, Some(&REGISTER_VALIDATOR)),
        (5, Some(&BOND)),
        (6, Some(&UNBOND)),
        (7, Some(&CLAIM_REWARDS)),
        (8, Some(&UNJAIL)),
        (9, Some(&HEARTBEAT)),
        (10, Some(&ROTATE_CONSENSUS_KEY)),
    ],
};

/// `SignedTransaction`; its body is bytes to it.
pub(crate) static ENVELOPE: Schema = Schema {
    name: "SignedTransaction",
    fields: &[(1, LEAF), (2, Some(&AUTHORIZATION))],
};
/// `TransactionBody`.
pub(crate) static BODY: Schema = Schema {
    name: "TransactionBody",
    fields: &[
        (1, LEAF),
        (2, Some(&MESSAGE)),
        (3, Some(&FEE)),
        (4, LEAF),
        (5, LEAF),
        (6, LEAF),
        (7, LEAF),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;
    use prost_types::field_descriptor_proto::Type;
    use prost_types::{DescriptorProto, FileDescriptorSet};
    use std::collections::BTreeMap;

    fn compare(schema: &Schema, full_name: &str, known: &BTreeMap<String, DescriptorProto>) {
        let described = &known[full_name];
        assert_eq!(described.name(), schema.name);
        let mut tags: Vec<u32> = described
            .field
            .iter()
            .map(|f| u32::try_from(f.number()).unwrap())
            .collect();
        tags.sort_unstable();
        assert_eq!(
            tags,
            schema.fields.iter().map(|(tag, _)| *tag).collect::<Vec<_>>(),
            "{full_name}"
        );
        for field in &described.field {
            let tag = u32::try_from(field.number()).unwrap();
            let inner = schema.fields.iter().find(|(t, _)| *t == tag).unwrap().1;
            assert_eq!(
                inner.is_some(),
                field.r#type() == Type::Message,
                "{full_name}.{}",
                field.name()
            );
            if let Some(inner) = inner {
                compare(inner, field.type_name(), known);
            }
        }
    }

    #[test]
    fn the_schema_is_that_of_the_proto_files() {
        let files = FileDescriptorSet::decode(proto::FILE_DESCRIPTOR_SET)
            .unwrap()
            .file;
        let named = files.into_iter().flat_map(|file| {
            let package = file.package().to_owned();
            file.message_type
                .into_iter()
                .map(move |m| (format!(".{package}.{}", m.name()), m))
        });
        let known: BTreeMap<String, DescriptorProto> = named.collect();
        compare(&ENVELOPE, ".palisade.tx.v1.SignedTransaction", &known);
        compare(&BODY, ".palisade.tx.v1.TransactionBody", &known);
    }
}
