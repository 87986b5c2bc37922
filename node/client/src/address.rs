//! Accounts as people name them: an address of either kind of chain, or an id in hex.

use primitives::AccountId;
use primitives::address::{self, AddressError, AddressKind, Network};

/// An account that was named in some form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The account.
    pub id: AccountId,
    /// What the form says of the chain: an address belongs to one kind of chain, an id in hex to none.
    pub network: Option<Network>,
}

/// The account that `text` names: `pal1…`, `palval1…`, their development forms, or 64 hexadecimal digits.
///
/// # Errors
/// [`AddressError`] of the form that the text comes nearest to.
pub fn parse(text: &str) -> Result<Named, AddressError> {
    if let Ok(id) = text.parse() {
        return Ok(Named { id, network: None });
    }
    let mut first = None;
    for network in [Network::Live, Network::Development] {
        for kind in [AddressKind::Account, AddressKind::Operator] {
            match address::parse(kind, network, text) {
                Ok(bytes) => {
                    return Ok(Named {
                        id: AccountId::new(bytes),
                        network: Some(network),
                    });
                }
                Err(error) => {
                    // With the right prefix, what else is wrong is what matters.
                    let about_prefix = matches!(error, AddressError::WrongPrefix { .. });
                    if first.is_none() || !about_prefix {
                        first = Some(error);
                    }
                }
            }
        }
    }
    Err(first.unwrap_or(AddressError::WrongLength(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_the_same_account() {
        let id = AccountId::new([9; 32]);
        let hex = parse(&id.to_string()).unwrap();
        assert_eq!((hex.id, hex.network), (id, None));
        for network in [Network::Live, Network::Development] {
            for kind in [AddressKind::Account, AddressKind::Operator] {
                let named = parse(&address::format(kind, network, id.as_bytes())).unwrap();
                assert_eq!((named.id, named.network), (id, Some(network)));
            }
        }
    }

    #[test]
    fn what_is_no_account_is_refused_with_the_nearest_reason() {
        assert!(matches!(parse("alice"), Err(AddressError::Malformed(_))));
        let vault = address::format(AddressKind::Vault, Network::Live, &[9; 32]);
        assert!(matches!(parse(&vault), Err(AddressError::WrongPrefix { .. })));
    }
}
