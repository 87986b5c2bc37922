//! Which fields the messages of a transaction have, to say what is wrong with bytes that are not canonical.

mod govern;

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
static FAULT_CLASSES: Schema = leaves("FaultClasses", TWO);
static CHARTER: Schema = Schema {
    name: "Charter",
    fields: &[(1, LEAF), (2, LEAF), (3, Some(&FAULT_CLASSES))],
};
static LIMITS: Schema = leaves("Limits", THREE);
static CREATE_VAULT: Schema = Schema {
    name: "CreateVault",
    fields: &[(1, LEAF), (2, Some(&CHARTER)), (3, Some(&LIMITS))],
};
static DEPOSIT: Schema = leaves("Deposit", FOUR);
static WITHDRAW: Schema = leaves("Withdraw", FOUR);
static CLAIM_WITHDRAWAL: Schema = leaves("ClaimWithdrawal", ONE);
static INSTANT_WITHDRAW: Schema = leaves("InstantWithdraw", THREE);
static FUND_BUFFER: Schema = leaves("FundBuffer", THREE);
static LEAVE_BUFFER: Schema = leaves("LeaveBuffer", THREE);
static AMEND_CHARTER: Schema = Schema {
    name: "AmendCharter",
    fields: &[(1, LEAF), (2, Some(&CHARTER))],
};
static SET_VAULT_LIMITS: Schema = Schema {
    name: "SetVaultLimits",
    fields: &[(1, LEAF), (2, Some(&LIMITS))],
};
static ALLOW_DEPOSITOR: Schema = leaves("AllowDepositor", THREE);
static REBASE_VAULT: Schema = leaves("RebaseVault", ONE);
static REGISTER_OPERATOR: Schema = leaves("RegisterOperator", TWO);
static SET_OPERATOR_METADATA: Schema = leaves("SetOperatorMetadata", TWO);
static SET_SERVICE_KEY: Schema = leaves("SetServiceKey", FOUR);
static SET_COMMISSION: Schema = leaves("SetCommission", TWO);
static ALLOCATE: Schema = leaves("Allocate", THREE);
static SET_ASSET_TERMS: Schema = leaves("SetAssetTerms", FOUR);
static ACCEPTED_ASSET: Schema = leaves("AcceptedAsset", TWO);
static FAULT_CLASS: Schema = leaves("FaultClass", FOUR);
static DOUBLE_ANSWER: Schema = leaves("DoubleAnswer", ONE);
static CERTIFICATE_PART: Schema = leaves("CertificatePart", TWO);
static EQUIVOCATION: Schema = leaves("Equivocation", FOUR);
static SIGNED_ANSWER: Schema = leaves("SignedAnswer", TWO);
static REGISTER_SERVICE: Schema = Schema {
    name: "RegisterService",
    fields: &[
        (1, LEAF),
        (2, Some(&ACCEPTED_ASSET)),
        (3, LEAF),
        (4, LEAF),
        (5, LEAF),
        (6, LEAF),
        (7, LEAF),
        (8, LEAF),
        (9, Some(&FAULT_CLASS)),
        (10, Some(&DOUBLE_ANSWER)),
        (11, LEAF),
        (12, LEAF),
        (13, LEAF),
        (14, LEAF),
        (15, LEAF),
    ],
};
static SUBMIT_CERTIFICATE: Schema = Schema {
    name: "SubmitCertificate",
    fields: &[(1, LEAF), (2, LEAF), (3, Some(&CERTIFICATE_PART))],
};
static PROVE_FAULT: Schema = Schema {
    name: "ProveFault",
    fields: &[
        (1, LEAF),
        (2, LEAF),
        (3, LEAF),
        (4, LEAF),
        (5, Some(&EQUIVOCATION)),
        (6, Some(&SIGNED_ANSWER)),
        (7, LEAF),
    ],
};
static ACTIVATE_SERVICE: Schema = leaves("ActivateService", ONE);
static CHANGE_FAULT_CLASS: Schema = leaves("ChangeFaultClass", THREE);
static UNWIND_SERVICE: Schema = leaves("UnwindService", ONE);
static CLOSE_SERVICE: Schema = leaves("CloseService", ONE);
static JOIN_SERVICE: Schema = leaves("JoinService", THREE);
static LEAVE_SERVICE: Schema = leaves("LeaveService", ONE);
static EJECT_OPERATOR: Schema = leaves("EjectOperator", TWO);
static POST_TASK: Schema = leaves(
    "PostTask",
    &[
        (1, LEAF),
        (2, LEAF),
        (3, LEAF),
        (4, LEAF),
        (5, LEAF),
        (6, LEAF),
        (7, LEAF),
        (8, LEAF),
    ],
);
static COMMIT_ANSWER: Schema = leaves("CommitAnswer", TWO);
static SHOW_ANSWER: Schema = leaves("ShowAnswer", FOUR);
static ABSTAIN_FROM_TASK: Schema = leaves("AbstainFromTask", ONE);
static SET_FAULT_PROGRAM: Schema = leaves("SetFaultProgram", TWO);
static REQUEST_SLASH: Schema = leaves(
    "RequestSlash",
    &[(1, LEAF), (2, LEAF), (3, LEAF), (4, LEAF), (5, LEAF), (6, LEAF)],
);
static VETO_SLASH: Schema = leaves("VetoSlash", ONE);
static FUND_REWARDS: Schema = leaves("FundRewards", FOUR);
static CLAIM_VAULT_REWARDS: Schema = leaves("ClaimVaultRewards", ONE);
static CREATE_FEED: Schema = leaves(
    "CreateFeed",
    &[
        (1, LEAF),
        (2, LEAF),
        (3, LEAF),
        (4, LEAF),
        (5, LEAF),
        (6, LEAF),
        (7, LEAF),
        (8, LEAF),
        (9, LEAF),
        (10, LEAF),
        (11, LEAF),
        (12, LEAF),
        (13, LEAF),
    ],
);
static SET_FEED_BOUNDS: Schema = leaves("SetFeedBounds", THREE);
static END_FEED: Schema = leaves("EndFeed", ONE);
static FUND_FEED: Schema = leaves("FundFeed", TWO);
static WITHDRAW_FEED_DEPOSIT: Schema = leaves("WithdrawFeedDeposit", TWO);
static COMMIT_PRICE: Schema = leaves("CommitPrice", FOUR);
static REVEAL_PRICE: Schema = leaves("RevealPrice", FIVE);
static SET_PRICE_SOURCE: Schema = leaves("SetPriceSource", THREE);
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
        (11, Some(&CREATE_VAULT)),
        (12, Some(&DEPOSIT)),
        (13, Some(&WITHDRAW)),
        (14, Some(&CLAIM_WITHDRAWAL)),
        (15, Some(&INSTANT_WITHDRAW)),
        (16, Some(&FUND_BUFFER)),
        (17, Some(&LEAVE_BUFFER)),
        (18, Some(&AMEND_CHARTER)),
        (19, Some(&SET_VAULT_LIMITS)),
        (20, Some(&ALLOW_DEPOSITOR)),
        (21, Some(&REBASE_VAULT)),
        (22, Some(&REGISTER_OPERATOR)),
        (23, Some(&SET_OPERATOR_METADATA)),
        (24, Some(&SET_SERVICE_KEY)),
        (25, Some(&SET_COMMISSION)),
        (26, Some(&ALLOCATE)),
        (27, Some(&SET_ASSET_TERMS)),
        (28, Some(&REGISTER_SERVICE)),
        (29, Some(&ACTIVATE_SERVICE)),
        (30, Some(&CHANGE_FAULT_CLASS)),
        (31, Some(&UNWIND_SERVICE)),
        (32, Some(&CLOSE_SERVICE)),
        (33, Some(&JOIN_SERVICE)),
        (34, Some(&LEAVE_SERVICE)),
        (35, Some(&EJECT_OPERATOR)),
        (36, Some(&govern::PROPOSE)),
        (37, Some(&POST_TASK)),
        (38, Some(&COMMIT_ANSWER)),
        (39, Some(&SHOW_ANSWER)),
        (40, Some(&ABSTAIN_FROM_TASK)),
        (41, Some(&SUBMIT_CERTIFICATE)),
        (42, Some(&SET_FAULT_PROGRAM)),
        (43, Some(&PROVE_FAULT)),
        (44, Some(&REQUEST_SLASH)),
        (45, Some(&VETO_SLASH)),
        (46, Some(&FUND_REWARDS)),
        (47, Some(&CLAIM_VAULT_REWARDS)),
        (48, Some(&govern::CAST_VOTE)),
        (49, Some(&CREATE_FEED)),
        (50, Some(&SET_FEED_BOUNDS)),
        (51, Some(&END_FEED)),
        (52, Some(&FUND_FEED)),
        (53, Some(&WITHDRAW_FEED_DEPOSIT)),
        (54, Some(&COMMIT_PRICE)),
        (55, Some(&REVEAL_PRICE)),
        (56, Some(&SET_PRICE_SOURCE)),
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
