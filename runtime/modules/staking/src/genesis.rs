//! What the module starts with, and how that is written out again.

use crate::error::Error;
use crate::hooks::Wiring;
use crate::msg::Moniker;
use crate::params::Params;
use crate::resume::{self, Tables};
use crate::set::candidate_set;
use crate::state::{self, ISSUED_UNTIL, PARAMS, ROUNDS, SETS, TIPS, UNBONDING_COUNT, UNBONDINGS, VALIDATORS};
use crate::types::{Jail, ValidatorRecord};
use crate::{bond, convict, register::Identity};
use crypto::bls::{KeyBytes, PublicKey};
use crypto::ed25519;
use kernel::{Ctx, StateError, View};
use light_palisade::ValidatorSet;
use primitives::{AccountId, Amount, Epoch};

/// A bond at the start; the bank's genesis gives the account at least as much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisBond {
    /// Whose.
    pub account: AccountId,
    /// How much, in npal.
    pub amount: Amount,
}

/// A validator at the start. Whoever wrote the genesis has checked its possession proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisValidator {
    /// Its operator.
    pub operator: AccountId,
    /// Its name.
    pub moniker: Moniker,
    /// Its consensus key.
    pub consensus_key: KeyBytes,
    /// ed25519 key of its node.
    pub p2p_key: [u8; 32],
    /// Whether it is kept out of the first set.
    pub jailed: bool,
    /// Who bonds how much.
    pub bonds: Vec<GenesisBond>,
}

/// What the module starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The parameters.
    pub params: Params,
    /// The validators.
    pub validators: Vec<GenesisValidator>,
    /// The tables of a chain that goes on where it was, instead of validators; none for a new chain.
    pub resumed: Option<Tables>,
}

pub(crate) fn init<W: Wiring>(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
    genesis.params.validate()?;
    if let Some(tables) = genesis.resumed {
        if !genesis.validators.is_empty() {
            return Err(Error::Genesis(
                "a chain that goes on has its validators in its tables",
            ));
        }
        return resume::init(ctx, &genesis.params, tables);
    }
    PARAMS.put(ctx, &genesis.params)?;
    UNBONDING_COUNT.put(ctx, &0)?;
    let now = ctx.chain_clock();
    ISSUED_UNTIL.put(ctx, &now)?;
    for validator in genesis.validators {
        add::<W>(ctx, validator)?;
    }
    let none = ValidatorSet {
        epoch: Epoch::ZERO,
        ends_at: now,
        validators: Vec::new(),
    };
    let ends_at = now.after(genesis.params.epoch_length);
    let epoch = ctx.epoch();
    let first = candidate_set(&ctx.view(), epoch, ends_at, &none)?;
    if first.validators.is_empty() {
        return Err(Error::Genesis("no validator has the minimum bond"));
    }
    SETS.put(ctx, &epoch, &first)?;
    Ok(convict::note_liable(ctx, &first)?)
}

fn add<W: Wiring>(ctx: &mut Ctx<'_>, validator: GenesisValidator) -> Result<(), Error> {
    let operator = validator.operator;
    PublicKey::new(&validator.consensus_key)
        .map_err(|_| Error::Genesis("a consensus key is no BLS12-381 key"))?;
    ed25519::PublicKey::new(validator.p2p_key)?;
    let identity = Identity {
        moniker: validator.moniker,
        consensus_key: validator.consensus_key,
        p2p_key: validator.p2p_key,
    };
    identity.check::<W>(ctx, operator)?;
    identity.write::<W>(ctx, operator)?;
    for bond in validator.bonds {
        if bond.amount.is_zero() {
            return Err(Error::ZeroAmount);
        }
        bond::add(ctx, operator, bond.account, bond.amount)?;
    }
    if validator.jailed {
        let mut record = state::validator(ctx, &operator)?;
        record.jail = Some(Jail::Until(ctx.chain_clock()));
        VALIDATORS.put(ctx, &operator, &record)?;
    }
    Ok(())
}

/// Everything about validators that another chain could start with: bonds at their present worth; and what unbonds and
/// what was earned, as free PAL of its owners, which the caller adds to the bank's genesis; tips that were not shared out yet are
/// their operators'. What rounding has left
/// over is nobody's and is not in it. For the same chain at the same point see [`as_genesis`](crate::as_genesis).
///
/// # Errors
/// The store is broken.
pub fn export(view: &View<'_>) -> Result<(Genesis, Vec<GenesisBond>), StateError> {
    let mut validators = Vec::new();
    let mut freed = Vec::new();
    state::each(view, &VALIDATORS, |operator, record| {
        let bonds = bonds_of(view, &operator, &record, &mut freed)?;
        let jailed = record.is_jailed();
        validators.push(GenesisValidator {
            operator,
            moniker: record.moniker,
            consensus_key: record.consensus_key,
            p2p_key: record.p2p_key,
            jailed,
            bonds,
        });
        Ok::<(), StateError>(())
    })?;
    state::each(view, &UNBONDINGS, |_, entry| {
        let round = ROUNDS.or_default(view, &entry.validator)?;
        if let Some(record) = VALIDATORS.get(view, &entry.validator)?
            && round == entry.round
        {
            let amount = record.unbonding.worth(entry.shares).map_err(state::broken_math)?;
            freed.push(GenesisBond {
                account: entry.account,
                amount,
            });
        }
        Ok::<(), StateError>(())
    })?;
    state::each(view, &TIPS, |account, amount| {
        freed.push(GenesisBond { account, amount });
        Ok::<(), StateError>(())
    })?;
    freed.retain(|bond| !bond.amount.is_zero());
    Ok((
        Genesis {
            params: state::params(view)?,
            validators,
            resumed: None,
        },
        freed,
    ))
}

/// The bonds behind a validator at their worth; what they have earned is added to `freed`.
fn bonds_of(
    view: &View<'_>,
    operator: &AccountId,
    record: &ValidatorRecord,
    freed: &mut Vec<GenesisBond>,
) -> Result<Vec<GenesisBond>, StateError> {
    let mut bonds = Vec::new();
    state::each_bond(view, operator, |account, mut bond| {
        bond.settle(record).map_err(state::broken_math)?;
        let amount = record.bonded.worth(bond.shares).map_err(state::broken_math)?;
        if !amount.is_zero() {
            bonds.push(GenesisBond { account, amount });
        }
        freed.push(GenesisBond {
            account,
            amount: bond.owed,
        });
        Ok::<(), StateError>(())
    })?;
    Ok(bonds)
}
