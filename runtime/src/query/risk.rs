//! How stake hangs together: what a slash would take from whom and who would fall below which bound, and how concentrated what
//! stands behind a service is.
//!
//! # Source
//! risk.md, sections 1.1 and 4.

use crate::wiring::Wire;
use delegation::Offence;
use dss::{Record, Wiring};
use kernel::{Block, Ctx, Read, StateError, View};
use primitives::{AccountId, Amount, Bps, Coin, MathError, Rounding, ServiceId, mul_div};
use state::{Overlay, State};
use vaults::VaultId;

/// What one whole share is counted in, so that the squares of shares fit.
const SHARE: u128 = 1_000_000_000;

/// What a slash would take of one vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The vault.
    pub vault: VaultId,
    /// What it would lose.
    pub taken: Coin,
    /// What that counts for, in npal.
    pub value: Amount,
    /// What of that is the operator's own.
    pub own: Amount,
    /// What would be left in it.
    pub left: Amount,
}

/// A bound of a service that an operator may fall below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Nothing that counts stands behind it any more.
    Nothing,
    /// The service's least stake.
    Stake,
    /// The service's least stake of one's own.
    OwnStake,
    /// The service's least reputation.
    Reputation,
}

/// What stands behind an operator for a service, before a slash and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The service; 0 is the chain itself.
    pub service: ServiceId,
    /// What stood behind it, in npal after haircuts.
    pub before: Amount,
    /// What would.
    pub after: Amount,
    /// Whether it reached the service's bounds.
    pub reached: bool,
    /// Which of them it would not reach.
    pub short_of: Vec<Bound>,
    /// How many operators would reach the service's bounds.
    pub eligible: u16,
    /// How many the service needs; 0 for the chain itself.
    pub needed: u16,
}

/// What a slash would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aftermath {
    /// What it would take, by vault: those of which it would take nothing are left out.
    pub losses: Vec<Loss>,
    /// What it would do to what stands behind the operator, for each service that its vaults pledge to.
    pub standings: Vec<Standing>,
}

const fn broken(_: MathError) -> StateError {
    crate::chain::ID.broken("parts of a value fit where the value does")
}

/// What a conviction of `operator` at `service` would do that takes `fraction`: carried out on a copy of the state by the
/// function that slashes, and dropped.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn simulate_slash(
    state: &State,
    block: &Block,
    service: ServiceId,
    operator: &AccountId,
    fraction: Bps,
) -> Result<Aftermath, StateError> {
    let ids = vaults::query::vaults_of(state, operator)?;
    let services = pledged(state, &ids)?;
    let mut overlay = Overlay::new(state.clone());
    let mut ctx = Ctx::hook(&mut overlay, block);
    let mut losses = Vec::new();
    for vault in ids {
        let offence = Offence {
            vault,
            service,
            fraction,
            class_cap: fraction,
            at: block.chain_clock,
        };
        let outcome = match delegation::slash(&mut ctx, &offence) {
            Ok(outcome) => outcome,
            Err(delegation::Error::State(error)) => return Err(error),
            // A vault that cannot be slashed is skipped, as by a slash.
            Err(_) => continue,
        };
        let (taken, own) = (outcome.taken.coin.coin(), outcome.taken.own);
        bank::destroy(&mut ctx, outcome.taken.coin)?;
        if taken.amount.is_zero() {
            continue;
        }
        let left = vaults::vault(&ctx, &vault)?.map_or(Amount::ZERO, |found| found.pool.assets);
        losses.push(Loss {
            vault,
            taken,
            value: assets::value(&ctx, taken.asset, taken.amount)?,
            own,
            left,
        });
    }
    let before = View::new(state, block);
    let after = ctx.view();
    let standings = services.into_iter();
    Ok(Aftermath {
        losses,
        standings: standings
            .map(|service| standing(&before, &after, service, operator))
            .collect::<Result<_, _>>()?,
    })
}

/// The services that any of these vaults pledges to, by number.
fn pledged(state: &State, ids: &[VaultId]) -> Result<Vec<ServiceId>, StateError> {
    let mut services = Vec::new();
    for id in ids {
        for (service, _) in delegation::allocations(state, id)? {
            if !services.contains(&service) {
                services.push(service);
            }
        }
    }
    services.sort_unstable();
    Ok(services)
}

fn standing(
    before: &View<'_>,
    after: &View<'_>,
    service: ServiceId,
    operator: &AccountId,
) -> Result<Standing, StateError> {
    let found = dss::query::service(before, service)?;
    let Some(record) = found else {
        let (was, is) = (for_chain(before, operator)?, for_chain(after, operator)?);
        return Ok(Standing {
            service,
            before: was,
            after: is,
            reached: !was.is_zero(),
            short_of: if is.is_zero() {
                vec![Bound::Nothing]
            } else {
                Vec::new()
            },
            eligible: 0,
            needed: 0,
        });
    };
    let stake = Wire::stake(before, service, &record.terms, operator)?;
    let (left, short_of) = bounds(after, service, &record, operator)?;
    let mut eligible = 0u16;
    let most = usize::from(dss::Seats::MOST);
    for member in delegation::members(after, service, None, most)? {
        if dss::eligible::<Wire>(after, service, &record, &member)? {
            eligible = eligible.saturating_add(1);
        }
    }
    Ok(Standing {
        service,
        before: stake.total,
        after: left,
        reached: dss::eligible::<Wire>(before, service, &record, operator)?,
        short_of,
        eligible,
        needed: record.terms.min_operators,
    })
}

/// What stands behind an operator, and which bounds of the service that does not reach.
fn bounds(
    view: &View<'_>,
    service: ServiceId,
    record: &Record,
    operator: &AccountId,
) -> Result<(Amount, Vec<Bound>), StateError> {
    let terms = &record.terms;
    let stake = Wire::stake(view, service, terms, operator)?;
    let mut short = Vec::new();
    if stake.total.is_zero() {
        short.push(Bound::Nothing);
    }
    if stake.total < terms.min_stake {
        short.push(Bound::Stake);
    }
    if stake.own < terms.min_self_stake {
        short.push(Bound::OwnStake);
    }
    if short.is_empty() && !dss::eligible::<Wire>(view, service, record, operator)? {
        short.push(Bound::Reputation);
    }
    Ok((stake.total, short))
}

/// What an operator's vaults count for with the chain itself, in npal.
fn for_chain(view: &View<'_>, operator: &AccountId) -> Result<Amount, StateError> {
    let mut total = Amount::ZERO;
    for id in vaults::query::vaults_of(view, operator)? {
        let Some(vault) = vaults::vault(view, &id)? else {
            continue;
        };
        let backing = delegation::backing(view, &id, ServiceId::CONSENSUS)?;
        total = total.saturating_add(assets::value(view, vault.asset, backing)?);
    }
    Ok(total)
}

/// How what stands behind a service is spread over operators. All of it is rounded Down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Concentration {
    /// How many operators have anything.
    pub operators: u32,
    /// What they have together.
    pub total: u128,
    /// The largest one's part, in basis points.
    pub largest: u32,
    /// The sum of the squares of their parts, in basis points: 10,000 for one alone.
    pub herfindahl: u32,
    /// How many equal operators would be as concentrated, in hundredths.
    pub effective: u64,
    /// The fewest operators that have the part together which corrupts the service.
    pub nakamoto: u32,
}

impl Concentration {
    /// That of `parts`, of which the part `corrupts` together corrupts a service.
    ///
    /// # Errors
    /// [`StateError`]: the parts do not add up.
    pub fn of(parts: &[u128], corrupts: Bps) -> Result<Self, StateError> {
        let mut parts: Vec<u128> = parts.iter().copied().filter(|part| *part > 0).collect();
        parts.sort_unstable();
        parts.reverse();
        let mut total = 0u128;
        for part in &parts {
            total = total
                .checked_add(*part)
                .ok_or_else(|| broken(MathError::Overflow))?;
        }
        if total == 0 {
            return Ok(Self::default());
        }
        let of = |part: u128, whole: u128| mul_div(part, whole, total, Rounding::Down).map_err(broken);
        let (mut squares, mut held, mut nakamoto) = (0u128, 0u128, 0u32);
        // Rounding: what is needed to corrupt goes Up, so that it is reached and not nearly so.
        let needed = corrupts.of(total, Rounding::Up).map_err(broken)?;
        for part in &parts {
            let share = of(*part, SHARE)?;
            squares = squares.saturating_add(share.saturating_mul(share));
            if held < needed {
                held = held.saturating_add(*part);
                nakamoto = nakamoto.saturating_add(1);
            }
        }
        let one = SHARE.saturating_mul(SHARE);
        let small = |number: u128| u32::try_from(number).unwrap_or(u32::MAX);
        let largest = parts.first().copied().unwrap_or(0);
        let scaled = |by: u128, whole: u128| mul_div(by, whole, one, Rounding::Down).map_err(broken);
        let effective = mul_div(one, 100, squares.max(1), Rounding::Down).map_err(broken)?;
        Ok(Self {
            operators: u32::try_from(parts.len()).unwrap_or(u32::MAX),
            total,
            largest: small(of(largest, 10_000)?),
            herfindahl: small(scaled(squares, 10_000)?),
            effective: u64::try_from(effective).unwrap_or(u64::MAX),
            nakamoto,
        })
    }
}

/// What each operator that reaches a service's bounds has behind it, in npal.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn stakes(
    view: &View<'_>,
    service: ServiceId,
    record: &Record,
) -> Result<Vec<(AccountId, Amount)>, StateError> {
    let mut found = Vec::new();
    let most = usize::from(dss::Seats::MOST);
    for member in delegation::members(view, service, None, most)? {
        if dss::eligible::<Wire>(view, service, record, &member)? {
            let stake = Wire::stake(view, service, &record.terms, &member)?;
            found.push((member, stake.total));
        }
    }
    Ok(found)
}

/// What a service could take of a vault now, in base units, and what that counts for, in npal before the service's own haircut.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn exposure(
    store: &(impl Read + ?Sized),
    vault: &VaultId,
    asset: primitives::AssetId,
    service: ServiceId,
) -> Result<(Amount, Amount), StateError> {
    let amount = delegation::slashable(store, vault, service)?;
    Ok((amount, assets::value(store, asset, amount)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn third() -> Bps {
        Bps::new(3_334).unwrap()
    }

    #[test]
    fn equal_operators_are_as_many_as_they_are() {
        let four = Concentration::of(&[5, 5, 5, 5], third()).unwrap();
        let expected = Concentration {
            operators: 4,
            total: 20,
            largest: 2_500,
            herfindahl: 2_500,
            effective: 400,
            nakamoto: 2,
        };
        assert_eq!(four, expected);
    }

    #[test]
    fn the_fewest_that_corrupt_depend_on_the_part_that_does() {
        let parts = [5, 40, 10, 25, 5, 15];
        for (corrupts, fewest) in [(3_334, 1), (5_000, 2), (6_667, 3)] {
            let found = Concentration::of(&parts, Bps::new(corrupts).unwrap()).unwrap();
            assert_eq!((found.herfindahl, found.nakamoto), (2_600, fewest));
        }
    }

    #[test]
    fn one_that_has_nearly_all_is_nearly_alone() {
        let spread = Concentration::of(&[1, 98, 0, 1], third()).unwrap();
        assert_eq!(
            (
                spread.operators,
                spread.largest,
                spread.herfindahl,
                spread.nakamoto
            ),
            (3, 9_800, 9_606, 1)
        );
        assert_eq!(spread.effective, 104);
        assert_eq!(
            Concentration::of(&[0], third()).unwrap(),
            Concentration::default()
        );
        let alone = Concentration::of(&[u128::MAX], Bps::ONE).unwrap();
        assert_eq!(
            (alone.herfindahl, alone.effective, alone.nakamoto),
            (10_000, 100, 1)
        );
    }
}
