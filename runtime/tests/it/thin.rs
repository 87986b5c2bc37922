use assets::{Asset, GenesisAsset, Name, Origin, Symbol};
use bank::{Balance, Transfer};
use crypto::account::AccountKeys;
use ed25519_dalek::{Signer, SigningKey};
use palisade_runtime::{
    BlockContext, Body, Fee, Genesis, Limits, Message, ModulesGenesis, Params, build, chain, decode, execute,
    genesis, sign_bytes, wire,
};
use primitives::{AccountId, Amount, AssetId, Bps, ChainHash, Coin, Gas, Height, Millis};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}
fn account(seed: u8) -> AccountId {
    AccountKeys::single(key(seed).verifying_key().to_bytes())
        .unwrap()
        .id()
}

#[test]
fn a_transfer_goes_from_bytes_to_a_root() {
    let params = Params {
        block_gas_limit: Gas::new(2_000_000_000),
        transaction_gas_limit: Gas::new(50_000_000),
        gas_per_transaction: Gas::new(40_000),
        gas_per_byte: Gas::new(30),
        gas_per_signature: Gas::new(30_000),
        gas_per_message: Gas::new(1_000),
        lowest_price: Amount::new(1),
        burned: Bps::ONE,
        epoch_length: Millis::new(20_000),
    };
    let pal = 1_000_000_000_000u128;
    let genesis = Genesis {
        chain: chain::Genesis::new(params),
        modules: ModulesGenesis {
            assets: assets::Genesis {
                registrar: account(9),
                assets: vec![GenesisAsset {
                    id: AssetId::PAL,
                    asset: Asset {
                        symbol: Symbol::new("PAL").unwrap(),
                        name: Name::new("Palisade").unwrap(),
                        decimals: 9,
                        origin: Origin::Native,
                    },
                }],
            },
            bank: bank::Genesis {
                balances: vec![Balance {
                    account: account(1),
                    asset: AssetId::PAL,
                    amount: Amount::new(pal),
                }],
                supply: vec![Coin {
                    asset: AssetId::PAL,
                    amount: Amount::new(pal),
                }],
            },
        },
    };
    let state = genesis::init(genesis).unwrap();
    assert_eq!(
        genesis::init(genesis::export(&state).unwrap()).unwrap().root(),
        state.root()
    );
    let chain_hash = ChainHash::new([7; 32]);
    let body = wire::transaction::write_body(&Body {
        sender: account(1),
        messages: vec![Message::Bank(bank::Msg::Transfer(Transfer {
            recipient: account(2),
            coin: Coin {
                asset: AssetId::PAL,
                amount: Amount::new(5),
            },
        }))],
        fee: Fee {
            gas_limit: Gas::new(300_000),
            max_price: Amount::new(10),
            tip: Amount::new(1),
        },
        sequence: 0,
        timeout_height: Height::new(10),
        memo: String::new(),
    });
    let id = sign_bytes(&chain_hash, &body);
    let signature = key(1).sign(id.as_bytes()).to_bytes();
    let bytes =
        wire::transaction::write_signed(&body, 1, &[key(1).verifying_key().to_bytes()], &[(0, signature)]);
    let verified = decode(&chain_hash, &bytes).unwrap().verify().unwrap();
    let mut context = BlockContext::default();
    context.block.height = Height::new(1);
    context.block.proposer = account(3);
    let built = build(&state, &context, [&verified], Limits::default(), &state).unwrap();
    assert_eq!(built.chosen.len(), 1);
    let executed = execute(&state, &context, std::slice::from_ref(&verified), &state).unwrap();
    assert_eq!(executed.state_root(), built.executed.state_root());
    let receipt = &executed.receipts[0];
    println!("{} bytes, {receipt:?}", bytes.len());
    assert!(receipt.succeeded());
    assert_eq!(
        bank::balance(&executed.state, &account(2), AssetId::PAL).unwrap(),
        Amount::new(5)
    );
    for invariant in palisade_runtime::invariants() {
        (invariant.check)(&kernel::View::new(&executed.state, &context.block)).unwrap();
    }
}
