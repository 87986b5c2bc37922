//! Real blocks, the proofs made from them, and what was made of those to be refused.

use crate::fixtures::{bytes, digest, header, hex_of, json, names, number};
use palisade_light_bitcoin::inclusion::{InclusionError, InclusionProof};
use palisade_light_bitcoin::merkle::{MerkleError, branch, fold, root};
use palisade_light_bitcoin::transaction::TransactionError;
use palisade_light_bitcoin::{Header, Transaction};
use primitives::Digest;

/// A block's header and the bytes of its transactions, found by reading one after the other.
fn block(name: &str) -> Option<(Header, Vec<Vec<u8>>)> {
    let data = bytes(&format!("bitcoin/blocks/{name}"))?;
    let (head, mut rest) = data.split_at(80);
    let count = match rest[0] {
        0xfd => {
            let count = u16::from_le_bytes([rest[1], rest[2]]);
            rest = &rest[3..];
            count
        }
        small => {
            rest = &rest[1..];
            u16::from(small)
        }
    };
    let mut transactions = Vec::new();
    for _ in 0..count {
        let (transaction, after) = rest.split_at(length(rest));
        transactions.push(transaction.to_vec());
        rest = after;
    }
    assert!(rest.is_empty());
    Some((Header::from_slice(head).unwrap(), transactions))
}

/// Bytes of the transaction at the start of `bytes`, by a reader of this test's own.
fn length(bytes: &[u8]) -> usize {
    fn count(bytes: &[u8], at: &mut usize) -> usize {
        let first = bytes[*at];
        let width = match first {
            0xfd => 2,
            0xfe => 4,
            _ => 0,
        };
        *at += 1;
        if width == 0 {
            return usize::from(first);
        }
        let value = bytes[*at..*at + width]
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        *at += width;
        value
    }
    let segwit = bytes[4] == 0;
    let mut at = if segwit { 6 } else { 4 };
    let inputs = count(bytes, &mut at);
    for _ in 0..inputs {
        at += 36;
        at += count(bytes, &mut at) + 4;
    }
    for _ in 0..count(bytes, &mut at) {
        at += 8;
        at += count(bytes, &mut at);
    }
    for _ in 0..if segwit { inputs } else { 0 } {
        for _ in 0..count(bytes, &mut at) {
            at += count(bytes, &mut at);
        }
    }
    at + 4
}

fn leaves(transactions: &[Vec<u8>]) -> Vec<Digest> {
    let id = |bytes: &Vec<u8>| Digest::new(*Transaction::decode(bytes).unwrap().id.as_bytes());
    transactions.iter().map(id).collect()
}

#[test]
fn every_transaction_of_real_blocks_has_its_place() {
    let Some(files) = names("bitcoin/blocks") else {
        return;
    };
    let mut sizes = Vec::new();
    for file in &files {
        let (header, transactions) = block(file).unwrap();
        assert_eq!(header.bits.is_met_by(header.id().as_bytes()), Ok(true));
        let leaves = leaves(&transactions);
        assert_eq!(root(&leaves), Some(header.merkle_root));
        let coinbase_branch = branch(&leaves, 0).unwrap();
        let places = (1..leaves.len())
            .step_by(leaves.len() / 50 + 1)
            .chain([leaves.len() - 1]);
        for place in places {
            let index = u32::try_from(place).unwrap();
            let proof = InclusionProof {
                index,
                branch: branch(&leaves, index).unwrap(),
                coinbase: transactions[0].clone(),
                coinbase_branch: coinbase_branch.clone(),
            };
            let proven = proof.verify(&header.merkle_root, &transactions[place]).unwrap();
            assert_eq!(proven.id.as_bytes(), leaves[place].as_bytes());
            let neighbour = &transactions[place - 1];
            assert!(proof.verify(&header.merkle_root, neighbour).is_err());
        }
        sizes.push(leaves.len());
    }
    assert_eq!(sizes, [14, 100, 708, 2500, 15]);
}

#[test]
fn every_case_of_a_tree_has_the_stated_answer() {
    let Some(files) = names("bitcoin/merkle") else {
        return;
    };
    let (mut cases, mut accepted) = (0, 0);
    for file in &files {
        let folder = names("bitcoin/blocks").unwrap();
        let stem = file.trim_end_matches(".json");
        let data = folder.iter().find(|name| name.starts_with(stem)).unwrap();
        let (real, transactions) = block(data).unwrap();
        let leaves = leaves(&transactions);
        for case in json(&format!("bitcoin/merkle/{file}"))
            .unwrap()
            .as_array()
            .unwrap()
        {
            let (id, header, index) = (&case["id"], header(&case["header"]), number(&case["index"]));
            assert_eq!(header, real);
            let (leaf, expect) = (digest(&case["txid_le"]), case["expect"].as_bool().unwrap());
            let branch: Vec<Digest> = case["branch"].as_array().unwrap().iter().map(digest).collect();
            let leads = fold(&leaf, index, &branch) == Ok(header.merkle_root);
            let raw = &case["raw_tx_stripped"];
            let believed = raw.is_null()
                || Transaction::decode(&hex_of(raw)).is_ok_and(|tx| tx.id.as_bytes() == leaf.as_bytes());
            assert_eq!(leads && believed, expect, "{file} {id}");
            accepted += usize::from(expect);
            cases += 1;
            // The whole proof, where there is a whole transaction.
            if raw.is_null() || (index == 0 && expect) {
                continue;
            }
            let proof = InclusionProof {
                index,
                branch,
                coinbase: transactions[0].clone(),
                coinbase_branch: palisade_light_bitcoin::merkle::branch(&leaves, 0).unwrap(),
            };
            assert_eq!(
                proof.verify(&header.merkle_root, &hex_of(raw)).is_ok(),
                expect,
                "{file} {id}"
            );
        }
    }
    assert_eq!((files.len(), cases, accepted), (5, 46, 20));
}

#[test]
fn a_copy_at_the_end_is_no_transaction() {
    let Some(cases) = json("bitcoin/merkle/testnet3_045e0b16.json") else {
        return;
    };
    let case = cases.as_array().unwrap().last().unwrap();
    let branch: Vec<Digest> = case["branch"].as_array().unwrap().iter().map(digest).collect();
    let leaf = digest(&case["txid_le"]);
    assert_eq!(fold(&leaf, 15, &branch), Err(MerkleError::Copy { level: 0 }));
    assert!(
        fold(&leaf, 14, &branch).is_ok(),
        "the one on the left is the transaction"
    );
}

#[test]
fn transactions_of_64_bytes_are_never_believed() {
    let Some(cases) = json("bitcoin/bip54/txsize.json") else {
        return;
    };
    let cases = cases.as_array().unwrap();
    let mut refused = 0;
    for case in cases {
        let decoded = Transaction::decode(&hex_of(&case["tx"]));
        if case["valid"].as_bool().unwrap() {
            assert!(decoded.is_ok(), "{}", case["comment"]);
        } else {
            assert_eq!(decoded, Err(TransactionError::SixtyFour), "{}", case["comment"]);
            refused += 1;
        }
    }
    assert_eq!((cases.len(), refused), (13, 10));
}

/// Header, transaction and branch of a proof as these vectors write it.
fn spv(proof: &serde_json::Value) -> bool {
    let part = |name: &str| hex_of(&proof[name]);
    let confirming = &proof["confirming_header"];
    let raw = [part("version"), part("vin"), part("vout"), part("locktime")].concat();
    let branch: Vec<Digest> = part("intermediate_nodes")
        .chunks(32)
        .map(|node| Digest::from_slice(node).unwrap())
        .collect();
    let leaf = digest(&proof["tx_id"]);
    let header = header(&confirming["raw"]);
    is_as_stated(confirming)
        && header.bits.is_met_by(header.id().as_bytes()) == Ok(true)
        && Transaction::decode(&raw).is_ok_and(|tx| tx.id.as_bytes() == leaf.as_bytes())
        && fold(&leaf, number(&proof["index"]), &branch) == Ok(header.merkle_root)
}

fn is_as_stated(stated: &serde_json::Value) -> bool {
    let header = header(&stated["raw"]);
    header.id().as_bytes().as_slice() == hex_of(&stated["hash"])
        && header.parent.as_bytes().as_slice() == hex_of(&stated["prevhash"])
        && header.merkle_root == digest(&stated["merkle_root"])
}

#[test]
fn proofs_of_another_program_have_the_stated_answer() {
    let Some(vectors) = json("bitcoin/vectors/bitcoin-spv-testProofs.json") else {
        return;
    };
    let groups = vectors.as_object().unwrap();
    let mut cases = 0;
    for (name, group) in groups {
        let all = group.as_array().cloned().unwrap_or_else(|| vec![group.clone()]);
        for value in all {
            // Most are written as JSON within a string.
            let opened = value.as_str().map(|text| serde_json::from_str(text).unwrap());
            let value: serde_json::Value = opened.unwrap_or(value);
            let answer = match name.as_str() {
                "valid" => well_formed("", &value) && spv(&value),
                "validHeader" => well_formed("", &value) && is_as_stated(&value),
                "badHeaders" => !is_as_stated(&value["header"]),
                "badSPVProofs" => !spv(&value["proof"]),
                malformed => malformed.starts_with("errBad") && !well_formed("", &value),
            };
            assert!(answer, "{name}: {}", value["comment"]);
            cases += 1;
        }
    }
    assert_eq!((groups.len(), cases), (12, 1 + 1 + 8 + 3 + 4));
}

/// Whether every field is hex of the length that its name demands: what stands before any check of ours.
fn well_formed(name: &str, value: &serde_json::Value) -> bool {
    if let Some(fields) = value.as_object() {
        return fields.iter().all(|(name, value)| well_formed(name, value));
    }
    let Some(text) = value.as_str() else {
        return true;
    };
    let Ok(bytes) = hex::decode(text.trim_start_matches("0x")) else {
        return false;
    };
    match name {
        "raw" => Header::from_slice(&bytes).is_some(),
        "intermediate_nodes" => bytes.len().is_multiple_of(32),
        "tx_id" | "hash" | "hash_le" | "prevhash" | "prevhash_le" | "merkle_root" | "merkle_root_le" => {
            Digest::from_slice(&bytes).is_some()
        }
        "" => bytes.len() == 20,
        _ => true,
    }
}

#[test]
fn a_real_payment_with_a_memo_is_read() {
    let Some(case) = json("bitcoin/vectors/bob-headersVerify.json") else {
        return;
    };
    let part = |name: &str| hex_of(&case[name]);
    let transaction = Transaction::decode(&part("OP_RETURN_TX")).unwrap();
    assert_eq!(transaction.id.as_bytes().as_slice(), part("OP_RETURN_TX_ID_LE"));
    let stripped = ["VERSION", "VIN", "VOUT", "LOCKTIME"].map(|name| part(&format!("OP_RETURN_{name}")));
    assert_eq!(Transaction::decode(&stripped.concat()).unwrap(), transaction);
    let branch: Vec<Digest> = part("OP_RETURN_PROOF")
        .chunks(32)
        .map(|node| Digest::from_slice(node).unwrap())
        .collect();
    let (index, header) = (
        number(&case["OP_RETURN_INDEX"]),
        header(&case["OP_RETURN_HEADER"]),
    );
    let leaf = Digest::new(*transaction.id.as_bytes());
    assert_eq!((branch.len(), index), (10, 281));
    assert_eq!(fold(&leaf, index, &branch), Ok(header.merkle_root));
    assert_eq!(
        fold(&leaf, index + 1_024, &branch),
        Err(MerkleError::Position {
            index: 1_305,
            height: 10
        })
    );
    let script = palisade_light_bitcoin::Script::from_bytes(&transaction.outputs[0].script).unwrap();
    assert!(matches!(script, palisade_light_bitcoin::Script::P2wsh(_)));
    let memo = palisade_light_bitcoin::script::memo(&transaction.outputs[1].script).unwrap();
    assert_eq!(memo, &part("OP_RETURN_PAYS_1")[3..]);
    // To a bridge of ours it is a deposit for nobody: the memo is another program's.
    let lane = palisade_light_bitcoin::Lane {
        script,
        tag: *b"test",
        least: 1,
    };
    let found = palisade_light_bitcoin::deposits(&transaction, &lane);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].recipient,
        Err(palisade_light_bitcoin::Unclaimed::NoRecipient)
    );
    let spent = transaction.inputs[0].previous;
    let named = [spent.txid.as_bytes().as_slice(), &spent.vout.to_le_bytes()].concat();
    assert_eq!(named, part("OP_RETURN_SPENDS_0"));
}

#[test]
fn a_branch_of_another_length_than_the_coinbases_is_refused() {
    let Some((header, transactions)) = block("block169482.dat") else {
        return;
    };
    let leaves = leaves(&transactions);
    let mut proof = InclusionProof {
        index: 5,
        branch: branch(&leaves, 5).unwrap(),
        coinbase: transactions[0].clone(),
        coinbase_branch: branch(&leaves, 0).unwrap(),
    };
    assert!(proof.verify(&header.merkle_root, &transactions[5]).is_ok());
    proof.coinbase_branch.pop();
    assert_eq!(
        proof.verify(&header.merkle_root, &transactions[5]),
        Err(InclusionError::Height {
            branch: 4,
            coinbase: 3
        })
    );
}
