//! Pure transitions on plain structs: pledges, commissions, and what a slash takes. The money is here.

use crate::msg::Metadata;
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::bls::KeyBytes;
use primitives::{Amount, Bps, ChainClock, MathError, Rounding, mul_div};
use vaults::{Magnitude, Mark};

/// An operator as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Operator {
    /// What it says about itself.
    pub metadata: Metadata,
    /// Since when it is one.
    pub since: ChainClock,
}

/// A key with which an operator works for a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ServiceKey {
    /// BLS12-381 in G2, compressed.
    Bls(KeyBytes),
    /// ed25519.
    Ed25519([u8; 32]),
}

/// Which kind a key is of: an operator has one of each kind for a service at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// BLS12-381 in G2: what the frame of services signs with.
    Bls,
    /// ed25519.
    Ed25519,
}

impl KeyKind {
    /// Its number in tables.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Bls => 1,
            Self::Ed25519 => 2,
        }
    }
}

impl ServiceKey {
    /// Which kind it is of.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::Bls(_) => KeyKind::Bls,
            Self::Ed25519(_) => KeyKind::Ed25519,
        }
    }
}

/// What an operator keeps of what its vaults earn with a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Commission {
    /// What it keeps.
    pub rate: Bps,
    /// What it will keep, and from when.
    pub next: Option<(ChainClock, Bps)>,
}

impl Commission {
    /// What is kept at `now`.
    #[must_use]
    pub fn at(&self, now: ChainClock) -> Bps {
        match self.next {
            Some((from, rate)) if from <= now => rate,
            Some(_) | None => self.rate,
        }
    }
}

/// Whether an operator serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Status {
    /// It does.
    Active,
    /// It does no more, and is liable until then.
    Leaving {
        /// Until when, in chain time.
        until: ChainClock,
    },
    /// It did, and is free of it.
    Left,
}

/// An operator's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Membership {
    /// Whether it serves.
    pub status: Status,
    /// Since when it serves, or served.
    pub since: ChainClock,
}

impl Membership {
    /// Whether it counts among the operator's services: it serves, or is liable still.
    #[must_use]
    pub const fn counts(&self) -> bool {
        !matches!(self.status, Status::Left)
    }
}

/// A change of a pledge that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Change {
    /// Whether the pledge grows by it.
    pub up: bool,
    /// By how much.
    pub by: Magnitude,
    /// When it was asked for.
    pub since: ChainClock,
    /// From when it binds.
    pub due: ChainClock,
}

/// What a vault pledges to a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Allocation {
    /// What is pledged: it can be slashed.
    pub current: Magnitude,
    /// What is on its way.
    pub pending: Option<Change>,
}

impl Allocation {
    /// What counts against the charter's leverage: what is pledged, with an increase that is on its way.
    #[must_use]
    pub const fn claimed(&self) -> Magnitude {
        match self.pending {
            Some(Change { up: true, by, .. }) => self.current.saturating_add(by),
            Some(_) | None => self.current,
        }
    }

    /// What counts for power, quorums and minimums: what is pledged, without a decrease that is on its way.
    #[must_use]
    pub const fn backing(&self) -> Magnitude {
        match self.pending {
            Some(Change { up: false, by, .. }) => self.current.saturating_sub(by),
            Some(_) | None => self.current,
        }
    }

    /// What it is once the change on its way binds: at most the vault's magnitude, and an increase at most the `room`
    /// that the charter's leverage leaves; never less than it is because of that.
    #[must_use]
    pub fn after(&self, magnitude: Magnitude, room: Magnitude) -> Magnitude {
        match self.pending {
            Some(Change { up: true, by, .. }) => {
                let target = self.current.saturating_add(by).min(magnitude).min(room);
                target.max(self.current)
            }
            Some(Change { up: false, by, .. }) => self.current.saturating_sub(by),
            None => self.current,
        }
    }

    /// Makes the pledge smaller by a slash: a decrease on its way shrinks in the same proportion.
    ///
    /// # Errors
    /// Never: a part fits.
    pub fn shrink(&mut self, by: Magnitude) -> Result<(), MathError> {
        let by = by.min(self.current);
        if by.is_zero() {
            return Ok(());
        }
        if let Some(change) = &mut self.pending
            && !change.up
        {
            let size = change.by.get();
            // Rounding: what is taken off a decrease counts Up, so that as much as may stays pledged.
            let off = mul_div(size, by.get(), self.current.get(), Rounding::Up)?;
            change.by = change.by.saturating_sub(Magnitude::new(off));
        }
        self.current = self.current.saturating_sub(by);
        Ok(())
    }

    /// Whether nothing is left to remember.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.current.is_zero() && self.pending.is_none()
    }
}

/// A pledge from one moment on, until the next entry of its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Level {
    /// The least that it was at that very moment, where it changed more than once.
    pub least: Magnitude,
    /// What it was from then on.
    pub then: Magnitude,
    /// What slashes for that time have left of it: later ones take their part of this at most.
    pub liable: Magnitude,
}

impl Level {
    /// What is left of it after a slash of `fraction` of what was at stake ever since.
    ///
    /// # Errors
    /// Never: a part fits.
    pub fn cut(self, at_stake: Magnitude, fraction: impl Into<Fraction>) -> Result<Self, MathError> {
        let taken = part(self.liable.min(at_stake), fraction.into())?;
        Ok(Self {
            liable: self.liable.saturating_sub(taken),
            ..self
        })
    }
}

/// What part a slash takes, of what is there: exact, also where another slash for the same offence came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// So many …
    part: u16,
    /// … of so many.
    of: u16,
}

impl From<Bps> for Fraction {
    fn from(fraction: Bps) -> Self {
        Self {
            part: fraction.get(),
            of: Bps::ONE.get(),
        }
    }
}

impl Fraction {
    /// What is still to be taken, of what `taken` has left, for `all` to be taken in the end.
    #[must_use]
    pub const fn rest(all: Bps, taken: Bps) -> Self {
        Self {
            part: all.get().saturating_sub(taken.get()),
            of: Bps::ONE.get().saturating_sub(taken.get()),
        }
    }

    /// Whether there is nothing to take.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.part == 0 || self.of == 0
    }
}

/// `ceil(magnitude · fraction)`.
///
/// # Errors
/// Never: a part fits.
pub(crate) fn part(magnitude: Magnitude, fraction: Fraction) -> Result<Magnitude, MathError> {
    if fraction.is_zero() {
        return Ok(Magnitude::ZERO);
    }
    let (part, of) = (u128::from(fraction.part), u128::from(fraction.of));
    // Rounding: the protocol charges Up.
    mul_div(magnitude.get(), part, of, Rounding::Up).map(Magnitude::new)
}

/// What a slash takes of a vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taking {
    /// By how much the vault's magnitude, and the pledge, fall.
    pub magnitude: Magnitude,
    /// How much is taken, in base units.
    pub amount: Amount,
}

/// What a slash of `fraction` takes of a vault that stands as `now`, of which `pledged` was at stake from the offence
/// on; `then` and `pledged_then` are how both stood at the offence.
///
/// ```text
/// d      = ceil(pledged · p)
/// taken  = A − ceil(A · (M − d) / M) = floor(A · d / M)
/// at most ceil(p · A · pledged / M), now and at the offence; where it would be more, d is the most that takes no more
/// ```
///
/// Where one unit of magnitude is worth more than all of that, no magnitude can express it: then it is taken from the
/// vault as a whole.
///
/// # Errors
/// Never, for a vault that could be filled.
///
/// # Source
/// restaking.md, "Money" (Slash).
pub fn taking(
    now: Mark,
    pledged: Magnitude,
    (then, pledged_then): (Mark, Magnitude),
    fraction: impl Into<Fraction>,
) -> Result<Taking, MathError> {
    let fraction = fraction.into();
    let (assets, whole) = (now.assets, now.magnitude);
    let pledged = pledged.min(whole);
    let full = part(pledged, fraction)?;
    let cap = at_most(now, pledged, fraction)?.min(at_most(then, pledged_then, fraction)?);
    if assets.is_zero() || full.is_zero() || cap.is_zero() {
        return Ok(Taking::default());
    }
    // The most that takes no more than the cap: floor(A · d / M) ≤ cap exactly when d < (cap + 1) · M / A.
    let above = mul_div(
        cap.get().saturating_add(1),
        whole.get(),
        assets.get(),
        Rounding::Up,
    )?;
    let magnitude = full.min(Magnitude::new(above.saturating_sub(1)));
    if magnitude.is_zero() {
        return Ok(Taking {
            magnitude,
            amount: cap,
        });
    }
    // Rounding: what is left counts Up.
    let amount = assets.mul_div(magnitude.get(), whole.get(), Rounding::Down)?;
    Ok(Taking { magnitude, amount })
}

/// `ceil(fraction · A · min(pledged, M) / M)`.
fn at_most(mark: Mark, pledged: Magnitude, fraction: Fraction) -> Result<Amount, MathError> {
    if mark.magnitude.is_zero() || fraction.is_zero() {
        return Ok(Amount::ZERO);
    }
    // Both are below 2^60 times 10^4.
    let stake = pledged
        .min(mark.magnitude)
        .get()
        .saturating_mul(u128::from(fraction.part));
    let whole = mark.magnitude.get().saturating_mul(u128::from(fraction.of));
    mark.assets.mul_div(stake, whole, Rounding::Up)
}

#[cfg(test)]
mod tests;
