//! What may be wrong with a document, and what to do about it.

use crate::document::Document;
use crate::text::Kind;
use primitives::{Amount, AssetId};

/// Why a document starts no chain.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// Larger than any genesis.
    #[error(
        "the document has {size} bytes where at most {} are allowed",
        Document::MAX_BYTES
    )]
    TooLarge {
        /// Its size.
        size: usize,
    },
    /// Not JSON of this layout.
    #[error("not a genesis document: {0}")]
    Json(String),
    /// A layout that this code does not know.
    #[error("the document has version {0}, this program reads version {known}", known = Document::VERSION)]
    Version(u16),
    /// A name that no chain has.
    #[error("`{0}` is no chain name: 1 to 50 lower-case letters, digits and `-`, starting with a letter")]
    ChainName(String),
    /// An address of the other kind of chain.
    #[error("{address} is an address of a {found:?} chain, this one is {expected:?}")]
    WrongNetwork {
        /// The address.
        address: String,
        /// What its prefix says.
        found: Kind,
        /// What the document says.
        expected: Kind,
    },
    /// A live chain with what only development chains have.
    #[error("a live chain has no {0}")]
    DevelopmentOnly(&'static str),
    /// What the chain goes on from cannot be.
    #[error("`continues` cannot be gone on from: {0}")]
    Continuation(&'static str),
    /// A list is out of order, or has something twice.
    #[error("{list} must be strictly ascending; {item} is not above the one before it")]
    Order {
        /// Which list.
        list: &'static str,
        /// Where it goes wrong.
        item: String,
    },
    /// Asset 0 is PAL, which every chain has by itself.
    #[error("asset 0 is PAL and is not listed")]
    PalListed,
    /// A holding of nothing.
    #[error("{account} holds zero of asset {asset}")]
    ZeroHolding {
        /// Whose.
        account: String,
        /// Of what.
        asset: AssetId,
    },
    /// No validators.
    #[error("the document has no validators")]
    NoValidators,
    /// A key that two validators have.
    #[error("validators {first} and {second} have the same {kind} key")]
    SharedKey {
        /// Which kind of key.
        kind: &'static str,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// The proof does not show that anyone has the consensus key's secret.
    #[error("the proof of possession of validator {moniker} does not belong to its consensus key")]
    Possession {
        /// Whose.
        moniker: String,
    },
    /// The p2p key is not an acceptable ed25519 key.
    #[error("the p2p key of validator {moniker}: {reason}")]
    P2pKey {
        /// Whose.
        moniker: String,
        /// What is wrong with it.
        reason: crypto::ed25519::KeyError,
    },
    /// A validator with less behind it than counts.
    #[error("validator {moniker} bonds {bond} npal where at least {least} count")]
    BondTooSmall {
        /// Whose.
        moniker: String,
        /// What it bonds.
        bond: Amount,
        /// The least that counts.
        least: Amount,
    },
    /// A name that no validator has.
    #[error("`{0}` is no moniker: 1 to 64 bytes without control characters")]
    Moniker(String),
    /// The staking parameters break a rule.
    #[error("staking parameters: {0}")]
    Staking(#[from] runtime::staking::ParamsError),
    /// The parameters of vaults break a rule.
    #[error("vault parameters: {0}")]
    Vaults(#[from] runtime::vaults::ParamsError),
    /// The parameters of operators and pledges break a rule.
    #[error("delegation parameters: {0}")]
    Delegation(#[from] runtime::delegation::ParamsError),
    /// The parameters of services break a rule.
    #[error("service parameters: {0}")]
    Services(#[from] runtime::dss::ParamsError),
    /// The parameters of slashes break a rule.
    #[error("slashing parameters: {0}")]
    Slashing(#[from] runtime::slashing::ParamsError),
    /// The parameters of prices break a rule.
    #[error("oracle parameters: {0}")]
    Oracle(#[from] runtime::oracle::ParamsError),
    /// The parameters of valuations break a rule.
    #[error("valuation parameters: {0}")]
    Valuation(#[from] runtime::assets::ParamsError),
    /// The first set cannot vote.
    #[error("the first validator set: {0}")]
    Set(#[from] light_palisade::SetError),
    /// Operators, services or vaults that make no sense.
    #[error("{0}")]
    World(&'static str),
    /// What the state machine refuses.
    #[error("{0}")]
    Runtime(#[from] runtime::genesis::GenesisError),
}

impl GenesisError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "is this the genesis file? check the path",
            Self::Json(_) => "compare it with genesis/networks/localnet.json; unknown fields are refused",
            Self::Version(_) => "use the program version that the chain was started with",
            Self::ChainName(_) => "choose another name, such as `my-chain-1`",
            Self::WrongNetwork { .. } => {
                "addresses of live chains start with `pal1`, of development chains with `paldev1`"
            }
            Self::DevelopmentOnly(_) => "remove it, or set `network` to `development`",
            Self::Continuation(_) => {
                "make the document again from the checkpoint, with `palisade debug continue`"
            }
            Self::Order { .. } => "sort the list and remove what is there twice",
            Self::PalListed => "remove it from `assets`; list PAL under `accounts` and `supply` alone",
            Self::ZeroHolding { .. } => "remove the holding",
            Self::NoValidators => "add at least one validator",
            Self::SharedKey { .. } => {
                "give each validator keys of its own: two nodes with one key are slashed"
            }
            Self::Possession { .. } => "let the validator's holder make the proof again with `palisade keys`",
            Self::P2pKey { .. } => "copy the node's key again",
            Self::BondTooSmall { .. } => "raise the bond, or lower `parameters.staking.min_bond`",
            Self::Moniker(_) => "choose a shorter name in plain text",
            Self::Staking(_) => "correct `parameters.staking`",
            Self::Vaults(_) => "correct `parameters.vaults`",
            Self::Services(_) => "correct `parameters.services`",
            Self::Slashing(_) => "correct `parameters.slashing`",
            Self::Oracle(_) => "correct `parameters.oracle`",
            Self::Valuation(_) => "correct `parameters.valuation`",
            Self::Delegation(_) => {
                "correct `parameters.delegation`, or the delay of another module that it names"
            }
            Self::Set(_) => "correct the validators' bonds and keys",
            Self::World(_) => "correct `operators`, `services` or `vaults`",
            Self::Runtime(_) => {
                "correct what the message names; supplies must be what the accounts hold together"
            }
        }
    }

    /// The error's name for programs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "GENESIS_TOO_LARGE",
            Self::Json(_) => "GENESIS_MALFORMED",
            Self::Version(_) => "GENESIS_VERSION",
            Self::ChainName(_) => "GENESIS_CHAIN_NAME",
            Self::WrongNetwork { .. } => "GENESIS_WRONG_NETWORK",
            Self::DevelopmentOnly(_) => "GENESIS_DEVELOPMENT_ONLY",
            Self::Continuation(_) => "GENESIS_CONTINUATION",
            Self::Order { .. } => "GENESIS_ORDER",
            Self::PalListed => "GENESIS_PAL_LISTED",
            Self::ZeroHolding { .. } => "GENESIS_ZERO_HOLDING",
            Self::NoValidators => "GENESIS_NO_VALIDATORS",
            Self::SharedKey { .. } => "GENESIS_SHARED_KEY",
            Self::Possession { .. } => "GENESIS_POSSESSION",
            Self::P2pKey { .. } => "GENESIS_P2P_KEY",
            Self::BondTooSmall { .. } => "GENESIS_BOND_TOO_SMALL",
            Self::Moniker(_) => "GENESIS_MONIKER",
            Self::Staking(_) => "GENESIS_STAKING_PARAMETERS",
            Self::Vaults(_) => "GENESIS_VAULT_PARAMETERS",
            Self::Services(_) => "GENESIS_SERVICE_PARAMETERS",
            Self::Slashing(_) => "GENESIS_SLASHING_PARAMETERS",
            Self::Oracle(_) => "GENESIS_ORACLE_PARAMETERS",
            Self::Valuation(_) => "GENESIS_VALUATION_PARAMETERS",
            Self::Delegation(_) => "GENESIS_DELEGATION_PARAMETERS",
            Self::Set(_) => "GENESIS_VALIDATOR_SET",
            Self::World(_) => "GENESIS_WORLD",
            Self::Runtime(error) => error.reason(),
        }
    }
}

/// What is allowed, and unwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// One validator can halt the chain alone.
    #[error("validator {moniker} has a third of all power or more: without it the chain halts")]
    Concentrated {
        /// Which.
        moniker: String,
    },
    /// Fewer than four validators stand no fault at all.
    #[error("{0} validators: with fewer than four, the chain halts when one of them is down")]
    Few(usize),
}
