//! `palisade key parse`: every form of what was given.

use crate::cli::key::consensus_hash;
use crate::output::{Failure, Output, Show, pairs};
use crypto::account::AccountKeys;
use crypto::bls::{KeyBytes, PublicKey};
use primitives::address::{AddressKind, Network, format, parse};
use serde::Serialize;
use std::collections::BTreeMap;

const KINDS: [(AddressKind, &str); 4] = [
    (AddressKind::Account, "account"),
    (AddressKind::Operator, "operator"),
    (AddressKind::ConsensusKey, "consensus key"),
    (AddressKind::Vault, "vault"),
];

/// Everything that a text may stand for.
#[derive(Debug, Serialize)]
struct Forms {
    /// What the text is.
    kind: String,
    /// The 32 bytes that it holds, in hex.
    hex: String,
    /// Their address of each kind, by prefix.
    addresses: BTreeMap<String, String>,
    /// When the bytes are an ed25519 key: the account that this key alone controls, on live and development chains.
    single_key_account: Option<[String; 2]>,
}

impl Show for Forms {
    fn table(&self) -> String {
        let mut rows = vec![("is", self.kind.clone()), ("hex", self.hex.clone())];
        rows.extend(
            self.addresses
                .iter()
                .map(|(prefix, text)| (prefix.as_str(), text.clone())),
        );
        if let Some([live, development]) = &self.single_key_account {
            rows.push(("as an ed25519 key, the account", live.clone()));
            rows.push(("", development.clone()));
        }
        pairs(&rows)
    }

    fn id(&self) -> Option<String> {
        Some(self.hex.clone())
    }
}

fn forms(kind: String, bytes: &[u8; 32], kinds: &[AddressKind]) -> Forms {
    let mut addresses = BTreeMap::new();
    for network in [Network::Live, Network::Development] {
        for kind in kinds {
            addresses.insert(kind.prefix(network).to_owned(), format(*kind, network, bytes));
        }
    }
    Forms {
        kind,
        hex: hex::encode(bytes),
        addresses,
        single_key_account: None,
    }
}

pub(super) fn run(text: &str, output: Output) -> Result<(), Failure> {
    output.show(&read(text)?)
}

fn read(text: &str) -> Result<Forms, Failure> {
    if let Ok(bytes) = hex::decode(text) {
        return read_bytes(&bytes);
    }
    let mut wrong = None;
    for network in [Network::Live, Network::Development] {
        for (kind, name) in KINDS {
            match parse(kind, network, text) {
                Ok(bytes) => {
                    let chain = match network {
                        Network::Live => "",
                        Network::Development => " of development chains",
                    };
                    let same = match kind {
                        AddressKind::Account | AddressKind::Operator => {
                            vec![AddressKind::Account, AddressKind::Operator]
                        }
                        AddressKind::ConsensusKey | AddressKind::Vault => vec![kind],
                    };
                    return Ok(forms(format!("{name} address{chain}"), &bytes, &same));
                }
                Err(primitives::address::AddressError::WrongPrefix { .. }) => {}
                Err(error) => wrong = Some(error),
            }
        }
    }
    let why = wrong.map_or_else(
        || "its prefix is none of ours".to_owned(),
        |error| error.to_string(),
    );
    Err(Failure::usage(format!(
        "`{text}` is neither an address nor hexadecimal: {why}"
    )))
}

fn read_bytes(bytes: &[u8]) -> Result<Forms, Failure> {
    if let Ok(id) = <[u8; 32]>::try_from(bytes) {
        let mut found = forms(
            "32 bytes".to_owned(),
            &id,
            &[AddressKind::Account, AddressKind::Operator],
        );
        found.single_key_account = AccountKeys::single(id).ok().map(|keys| {
            let account = keys.id();
            [Network::Live, Network::Development]
                .map(|network| format(AddressKind::Account, network, account.as_bytes()))
        });
        return Ok(found);
    }
    if let Ok(key) = <[u8; 96]>::try_from(bytes) {
        let key = KeyBytes(key);
        PublicKey::new(&key).map_err(|error| Failure::usage(format!("96 bytes, but {error}")))?;
        return Ok(forms(
            "consensus key".to_owned(),
            consensus_hash(&key).as_bytes(),
            &[AddressKind::ConsensusKey],
        ));
    }
    Err(Failure::usage(format!(
        "{} bytes: an id or an ed25519 key has 32, a consensus key 96",
        bytes.len()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_its_other_forms() {
        let address = format(AddressKind::Account, Network::Development, &[7; 32]);
        let forms = read(&address).unwrap();
        assert_eq!(forms.hex, "07".repeat(32));
        assert_eq!(forms.addresses.len(), 4);
        assert!(forms.addresses["palval"].starts_with("palval1"));
        let vault = read(&format(AddressKind::Vault, Network::Live, &[7; 32])).unwrap();
        assert!(!vault.addresses.contains_key("pal"));
    }

    #[test]
    fn what_it_cannot_be_is_said() {
        for (text, part) in [
            ("alice", "neither"),
            ("0707", "2 bytes"),
            (&"00".repeat(96), "not a valid public key"),
        ] {
            let message = read(text).unwrap_err().message;
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
