//! Which fields the messages of `palisade.governance.v1` have.

use super::{FIVE, FOUR, LEAF, ONE, Schema, THREE, TWO, leaves};

static CHAIN_PARAMETERS: Schema = leaves(
    "ChainParameters",
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
static STAKING_PARAMETERS: Schema = leaves(
    "StakingParameters",
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
        (14, LEAF),
        (15, LEAF),
        (16, LEAF),
    ],
);
static VAULT_PARAMETERS: Schema = leaves(
    "VaultParameters",
    &[
        (1, LEAF),
        (2, LEAF),
        (3, LEAF),
        (4, LEAF),
        (5, LEAF),
        (6, LEAF),
        (7, LEAF),
    ],
);
static PLEDGE_PARAMETERS: Schema = leaves(
    "PledgeParameters",
    &[
        (1, LEAF),
        (2, LEAF),
        (3, LEAF),
        (4, LEAF),
        (5, LEAF),
        (6, LEAF),
        (7, LEAF),
    ],
);
static SERVICE_PARAMETERS: Schema = leaves(
    "ServiceParameters",
    &[(1, LEAF), (2, LEAF), (3, LEAF), (4, LEAF), (5, LEAF), (6, LEAF)],
);
static SLASH_PARAMETERS: Schema = leaves(
    "SlashParameters",
    &[(1, LEAF), (2, LEAF), (3, LEAF), (4, LEAF), (5, LEAF), (6, LEAF)],
);
static REWARD_PARAMETERS: Schema = leaves("RewardParameters", THREE);
static GOVERNANCE_PARAMETERS: Schema = leaves(
    "GovernanceParameters",
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
static ENTER_ASSET: Schema = leaves("EnterAsset", FOUR);
static SET_ASSET_RULES: Schema = leaves("SetAssetRules", FOUR);
static SET_ASSET_PRICE: Schema = leaves("SetAssetPrice", TWO);
static SUSPEND_SERVICE: Schema = leaves("SuspendService", TWO);
static RESUME_SERVICE: Schema = leaves("ResumeService", ONE);
static HALT_SUBJECT: Schema = leaves("HaltSubject", TWO);
static LIFT_HALT: Schema = leaves("LiftHalt", ONE);
static STOP_SLASH: Schema = leaves("StopSlash", ONE);
static ORACLE_PARAMETERS: Schema = leaves("OracleParameters", FIVE);
static VALUATION_PARAMETERS: Schema = leaves("ValuationParameters", THREE);
static SET_ASSET_SOURCE: Schema = leaves("SetAssetSource", THREE);
static ACTION: Schema = Schema {
    name: "Action",
    fields: &[
        (1, Some(&CHAIN_PARAMETERS)),
        (2, Some(&STAKING_PARAMETERS)),
        (3, Some(&VAULT_PARAMETERS)),
        (4, Some(&PLEDGE_PARAMETERS)),
        (5, Some(&SERVICE_PARAMETERS)),
        (6, Some(&SLASH_PARAMETERS)),
        (7, Some(&REWARD_PARAMETERS)),
        (8, Some(&GOVERNANCE_PARAMETERS)),
        (9, Some(&ENTER_ASSET)),
        (10, Some(&SET_ASSET_RULES)),
        (11, Some(&SET_ASSET_PRICE)),
        (12, Some(&SUSPEND_SERVICE)),
        (13, Some(&RESUME_SERVICE)),
        (14, Some(&HALT_SUBJECT)),
        (15, Some(&LIFT_HALT)),
        (16, Some(&STOP_SLASH)),
        (17, Some(&ORACLE_PARAMETERS)),
        (18, Some(&VALUATION_PARAMETERS)),
        (19, Some(&SET_ASSET_SOURCE)),
    ],
};
pub(super) static PROPOSE: Schema = Schema {
    name: "Propose",
    fields: &[(1, LEAF), (2, Some(&ACTION))],
};
pub(super) static CAST_VOTE: Schema = leaves("CastVote", TWO);
