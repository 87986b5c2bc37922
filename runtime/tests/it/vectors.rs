//! Bodies as Python's protobuf encodes them are our canonical form (vectors/make.py wrote them).

use assets::{Msg as AssetMsg, Name, Register, Symbol};
use bank::{Burn, Msg as BankMsg, Transfer};
use crypto::bls::{KeyBytes, SignatureBytes};
use palisade_runtime::{Body, Fee, Message, sign_bytes, wire};
use primitives::{AccountId, Amount, AssetId, ChainHash, Coin, Gas, Height};
use staking::{Bond, ClaimRewards, Moniker, Msg as StakingMsg, RegisterValidator, Unbond};

const BODIES: &str = include_str!("../vectors/bodies.txt");
const TO: AccountId = AccountId::new([2; 32]);

fn coin(asset: u32, amount: u128) -> Coin {
    Coin {
        asset: AssetId::new(asset),
        amount: Amount::new(amount),
    }
}

fn transfer(asset: u32, amount: u128) -> Message {
    Message::Bank(BankMsg::Transfer(Transfer {
        recipient: TO,
        coin: coin(asset, amount),
    }))
}

fn message(name: &str) -> Message {
    match name {
        "burn" => Message::Bank(BankMsg::Burn(Burn { coin: coin(3, 7) })),
        "register_asset" => Message::Assets(AssetMsg::Register(Register {
            asset: AssetId::new(7),
            symbol: Symbol::new("WBTC").unwrap(),
            name: Name::new("Wrapped Bitcoin, äöü").unwrap(),
            decimals: 8,
        })),
        "register_validator" => Message::Staking(StakingMsg::RegisterValidator(RegisterValidator {
            moniker: Moniker::new("node ü").unwrap(),
            consensus_key: KeyBytes([3; 96]),
            proof_of_possession: SignatureBytes([4; 48]),
            p2p_key: [5; 32],
            bond: Amount::new(1_000_000_000),
        })),
        "bond" => Message::Staking(StakingMsg::Bond(Bond {
            validator: TO,
            amount: Amount::new(1),
        })),
        "unbond" => Message::Staking(StakingMsg::Unbond(Unbond {
            validator: TO,
            amount: Amount::new(1),
        })),
        "claim_rewards" => Message::Staking(StakingMsg::ClaimRewards(ClaimRewards { validator: TO })),
        "large" => transfer(u32::MAX, u128::MAX),
        _ => transfer(0, 5),
    }
}

fn body(name: &str) -> Body {
    let all = [
        "transfer",
        "burn",
        "register_asset",
        "register_validator",
        "bond",
        "unbond",
        "claim_rewards",
        "large",
    ];
    let sequence = match name {
        "transfer" => 0,
        "large" => u64::MAX,
        "memo" => 1,
        "burn" => 127,
        "register_asset" => 128,
        "register_validator" => 16_384,
        "bond" => 3,
        "unbond" => 4,
        "claim_rewards" => 5,
        "all" => 6,
        other => panic!("a vector without its Rust twin: {other}"),
    };
    let large = name == "large";
    Body {
        sender: AccountId::new([1; 32]),
        messages: if name == "all" {
            all.map(message).to_vec()
        } else {
            vec![message(name)]
        },
        fee: Fee {
            gas_limit: Gas::new(if large { u64::MAX } else { 300_000 }),
            max_price: Amount::new(if large { u128::from(u64::MAX) } else { 10 }),
            tip: Amount::new(if large { 0 } else { 1 }),
        },
        sequence,
        unordered: false,
        timeout_height: Height::new(if large { u64::MAX } else { 100 }),
        memo: match name {
            "memo" => "thanks – and ☕".to_owned(),
            "all" => "all".to_owned(),
            _ => String::new(),
        },
    }
}

#[test]
fn pythons_bytes_are_the_canonical_ones() {
    let mut seen = 0;
    for line in BODIES.lines() {
        let [name, digits, id] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let bytes = hex::decode(digits).unwrap();
        assert_eq!(
            sign_bytes(&ChainHash::new([9; 32]), &bytes).to_string(),
            id,
            "{name}"
        );
        let expected = body(name);
        assert_eq!(wire::transaction::read_body(&bytes).unwrap(), expected, "{name}");
        assert_eq!(wire::transaction::write_body(&expected), bytes, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 10);
}
