//! Real blocks: header, every receipt's proof, an absence; third parties' proofs; and proofs with one mutation.

use crate::fixtures::{self, hex, nodes, root, root_of};
use palisade_light_ethereum::rlp::encode_number;
use palisade_light_ethereum::trie::{Trie, exclude, include, lookup};
use palisade_light_ethereum::{
    Account, AccountError, BlockError, BlockHeader, Receipt, ReceiptError, TrieError,
};
use serde_json::Value;

fn blocks() -> Vec<(String, Value)> {
    let files = fixtures::below("ethereum/receipts", ".json").into_iter();
    let files = files.filter(|path| {
        let text = path.to_string_lossy();
        !text.contains("adversarial") && !text.contains("thirdparty")
    });
    files
        .map(|path| {
            let name = path.to_string_lossy().into_owned();
            let value = fixtures::json(&name).unwrap();
            (name, value)
        })
        .collect()
}

#[test]
fn every_receipt_of_every_block_is_proven_and_no_other() {
    let (mut proven, mut run) = (0, 0);
    for (name, block) in blocks() {
        let bytes = hex(block["header_rlp"].as_str().unwrap());
        let hash = root_of(&block["block_hash"]);
        let header = BlockHeader::decode(&bytes, &hash).unwrap();
        assert_eq!(Some(header.number), block["number"].as_u64());
        assert_eq!(header.receipts_root, root_of(&block["receipts_root"]));
        let mut other = hash;
        other[5] ^= 1;
        assert_eq!(BlockHeader::decode(&bytes, &other), Err(BlockError::Hash));
        let receipts = nodes(&block["receipts"]);
        let trie = Trie::of_list(&receipts);
        assert_eq!(trie.root(), header.receipts_root, "{name}");
        for (index, receipt) in (0u64..).zip(&receipts) {
            let proof = trie.prove(&encode_number(index));
            let found = Receipt::prove(&header.receipts_root, index, &proof).unwrap();
            assert_eq!(found, Receipt::decode(receipt).unwrap());
            assert!(Receipt::prove(&header.receipts_root, index + 1, &proof).is_err());
            proven += 1;
        }
        for stated in block["proofs"].as_array().unwrap() {
            let index = stated["index"].as_u64().unwrap();
            assert_eq!(encode_number(index), hex(stated["key"].as_str().unwrap()));
            let proof = nodes(&stated["proof"]);
            assert_eq!(proof, trie.prove(&encode_number(index)), "the same nodes");
            let found = include(&header.receipts_root, &encode_number(index), &proof).unwrap();
            assert_eq!(found, hex(stated["receipt"].as_str().unwrap()));
            let receipt = Receipt::decode(&found).unwrap();
            assert_eq!(Some(u64::from(receipt.kind)), stated["type"].as_u64());
        }
        let absence = &block["absence"];
        let key = hex(absence["key"].as_str().unwrap());
        let proof = nodes(&absence["proof"]);
        assert_eq!(exclude(&header.receipts_root, &key, &proof), Ok(()));
        assert_eq!(
            include(&header.receipts_root, &key, &proof),
            Err(TrieError::Absent)
        );
        run += 1;
    }
    println!("{run} blocks, {proven} receipts");
    assert!(run == 0 || (run == 8 && proven >= 700), "{run} {proven}");
}

#[test]
fn every_mutated_receipt_proof_gives_its_stated_answer() {
    let Some(cases) = fixtures::json("ethereum/receipts/sepolia-5000000.adversarial.json") else {
        return;
    };
    let cases = cases.as_array().unwrap();
    let mut accepted = 0;
    for case in cases {
        let receipt = hex(case["receipt"].as_str().unwrap());
        let key = hex(case["key"].as_str().unwrap());
        let found = lookup(&root_of(&case["receipts_root"]), &key, &nodes(&case["proof"]));
        let holds = found == Ok(Some(receipt));
        assert_eq!(
            Some(holds),
            case["expect"].as_bool(),
            "{}: {found:?}",
            case["why"]
        );
        accepted += usize::from(holds);
    }
    assert_eq!((cases.len(), accepted), (11, 1));
}

#[test]
fn proofs_made_by_others_hold() {
    let Some(value) = fixtures::json("ethereum/receipts/thirdparty/axelar-receipt_proof.json") else {
        return;
    };
    let top = root_of(&value["receipts_root"]);
    assert!(Receipt::prove(&top, 0, &nodes(&value["proof"])).is_ok());

    let block = fixtures::json("ethereum/receipts/mainnet-25639768.json").unwrap();
    let header_rlp = hex(block["header_rlp"].as_str().unwrap());
    let header = BlockHeader::decode(&header_rlp, &root_of(&block["block_hash"])).unwrap();
    let other = &block["third_party_receipt_proof"];
    let index = other["index"].as_u64().unwrap();
    let receipt = Receipt::prove(&header.receipts_root, index, &nodes(&other["nodes"])).unwrap();
    assert_eq!(Some(receipt.logs.len() as u64), other["num_logs"].as_u64());
    assert_eq!(header.state_root, root_of(&block["state_root"]));
    assert!(state_proof(
        &block["third_party_eth_getProof"],
        &header.state_root
    ));
}

/// Checks an answer of `eth_getProof`; whether a storage value was among it.
fn state_proof(answer: &Value, state_root: &[u8; 32]) -> bool {
    let address: [u8; 20] = hex(answer["address"].as_str().unwrap()).try_into().unwrap();
    let proof = nodes(&answer["accountProof"]);
    let account = Account::prove(state_root, &address, &proof).unwrap().unwrap();
    let number = |value: &Value| u64::from_str_radix(&value.as_str().unwrap()[2..], 16).unwrap();
    assert_eq!(account.nonce, number(&answer["nonce"]));
    assert_eq!(account.balance[24..], number(&answer["balance"]).to_be_bytes());
    assert_eq!(account.storage_root, root_of(&answer["storageHash"]));
    assert_eq!(account.code_hash, root_of(&answer["codeHash"]));
    let mut other = address;
    other[0] ^= 1;
    let elsewhere = Account::prove(state_root, &other, &proof);
    assert!(matches!(elsewhere, Err(AccountError::Proof(_)) | Ok(None)));
    let items = answer["storageProof"].as_array().unwrap();
    for item in items {
        let slot = root_of(&item["key"]);
        let value = account.storage(&slot, &nodes(&item["proof"])).unwrap();
        let digits = &item["value"].as_str().unwrap()[2..];
        assert_eq!(value, root(&format!("{digits:0>64}")));
    }
    !items.is_empty()
}

#[test]
fn accounts_and_storage_are_proven_at_a_finalized_block() {
    let Some(answer) = fixtures::json("ethereum/mainnet-deneb-1167/EthGetProof.json") else {
        return;
    };
    let finality = fixtures::json("ethereum/mainnet-deneb-1167/FinalityUpdateDeneb.json").unwrap();
    let header = &finality["data"]["finalized_header"]["execution"];
    assert!(state_proof(&answer["result"], &root_of(&header["state_root"])));
}

/// A receipt with this status and one log.
fn receipt(status: &[u8], topics: usize) -> Vec<u8> {
    use palisade_light_ethereum::rlp::{encode_bytes, encode_list};
    let topics: Vec<Vec<u8>> = (0..topics).map(|_| encode_bytes(&[7; 32])).collect();
    let log = encode_list(&[
        encode_bytes(&[9; 20]),
        encode_list(&topics),
        encode_bytes(b"data"),
    ]);
    encode_list(&[
        encode_bytes(status),
        encode_number(21_000),
        encode_bytes(&[0; 256]),
        encode_list(&[log]),
    ])
}

#[test]
fn a_log_of_a_reverted_transaction_counts_for_nothing() {
    let reverted = Receipt::decode(&receipt(&[], 1)).unwrap();
    assert_eq!(reverted.log(0), Err(ReceiptError::Reverted));
    let good = Receipt::decode(&receipt(&[1], 4)).unwrap();
    assert_eq!(good.log(0).map(|log| log.topics.len()), Ok(4));
    assert_eq!(good.log(1), Err(ReceiptError::NoLog { index: 1, logs: 1 }));
    assert_eq!(Receipt::decode(&receipt(&[1], 5)), Err(ReceiptError::Topics));
    assert_eq!(Receipt::decode(&receipt(&[2], 1)), Err(ReceiptError::Status));
    // Before Byzantium a root stood there.
    assert_eq!(Receipt::decode(&receipt(&[3; 32], 1)), Err(ReceiptError::Status));
}

#[test]
fn receipts_of_unknown_types_and_with_trailing_bytes_are_refused() {
    let plain = receipt(&[1], 2);
    for kind in 1u8..=4 {
        let typed = [&[kind], plain.as_slice()].concat();
        assert_eq!(Receipt::decode(&typed).map(|found| found.kind), Ok(kind));
    }
    for kind in [0u8, 5, 0x7f, 0x80, 0xbf] {
        let typed = [&[kind], plain.as_slice()].concat();
        assert_eq!(Receipt::decode(&typed), Err(ReceiptError::Kind(kind)));
    }
    let trailing = [plain.as_slice(), &[0]].concat();
    assert!(matches!(Receipt::decode(&trailing), Err(ReceiptError::Rlp(_))));
    assert!(matches!(Receipt::decode(&[]), Err(ReceiptError::Rlp(_))));
}

#[test]
fn one_deposit_has_one_index_and_no_second_encoding_of_it() {
    let receipts: Vec<Vec<u8>> = (0..300).map(|_| receipt(&[1], 1)).collect();
    let trie = Trie::of_list(&receipts);
    let top = trie.root();
    for index in [0u64, 1, 127, 128, 255, 256, 299] {
        let proof = trie.prove(&encode_number(index));
        assert!(Receipt::prove(&top, index, &proof).is_ok());
        // The same number written otherwise is no key of the trie.
        for other in [
            index.to_be_bytes().to_vec(),
            vec![0x81, (index & 0x7f) as u8],
            vec![0x82, 0, index as u8],
            [vec![0], encode_number(index)].concat(),
        ] {
            if other != encode_number(index) {
                assert!(include(&top, &other, &proof).is_err(), "{index} as {other:?}");
            }
        }
    }
    assert_eq!(
        Receipt::prove(&top, 1 << 20, &[]),
        Err(ReceiptError::Index(1 << 20))
    );
}
