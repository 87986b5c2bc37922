use super::*;
use light_bitcoin::merkle::{branch, root};
use std::path::PathBuf;

const LATE: u64 = 4_000_000_000;

/// The path of a fixture; `None`, said aloud, where the fixtures are not there. In CI they must be.
fn fixture(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var("PALISADE_FIXTURES").map_or_else(
        |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    let path = folder.join("bitcoin").join(name);
    if path.exists() {
        return Some(std::fs::read(path).unwrap());
    }
    assert!(
        std::env::var("CI").is_err(),
        "fixtures not found at {}",
        path.display()
    );
    println!("skipped: fixtures not found at {}", path.display());
    None
}

/// Two blocks on regtest's first one; the second has three transactions.
fn mined() -> (Vec<Header>, Vec<Vec<u8>>) {
    let transaction = |from: [u8; 36], script: &[u8]| {
        let mut bytes = vec![1, 0, 0, 0, 1];
        bytes.extend(from);
        bytes.push(u8::try_from(script.len()).unwrap());
        bytes.extend(script);
        bytes.extend([0xff; 4]);
        bytes.extend([1, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0x51, 0, 0, 0, 0]);
        bytes
    };
    let mut nothing = [0; 36];
    nothing[32..].fill(0xff);
    let block = vec![
        transaction(nothing, &[1, 2]),
        transaction([1; 36], &[]),
        transaction([2; 36], &[]),
    ];
    let leaves: Vec<Digest> = block.iter().map(|bytes| leaf(bytes)).collect();
    let mut headers = vec![Network::Regtest.genesis()];
    for merkle_root in [Digest::new([5; 32]), root(&leaves).unwrap()] {
        let parent = headers.last().unwrap();
        let mut header = Header {
            version: 4,
            parent: parent.id(),
            merkle_root,
            time: parent.time + 600,
            ..*parent
        };
        while !header.bits.is_met_by(header.id().as_bytes()).unwrap() {
            header.nonce += 1;
        }
        headers.push(header);
    }
    (headers, block)
}

fn leaf(bytes: &[u8]) -> Digest {
    Digest::new(*Transaction::decode(bytes).unwrap().id.as_bytes())
}

fn start() -> Start {
    Start {
        height: 0,
        period_start: None,
    }
}

#[test]
fn headers_are_read_in_every_form() {
    let (headers, _) = mined();
    let bytes: Vec<u8> = headers.iter().flat_map(Header::to_bytes).collect();
    let hex: Vec<String> = headers
        .iter()
        .map(|header| hex::encode(header.to_bytes()))
        .collect();
    let objects: Vec<_> = hex
        .iter()
        .map(|hex| serde_json::json!({ "raw": hex, "height": 7 }))
        .collect();
    let forms = [
        bytes,
        hex.join("\n").into_bytes(),
        serde_json::json!(hex).to_string().into_bytes(),
        serde_json::json!(objects).to_string().into_bytes(),
    ];
    for form in forms {
        assert_eq!(read_headers(&form).unwrap().headers, headers);
    }
    let case =
        serde_json::json!({ "headers": hex, "network": "regtest", "start_height": 3, "epoch_start_time": 4 });
    let read = read_headers(case.to_string().as_bytes()).unwrap();
    assert_eq!(
        (read.network, read.start_height, read.period_start),
        (Some(Network::Regtest), Some(3), Some(4))
    );
}

#[test]
fn what_is_no_file_of_headers_says_what_it_is_not() {
    assert_eq!(read_headers(&[1; 81]), Err(FileError::Length(81)));
    assert_eq!(read_headers(b"[\"00\"]"), Err(FileError::Header(0)));
    assert_eq!(read_headers(b"[\"zz\"]"), Err(FileError::Header(0)));
    assert!(matches!(
        read_headers(b"{\"blocks\":[]}"),
        Err(FileError::Shape(_))
    ));
    let other = b"{\"headers\":[],\"network\":\"testnet3\"}";
    assert_eq!(
        read_headers(other),
        Err(FileError::Network("testnet3".to_owned()))
    );
    assert!(matches!(read_proofs(b"{}"), Err(FileError::Shape(_))));
    let bad = b"{\"block\":\"00\",\"index\":1,\"branch\":[]}";
    assert_eq!(read_proofs(bad), Err(FileError::Field("block")));
}

#[test]
fn a_whole_proof_in_a_chain_has_its_height_and_confirmations() {
    let (headers, block) = mined();
    let chain = verify_headers(Network::Regtest, start(), &headers, LATE).unwrap();
    let leaves: Vec<Digest> = block.iter().map(|bytes| leaf(bytes)).collect();
    let texts = |index| {
        branch(&leaves, index)
            .unwrap()
            .iter()
            .map(Digest::to_string)
            .collect::<Vec<_>>()
    };
    let shown = light_bitcoin::hash::shown(&headers[2].id()).to_string();
    let json = serde_json::json!({
        "block": shown, "index": 2, "transaction": hex::encode(&block[2]), "branch": texts(2),
        "coinbase": hex::encode(&block[0]), "coinbase_branch": texts(0),
    });
    let proof = read_proofs(json.to_string().as_bytes()).unwrap().remove(0);
    let proven = verify_proof(Network::Regtest, &chain, &proof).unwrap();
    assert_eq!((proven.place, proven.strength), (Some((2, 1)), Strength::Whole));
    assert_eq!(proven.txid.as_bytes(), leaves[2].as_bytes());
    assert_eq!(
        verify_proof(Network::Regtest, &chain[..2], &proof),
        Err(Fault::OtherChain)
    );
    let mut other = proof.clone();
    other.index = 1;
    assert_eq!(
        verify_proof(Network::Regtest, &chain, &other),
        Err(Fault::Inclusion(InclusionError::Branch(MerkleError::Copy {
            level: 0
        })))
    );
    let mut other = proof.clone();
    other.txid = Some(TxId::new([1; 32]));
    assert_eq!(
        verify_proof(Network::Regtest, &chain, &other),
        Err(Fault::OtherId)
    );
    let mut other = proof;
    other.transaction = None;
    other.coinbase = None;
    assert_eq!(
        verify_proof(Network::Regtest, &chain, &other),
        Err(Fault::Nothing)
    );
}

#[test]
fn files_of_headers_have_the_stated_answer() {
    let Some(index) = fixture("header_chains.json") else {
        return;
    };
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    let mut cases = 0;
    for entry in index.as_array().unwrap() {
        let name = entry["file"].as_str().unwrap().strip_prefix("bitcoin/").unwrap();
        let headers = read_headers(&fixture(name).unwrap()).unwrap().headers;
        let start = Start {
            height: u32::try_from(entry["start_height"].as_u64().unwrap()).unwrap(),
            period_start: None,
        };
        let chain = verify_headers(
            network(entry["network"].as_str().unwrap()).unwrap(),
            start,
            &headers,
            LATE,
        );
        assert_eq!(serde_json::json!(chain.unwrap().len()), entry["count"]);
        cases += 1;
    }
    for name in ["bad-pow", "broken-link"] {
        let file = read_headers(&fixture(&format!("adversarial/{name}.json")).unwrap()).unwrap();
        let start = Start {
            height: file.start_height.unwrap(),
            period_start: file.period_start,
        };
        assert!(
            verify_headers(file.network.unwrap(), start, &file.headers, LATE).is_err(),
            "{name}"
        );
        cases += 1;
    }
    assert_eq!(cases, 6);
}

#[test]
fn files_of_proofs_have_the_stated_answer() {
    let mut cases = 0;
    for name in [
        "block169482",
        "block227836",
        "block370661",
        "mainnet_702861",
        "testnet3_045e0b16",
    ] {
        let Some(bytes) = fixture(&format!("merkle/{name}.json")) else {
            return;
        };
        let stated: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let proofs = read_proofs(&bytes).unwrap();
        for (proof, stated) in proofs.iter().zip(stated.as_array().unwrap()) {
            let answer = verify_proof(Network::Mainnet, &[], proof);
            assert_eq!(
                answer.is_ok(),
                stated["expect"].as_bool().unwrap(),
                "{name} {:?}: {answer:?}",
                proof.name
            );
            assert!(answer.is_err() || answer.unwrap().strength < Strength::Whole);
            cases += 1;
        }
    }
    assert_eq!(cases, 46);
}
