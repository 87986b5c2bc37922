//! The genesis document's behaviour.
#![cfg(test)]

mod generations;
mod networks;

use palisade_genesis::{Account, Address, Document, GenesisError, Hex, Holding, Kind, Preset, Text, Warning};
use primitives::{AccountId, Amount, AssetId, Coin, Timestamp};
use testing::{Chain, ValidatorKeys};

fn document() -> Document {
    let validators: Vec<ValidatorKeys> = (0..4)
        .map(|n| ValidatorKeys::named(&format!("node{n}")))
        .collect();
    Chain::document(&validators)
}

fn refusal(change: impl FnOnce(&mut Document)) -> GenesisError {
    let mut document = document();
    change(&mut document);
    let error = document.start().unwrap_err();
    assert!(!error.hint().is_empty());
    error
}

#[test]
fn a_document_starts_a_chain_and_the_same_one_the_same_chain() {
    let start = document().start().unwrap();
    assert!(start.warnings.is_empty());
    assert_eq!(start.validators.validators.len(), 4);
    assert_eq!(start.header.chain_hash, start.chain_hash);
    assert_eq!(start.header.validators_root, start.validators.root());
    assert_eq!(
        runtime::State::new().apply(&start.changes).unwrap().root(),
        start.state.root()
    );
    let again = document().start().unwrap();
    assert_eq!(again.header.hash(), start.header.hash());
    assert_eq!(again.state.root(), start.state.root());
}

#[test]
fn json_comes_back_whatever_its_layout() {
    let document = document();
    let text = document.to_json().unwrap();
    assert_eq!(Document::from_json(text.as_bytes()).unwrap(), document);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let dense = serde_json::to_vec(&value).unwrap();
    assert_eq!(
        Document::from_json(&dense).unwrap().chain_hash(),
        document.chain_hash()
    );
}

#[test]
fn json_of_another_layout_is_refused() {
    let text = document().to_json().unwrap();
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        let error = Document::from_json(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!(error.reason(), "GENESIS_MALFORMED");
        error.to_string()
    };
    assert!(refused("\"chain\":", "\"extra\": 1, \"chain\":").contains("extra"));
    assert!(refused("\"epoch_length\": \"20000\"", "\"epoch_length\": 20000").contains("line"));
    refused("\"epoch_length\": \"20000\"", "\"epoch_length\": \"020000\"");
    refused("\"moniker\"", "\"name\"");
    refused("paldev1", "paldev2");
    let mut upper = document();
    upper.validators[0].p2p_key = Hex([0xab; 32]);
    let text = upper
        .to_json()
        .unwrap()
        .replace(&"ab".repeat(32), &"AB".repeat(32));
    assert!(Document::from_json(text.as_bytes()).is_err(), "one text per key");
    let large = vec![b' '; Document::MAX_BYTES + 1];
    assert_eq!(
        Document::from_json(&large).unwrap_err().reason(),
        "GENESIS_TOO_LARGE"
    );
}

#[test]
fn the_hash_is_of_everything_that_the_document_says() {
    let hash = document().chain_hash();
    let changes: [fn(&mut Document); 12] = [
        |d| d.chain = Text::from("other"),
        |d| d.network = Kind::Live,
        |d| d.time_ms = Timestamp::new(1),
        |d| d.generation = 1,
        |d| d.dev_mode = false,
        |d| d.faucet = Some(d.registrar),
        |d| d.registrar = Address::new(Kind::Development, AccountId::new([9; 32])),
        |d| d.parameters.chain.lowest_price = Amount::new(2),
        |d| d.parameters.staking.max_validators = 5,
        |d| d.accounts[0].balances[0].amount = Amount::new(1),
        |d| d.supply[0].amount = Amount::new(1),
        |d| d.validators[0].moniker = Text::from("other"),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut changed = document();
        change(&mut changed);
        assert_ne!(changed.chain_hash(), hash, "change {number}");
    }
    let mut raised = document();
    raised.generation = 1;
    assert_eq!(
        raised.canonical(),
        document().canonical(),
        "the generation stands beside the canonical form"
    );
}

#[test]
fn what_is_wrong_is_named() {
    let reason = |change: fn(&mut Document)| refusal(change).reason();
    assert_eq!(reason(|d| d.version = 2), "GENESIS_VERSION");
    assert_eq!(reason(|d| d.chain = Text::from("Palisade")), "GENESIS_CHAIN_NAME");
    assert_eq!(reason(|d| d.network = Kind::Live), "GENESIS_DEVELOPMENT_ONLY");
    assert_eq!(
        reason(|d| (d.network, d.dev_mode) = (Kind::Live, false)),
        "GENESIS_WRONG_NETWORK"
    );
    assert_eq!(reason(|d| d.accounts.swap(0, 1)), "GENESIS_ORDER");
    assert_eq!(reason(|d| d.validators.swap(0, 1)), "GENESIS_ORDER");
    assert_eq!(
        reason(|d| d.accounts.push(d.accounts[0].clone())),
        "GENESIS_ORDER"
    );
    assert_eq!(
        reason(|d| d.accounts[0].balances[0].amount = Amount::ZERO),
        "GENESIS_ZERO_HOLDING"
    );
    assert_eq!(reason(|d| d.validators.clear()), "GENESIS_NO_VALIDATORS");
    assert_eq!(
        reason(|d| d.validators[0].moniker = Text::default()),
        "GENESIS_MONIKER"
    );
    assert_eq!(
        reason(|d| d.validators[0].bond = Amount::ZERO),
        "GENESIS_BOND_TOO_SMALL"
    );
    assert_eq!(
        reason(|d| d.validators[0].p2p_key = Hex([0xff; 32])),
        "GENESIS_P2P_KEY"
    );
    assert_eq!(reason(|d| d.supply[0].amount = Amount::new(7)), "SUPPLY_MISMATCH");
    assert_eq!(
        reason(|d| d.parameters.chain.lowest_price = Amount::ZERO),
        "FREE_GAS"
    );
    let staking = reason(|d| d.parameters.staking.max_validators = 0);
    assert_eq!(staking, "GENESIS_STAKING_PARAMETERS");
    assert_eq!(
        reason(|d| d.validators[0].bond = Amount::new(30_000_000_000_000)),
        "INSUFFICIENT_FUNDS"
    );
}

#[test]
fn an_unknown_or_listed_pal_is_refused() {
    let asset = |id| palisade_genesis::Asset {
        id: AssetId::new(id),
        symbol: runtime::assets::Symbol::new("PAL").unwrap(),
        name: runtime::assets::Name::new("Palisade").unwrap(),
        decimals: 9,
        restaking: None,
    };
    assert_eq!(
        refusal(|d| d.assets.push(asset(0))).reason(),
        "GENESIS_PAL_LISTED"
    );
    assert_eq!(
        refusal(|d| d.assets.push(asset(1))).reason(),
        "ASSET_SYMBOL_TAKEN"
    );
    let stranger = Account {
        address: Address::new(Kind::Development, AccountId::new([0xff; 32])),
        balances: vec![Holding {
            asset: AssetId::new(5),
            amount: Amount::new(1),
        }],
    };
    assert_eq!(refusal(|d| d.accounts.push(stranger)).reason(), "UNKNOWN_ASSET");
}

#[test]
fn a_validator_must_hold_its_keys_alone() {
    let shared = refusal(|d| {
        let first = d.validators[0].clone();
        d.validators[1].consensus_key = first.consensus_key;
        d.validators[1].proof_of_possession = first.proof_of_possession;
    });
    assert_eq!(shared.reason(), "GENESIS_SHARED_KEY");
    let shared = refusal(|d| d.validators[1].p2p_key = d.validators[0].p2p_key);
    assert_eq!(shared.reason(), "GENESIS_SHARED_KEY");
    let borrowed = refusal(|d| d.validators[1].proof_of_possession = d.validators[0].proof_of_possession);
    assert_eq!(borrowed.reason(), "GENESIS_POSSESSION");
    let nonsense = refusal(|d| d.validators[1].consensus_key = Hex([0; 96]));
    assert_eq!(nonsense.reason(), "GENESIS_POSSESSION");
}

#[test]
fn a_heavy_validator_and_a_small_set_are_warned_of() {
    let mut heavy = document();
    heavy.validators[2].bond = Amount::new(20_000_000_000_000);
    let moniker = heavy.validators[2].moniker.0.clone();
    assert_eq!(heavy.validate().unwrap(), [Warning::Concentrated { moniker }]);
    let mut few = document();
    few.validators.truncate(3);
    assert_eq!(few.validate().unwrap(), [Warning::Few(3)]);
    assert!(few.start().is_ok());
}

#[test]
fn both_presets_start_a_chain() {
    for preset in [Preset::Mainnet, Preset::Localnet] {
        let mut document = document();
        document.parameters = preset.parameters();
        assert!(document.start().is_ok(), "{preset:?}");
    }
}

#[test]
fn funding_adds_up() {
    let mut document = Document::new(
        "palisade-1",
        Kind::Live,
        Preset::Mainnet,
        Timestamp::new(1),
        AccountId::new([1; 32]),
    );
    let coin = |asset, amount| Coin {
        asset: AssetId::new(asset),
        amount: Amount::new(amount),
    };
    let (one, two) = (AccountId::new([2; 32]), AccountId::new([1; 32]));
    for (account, coin) in [
        (one, coin(0, 5)),
        (two, coin(0, 7)),
        (one, coin(0, 1)),
        (one, coin(3, 2)),
    ] {
        document.fund(account, coin).unwrap();
    }
    assert_eq!(document.supply, [coin(0, 13), coin(3, 2)]);
    assert_eq!(document.accounts.len(), 2);
    assert_eq!(document.accounts[0].address.account, two, "sorted");
    assert!(document.fund(two, coin(0, u128::MAX)).is_err());
    assert_eq!(document.start().unwrap_err().reason(), "GENESIS_NO_VALIDATORS");
}

/// A vault of PAL that node0 makes of its own money.
fn vault(document: &Document, pledges: Vec<palisade_genesis::Pledge>) -> palisade_genesis::Vault {
    let operator = document.validators[0].operator;
    palisade_genesis::Vault {
        operator,
        asset: AssetId::PAL,
        charter: palisade_genesis::Charter {
            leverage_limit: Amount::new(1_000_000_000_000_000_000),
            services: Vec::new(),
            any_within: Some(palisade_genesis::Within {
                objective: primitives::Bps::ONE,
                subjective: primitives::Bps::ZERO,
            }),
        },
        deposit_cap: None,
        stakes: vec![palisade_genesis::Stake {
            owner: operator,
            amount: Amount::new(5_000_000_000_000),
        }],
        pledges,
    }
}

fn operator_of(document: &Document) -> palisade_genesis::Operator {
    palisade_genesis::Operator {
        account: document.validators[0].operator,
        name: Text::from("node0"),
        uri: Text::default(),
    }
}

#[test]
fn a_chain_finds_operators_and_vaults_whose_pledges_bind_at_once() {
    let mut document = document();
    let whole = palisade_genesis::Pledge {
        service: primitives::ServiceId::CONSENSUS,
        magnitude: Amount::new(1_000_000_000_000_000_000),
    };
    document.operators.push(operator_of(&document));
    document.vaults.push(vault(&document, vec![whole]));
    let start = document.start().unwrap();
    assert_eq!(start.vaults.len(), 1);
    let slashable =
        runtime::delegation::slashable(&start.state, &start.vaults[0], primitives::ServiceId::CONSENSUS);
    assert_eq!(slashable.unwrap(), Amount::new(5_000_000_000_000));
    let text = document.to_json().unwrap();
    assert_eq!(Document::from_json(text.as_bytes()).unwrap(), document);
}

#[test]
fn what_no_message_could_bring_about_starts_no_chain() {
    let more = |d: &mut Document| {
        d.operators.push(operator_of(d));
        let mut rich = vault(d, Vec::new());
        rich.stakes[0].amount = Amount::new(u128::from(u64::MAX));
        d.vaults.push(rich);
    };
    assert_eq!(refusal(more).reason(), "INSUFFICIENT_FUNDS");
    let nameless = |d: &mut Document| {
        let mut operator = operator_of(d);
        operator.name = Text::default();
        d.operators.push(operator);
    };
    assert_eq!(refusal(nameless).reason(), "GENESIS_WORLD");
    let both = |d: &mut Document| {
        d.operators.push(operator_of(d));
        let mut torn = vault(d, Vec::new());
        torn.charter.services.push(primitives::ServiceId::CONSENSUS);
        d.vaults.push(torn);
    };
    assert_eq!(refusal(both).reason(), "GENESIS_WORLD");
    let twice = |d: &mut Document| d.operators.extend([operator_of(d), operator_of(d)]);
    assert_eq!(refusal(twice).reason(), "GENESIS_ORDER");
}
