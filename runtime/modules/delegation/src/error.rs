//! What may go wrong, with its stable number.

use crate::ID;
use crate::params::{MAX_SERVICES, ParamsError};
use kernel::{Code, Fault, Meaning, StateError};
use primitives::{AccountId, ChainClock, MathError};
use vaults::{Closed, Magnitude, ServiceId, VaultId};

/// Why a message or a genesis is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The account is one.
    #[error("the account is an operator already")]
    AlreadyOperator,
    /// The account is none.
    #[error("{0} is no operator: register as one first")]
    UnknownOperator(AccountId),
    /// Texts against their rules.
    #[error(
        "a name is 1 to 64 bytes without control characters, an address at most 256 visible ASCII characters"
    )]
    Metadata,
    /// The key is not shown to be the sender's.
    #[error("the proof does not show that the key is this operator's")]
    Possession,
    /// Somebody has, or had, the key.
    #[error("the key is, or was, in use: keys are used once")]
    KeyTaken,
    /// Two keys of one moment.
    #[error("a key for this service was set at this moment already: try again in the next block")]
    KeySetAlready,
    /// Nothing would change.
    #[error("this commission is in force, or waits to be")]
    SameCommission,
    /// It serves.
    #[error("the operator serves service {0} already")]
    AlreadyServing(ServiceId),
    /// It left not long ago.
    #[error("the operator is liable to service {service} for what it did until {until} ms of chain time")]
    StillLiable {
        /// Which service.
        service: ServiceId,
        /// Until when, in chain time.
        until: ChainClock,
    },
    /// The chain itself knows validators' keys elsewhere.
    #[error("a key for service 0 is a validator's consensus key: change it by rotate_consensus_key")]
    ConsensusKey,
    /// It does not serve.
    #[error("the operator does not serve service {0}")]
    NotServing(ServiceId),
    /// As many services as may be.
    #[error("at most {MAX_SERVICES} services at a time")]
    TooManyServices,
    /// No vault has this name.
    #[error("there is no vault {0}")]
    UnknownVault(VaultId),
    /// Somebody else than the vault's operator.
    #[error("only the vault's operator {0} may do this")]
    NotOperator(AccountId),
    /// One change at a time.
    #[error("a change of this pledge is on its way: one at a time")]
    ChangeUnderWay,
    /// Nothing would change.
    #[error("the vault pledges that already")]
    SameMagnitude,
    /// No service has this number.
    #[error("there is no service {0}")]
    UnknownService(ServiceId),
    /// The service is not, or no more, open.
    #[error("service {0} takes no new pledges")]
    ServiceClosed(ServiceId),
    /// The service wants other assets.
    #[error("service {0} does not accept the vault's asset")]
    AssetNotAccepted(ServiceId),
    /// The stakers have not agreed to it.
    #[error("the vault's charter does not allow service {0}")]
    NotInCharter(ServiceId),
    /// The vault is worn down.
    #[error("the vault takes no new pledges until it is re-based")]
    VaultClosed(Closed),
    /// More than the vault is.
    #[error("{asked} is pledged where the vault is {most}")]
    BeyondVault {
        /// What was asked for.
        asked: Magnitude,
        /// What there is.
        most: Magnitude,
    },
    /// More than the charter's leverage allows.
    #[error("{claimed} would be pledged in all where the charter allows {limit}")]
    BeyondLeverage {
        /// What would be pledged in all.
        claimed: Magnitude,
        /// What may be.
        limit: Magnitude,
    },
    /// The parameters break a rule.
    #[error("restaking parameters: {0}")]
    Params(#[from] ParamsError),
    /// The genesis does not add up.
    #[error("genesis of operators: {0}")]
    Genesis(&'static str),
    /// What the vaults refuse.
    #[error(transparent)]
    Vault(#[from] vaults::Error),
    /// What the bank refuses.
    #[error(transparent)]
    Bank(#[from] bank::Error),
    /// A number beyond its type.
    #[error(transparent)]
    Math(#[from] MathError),
    /// The store or the code is broken.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What the codes say.
pub(crate) const MEANINGS: &[Meaning] = &[
    Meaning::new(1, "ALREADY_OPERATOR", "the account is an operator already"),
    Meaning::new(
        2,
        "UNKNOWN_OPERATOR",
        "the account is no operator: register as one first",
    ),
    Meaning::new(
        3,
        "BAD_METADATA",
        "the name or the address of more breaks its rule",
    ),
    Meaning::new(
        4,
        "BAD_POSSESSION_PROOF",
        "the proof does not show that the key is this operator's",
    ),
    Meaning::new(5, "KEY_TAKEN", "the key is, or was, in use"),
    Meaning::new(
        6,
        "KEY_SET_ALREADY",
        "a key for this service was set in this block already",
    ),
    Meaning::new(
        7,
        "SAME_COMMISSION",
        "this commission is in force, or waits to be",
    ),
    Meaning::new(8, "ALREADY_SERVING", "the operator serves the service already"),
    Meaning::new(9, "NOT_SERVING", "the operator does not serve the service"),
    Meaning::new(10, "TOO_MANY_SERVICES", "as many services at a time as may be"),
    Meaning::new(11, "UNKNOWN_VAULT", "there is no vault with this name"),
    Meaning::new(12, "NOT_VAULT_OPERATOR", "only the vault's operator may do this"),
    Meaning::new(13, "CHANGE_UNDER_WAY", "a change of this pledge is on its way"),
    Meaning::new(14, "SAME_MAGNITUDE", "the vault pledges that already"),
    Meaning::new(15, "UNKNOWN_SERVICE", "there is no service with this number"),
    Meaning::new(16, "SERVICE_CLOSED", "the service takes no new pledges"),
    Meaning::new(
        17,
        "ASSET_NOT_ACCEPTED",
        "the service does not accept the vault's asset",
    ),
    Meaning::new(
        18,
        "NOT_IN_CHARTER",
        "the vault's charter does not allow the service",
    ),
    Meaning::new(
        19,
        "VAULT_CLOSED",
        "the vault takes no new pledges until it is re-based",
    ),
    Meaning::new(20, "BEYOND_VAULT", "more is pledged than the vault is"),
    Meaning::new(
        21,
        "BEYOND_LEVERAGE",
        "more would be pledged in all than the charter allows",
    ),
    Meaning::new(
        22,
        "BAD_PARAMS",
        "the restaking parameters of the genesis break a rule",
    ),
    Meaning::new(23, "BAD_GENESIS", "the genesis of operators does not add up"),
    Meaning::new(
        24,
        "STILL_LIABLE",
        "the operator is liable to the service still, for what it did before",
    ),
    Meaning::new(
        25,
        "CONSENSUS_KEY",
        "a key for service 0 is a validator's consensus key, which is changed elsewhere",
    ),
];

impl Error {
    /// Its number here, or the inner error.
    fn number(&self) -> Result<u16, &dyn Fault> {
        Ok(match self {
            Self::AlreadyOperator => 1,
            Self::UnknownOperator(_) => 2,
            Self::Metadata => 3,
            Self::Possession => 4,
            Self::KeyTaken => 5,
            Self::KeySetAlready => 6,
            Self::SameCommission => 7,
            Self::AlreadyServing(_) => 8,
            Self::NotServing(_) => 9,
            Self::TooManyServices => 10,
            Self::UnknownVault(_) => 11,
            Self::NotOperator(_) => 12,
            Self::ChangeUnderWay => 13,
            Self::SameMagnitude => 14,
            Self::UnknownService(_) => 15,
            Self::ServiceClosed(_) => 16,
            Self::AssetNotAccepted(_) => 17,
            Self::NotInCharter(_) => 18,
            Self::VaultClosed(_) => 19,
            Self::BeyondVault { .. } => 20,
            Self::BeyondLeverage { .. } => 21,
            Self::Params(_) => 22,
            Self::Genesis(_) => 23,
            Self::StillLiable { .. } => 24,
            Self::ConsensusKey => 25,
            Self::Vault(inner) => return Err(inner),
            Self::Bank(inner) => return Err(inner),
            Self::Math(inner) => return Err(inner),
            Self::State(inner) => return Err(inner),
        })
    }
}

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        match self.number() {
            Ok(number) => Some(ID.code(number)),
            Err(inner) => inner.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self.number() {
            Ok(number) => MEANINGS
                .iter()
                .find(|meaning| meaning.number == number)
                .map_or("UNKNOWN", |meaning| meaning.reason),
            Err(inner) => inner.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::UnknownOperator(account) | Self::NotOperator(account) => {
                vec![("operator", account.to_string())]
            }
            Self::AlreadyServing(service)
            | Self::NotServing(service)
            | Self::UnknownService(service)
            | Self::ServiceClosed(service)
            | Self::AssetNotAccepted(service)
            | Self::NotInCharter(service) => vec![("service", service.to_string())],
            Self::StillLiable { service, until } => {
                vec![("service", service.to_string()), ("until_ms", until.to_string())]
            }
            Self::UnknownVault(vault) => vec![("vault", vault.to_string())],
            Self::BeyondVault { asked, most } => {
                vec![("asked", asked.to_string()), ("most", most.to_string())]
            }
            Self::BeyondLeverage { claimed, limit } => {
                vec![("claimed", claimed.to_string()), ("limit", limit.to_string())]
            }
            Self::Vault(inner) => inner.metadata(),
            Self::Bank(inner) => inner.metadata(),
            Self::Math(inner) => inner.metadata(),
            Self::State(inner) => inner.metadata(),
            Self::AlreadyOperator
            | Self::Metadata
            | Self::Possession
            | Self::KeyTaken
            | Self::KeySetAlready
            | Self::ConsensusKey
            | Self::SameCommission
            | Self::TooManyServices
            | Self::ChangeUnderWay
            | Self::SameMagnitude
            | Self::VaultClosed(_)
            | Self::Params(_)
            | Self::Genesis(_) => Vec::new(),
        }
    }
}
