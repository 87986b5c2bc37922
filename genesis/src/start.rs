//! What a node starts a chain with.

use crate::document::Document;
use crate::error::{GenesisError, Warning};
use crypto::bls::KeyBytes;
use light_palisade::{Committee, Header, ValidatorIndex, ValidatorSet};
use primitives::{
    AccountId, AssetId, BlockHash, ChainClock, ChainHash, Coin, Digest, Epoch, Height, Ratio, View,
};
use runtime::assets::{
    self, GenesisAsset, GenesisTerms, Origin, PAL_DECIMALS, PAL_SYMBOL, Rules, Terms, Valuation,
};
use runtime::bank::{self, Balance};
use runtime::genesis::GenesisError as RuntimeError;
use runtime::staking::{self, GenesisBond, GenesisValidator, Moniker};
use runtime::{
    Changes, ModulesGenesis, State, attested, delegation, dss, governance, oracle, rewards,
    service_consensus, slashing, vaults,
};

/// The chain at height 0, or where it goes on from a checkpoint.
#[derive(Clone, Debug)]
pub struct Start {
    /// Every signature binds it.
    pub chain_hash: ChainHash,
    /// The header that nobody signed: the first block's parent. The state's root stands in the first block's header.
    pub header: Header,
    /// The state.
    pub state: State,
    /// What leads there from nothing.
    pub changes: Changes,
    /// The validators of the first block's epoch.
    pub validators: ValidatorSet,
    /// The vaults, in the document's order; none where the chain goes on from a checkpoint.
    pub vaults: Vec<Digest>,
    /// What is allowed, and unwise.
    pub warnings: Vec<Warning>,
}

impl Document {
    /// Checks the document and makes everything that a node starts with. The same document gives the same on every
    /// machine.
    ///
    /// # Errors
    /// [`GenesisError`].
    pub fn start(&self) -> Result<Start, GenesisError> {
        if let Some(from) = &self.continues {
            return self.resume(from);
        }
        let warnings = self.validate()?;
        let genesis = self.runtime()?;
        let initial = runtime::genesis::init(genesis)?;
        let set = runtime::query::validator_set(&initial.state, Epoch::ZERO).map_err(RuntimeError::from)?;
        let missing = light_palisade::SetError::Count(0);
        let committee = Committee::new(set.ok_or(missing)?)?;
        let chain_hash = self.chain_hash();
        let vaults = self.vault_ids(&initial.state)?;
        Ok(Start {
            vaults,
            chain_hash,
            header: self.header(chain_hash, committee.root()),
            state: initial.state,
            changes: initial.changes,
            validators: committee.set().clone(),
            warnings,
        })
    }

    fn header(&self, chain_hash: ChainHash, validators_root: Digest) -> Header {
        Header {
            version: Header::VERSION,
            chain_hash,
            height: Height::ZERO,
            epoch: Epoch::ZERO,
            view: View::ZERO,
            parent: BlockHash::ZERO,
            proposer: ValidatorIndex::new(0),
            time: self.time_ms,
            chain_clock: ChainClock::ZERO,
            transactions_root: Digest::ZERO,
            justification_root: Digest::ZERO,
            evidence_root: Digest::ZERO,
            validators_root,
            next_validators_root: Digest::ZERO,
            state_root: Digest::ZERO,
            receipts_root: Digest::ZERO,
            outbox_root: Digest::ZERO,
            seed: Digest::ZERO,
        }
    }

    /// What the document means to the state machine.
    ///
    /// # Errors
    /// [`GenesisError::Moniker`]; [`GenesisError::Runtime`] when PAL cannot be named, which is never.
    pub fn runtime(&self) -> Result<runtime::Genesis, GenesisError> {
        let validators = self
            .validators
            .iter()
            .map(genesis_validator)
            .collect::<Result<_, _>>()?;
        Ok(runtime::Genesis {
            chain: runtime::chain::Genesis::new(self.parameters.chain),
            modules: ModulesGenesis {
                assets: assets::Genesis {
                    registrar: self.registrar.account,
                    assets: self.assets()?,
                    terms: self.terms(),
                    params: self.parameters.valuation,
                    sources: Vec::new(),
                },
                bank: bank::Genesis {
                    balances: self.balances(),
                    supply: self.supply(),
                },
                staking: staking::Genesis {
                    params: self.parameters.staking.clone(),
                    validators,
                    resumed: None,
                },
                vaults: vaults::Genesis {
                    params: self.parameters.vaults.clone(),
                    resumed: None,
                },
                delegation: delegation::Genesis {
                    params: self.parameters.delegation.clone(),
                    resumed: None,
                },
                dss: dss::Genesis {
                    params: self.parameters.services.clone(),
                    resumed: None,
                },
                slashing: slashing::Genesis {
                    params: self.parameters.slashing.clone(),
                    resumed: None,
                },
                rewards: rewards::Genesis {
                    params: self.parameters.rewards,
                    resumed: None,
                },
                governance: governance::Genesis {
                    params: self.parameters.governance.clone(),
                    resumed: None,
                },
                attested: attested::Genesis::default(),
                oracle: oracle::Genesis {
                    params: self.parameters.oracle.clone(),
                    resumed: None,
                },
                service_consensus: service_consensus::Genesis::default(),
            },
            world: self.world()?,
        })
    }

    fn assets(&self) -> Result<Vec<GenesisAsset>, GenesisError> {
        let named = |error| GenesisError::Json(format!("PAL: {error}"));
        let pal = GenesisAsset {
            id: AssetId::PAL,
            asset: assets::Asset {
                symbol: assets::Symbol::new(PAL_SYMBOL).map_err(named)?,
                name: assets::Name::new("Palisade").map_err(named)?,
                decimals: PAL_DECIMALS,
                origin: Origin::Native,
            },
        };
        let others = self.assets.iter().map(|asset| GenesisAsset {
            id: asset.id,
            asset: assets::Asset {
                symbol: asset.symbol.clone(),
                name: asset.name.clone(),
                decimals: asset.decimals,
                origin: Origin::Genesis,
            },
        });
        Ok([pal].into_iter().chain(others).collect())
    }

    /// PAL counts for itself, whole; other assets as the document says.
    fn terms(&self) -> Vec<GenesisTerms> {
        let pal = GenesisTerms {
            asset: AssetId::PAL,
            terms: Terms::new(AssetId::PAL, Rules::WHOLE),
        };
        let others = self.assets.iter().filter_map(|asset| {
            asset.restaking.map(|restaking| GenesisTerms {
                asset: asset.id,
                terms: Terms {
                    rules: restaking.rules,
                    valuation: Valuation {
                        price: Ratio::from_raw(restaking.price.get()),
                        at: ChainClock::ZERO,
                    },
                },
            })
        });
        [pal].into_iter().chain(others).collect()
    }

    fn balances(&self) -> Vec<Balance> {
        let of = |account: AccountId, holdings: &[crate::Holding]| {
            let holdings = holdings.iter();
            let balance = |h: &crate::Holding| Balance {
                account,
                asset: h.asset,
                amount: h.amount,
            };
            holdings.map(balance).collect::<Vec<_>>()
        };
        self.accounts
            .iter()
            .flat_map(|a| of(a.address.account, &a.balances))
            .collect()
    }

    fn supply(&self) -> Vec<Coin> {
        self.supply.clone()
    }
}

fn genesis_validator(validator: &crate::Validator) -> Result<GenesisValidator, GenesisError> {
    let name = &validator.moniker.0;
    Ok(GenesisValidator {
        operator: validator.operator.account,
        moniker: Moniker::new(name).map_err(|_| GenesisError::Moniker(name.clone()))?,
        consensus_key: KeyBytes(validator.consensus_key.0),
        p2p_key: validator.p2p_key.0,
        jailed: false,
        bonds: vec![GenesisBond {
            account: validator.operator.account,
            amount: validator.bond,
        }],
    })
}
