//! Single functions of another program, as far as this crate has their like.

use crate::fixtures::{digest, header, hex_of, json, number};
use crate::world::LATE;
use palisade_light_bitcoin::hash::sha256d;
use palisade_light_bitcoin::merkle::fold;
use palisade_light_bitcoin::offline::{Start, follow};
use palisade_light_bitcoin::{Bits, Header, Network, Outpoint, Script, Transaction};
use primitives::Digest;
use ruint::aliases::U256;
use serde_json::Value;

const INPUT: &str = "011746bd867400f3494b8f44c24b83e1aa58c4f0ff25b4a61cffeffd4bc0f9ba300000000000ffffffff";
const OUTPUT: &str = "01000000000000000000";

/// A transaction of these inputs and outputs, each list with its count.
fn transaction(inputs: &[u8], outputs: &[u8]) -> Option<Transaction> {
    Transaction::decode(&[&[1, 0, 0, 0], inputs, outputs, &[0; 4]].concat()).ok()
}

fn with_inputs(inputs: &[u8]) -> Option<Transaction> {
    transaction(inputs, &hex::decode(OUTPUT).unwrap())
}

fn with_outputs(outputs: &[u8]) -> Option<Transaction> {
    transaction(&hex::decode(INPUT).unwrap(), outputs)
}

/// A transaction of one output.
fn one_output(output: &[u8]) -> Option<Transaction> {
    with_outputs(&[&[1], output].concat()).filter(|transaction| transaction.outputs.len() == 1)
}

/// A transaction of one input.
fn one_input(input: &[u8]) -> Option<Transaction> {
    with_inputs(&[&[1], input].concat())
}

/// The bytes of an output's hash, as that program gives them.
fn payload(output: &[u8]) -> Option<Vec<u8>> {
    let transaction = one_output(output)?;
    Some(match Script::from_bytes(&transaction.outputs[0].script)? {
        Script::P2pkh(hash) | Script::P2sh(hash) | Script::P2wpkh(hash) => hash.to_vec(),
        Script::P2wsh(hash) | Script::P2tr(hash) => hash.to_vec(),
    })
}

/// Bitcoin's difficulty: how many times harder than the first.
fn difficulty(bits: Bits) -> U256 {
    let easiest = Bits::new(0x1d00_ffff).target().unwrap();
    easiest.checked_div(bits.target().unwrap()).unwrap()
}

/// A run of headers by itself, at some height within a period.
fn run(bytes: &[u8]) -> Option<U256> {
    let headers = Header::all_from_slice(bytes)?;
    let start = Start {
        height: 541_700,
        period_start: None,
    };
    follow(&Network::Mainnet.rules(), start, &headers, LATE).ok()?;
    Some(headers.iter().fold(U256::ZERO, |sum, header| {
        sum.saturating_add(difficulty(header.bits))
    }))
}

/// A count in Bitcoin's variable form, as the length of an input's script.
fn count(form: &[u8]) -> Option<usize> {
    let mut input = hex::decode(INPUT).unwrap()[1..37].to_vec();
    input.extend(form);
    let length = match form {
        [0xfd, low, high] => usize::from(u16::from_le_bytes([*low, *high])),
        [small] => usize::from(*small),
        _ => 3,
    };
    input.extend(vec![0; length]);
    input.extend([0xff; 4]);
    Some(one_input(&input)?.inputs[0].script.len())
}

fn leads(leaf: &Digest, index: u32, nodes: &[u8], root: &Digest) -> bool {
    let branch: Vec<Digest> = nodes.chunks(32).filter_map(Digest::from_slice).collect();
    branch.len() * 32 == nodes.len() && fold(leaf, index, &branch) == Ok(*root)
}

/// A leaf, its branch and the root in one run of bytes.
fn chained(proof: &[u8], index: u32) -> bool {
    let nodes: Vec<Digest> = proof.chunks(32).filter_map(Digest::from_slice).collect();
    match nodes.as_slice() {
        [] => false,
        [only] => index == 0 && proof.len() == 32 && fold(only, 0, &[]) == Ok(*only),
        [leaf, branch @ .., root] => {
            nodes.len() * 32 == proof.len() && fold(leaf, index, branch) == Ok(*root)
        }
    }
}

/// Whether a case of a function on bytes of transactions comes out; `None` where this crate has no such function.
fn of_transactions(name: &str, case: &Value) -> Option<bool> {
    let (input, output) = (&case["input"], &case["output"]);
    let bytes = || hex_of(input);
    Some(match name {
        "parseVarInt" if case["solidityError"].is_null() => {
            count(&bytes()) == usize::try_from(output[1].as_u64().unwrap()).ok()
        }
        "parseVarInt" | "parseVarIntError" => count(&bytes()).is_none(),
        "validateVin" | "tryAsVin" => with_inputs(&bytes()).is_some() == output.as_bool().unwrap(),
        "validateVout" | "tryAsVout" => with_outputs(&bytes()).is_some() == output.as_bool().unwrap(),
        "tryAsVinError" => with_inputs(&bytes()).is_none(),
        "tryAsVoutError" => with_outputs(&bytes()).is_none(),
        "extractValue" => one_output(&bytes()).unwrap().outputs[0].sats == output.as_u64().unwrap(),
        "extractHash" => payload(&bytes()).unwrap() == hex_of(output),
        "extractHashError" => payload(&bytes()).is_none(),
        "extractOpReturnData" => said(&bytes()).unwrap() == hex_of(output),
        "extractOpReturnDataError" => said(&bytes()).is_none(),
        "extractSequenceWitness" => one_input(&bytes()).unwrap().inputs[0].sequence == number(output),
        "extractTxIndex" => spent(&bytes())?.vout == number(output),
        "extractInputTxIdLE" => spent(&bytes())?.txid.as_bytes().to_vec() == hex_of(output),
        "extractOutpoint" => primitives::codec::encode(&spent(&bytes())?) == hex_of(output),
        "calculateTxId" => {
            let raw = ["version", "vin", "vout", "locktime"].map(|part| hex_of(&input[part]));
            Transaction::decode(&raw.concat())
                .unwrap()
                .id
                .as_bytes()
                .as_slice()
                == hex_of(output)
        }
        _ => return None,
    })
}

fn said(output: &[u8]) -> Option<Vec<u8>> {
    let transaction = one_output(output)?;
    palisade_light_bitcoin::script::memo(&transaction.outputs[0].script).map(<[u8]>::to_vec)
}

fn spent(input: &[u8]) -> Option<Outpoint> {
    Some(one_input(input)?.inputs[0].previous)
}

/// Whether a case of a function on headers and trees comes out; `None` where this crate has no such function.
fn of_headers(name: &str, case: &Value) -> Option<bool> {
    let (input, output) = (&case["input"], &case["output"]);
    let bytes = || hex_of(input);
    let whole = || header(input);
    Some(match name {
        "hash256" => sha256d(&[&bytes()]).as_slice() == hex_of(output),
        "hash256MerkleStep" => {
            sha256d(&[&hex_of(&input[0]), &hex_of(&input[1])]).as_slice() == hex_of(output)
        }
        "sha256" => crypto::hash::sha256(&[&bytes()]).as_slice() == hex_of(output),
        "extractMerkleRootLE" => whole().merkle_root == digest(output),
        "extractTarget" => whole().bits.target().unwrap().to_be_bytes::<32>().as_slice() == hex_of(output),
        "extractPrevBlockLE" => whole().parent.as_bytes().as_slice() == hex_of(output),
        "extractTimestamp" => whole().time == number(output),
        "workHash" => whole().id().as_bytes().as_slice() == hex_of(output),
        "verifyHash256Merkle" => {
            chained(&hex_of(&input["proof"]), number(&input["index"])) == output.as_bool().unwrap()
        }
        "prove" => {
            let (leaf, root) = (digest(&input["txIdLE"]), digest(&input["merkleRootLE"]));
            let nodes = hex_of(&input["proof"]);
            leads(&leaf, number(&input["index"]), &nodes, &root) == output.as_bool().unwrap()
        }
        "validateHeaderPrevHash" => {
            let parent = header(&input["header"]).parent;
            (parent.as_bytes().as_slice() == hex_of(&input["prevHash"])) == output.as_bool().unwrap()
        }
        "validateHeaderChain" => run(&bytes()) == Some(U256::from(output.as_u64().unwrap())),
        "validateHeaderChainError" => run(&bytes()).is_none(),
        "retargetAlgorithm" => {
            let [first, last, next] = [0, 1, 2].map(|place| header(&input[place]["hex"]));
            let limit = Network::Mainnet.rules().limit;
            last.bits.retarget(first.time, last.time, limit) == Ok(next.bits)
                && difficulty(next.bits) == U256::from(output.as_u64().unwrap())
        }
        _ => return None,
    })
}

fn case(name: &str, case: &Value) -> Option<bool> {
    of_transactions(name, case).or_else(|| of_headers(name, case))
}

#[test]
fn every_function_that_has_its_like_here_gives_the_same() {
    let Some(vectors) = json("bitcoin/vectors/bitcoin-spv-testVectors.json") else {
        return;
    };
    let (mut cases, mut functions, mut without) = (0, 0, Vec::new());
    for (name, group) in vectors.as_object().unwrap() {
        let all = group.as_array().cloned().unwrap_or_default();
        let answers: Vec<Option<bool>> = all.iter().map(|one| case(name, one)).collect();
        if answers.iter().all(Option::is_none) {
            without.push(name.as_str());
            continue;
        }
        for (place, answer) in answers.iter().enumerate() {
            assert_eq!(*answer, Some(true), "{name} {place}: {}", all[place]);
        }
        functions += 1;
        cases += answers.len();
    }
    without.sort_unstable();
    // What is left: that program's constants, helpers of its language, addresses, and ways to cut bytes without
    // knowing where they belong.
    assert_eq!(without, WITHOUT);
    assert_eq!((functions, cases), (FUNCTIONS, CASES));
}

const FUNCTIONS: usize = 32;
const CASES: usize = 107;
const WITHOUT: [&str; 48] = [
    "INPUT_TYPES",
    "OUTPUT_TYPES",
    "bytesToUint",
    "calculateDifficultyError",
    "checkWork",
    "concatUint8Arrays",
    "determineInputLength",
    "determineOutputLength",
    "determineOutputLengthError",
    "determineVarIntDataLength",
    "encodeP2PKH",
    "encodeP2SH",
    "encodeP2WPKH",
    "encodeP2WSH",
    "extractInputAtIndex",
    "extractInputAtIndexError",
    "extractOutputAtIndex",
    "extractOutputAtIndexError",
    "extractScriptSig",
    "extractScriptSigError",
    "extractScriptSigLen",
    "extractSequenceLELegacy",
    "extractSequenceLELegacyError",
    "extractSequenceLEWitness",
    "extractSequenceLegacy",
    "extractSequenceLegacyError",
    "extractTxIndexLE",
    "extractValueLE",
    "getErrBadLength",
    "getErrInvalidChain",
    "getErrLowWork",
    "hash160",
    "indexVinError",
    "indexVoutError",
    "isLegacyInput",
    "lastBytes",
    "lastBytesError",
    "reverseEndianness",
    "ripemd160",
    "safeSlice",
    "safeSliceError",
    "scriptPubkey",
    "scriptSig",
    "scriptSigError",
    "typedArraysAreEqual",
    "typedArraysAreEqualError",
    "validateHeaderWork",
    "work",
];
