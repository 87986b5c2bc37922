//! Checking a document before anything is made of it.

use crate::document::{Document, Validator};
use crate::error::{GenesisError, Warning};
use crate::text::{Address, Kind};
use core::fmt::Display;
use crypto::bls::PublicKey;
use runtime::staking::Moniker;
use std::collections::BTreeMap;

/// The fewest validators of which one may fail.
const FAULT_TOLERANT: usize = 4;

impl Document {
    /// Checks everything that the document says by itself, and gives what is unwise. What the state machine has to
    /// say comes with [`Document::start`].
    ///
    /// # Errors
    /// [`GenesisError`], the first that is found.
    pub fn validate(&self) -> Result<Vec<Warning>, GenesisError> {
        if self.version != Self::VERSION {
            return Err(GenesisError::Version(self.version));
        }
        if !is_chain_name(&self.chain.0) {
            return Err(GenesisError::ChainName(self.chain.0.clone()));
        }
        self.check_network()?;
        if let Some(from) = &self.continues {
            from.validate(self.network)?;
        }
        self.check_lists()?;
        self.parameters
            .chain
            .validate()
            .map_err(runtime::genesis::GenesisError::from)?;
        self.parameters.staking.validate()?;
        self.parameters.vaults.validate()?;
        let timing = runtime::delegation::Timing {
            epoch: self.parameters.staking.epoch_length,
            evidence: self
                .parameters
                .staking
                .evidence_window
                .max(self.parameters.services.evidence_window),
        };
        self.parameters
            .delegation
            .validate(&self.parameters.vaults, timing)?;
        self.parameters.services.validate(&self.parameters.delegation)?;
        self.parameters.slashing.validate()?;
        self.parameters.oracle.validate()?;
        self.parameters.valuation.validate()?;
        self.check_validators()?;
        Ok(self.warnings())
    }

    /// Every address is of this kind of chain, and a live one has nothing that only development chains have.
    fn check_network(&self) -> Result<(), GenesisError> {
        if self.network == Kind::Live && self.dev_mode {
            return Err(GenesisError::DevelopmentOnly("`dev_mode`"));
        }
        if self.network == Kind::Live && self.faucet.is_some() {
            return Err(GenesisError::DevelopmentOnly("`faucet`"));
        }
        let accounts = self.accounts.iter().map(|account| account.address);
        let operators = self.validators.iter().map(|validator| validator.operator);
        let all = self
            .world_addresses()
            .into_iter()
            .chain(self.faucet)
            .chain([self.registrar])
            .chain(accounts)
            .chain(operators);
        for address in all {
            let (found, expected) = (address.kind(), self.network);
            if found != expected {
                return Err(GenesisError::WrongNetwork {
                    address: address.to_string(),
                    found,
                    expected,
                });
            }
        }
        Ok(())
    }

    /// Every list is strictly ascending, so that one meaning has one document.
    fn check_lists(&self) -> Result<(), GenesisError> {
        ascending("assets", self.assets.iter().map(|a| (a.id, a.id)))?;
        ascending("accounts", self.accounts.iter().map(|a| key(a.address)))?;
        for account in &self.accounts {
            ascending("balances", account.balances.iter().map(|h| (h.asset, h.asset)))?;
            if let Some(empty) = account.balances.iter().find(|h| h.amount.is_zero()) {
                let account = account.address.to_string();
                return Err(GenesisError::ZeroHolding {
                    account,
                    asset: empty.asset,
                });
            }
        }
        ascending("supply", self.supply.iter().map(|c| (c.asset, c.asset)))?;
        ascending("validators", self.validators.iter().map(|v| key(v.operator)))?;
        ascending("operators", self.operators.iter().map(|o| key(o.account)))?;
        if self
            .assets
            .first()
            .is_some_and(|asset| asset.id == primitives::AssetId::PAL)
        {
            return Err(GenesisError::PalListed);
        }
        Ok(())
    }

    fn check_validators(&self) -> Result<(), GenesisError> {
        if self.validators.is_empty() {
            return Err(GenesisError::NoValidators);
        }
        distinct(
            "consensus",
            self.validators.iter().map(|v| (v.consensus_key.0.as_slice(), v)),
        )?;
        distinct("p2p", self.validators.iter().map(|v| (v.p2p_key.0.as_slice(), v)))?;
        for validator in &self.validators {
            check_validator(validator, self.parameters.staking.min_bond)?;
        }
        Ok(())
    }

    fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let count = self.validators.len();
        if count < FAULT_TOLERANT {
            warnings.push(Warning::Few(count));
            return warnings;
        }
        let total = self
            .validators
            .iter()
            .fold(0u128, |sum, v| sum.saturating_add(v.bond.get()));
        let heavy = |v: &&Validator| v.bond.get().saturating_mul(3) >= total;
        warnings.extend(
            self.validators
                .iter()
                .filter(heavy)
                .map(|v| Warning::Concentrated {
                    moniker: v.moniker.0.clone(),
                }),
        );
        warnings
    }
}

fn check_validator(validator: &Validator, least: primitives::Amount) -> Result<(), GenesisError> {
    let moniker = validator.moniker.0.clone();
    Moniker::new(&moniker).map_err(|_| GenesisError::Moniker(moniker.clone()))?;
    if validator.bond < least {
        return Err(GenesisError::BondTooSmall {
            moniker,
            bond: validator.bond,
            least,
        });
    }
    let (consensus_key, proof) = validator.possession();
    let proven = PublicKey::new(&consensus_key)
        .and_then(|key| key.verify_possession(&validator.operator.account, &proof));
    proven.map_err(|_| GenesisError::Possession {
        moniker: moniker.clone(),
    })?;
    crypto::ed25519::PublicKey::new(validator.p2p_key.0)
        .map(|_| ())
        .map_err(|reason| GenesisError::P2pKey { moniker, reason })
}

fn is_chain_name(name: &str) -> bool {
    let starts = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let every = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    starts && every && name.len() <= 50
}

fn key(address: Address) -> (primitives::AccountId, Address) {
    (address.account, address)
}

/// Checks that what the items are sorted by is strictly ascending; the second part of each says what it is.
fn ascending<K: Ord, D: Display>(
    list: &'static str,
    items: impl Iterator<Item = (K, D)>,
) -> Result<(), GenesisError> {
    let mut last: Option<K> = None;
    for (key, item) in items {
        if last.as_ref().is_some_and(|last| *last >= key) {
            return Err(GenesisError::Order {
                list,
                item: item.to_string(),
            });
        }
        last = Some(key);
    }
    Ok(())
}

fn distinct<'a>(
    kind: &'static str,
    keys: impl Iterator<Item = (&'a [u8], &'a Validator)>,
) -> Result<(), GenesisError> {
    let mut seen: BTreeMap<&[u8], &Validator> = BTreeMap::new();
    for (key, validator) in keys {
        if let Some(first) = seen.insert(key, validator) {
            return Err(GenesisError::SharedKey {
                kind,
                first: first.moniker.0.clone(),
                second: validator.moniker.0.clone(),
            });
        }
    }
    Ok(())
}
