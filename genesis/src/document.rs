//! The document itself.

use crate::continuation::Continuation;
use crate::error::GenesisError;
use crate::text::{Address, Hex, Kind, Text};
use crate::world::{Operator, Service, Vault};
use borsh::BorshSerialize;
use crypto::bls::{KeyBytes, SignatureBytes};
use primitives::codec::encode;
use primitives::{Amount, AssetId, ChainHash, Coin, Timestamp};
use runtime::assets::{Name, Symbol};
use serde::{Deserialize, Serialize};

/// What a chain starts from.
///
/// Numbers and amounts are decimal strings, accounts are addresses, keys are lower-case hex. Lists keep the order that
/// [`Document::sort`] gives them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Version of this layout: 1.
    pub version: u16,
    /// The chain's name: 1 to 50 lower-case letters, digits and `-`, starting with a letter.
    pub chain: Text,
    /// What kind of chain it is.
    pub network: Kind,
    /// When it starts, in milliseconds since the Unix epoch.
    pub time_ms: Timestamp,
    /// Raised when a development chain is set back to a checkpoint, so that signatures of the time line that was
    /// left mean nothing. 0 at first.
    pub generation: u64,
    /// Whether the chain offers what only development chains do. Never on a live one.
    pub dev_mode: bool,
    /// Who gives away money on a development chain. Never on a live one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faucet: Option<Address>,
    /// Who may enter assets later.
    pub registrar: Address,
    /// The chain's rules.
    pub parameters: Parameters,
    /// The assets besides PAL, ascending by number.
    pub assets: Vec<Asset>,
    /// Who holds what, ascending by account. What validators bond comes out of it.
    pub accounts: Vec<Account>,
    /// How much there is of each asset, ascending: must be what the accounts hold together.
    pub supply: Vec<Coin>,
    /// The first validators, ascending by operator.
    pub validators: Vec<Validator>,
    /// The first operators, ascending. A validator's is one by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<Operator>,
    /// The first services, by number from 1 on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    /// The first vaults, by number from 0 on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vaults: Vec<Vault>,
    /// From where the chain goes on, when it was set back to a checkpoint: what stands above is where it came from then.
    /// Never on a live one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Continuation>,
}

/// The chain's rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Of blocks and fees.
    pub chain: runtime::Params,
    /// Of validators.
    pub staking: runtime::staking::Params,
    /// Of vaults.
    pub vaults: runtime::vaults::Params,
    /// Of operators and what they pledge.
    pub delegation: runtime::delegation::Params,
    /// Of services.
    pub services: runtime::dss::Params,
    /// Of slashes.
    pub slashing: runtime::slashing::Params,
    /// Of what services pay.
    pub rewards: runtime::rewards::Params,
    /// Of prices that operators agree on.
    pub oracle: runtime::oracle::Params,
    /// Of how valuations follow prices.
    pub valuation: runtime::assets::Params,
    /// Of what validators decide.
    pub governance: runtime::governance::Params,
}

/// An asset besides PAL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Its number, above 0.
    pub id: AssetId,
    /// Short name.
    pub symbol: Symbol,
    /// Full name.
    pub name: Name,
    /// Digits after the decimal point.
    pub decimals: u8,
    /// Under which terms it may be restaked; none for not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restaking: Option<Restaking>,
}

/// Under which terms an asset may be restaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Restaking {
    /// What the registrar may change later.
    pub rules: runtime::assets::Rules,
    /// What a base unit counts for at first, in 10^-18 npal, in decimal.
    pub price: Amount,
}

/// What an account holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The account.
    pub address: Address,
    /// Its holdings, ascending by asset.
    pub balances: Vec<Holding>,
}

/// How much of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// The asset.
    pub asset: AssetId,
    /// How much, in base units.
    pub amount: Amount,
}

/// One of the first validators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Validator {
    /// Its operator, who bonds.
    pub operator: Address,
    /// Its name.
    pub moniker: Text,
    /// BLS12-381 key in G2, compressed.
    pub consensus_key: Hex<96>,
    /// That key's signature over itself and the operator's id, in G1, compressed.
    pub proof_of_possession: Hex<48>,
    /// ed25519 key of its node.
    pub p2p_key: Hex<32>,
    /// What the operator bonds of what it holds, in npal.
    pub bond: Amount,
}

impl Validator {
    /// The consensus key and the proof that its holder has the secret.
    #[must_use]
    pub const fn possession(&self) -> (KeyBytes, SignatureBytes) {
        (
            KeyBytes(self.consensus_key.0),
            SignatureBytes(self.proof_of_possession.0),
        )
    }
}

impl Document {
    /// The version that this code writes and reads.
    pub const VERSION: u16 = 1;
    /// The most bytes of a document.
    pub const MAX_BYTES: usize = 64 * 1024 * 1024;

    /// Reads a document. It is not checked yet beyond its form.
    ///
    /// # Errors
    /// [`GenesisError::TooLarge`], [`GenesisError::Json`] with line and column.
    pub fn from_json(bytes: &[u8]) -> Result<Self, GenesisError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(GenesisError::TooLarge { size: bytes.len() });
        }
        serde_json::from_slice(bytes).map_err(|error| GenesisError::Json(error.to_string()))
    }

    /// The document as people read it.
    ///
    /// # Errors
    /// [`GenesisError::Json`]; never for a document that was built from values.
    pub fn to_json(&self) -> Result<String, GenesisError> {
        let text =
            serde_json::to_string_pretty(self).map_err(|error| GenesisError::Json(error.to_string()))?;
        Ok(text + "\n")
    }

    /// Puts every list into its order, as [`Document::validate`] asks.
    pub fn sort(&mut self) {
        self.assets.sort_by_key(|asset| asset.id);
        self.accounts.sort_by_key(|account| account.address.account);
        for account in &mut self.accounts {
            account.balances.sort_by_key(|holding| holding.asset);
        }
        self.supply.sort_by_key(|coin| coin.asset);
        self.validators
            .sort_by_key(|validator| validator.operator.account);
        self.operators.sort_by_key(|operator| operator.account.account);
    }

    /// The document's meaning in the canonical codec: everything but the generation. What the chain finds besides
    /// validators stands at the end, where there is any.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = encode(&(
            (
                self.version,
                &self.chain,
                self.network,
                self.time_ms,
                self.dev_mode,
            ),
            (self.faucet, self.registrar, &self.parameters),
            (&self.assets, &self.accounts, &self.supply, &self.validators),
        ));
        let empty = self.operators.is_empty() && self.services.is_empty() && self.vaults.is_empty();
        // Where more follows it is always there: no two documents have the same bytes.
        if !empty || self.continues.is_some() {
            bytes.extend(encode(&(&self.operators, &self.services, &self.vaults)));
        }
        if let Some(from) = &self.continues {
            bytes.extend(encode(from));
        }
        bytes
    }

    /// The chain's hash: sha-256("palisade/chain/v1" ‖ canonical ‖ generation).
    #[must_use]
    pub fn chain_hash(&self) -> ChainHash {
        crypto::hash::chain_hash(&self.canonical(), self.generation)
    }
}
