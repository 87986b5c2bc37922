//! Fields that several messages share.

use primitives::{AccountId, Amount, Bps, Shares};

/// A field has a value that it cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct FieldError {
    /// The field, such as `transfer.amount`.
    pub field: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

/// The error of `field`, which must be as `rule` says.
pub(crate) const fn invalid(field: &'static str, rule: &'static str) -> FieldError {
    FieldError { field, rule }
}

/// Exactly `N` bytes.
pub(crate) fn array<const N: usize>(
    field: &'static str,
    bytes: &[u8],
    rule: &'static str,
) -> Result<[u8; N], FieldError> {
    <[u8; N]>::try_from(bytes).map_err(|_| invalid(field, rule))
}

/// An account's id.
pub(crate) fn account(field: &'static str, bytes: &[u8]) -> Result<AccountId, FieldError> {
    array(field, bytes, "an account id has 32 bytes").map(AccountId::new)
}

/// An amount as canonical decimal.
pub(crate) fn amount(field: &'static str, text: &str) -> Result<Amount, FieldError> {
    let rule = "a whole number in decimal of at most 128 bits, without sign, spaces or leading zeros";
    text.parse().map_err(|_| invalid(field, rule))
}

/// Shares as canonical decimal.
pub(crate) fn shares(field: &'static str, text: &str) -> Result<Shares, FieldError> {
    amount(field, text).map(|number| Shares::new(number.get()))
}

/// Basis points, at most the whole.
pub(crate) fn bps(field: &'static str, number: u32) -> Result<Bps, FieldError> {
    u16::try_from(number)
        .ok()
        .and_then(Bps::new)
        .ok_or(invalid(field, "basis points: at most 10000"))
}

/// A number that fits a byte.
pub(crate) fn small(field: &'static str, number: u32) -> Result<u8, FieldError> {
    u8::try_from(number).map_err(|_| invalid(field, "at most 255"))
}
