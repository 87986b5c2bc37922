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
