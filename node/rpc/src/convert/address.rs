//! Accounts and operators by address, or by their id in hex.

use crate::refusal::Refusal;
use primitives::address::{AddressError, AddressKind, Network, format, parse};
use primitives::{AccountId, Digest};

/// Longer than any address, and than 64 hex digits.
const MAX_LENGTH: usize = 90;

/// The account that the text in `field` names.
pub(crate) fn account(field: &'static str, network: Network, text: &str) -> Result<AccountId, Refusal> {
    named(field, network, &[AddressKind::Account], text)
}

/// The operator that the text in `field` names: an operator's address, or the account's own.
pub(crate) fn operator(field: &'static str, network: Network, text: &str) -> Result<AccountId, Refusal> {
    named(
        field,
        network,
        &[AddressKind::Operator, AddressKind::Account],
        text,
    )
}

/// The vault that the text in `field` names.
pub(crate) fn vault(field: &'static str, network: Network, text: &str) -> Result<Digest, Refusal> {
    let bytes = named(field, network, &[AddressKind::Vault], text)?;
    Ok(Digest::new(*bytes.as_bytes()))
}

/// An account's address.
pub(crate) fn account_text(network: Network, account: &AccountId) -> String {
    format(AddressKind::Account, network, account.as_bytes())
}

/// An operator's address.
pub(crate) fn operator_text(network: Network, operator: &AccountId) -> String {
    format(AddressKind::Operator, network, operator.as_bytes())
}

fn named(
    field: &'static str,
    network: Network,
    kinds: &[AddressKind],
    text: &str,
) -> Result<AccountId, Refusal> {
    if text.is_empty() {
        return Err(Refusal::field(field, "must not be empty"));
    }
    if text.len() > MAX_LENGTH {
        return Err(Refusal::field(field, "longer than any address"));
    }
    if let Ok(id) = text.parse::<AccountId>() {
        return Ok(id);
    }
    let mut first = None;
    for kind in kinds {
        match parse(*kind, network, text) {
            Ok(bytes) => return Ok(AccountId::new(bytes)),
            // The first kind is the one to name.
            Err(error) => first = first.or(Some(error)),
        }
    }
    let error = first.unwrap_or_else(|| AddressError::Malformed(text.into()));
    Err(Refusal::address(field, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_named_in_three_ways_and_an_account_in_two() {
        let id = AccountId::new([7; 32]);
        let network = Network::Development;
        let (address, operator_address) = (account_text(network, &id), operator_text(network, &id));
        for text in [address.clone(), operator_address.clone(), id.to_string()] {
            assert_eq!(operator("a", network, &text), Ok(id));
        }
        assert_eq!(account("a", network, &address), Ok(id));
        for wrong in [
            operator_address,
            String::new(),
            "x".repeat(91),
            account_text(Network::Live, &id),
        ] {
            assert!(account("a", network, &wrong).is_err(), "{wrong}");
        }
    }
}
