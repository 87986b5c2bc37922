//! What may be asked about a version of the state, and under which raw keys the answers stand, so that each can be
//! proven against the state root. What one module answers alone is re-exported from there.

use crate::chain::{self, BASE_PRICE, PARAMS, Params, SEQUENCES};
use kernel::{Block, Event, Read, StateError, Value, View};
use light_palisade::{Evidence, ValidatorIndex, ValidatorSet};
use primitives::{AccountId, Amount, AssetId, Epoch, Power};
use staking::{Duty, ValidatorRecord};

pub mod decisions;
mod restaking;

pub use assets::query::{asset_key, assets};
pub use assets::{asset, registrar};
pub use bank::query::{balance_key, balances, supply_key};
pub use bank::{balance, supply};
pub use chain::{base_price, params, sequence};
pub use restaking::service_stake;
pub use staking::query::{set_key, validator_key};

/// An account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// How many transactions of it are in the chain: the sequence of its next.
    pub sequence: u64,
    /// What it holds of PAL, in npal.
    pub balance: Amount,
}

/// An account; one that nobody has used is an empty one.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn account(store: &(impl Read + ?Sized), id: &AccountId) -> Result<Account, StateError> {
    Ok(Account {
        sequence: chain::sequence(store, id)?,
        balance: bank::balance(store, id, AssetId::PAL)?,
    })
}

/// The raw key of an account's sequence, whose value is a `u64`; no entry means zero. Its balance is another entry:
/// [`balance_key`].
#[must_use]
pub fn sequence_key(id: &AccountId) -> Vec<u8> {
    SEQUENCES.raw_key(id)
}

/// The raw key of the base price, whose value is an [`Amount`].
#[must_use]
pub fn base_price_key() -> Vec<u8> {
    BASE_PRICE.raw_key()
}

/// The raw keys of all parameters: the runtime's [`Params`] and those of its modules.
#[must_use]
pub fn params_keys() -> Vec<Vec<u8>> {
    vec![
        PARAMS.raw_key(),
        vaults::query::params_key(),
        staking::query::params_key(),
        delegation::query::params_key(),
        dss::query::params_key(),
        slashing::query::params_key(),
        rewards::query::params_key(),
        assets::query::params_key(),
        oracle::query::params_key(),
        governance::query::params_key(),
    ]
}

/// A parameter for showing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The module it belongs to.
    pub module: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its value in decimal, or hex for an account.
    pub value: String,
    /// What it counts; empty for what is no quantity.
    pub unit: &'static str,
}

/// All parameters, by module.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn parameters(store: &(impl Read + ?Sized)) -> Result<Vec<Parameter>, StateError> {
    let chain = chain::params(store)?;
    let staking = staking::query::params(store)?;
    let mut assets_rows = vec![("registrar", registrar(store)?.to_string(), "")];
    assets_rows.extend(valuation_rows(&assets::query::params(store)?));
    let of = |module: &'static str, rows: Vec<(&'static str, String, &'static str)>| {
        rows.into_iter().map(move |(name, value, unit)| Parameter {
            module,
            name,
            value,
            unit,
        })
    };
    Ok(of(chain::ID.name(), chain_rows(&chain))
        .chain(of(assets::ID.name(), assets_rows))
        .chain(of(vaults::ID.name(), vault_rows(&vaults::query::params(store)?)))
        .chain(of(staking::ID.name(), staking_rows(&staking)))
        .chain(of(
            delegation::ID.name(),
            delegation_rows(&delegation::query::params(store)?),
        ))
        .chain(of(dss::ID.name(), service_rows(&dss::query::params(store)?)))
        .chain(of(
            slashing::ID.name(),
            slashing_rows(&slashing::query::params(store)?),
        ))
        .chain(of(
            rewards::ID.name(),
            reward_rows(&rewards::query::params(store)?),
        ))
        .chain(of(oracle::ID.name(), oracle_rows(&oracle::query::params(store)?)))
        .chain(of(
            governance::ID.name(),
            governance_rows(&governance::query::params(store)?),
        ))
        .collect())
}

fn chain_rows(params: &Params) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("block_gas_limit", params.block_gas_limit.to_string(), "gas"),
        (
            "transaction_gas_limit",
            params.transaction_gas_limit.to_string(),
            "gas",
        ),
        (
            "gas_per_transaction",
            params.gas_per_transaction.to_string(),
            "gas",
        ),
        ("gas_per_byte", params.gas_per_byte.to_string(), "gas"),
        ("gas_per_signature", params.gas_per_signature.to_string(), "gas"),
        ("gas_per_message", params.gas_per_message.to_string(), "gas"),
        ("lowest_price", params.lowest_price.to_string(), "npal"),
        ("burned", params.burned.get().to_string(), "bps"),
    ]
}

fn vault_rows(params: &vaults::Params) -> Vec<(&'static str, String, &'static str)> {
    let bps = |value: primitives::Bps| value.get().to_string();
    vec![
        ("withdrawal_delay", params.withdrawal_delay.to_string(), "ms"),
        ("charter_delay", params.charter_delay.to_string(), "ms"),
        ("max_withdrawals", params.max_withdrawals.to_string(), ""),
        ("payouts_per_block", params.payouts_per_block.to_string(), ""),
        ("buffer_fee_least", bps(params.buffer_fee_least), "bps"),
        ("buffer_fee_most", bps(params.buffer_fee_most), "bps"),
        ("buffer_retained", bps(params.buffer_retained), "bps"),
    ]
}

fn delegation_rows(params: &delegation::Params) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("allocation_delay", params.allocation_delay.to_string(), "ms"),
        ("deallocation_delay", params.deallocation_delay.to_string(), "ms"),
        ("leave_delay", params.leave_delay.to_string(), "ms"),
        ("commission_delay", params.commission_delay.to_string(), "ms"),
        ("slashing_window", params.slashing_window.to_string(), "ms"),
        ("veto_window", params.veto_window.to_string(), "ms"),
        ("effects_per_block", params.effects_per_block.to_string(), ""),
    ]
}

fn service_rows(params: &dss::Params) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("service_bond", params.service_bond.to_string(), "npal"),
        ("evidence_window", params.evidence_window.to_string(), "ms"),
        ("rise_delay", params.rise_delay.to_string(), "ms"),
        ("longest_task", params.longest_task.to_string(), "ms"),
        ("tasks_per_block", params.tasks_per_block.to_string(), ""),
        ("hook_gas", params.hook_gas.to_string(), "gas"),
    ]
}

fn slashing_rows(params: &slashing::Params) -> Vec<(&'static str, String, &'static str)> {
    let governance = params.governance.map_or_else(String::new, |one| one.to_string());
    vec![
        ("request_bond", params.request_bond.to_string(), "npal"),
        ("governance", governance, ""),
        ("reporter_part", params.reporter_part.get().to_string(), "bps"),
        ("reporter_most", params.reporter_most.to_string(), "npal"),
        ("reporter_delay", params.reporter_delay.to_string(), "ms"),
        ("items_per_block", params.items_per_block.to_string(), ""),
    ]
}

fn reward_rows(params: &rewards::Params) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("pools_per_block", params.pools_per_block.to_string(), ""),
        ("operators_per_block", params.operators_per_block.to_string(), ""),
        ("assets_per_vault", params.assets_per_vault.to_string(), ""),
    ]
}

fn valuation_rows(params: &assets::Params) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("rise", params.rise.get().to_string(), "bps"),
        ("decay", params.decay.get().to_string(), "bps"),
        ("stale_after", params.stale_after.to_string(), "ms"),
    ]
}

fn oracle_rows(params: &oracle::Params) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("shortest_round", params.shortest_round.to_string(), "ms"),
        ("low_window", params.low_window.to_string(), "ms"),
        ("rounds_per_block", params.rounds_per_block.to_string(), ""),
        ("feeds_per_service", params.feeds_per_service.to_string(), ""),
        ("history", params.history.to_string(), ""),
    ]
}

fn governance_rows(params: &governance::Params) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("deposit", params.deposit.to_string(), "npal"),
        ("voting_period", params.voting_period.to_string(), "ms"),
        ("timelock", params.timelock.to_string(), "ms"),
        ("quorum", params.quorum.get().to_string(), "bps"),
        ("threshold", params.threshold.get().to_string(), "bps"),
        ("longest_halt", params.longest_halt.to_string(), "ms"),
        ("max_open", params.max_open.to_string(), ""),
        ("items_per_block", params.items_per_block.to_string(), ""),
    ]
}

fn staking_rows(params: &staking::Params) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("epoch_length", params.epoch_length.to_string(), "ms"),
        ("unbonding_delay", params.unbonding_delay.to_string(), "ms"),
        ("max_validators", params.max_validators.to_string(), ""),
        ("min_bond", params.min_bond.to_string(), "npal"),
        ("validator_cap", params.validator_cap.get().to_string(), "bps"),
        ("power_change", params.power_change.get().to_string(), "bps"),
        ("issuance", params.issuance.get().to_string(), "bps"),
        ("max_unbondings", params.max_unbondings.to_string(), ""),
        ("payouts_per_block", params.payouts_per_block.to_string(), ""),
        ("evidence_window", params.evidence_window.to_string(), "ms"),
        (
            "equivocation_least",
            params.equivocation_least.get().to_string(),
            "bps",
        ),
        (
            "equivocation_most",
            params.equivocation_most.get().to_string(),
            "bps",
        ),
        ("missed_views", params.missed_views.get().to_string(), "bps"),
        ("idle_epochs", params.idle_epochs.to_string(), ""),
        ("downtime_slash", params.downtime_slash.get().to_string(), "bps"),
        ("jail_time", params.jail_time.to_string(), "ms"),
    ]
}

/// A proposal of the validators, with its tally and its phase.
pub type Proposal = governance::Proposal<crate::Action>;

/// What a validator is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Registered, but not in the epoch's set.
    Waiting,
    /// In the epoch's set.
    Active,
    /// Kept out of the next set for misbehaviour or absence; it may vote until the epoch ends.
    Jailed,
    /// Nothing counts for its power any more; what is unbonding can still be slashed.
    Leaving,
}

/// A validator, with its place in the epoch's set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validator {
    /// Its operator.
    pub operator: AccountId,
    /// What staking knows of it.
    pub record: ValidatorRecord,
    /// What it is doing.
    pub status: Status,
    /// Its power in the set, zero outside.
    pub power: Power,
    /// Its index in the set.
    pub index: Option<ValidatorIndex>,
    /// What the operator's own bond has earned and was not paid yet, in npal.
    pub rewards: Amount,
    /// How it does its work in this epoch.
    pub duty: Duty,
}

/// One validator, beside the epoch's set; `None` when the account operates none.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn validator(
    view: &View<'_>,
    set: &ValidatorSet,
    operator: &AccountId,
) -> Result<Option<Validator>, StateError> {
    match staking::query::validator(view, operator)? {
        Some(record) => placed(view, set, *operator, record).map(Some),
        None => Ok(None),
    }
}

/// Up to `limit` validators by operator, from the first after `after`, beside the epoch's set.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn validators(
    view: &View<'_>,
    set: &ValidatorSet,
    after: Option<&AccountId>,
    limit: usize,
) -> Result<Vec<Validator>, StateError> {
    let page = staking::query::validators(view, after, limit)?;
    page.into_iter()
        .map(|(operator, record)| placed(view, set, operator, record))
        .collect()
}

fn placed(
    view: &View<'_>,
    set: &ValidatorSet,
    operator: AccountId,
    record: ValidatorRecord,
) -> Result<Validator, StateError> {
    // By the operator: in the epoch in which it changes its key, the set still has the old one.
    let index = (0u16..)
        .zip(&set.validators)
        .find(|(_, member)| member.operator == operator)
        .map(|(index, _)| ValidatorIndex::new(index));
    let power = index
        .and_then(|index| set.get(index))
        .map_or(Power::ZERO, |v| v.weight);
    let status = if record.is_jailed() {
        Status::Jailed
    } else if index.is_some() {
        Status::Active
    } else if record.bonded.assets.is_zero() && !record.unbonding.assets.is_zero() {
        Status::Leaving
    } else {
        Status::Waiting
    };
    let rewards = staking::query::bond(view, &operator, &operator)?.map_or(Amount::ZERO, |(b, _)| b.owed);
    Ok(Validator {
        operator,
        record,
        status,
        power,
        index,
        rewards,
        duty: staking::query::duty(view, &operator)?,
    })
}

/// The validators of `epoch`; `None` for an epoch that the state does not know yet, or no more.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn validator_set(store: &(impl Read + Sync), epoch: Epoch) -> Result<Option<ValidatorSet>, StateError> {
    staking::set_of(&View::new(store, &Block::default()), epoch)
}

/// Whether evidence may still convict somebody in the block that follows `block`, which led to the state `store`; its
/// signatures are not checked.
///
/// # Errors
/// [`staking::Error`] says why not.
pub fn admits(store: &(impl Read + Sync), block: &Block, evidence: &Evidence) -> Result<(), staking::Error> {
    staking::admit(&View::new(store, block), evidence).map(|_| ())
}

/// By what the weight of each member of `set` is multiplied in the leader schedule of its epoch, in the set's order:
/// what the blocks of the epoch before say of it. For the present epoch and, once its set is decided, the next.
///
/// # Errors
/// The store is broken.
pub fn reputation(store: &(impl Read + Sync), set: &ValidatorSet) -> Result<Vec<u32>, StateError> {
    let standings = staking::standings(store, set)?;
    Ok(standings.into_iter().map(staking::Standing::share).collect())
}

/// The accounts that an event names, in order; one may come twice.
pub fn accounts_of(event: &Event) -> impl Iterator<Item = AccountId> {
    event.keys().filter_map(|(_, value)| {
        if let Value::Account(account) | Value::Operator(account) = value {
            Some(*account)
        } else {
            None
        }
    })
}
