//! Real headers: chains across changes of difficulty, states from the whole of history, and what was made of them to
//! be refused.

use crate::fixtures::{block_id, bytes, header, hex_of, json, names, number, text};
use crate::world::LATE;
use palisade_light_bitcoin::limits::Limits;
use palisade_light_bitcoin::network::PERIOD;
use palisade_light_bitcoin::offline::{OfflineError, Start, follow};
use palisade_light_bitcoin::{
    Bits, BlockId, Checkpoint, Header, Invalid, Memory, Network, Period, Record, Refusal, Standing, Stop,
    Times, Work, check, standing,
};
use primitives::{Bytes32, Digest};
use ruint::aliases::U256;

fn network(name: &str) -> Network {
    match name {
        "mainnet" => Network::Mainnet,
        "signet" => Network::Signet,
        "regtest" => Network::Regtest,
        other => panic!("no network is called {other}"),
    }
}

fn file(entry: &serde_json::Value) -> Vec<Header> {
    Header::all_from_slice(&bytes(entry["file"].as_str().unwrap()).unwrap()).unwrap()
}

/// The checkpoint that a checked header makes.
pub(crate) fn checkpoint(header: Header, record: &Record) -> Checkpoint {
    Checkpoint {
        header,
        height: record.height,
        work: record.work,
        period: record.period,
        times: record.times,
    }
}

#[test]
fn real_chains_are_followed_with_their_hashes_and_work() {
    let Some(index) = json("bitcoin/header_chains.json") else {
        return;
    };
    let mut cases = 0;
    for entry in index.as_array().unwrap() {
        let (rules, headers) = (network(entry["network"].as_str().unwrap()).rules(), file(entry));
        assert_eq!(headers.len() as u64, entry["count"].as_u64().unwrap());
        let limit = entry["pow_limit_bits"].as_str().unwrap();
        assert_eq!(rules.limit.to_string(), limit);
        let start = Start {
            height: number(&entry["start_height"]),
            period_start: None,
        };
        let chain = follow(&rules, start, &headers, LATE).unwrap();
        assert_eq!(chain[0].0, block_id(entry["first_hash"].as_str().unwrap()));
        let (id, last) = chain.last().unwrap();
        assert_eq!(*id, block_id(entry["last_hash"].as_str().unwrap()));
        assert_eq!(last.work.to_string(), entry["total_work_added"].as_str().unwrap());
        // The same through the client, from where all is known on: the retarget at 40,320 is within one step only.
        let from = if start.height == 40_000 { 331 } else { 10 };
        let (root, record) = checkpoint(headers[from], &chain[from].1).root(&rules).unwrap();
        assert_eq!((root, record), chain[from]);
        let mut memory = Memory::new(root, record);
        for batch in headers[from + 1..].chunks(700) {
            let limits = Limits::default();
            assert_eq!(
                memory.submit(&rules, &limits, batch, LATE).unwrap().added,
                batch.len()
            );
        }
        assert_eq!((memory.best().id, memory.best().work), (*id, last.work));
        let (place, _) = standing(&memory, &chain[from + 1].0).unwrap();
        let confirmations = u32::try_from(headers.len() - from - 1).unwrap();
        assert_eq!(place, Standing::Best { confirmations });
        cases += 1;
    }
    assert_eq!((cases, names("bitcoin/headers").unwrap().len()), (4, 4));
}

#[test]
fn signet_and_regtest_are_followed_from_their_first_block() {
    let Some(index) = json("bitcoin/header_chains.json") else {
        return;
    };
    for entry in &index.as_array().unwrap()[2..] {
        let (network, headers) = (network(entry["network"].as_str().unwrap()), file(entry));
        let rules = network.rules();
        assert_eq!(headers[0], network.genesis());
        let (id, record) = Checkpoint::genesis(network).root(&rules).unwrap();
        let mut memory = Memory::new(id, record);
        memory
            .submit(&rules, &Limits::default(), &headers[1..], LATE)
            .unwrap();
        assert_eq!(
            memory.best().work.to_string(),
            entry["total_work_added"].as_str().unwrap()
        );
        assert_eq!(memory.best().height, 100);
    }
}

/// The targets of 473 periods and the blocks that end them, as another program has them.
fn electrum() -> Option<Vec<(BlockId, Bits)>> {
    let text = text("bitcoin/electrum-checkpoints-mainnet.json")?;
    let words: Vec<&str> = text
        .split(|c: char| ",[]\" \n".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let entry = |two: &[&str]| {
        let target: U256 = two[1].parse().unwrap();
        let bits = Bits::of(target);
        assert_eq!(
            bits.target(),
            Ok(target),
            "a target is what its compact form says"
        );
        (block_id(two[0]), bits)
    };
    Some(words.chunks(2).map(entry).collect())
}

#[test]
fn another_programs_checkpoints_agree() {
    let Some(oracle) = electrum() else { return };
    let rules = Network::Mainnet.rules();
    let mut before = rules.limit;
    for (id, next) in &oracle {
        assert_eq!(before.is_met_by(id.as_bytes()), Ok(true));
        let [hardest, easiest] = [0, u32::MAX].map(|last| before.retarget(0, last, rules.limit).unwrap());
        let [hardest, next_target, easiest] = [hardest, *next, easiest].map(|bits| bits.target().unwrap());
        assert!((hardest..=easiest).contains(&next_target));
        before = *next;
    }
    assert_eq!(oracle.len(), 473);
    // Ends and starts of periods that the files of headers cover.
    let mut covered = 0;
    for entry in &json("bitcoin/header_chains.json").unwrap().as_array().unwrap()[..2] {
        let start = number(&entry["start_height"]);
        for (height, header) in (start..).zip(file(entry)) {
            let period = (height / PERIOD) as usize;
            if height % PERIOD == PERIOD - 1 {
                assert_eq!(header.id(), oracle[period].0);
                covered += 1;
            }
            assert_eq!(header.bits, oracle[period - 1].1, "height {height}");
        }
    }
    assert_eq!(covered, 4);
}

#[test]
fn the_numbers_of_bitcoin_core_come_out() {
    let Some(vectors) = json("bitcoin/core-pow-vectors.json") else {
        return;
    };
    let compact = |value: &serde_json::Value| {
        let text = value.as_str().unwrap().trim_start_matches("0x");
        Bits::new(u32::from_str_radix(text, 16).unwrap())
    };
    let cases = vectors.as_array().unwrap();
    for case in cases {
        let (first, last) = (number(&case["last_retarget_time"]), number(&case["time"]));
        let next = compact(&case["bits"]).retarget(first, last, Network::Mainnet.rules().limit);
        assert_eq!(next, Ok(compact(&case["expected_bits"])), "{}", case["id"]);
    }
    assert_eq!(cases.len(), 4);
}

/// A record with what a state of these vectors says.
fn record(state: &serde_json::Value) -> (BlockId, Record) {
    let decimal = |name: &str| state[name].as_str().unwrap().parse::<U256>().unwrap();
    let times: Vec<u32> = state["prev_timestamps"]
        .as_array()
        .unwrap()
        .iter()
        .map(number)
        .collect();
    let bits = Bits::of(decimal("current_target"));
    let record = Record {
        parent: BlockId::ZERO,
        merkle_root: Digest::ZERO,
        height: number(&state["block_height"]),
        bits,
        work: Work::new(decimal("total_work")),
        period: Period {
            start_time: number(&state["epoch_start_time"]),
            start_bits: bits,
            usual_bits: bits,
        },
        times: Times::new(&times).unwrap(),
        warped_at: None,
    };
    (block_id(state["best_block_hash"].as_str().unwrap()), record)
}

fn built(parent: BlockId, fields: &serde_json::Value, merkle_root: Digest) -> Header {
    Header {
        version: i32::try_from(fields["version"].as_i64().unwrap()).unwrap(),
        parent,
        merkle_root,
        time: number(&fields["time"]),
        bits: Bits::new(number(&fields["bits"])),
        nonce: number(&fields["nonce"]),
    }
}

/// One state, its blocks, and the state after them.
fn step(case: &serde_json::Value, merkle_root: Digest) {
    let (mut id, mut state) = record(&case["chain_state"]);
    let rules = Network::Mainnet.rules();
    let blocks = case["blocks"].as_array().unwrap();
    assert_eq!(blocks.len(), 1);
    for block in blocks {
        let header = built(id, &block["header"], merkle_root);
        (id, state) = check(&rules, &id, &state, &header, LATE).unwrap();
        // One bit of anything else is refused.
        let mut other = header;
        other.nonce ^= 1;
        assert_eq!(
            check(
                &rules,
                &header.parent,
                &record(&case["chain_state"]).1,
                &other,
                LATE
            ),
            Err(Invalid::Work)
        );
    }
    let (expected_id, expected) = record(&case["expected"]);
    assert_eq!(id, expected_id);
    assert_eq!(
        (state.height, state.bits, state.work),
        (expected.height, expected.bits, expected.work)
    );
    assert_eq!(state.times, expected.times);
    assert_eq!(state.period.start_time, expected.period.start_time);
}

#[test]
fn states_of_all_of_history_lead_to_the_next() {
    let Some(files) = names("bitcoin/raito") else {
        return;
    };
    let mut cases = (0, 0);
    for file in &files {
        let case = json(&format!("bitcoin/raito/{file}")).unwrap();
        let data = &case["blocks"][0]["data"];
        if file.starts_with("light") {
            step(
                &case,
                crate::fixtures::reversed(data["merkle_root"].as_str().unwrap()),
            );
            cases.0 += 1;
        } else {
            let leaves: Vec<Digest> = data["transactions"]
                .as_array()
                .unwrap()
                .iter()
                .map(leaf)
                .collect();
            step(&case, palisade_light_bitcoin::merkle::root(&leaves).unwrap());
            cases.1 += 1;
        }
    }
    assert_eq!((cases, files.len()), ((10, 2), 12));
}

/// A transaction written out in JSON, encoded, decoded and hashed.
fn leaf(fields: &serde_json::Value) -> Digest {
    let short = |bytes: Vec<u8>| [vec![u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let list = |name: &str| fields[name].as_array().unwrap().clone();
    let mut bytes = number(&fields["version"]).to_le_bytes().to_vec();
    bytes.push(list("inputs").len() as u8);
    for input in list("inputs") {
        let previous = &input["previous_output"];
        let txid: Bytes32<primitives::kind::Plain> =
            crate::fixtures::reversed(previous["txid"].as_str().unwrap());
        bytes.extend(txid.as_bytes());
        bytes.extend(number(&previous["vout"]).to_le_bytes());
        bytes.extend(short(hex_of(&input["script"])));
        bytes.extend(number(&input["sequence"]).to_le_bytes());
    }
    bytes.push(list("outputs").len() as u8);
    for output in list("outputs") {
        bytes.extend(output["value"].as_u64().unwrap().to_le_bytes());
        bytes.extend(short(hex_of(&output["pk_script"])));
    }
    bytes.extend(number(&fields["lock_time"]).to_le_bytes());
    let transaction = palisade_light_bitcoin::Transaction::decode(&bytes).unwrap();
    Digest::new(*transaction.id.as_bytes())
}

#[test]
fn what_was_made_to_be_refused_is_refused() {
    let Some(files) = names("bitcoin/adversarial") else {
        return;
    };
    for file in &files {
        let case = json(&format!("bitcoin/adversarial/{file}")).unwrap();
        assert_eq!(case["expect"], false);
        let headers: Vec<Header> = case["headers"].as_array().unwrap().iter().map(header).collect();
        let rules = network(case["network"].as_str().unwrap()).rules();
        let start = Start {
            height: number(&case["start_height"]),
            period_start: Some(number(&case["epoch_start_time"])),
        };
        let Err(OfflineError::Invalid { index, invalid, .. }) = follow(&rules, start, &headers, LATE) else {
            panic!("{file} is taken");
        };
        let expected = if file == "bad-pow.json" {
            Invalid::Work
        } else {
            Invalid::Parent
        };
        assert_eq!(invalid, expected, "{file}");
        assert!(
            follow(&rules, start, &headers[..index], LATE).is_ok(),
            "the first {index} are right"
        );
    }
    assert_eq!(files.len(), 2);
}

fn bob(name: &str) -> Option<(serde_json::Value, Vec<Header>)> {
    let case = json(&format!("bitcoin/vectors/{name}.json"))?;
    let entries = [
        vec![case["genesis"].clone()],
        case["chain"].as_array().unwrap().clone(),
    ]
    .concat();
    let headers: Vec<Header> = entries.iter().map(|entry| header(&entry["hex"])).collect();
    for (header, entry) in headers.iter().zip(&entries) {
        assert_eq!(header.id().as_bytes().as_slice(), hex_of(&entry["digest_le"]));
        assert_eq!(header.time, number(&entry["timestamp"]));
    }
    assert_eq!(headers.len(), 19);
    Some((case, headers))
}

#[test]
fn a_real_orphan_is_left_when_the_other_branch_grows() {
    let Some((case, headers)) = bob("bob-headers") else {
        return;
    };
    let rules = Network::Mainnet.rules();
    let height = number(&case["genesis"]["height"]);
    let start = Start {
        height,
        period_start: None,
    };
    let chain = follow(&rules, start, &headers, LATE).unwrap();
    // The ten blocks before are not in the file; any times before will do.
    let times: Vec<u32> = (0..11).rev().map(|back| headers[0].time - back).collect();
    let mut record = chain[0].1;
    record.times = Times::new(&times).unwrap();
    let (root, record) = checkpoint(headers[0], &record).root(&rules).unwrap();
    let (mut memory, limits) = (Memory::new(root, record), Limits::default());
    let orphan = header(&case["orphan_562630"]["hex"]);
    memory.submit(&rules, &limits, &headers[1..9], LATE).unwrap();
    memory.submit(&rules, &limits, &[orphan], LATE).unwrap();
    assert_eq!(memory.best().id, orphan.id());
    // As heavy: the one that was known first stays.
    let tie = memory.submit(&rules, &limits, &headers[9..10], LATE).unwrap();
    assert_eq!((tie.reorg, memory.best().id), (None, orphan.id()));
    let reorg = memory
        .submit(&rules, &limits, &headers[10..], LATE)
        .unwrap()
        .reorg
        .unwrap();
    assert_eq!((reorg.from, reorg.to), (orphan.id(), headers[18].id()));
    assert_eq!((reorg.fork, reorg.depth), (height + 8, 1));
    assert_eq!(standing(&memory, &orphan.id()).unwrap().0, Standing::Rival);
    // A header from elsewhere has no parent here.
    let before = memory.clone();
    let stray = memory.submit(&rules, &limits, &[header(&case["badHeader"]["hex"])], LATE);
    assert_eq!(stray, Err(Stop::Refused(Refusal::UnknownParent)));
    assert_eq!(memory, before);
}

#[test]
fn the_start_of_a_period_decides_the_next_difficulty() {
    let Some((case, headers)) = bob("bob-headersWithRetarget") else {
        return;
    };
    let rules = Network::Mainnet.rules();
    let old = header(&case["oldPeriodStart"]["hex"]);
    let start = |period_start| Start {
        height: number(&case["genesis"]["height"]),
        period_start,
    };
    assert!(follow(&rules, start(Some(old.time)), &headers, LATE).is_ok());
    assert!(
        follow(&rules, start(None), &headers, LATE).is_ok(),
        "within one step"
    );
    let wrong = follow(&rules, start(Some(old.time - 3_600)), &headers, LATE);
    assert!(matches!(
        wrong,
        Err(OfflineError::Invalid {
            index: 10,
            height: 554_400,
            invalid: Invalid::Bits { .. }
        })
    ));
}
