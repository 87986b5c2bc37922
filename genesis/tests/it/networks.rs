//! The documents under networks/, pinned by what they start.

use crate::document;
use palisade_genesis::Document;

const LOCALNET: &str = include_str!("../../networks/localnet.json");
const PINNED: &str = include_str!("../../networks/localnet.root");

fn roots(document: &Document) -> String {
    let start = document.start().unwrap();
    format!(
        "{}  chain hash\n{}  header at height 0\n{}  state\n{}  validators\n",
        start.chain_hash,
        start.header.hash(),
        start.state.root(),
        start.validators.root()
    )
}

#[test]
fn the_local_network_is_what_its_development_keys_give() {
    let made = document().to_json().unwrap();
    assert!(
        made == LOCALNET,
        "put this into genesis/networks/localnet.json:\n{made}"
    );
}

#[test]
fn the_local_network_starts_with_its_pinned_roots() {
    let found = roots(&Document::from_json(LOCALNET.as_bytes()).unwrap());
    assert!(
        found == PINNED,
        "an approved change puts this into genesis/networks/localnet.root:\n{found}"
    );
}
