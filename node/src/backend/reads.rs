//! The state at a height.

use super::{Backend, broken};
use crate::app::Snapshot;
use light_palisade::{StateProof, ValidatorSet};
use primitives::{AccountId, Amount, AssetId, Coin, Epoch, Height};
use rpc::backend::{
    Account, Asset, At, Bond, Context, Entry, Page, Parameter, Read, ReadError, Validator,
    ValidatorStatus as Status,
};
use runtime::query;
use runtime::staking::Rotation;
use runtime::{Block, State, View};

/// The furthest back that a state is made again by undoing blocks.
const DEPTH: u64 = 10_000;

/// A version of the state to read, and whether to prove.
pub(super) struct Version {
    snapshot: Snapshot,
    block: Block,
    prove: bool,
}

impl Backend {
    /// The lowest height whose state can be read.
    pub(super) fn earliest_state(&self) -> Height {
        let tip = self.snapshots.latest().header.height;
        Height::new(tip.get().saturating_sub(DEPTH)).max(self.chain.store().earliest())
    }

    /// The version that `at` asks for.
    pub(super) async fn at(&self, at: At) -> Result<Version, ReadError> {
        let tip = self.snapshots.latest();
        let mut latest = tip.header.height;
        if at.prove {
            // The root of the tip stands in no header yet.
            latest = Height::new(latest.get().saturating_sub(1));
        }
        let asked = at.height.unwrap_or(latest);
        let earliest = self.earliest_state();
        if asked > latest {
            return Err(ReadError::Future { asked, latest });
        }
        if asked < earliest {
            return Err(ReadError::Pruned {
                asked,
                earliest,
                latest,
            });
        }
        let snapshot = match self.snapshots.at(asked) {
            Some(snapshot) => snapshot.as_ref().clone(),
            None => self.older(asked).await?,
        };
        let block = Block {
            chain_hash: snapshot.header.chain_hash,
            height: snapshot.header.height,
            epoch: snapshot.header.epoch,
            time: snapshot.header.time,
            chain_clock: snapshot.header.chain_clock,
            ..Block::default()
        };
        Ok(Version {
            snapshot,
            block,
            prove: at.prove,
        })
    }

    /// A version that is not in memory any more: the oldest that is, with the blocks above undone.
    async fn older(&self, height: Height) -> Result<Snapshot, ReadError> {
        let oldest = self.snapshots.oldest();
        let chain = self.chain.clone();
        let made = super::off_thread(move || {
            let state = chain
                .store()
                .state_at(height, oldest.header.height, &oldest.state)?;
            Ok(chain.store().head(height)?.map(|head| (head, state)))
        });
        let (head, state) = made
            .await?
            .ok_or_else(|| broken("a height within the window has no header"))?;
        Ok(Snapshot {
            hash: head.hash,
            header: head.header.clone(),
            roots: head.roots,
            state,
        })
    }
}

impl Version {
    const fn state(&self) -> &State {
        &self.snapshot.state
    }

    fn view(&self) -> View<'_> {
        View::new(self.state(), &self.block)
    }

    const fn context(&self) -> Context {
        let header = &self.snapshot.header;
        Context {
            height: header.height,
            block_hash: self.snapshot.hash,
            state_root: self.snapshot.roots.state,
            time: header.time,
            chain_clock: header.chain_clock,
            epoch: header.epoch,
        }
    }

    /// All of it, for the services that ask the runtime's queries themselves.
    pub(super) fn whole(self) -> rpc::backend::Version {
        rpc::backend::Version {
            context: self.context(),
            state: self.snapshot.state,
            block: self.block,
        }
    }

    /// The answer, with a proof of each entry that it was made from when that was asked for.
    fn answer<T>(&self, value: T, keys: impl IntoIterator<Item = Vec<u8>>) -> Result<Read<T>, ReadError> {
        let context = self.context();
        let mut proofs = Vec::new();
        if self.prove {
            for key in keys {
                proofs.push(self.proven(key)?);
            }
        }
        Ok(Read {
            context,
            value,
            proofs,
        })
    }

    fn proven(&self, key: Vec<u8>) -> Result<Entry, ReadError> {
        let path = self
            .state()
            .prove(&key)
            .ok_or_else(|| broken("an entry cannot be proven"))?;
        let value = self.state().get(&key).map(<[u8]>::to_vec);
        Ok(Entry {
            key,
            value,
            proof: StateProof { path },
        })
    }

    /// The set of the epoch that this version stands in.
    fn set(&self) -> Result<ValidatorSet, ReadError> {
        let epoch = self.snapshot.header.epoch;
        let set = query::validator_set(self.state(), epoch).map_err(broken)?;
        set.ok_or_else(|| broken("the validator set in force is missing"))
    }

    pub(super) fn account(&self, id: &AccountId) -> Result<Read<Account>, ReadError> {
        let account = query::account(self.state(), id).map_err(broken)?;
        let value = Account {
            sequence: account.sequence,
            balance: account.balance,
        };
        self.answer(
            value,
            [query::sequence_key(id), query::balance_key(id, AssetId::PAL)],
        )
    }

    pub(super) fn balances(&self, id: &AccountId, page: Page<AssetId>) -> Result<Read<Vec<Coin>>, ReadError> {
        let coins = query::balances(self.state(), id, page.after, page.limit).map_err(broken)?;
        let keys: Vec<_> = coins
            .iter()
            .map(|coin| query::balance_key(id, coin.asset))
            .collect();
        self.answer(coins, keys)
    }

    pub(super) fn assets(&self, page: Page<AssetId>) -> Result<Read<Vec<Asset>>, ReadError> {
        let listed = query::assets(self.state(), page.after, page.limit).map_err(broken)?;
        let keys: Vec<_> = listed.iter().map(|(id, _)| query::asset_key(*id)).collect();
        self.answer(
            listed.into_iter().map(|(id, asset)| shown(id, &asset)).collect(),
            keys,
        )
    }

    pub(super) fn asset(&self, id: AssetId) -> Result<Read<Option<Asset>>, ReadError> {
        let asset = query::asset(self.state(), id).map_err(broken)?;
        self.answer(asset.map(|asset| shown(id, &asset)), [query::asset_key(id)])
    }

    pub(super) fn supply(&self, id: AssetId) -> Result<Read<Option<Amount>>, ReadError> {
        let known = query::asset(self.state(), id).map_err(broken)?.is_some();
        let supply = query::supply(self.state(), id).map_err(broken)?;
        self.answer(
            known.then_some(supply),
            [query::asset_key(id), query::supply_key(id)],
        )
    }

    pub(super) fn validator(&self, operator: &AccountId) -> Result<Read<Option<Validator>>, ReadError> {
        let found = query::validator(&self.view(), &self.set()?, operator).map_err(broken)?;
        self.answer(found, [query::validator_key(operator)])
    }

    /// Pages through all validators until as many with `status` were found as were asked for.
    pub(super) fn validators(
        &self,
        status: Option<Status>,
        page: Page<AccountId>,
    ) -> Result<Read<Vec<Validator>>, ReadError> {
        let set = self.set()?;
        let mut found = Vec::new();
        let mut after = page.after;
        while found.len() < page.limit {
            let some = query::validators(&self.view(), &set, after.as_ref(), page.limit).map_err(broken)?;
            let Some(last) = some.last() else { break };
            after = Some(last.operator);
            found.extend(
                some.into_iter()
                    .filter(|v| status.is_none_or(|status| v.status == status)),
            );
        }
        found.truncate(page.limit);
        let keys: Vec<_> = found
            .iter()
            .map(|validator| query::validator_key(&validator.operator))
            .collect();
        self.answer(found, keys)
    }

    pub(super) fn bond(&self, operator: &AccountId, account: &AccountId) -> Result<Read<Bond>, ReadError> {
        let found = runtime::staking::query::bond(&self.view(), operator, account).map_err(broken)?;
        let bond = found.map_or_else(Bond::default, |(record, worth)| Bond {
            bonded: worth,
            rewards: record.owed,
            unbondings: record.unbondings,
        });
        let keys = [
            query::validator_key(operator),
            runtime::staking::query::bond_key(operator, account),
        ];
        self.answer(bond, keys)
    }

    pub(super) fn key_rotations(
        &self,
        operator: &AccountId,
        page: Page<Epoch>,
    ) -> Result<Read<Vec<(Epoch, Rotation)>>, ReadError> {
        let found = runtime::staking::query::rotations(&self.view(), operator, page.after, page.limit);
        self.answer(found.map_err(broken)?, [])
    }

    pub(super) fn parameters(&self) -> Result<Read<Vec<Parameter>>, ReadError> {
        let rows = query::parameters(self.state()).map_err(broken)?;
        self.answer(rows, query::params_keys())
    }

    pub(super) fn entry(&self, key: Vec<u8>) -> Result<Read<Option<Vec<u8>>>, ReadError> {
        let value = self.state().get(&key).map(<[u8]>::to_vec);
        self.answer(value, [key])
    }
}

fn shown(id: AssetId, asset: &runtime::assets::Asset) -> Asset {
    Asset {
        id,
        symbol: asset.symbol.to_string(),
        decimals: asset.decimals,
        name: asset.name.to_string(),
    }
}
