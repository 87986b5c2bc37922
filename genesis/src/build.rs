//! Writing a document step by step.

use crate::document::{Account, Document, Holding, Validator};
use crate::presets::Preset;
use crate::text::{Address, Kind, Text};
use primitives::{AccountId, Coin, MathError, Timestamp};

impl Document {
    /// A document with nothing in it yet but its rules.
    #[must_use]
    pub fn new(chain: &str, network: Kind, preset: Preset, time_ms: Timestamp, registrar: AccountId) -> Self {
        Self {
            version: Self::VERSION,
            chain: Text::from(chain),
            network,
            time_ms,
            generation: 0,
            dev_mode: false,
            faucet: None,
            registrar: Address::new(network, registrar),
            parameters: preset.parameters(),
            assets: Vec::new(),
            accounts: Vec::new(),
            supply: Vec::new(),
            validators: Vec::new(),
            operators: Vec::new(),
            services: Vec::new(),
            vaults: Vec::new(),
            continues: None,
        }
    }

    /// Gives `coin` to `account`, and adds it to the supply.
    ///
    /// # Errors
    /// [`MathError::Overflow`] when there would be more than 128 bits of the asset.
    pub fn fund(&mut self, account: AccountId, coin: Coin) -> Result<(), MathError> {
        match self.supply.iter_mut().find(|other| other.asset == coin.asset) {
            Some(other) => other.amount = other.amount.checked_add(coin.amount)?,
            None => self.supply.push(coin),
        }
        let holding = Holding {
            asset: coin.asset,
            amount: coin.amount,
        };
        let address = Address::new(self.network, account);
        match self.accounts.iter_mut().find(|other| other.address == address) {
            None => self.accounts.push(Account {
                address,
                balances: vec![holding],
            }),
            Some(known) => match known.balances.iter_mut().find(|other| other.asset == coin.asset) {
                None => known.balances.push(holding),
                Some(other) => other.amount = other.amount.checked_add(coin.amount)?,
            },
        }
        self.sort();
        Ok(())
    }

    /// Adds a validator, whose operator has been funded with its bond at least.
    pub fn add_validator(&mut self, validator: Validator) {
        self.validators.push(validator);
        self.sort();
    }
}
