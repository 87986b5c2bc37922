//! Text forms of accounts and keys: bech32m with a prefix that says what it is and on which kind of chain.
//!
//! # Source
//! BIP-350 (bech32m). Prefixes: interfaces.md, "Names".

use crate::{AccountId, Digest};
use bech32::{Bech32m, Hrp};

/// What an address names. Each has its own prefix, so that one is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// An account: `pal`.
    Account,
    /// An operator or validator: `palval`.
    Operator,
    /// The hash of a consensus key: `palcons`.
    ConsensusKey,
    /// A vault: `palvault`.
    Vault,
}

/// Which chains an address belongs to. A development address can never look like a real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Chains that carry value.
    Live,
    /// Development chains: the prefix starts with `paldev`.
    Development,
}

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not bech32m, or its checksum does not hold.
    #[error("not a bech32m address: {0}")]
    Malformed(String),
    /// It names something else, or belongs to another kind of chain.
    #[error("the address starts with `{found}1`, expected `{expected}1`")]
    WrongPrefix {
        /// The prefix that stands there.
        found: String,
        /// The prefix that should.
        expected: &'static str,
    },
    /// It does not hold 32 bytes.
    #[error("the address holds {0} bytes, expected 32")]
    WrongLength(usize),
}

impl AddressKind {
    /// The prefix of this kind on `network`.
    #[must_use]
    pub const fn prefix(self, network: Network) -> &'static str {
        match (self, network) {
            (Self::Account, Network::Live) => "pal",
            (Self::Account, Network::Development) => "paldev",
            (Self::Operator, Network::Live) => "palval",
            (Self::Operator, Network::Development) => "paldevval",
            (Self::ConsensusKey, Network::Live) => "palcons",
            (Self::ConsensusKey, Network::Development) => "paldevcons",
            (Self::Vault, Network::Live) => "palvault",
            (Self::Vault, Network::Development) => "paldevvault",
        }
    }
}

/// The text form of 32 bytes.
#[must_use]
pub fn format(kind: AddressKind, network: Network, bytes: &[u8; 32]) -> String {
    let hrp = Hrp::parse_unchecked(kind.prefix(network));
    // 32 bytes and a short prefix stay below bech32's limit of 90 characters, the only failure there is.
    bech32::encode::<Bech32m>(hrp, bytes).unwrap_or_default()
}

/// The 32 bytes that `text` names.
///
/// # Errors
/// [`AddressError`] says what is wrong with the text.
pub fn parse(kind: AddressKind, network: Network, text: &str) -> Result<[u8; 32], AddressError> {
    let checked = bech32::primitives::decode::CheckedHrpstring::new::<Bech32m>(text)
        .map_err(|error| AddressError::Malformed(error.to_string()))?;
    let expected = kind.prefix(network);
    // Lower case only: bech32 allows upper case, one text per address does not.
    let found = checked.hrp().to_string();
    if found != expected {
        return Err(AddressError::WrongPrefix { found, expected });
    }
    let bytes: Vec<u8> = checked.byte_iter().collect();
    <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| AddressError::WrongLength(bytes.len()))
}

/// The text form of an account.
#[must_use]
pub fn format_account(network: Network, account: &AccountId) -> String {
    format(AddressKind::Account, network, account.as_bytes())
}

/// The account that `text` names.
///
/// # Errors
/// As [`parse`].
pub fn parse_account(network: Network, text: &str) -> Result<AccountId, AddressError> {
    parse(AddressKind::Account, network, text).map(AccountId::new)
}

/// The text form of a consensus key's hash.
#[must_use]
pub fn format_consensus_key(network: Network, key_hash: &Digest) -> String {
    format(AddressKind::ConsensusKey, network, key_hash.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_and_a_wrong_one_says_why() {
        let account = AccountId::new([7; 32]);
        let text = format_account(Network::Development, &account);
        assert!(text.starts_with("paldev1"), "{text}");
        assert_eq!(parse_account(Network::Development, &text), Ok(account));
        assert_eq!(
            parse_account(Network::Live, &text),
            Err(AddressError::WrongPrefix {
                found: "paldev".into(),
                expected: "pal"
            })
        );
        let mut broken = text.clone();
        broken.pop();
        assert!(matches!(
            parse_account(Network::Development, &broken),
            Err(AddressError::Malformed(_))
        ));
        assert!(parse_account(Network::Development, &text.to_uppercase()).is_err());
        let short = bech32::encode::<Bech32m>(Hrp::parse("paldev").unwrap(), &[1; 31]).unwrap();
        assert_eq!(
            parse_account(Network::Development, &short),
            Err(AddressError::WrongLength(31))
        );
    }
}
