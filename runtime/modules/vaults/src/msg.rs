//! What users ask of the module.

use crate::charter::Charter;
use crate::error::Error;
use crate::id::VaultId;
use crate::types::Limits;
use primitives::{AccountId, Amount, AssetId, Bps, Shares};

/// Makes a vault of the sender, who is an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// What it holds.
    pub asset: AssetId,
    /// What services may do with it.
    pub charter: Charter,
    /// What binds deposits.
    pub limits: Limits,
}

/// Puts the sender's assets into a vault, for shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Which vault.
    pub vault: VaultId,
    /// How much, in base units of its asset.
    pub amount: Amount,
    /// The fewest shares that the sender takes for it.
    pub min_shares: Shares,
    /// The most of the vault that slashes may be asked for and not decided.
    pub max_open_slash: Bps,
}

/// Starts to withdraw shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdraw {
    /// Of which vault.
    pub vault: VaultId,
    /// How many.
    pub shares: Shares,
    /// Who is paid.
    pub beneficiary: AccountId,
    /// The least that they must be worth now, in base units; what is paid is what they are worth when it is.
    pub min_assets: Amount,
}

/// Pays a withdrawal that is due. Anybody may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The withdrawal's number.
    pub withdrawal: u64,
}

/// Sells shares to the vault's buffer at once; a part is kept back and paid as a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstantWithdraw {
    /// Of which vault.
    pub vault: VaultId,
    /// How many, with the part that is kept back.
    pub shares: Shares,
    /// The least that the sender takes at once, in base units.
    pub min_assets: Amount,
}

/// Puts cash into a vault's buffer, for shares of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundBuffer {
    /// Which vault's.
    pub vault: VaultId,
    /// How much, in base units.
    pub amount: Amount,
    /// The fewest shares of the buffer that the sender takes for it.
    pub min_shares: Shares,
}

/// Takes the sender's part of a buffer out, as far as it has cash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaveBuffer {
    /// Which vault's.
    pub vault: VaultId,
    /// How many shares of the buffer.
    pub shares: Shares,
    /// The least that the sender takes for them, in base units.
    pub min_assets: Amount,
}

/// Changes a vault's charter: a narrower one binds at once, a wider one when those who disagree can be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmendCharter {
    /// Which vault's.
    pub vault: VaultId,
    /// The new one.
    pub charter: Charter,
}

/// Changes what binds deposits into a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetLimits {
    /// Which vault's.
    pub vault: VaultId,
    /// The new ones.
    pub limits: Limits,
}

/// Allows an account to deposit into a vault that asks for it, or no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allow {
    /// Which vault.
    pub vault: VaultId,
    /// Who.
    pub account: AccountId,
    /// Whether it may.
    pub allowed: bool,
}

/// Starts a vault anew that slashes have worn down and nobody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebase {
    /// Which vault.
    pub vault: VaultId,
}

/// Everything that users ask of the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// See [`Create`].
    Create(Create),
    /// See [`Deposit`].
    Deposit(Deposit),
    /// See [`Withdraw`].
    Withdraw(Withdraw),
    /// See [`Claim`].
    Claim(Claim),
    /// See [`InstantWithdraw`].
    InstantWithdraw(InstantWithdraw),
    /// See [`FundBuffer`].
    FundBuffer(FundBuffer),
    /// See [`LeaveBuffer`].
    LeaveBuffer(LeaveBuffer),
    /// See [`AmendCharter`].
    AmendCharter(AmendCharter),
    /// See [`SetLimits`].
    SetLimits(SetLimits),
    /// See [`Allow`].
    Allow(Allow),
    /// See [`Rebase`].
    Rebase(Rebase),
}

impl Msg {
    /// All that needs no state.
    ///
    /// # Errors
    /// [`Error::ZeroAmount`], [`Error::BadCharter`].
    pub fn validate(&self) -> Result<(), Error> {
        let zero = match self {
            Self::Create(msg) => return msg.charter.validate(),
            Self::AmendCharter(msg) => return msg.charter.validate(),
            Self::Deposit(msg) => msg.amount.is_zero(),
            Self::Withdraw(msg) => {
                if bank::is_module_account(&msg.beneficiary) {
                    return Err(Error::LockedBeneficiary);
                }
                msg.shares.is_zero()
            }
            Self::InstantWithdraw(msg) => msg.shares.is_zero(),
            Self::FundBuffer(msg) => msg.amount.is_zero(),
            Self::LeaveBuffer(msg) => msg.shares.is_zero(),
            Self::Claim(_) | Self::SetLimits(_) | Self::Allow(_) | Self::Rebase(_) => false,
        };
        if zero { Err(Error::ZeroAmount) } else { Ok(()) }
    }
}
