//! Attacks by name, each with what it runs into.

use crate::world::{LATE, World, block, cheap_testnet, unmined};
use palisade_light_bitcoin::deposit::{DepositKey, Lane, deposits, memo_of};
use palisade_light_bitcoin::merkle::{MerkleError, branch, fold, root};
use palisade_light_bitcoin::script::memo_script;
use palisade_light_bitcoin::transaction::TransactionError;
use palisade_light_bitcoin::{
    Bits, BlockId, InclusionError, InclusionProof, Invalid, Outpoint, Refusal, Script, Standing, Transaction,
    standing,
};
use primitives::{AccountId, Digest};

/// Bytes of a transaction that spends `from` and pays `outputs`.
pub(crate) fn transaction(from: (u8, u32), script: &[u8], outputs: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![2, 0, 0, 0, 1];
    bytes.extend([from.0; 32]);
    bytes.extend(from.1.to_le_bytes());
    bytes.push(script.len() as u8);
    bytes.extend(script);
    bytes.extend([0xff; 4]);
    bytes.push(outputs.len() as u8);
    for (sats, script) in outputs {
        bytes.extend(sats.to_le_bytes());
        bytes.push(script.len() as u8);
        bytes.extend(script);
    }
    bytes.extend([0; 4]);
    bytes
}

pub(crate) const LANE: Lane = Lane {
    script: Script::P2wsh([0xaa; 32]),
    tag: *b"test",
    least: 10_000,
};

pub(crate) fn alice() -> AccountId {
    AccountId::new([0xa1; 32])
}

/// An output that says for whom.
pub(crate) fn memo(recipient: &AccountId) -> (u64, Vec<u8>) {
    (0, memo_script(&memo_of(LANE.tag, recipient)).unwrap())
}

pub(crate) fn pays(sats: u64) -> (u64, Vec<u8>) {
    (sats, LANE.script.to_bytes())
}

fn coinbase(height: u8) -> Vec<u8> {
    let mut bytes = transaction((0, u32::MAX), &[1, height], &[pays(5_000_000_000)]);
    bytes[0] = 1;
    bytes
}

/// A block of these transactions: its root, and the proof of one of them.
fn in_a_block(transactions: &[Vec<u8>], index: u32) -> (Digest, InclusionProof) {
    let leaf = |bytes: &Vec<u8>| Digest::new(*Transaction::decode(bytes).unwrap().id.as_bytes());
    let leaves: Vec<Digest> = transactions.iter().map(leaf).collect();
    let proof = InclusionProof {
        index,
        branch: branch(&leaves, index).unwrap(),
        coinbase: transactions[0].clone(),
        coinbase_branch: branch(&leaves, 0).unwrap(),
    };
    (root(&leaves).unwrap(), proof)
}

fn deposit(salt: u8) -> Vec<u8> {
    transaction((salt, 0), &[], &[pays(50_000), memo(&alice())])
}

#[test]
fn a_fake_leaf_leads_to_no_root() {
    let block = [coinbase(1), deposit(1), deposit(2)];
    let (root, proof) = in_a_block(&block, 2);
    assert!(proof.verify(&root, &block[2]).is_ok());
    assert_eq!(proof.verify(&root, &deposit(3)), Err(InclusionError::Root));
    let mut other = proof.clone();
    other.branch[0] = Digest::new([1; 32]);
    assert_eq!(other.verify(&root, &block[2]), Err(InclusionError::Root));
    let mut other = proof.clone();
    other.coinbase = coinbase(2);
    assert_eq!(other.verify(&root, &block[2]), Err(InclusionError::CoinbaseRoot));
    let mut other = proof;
    other.coinbase = deposit(1);
    assert_eq!(other.verify(&root, &block[2]), Err(InclusionError::NoCoinbase));
}

#[test]
fn a_node_passed_off_as_a_transaction_is_64_bytes_long() {
    let (left, right) = ([7; 32], [8; 32]);
    let node = [left, right].concat();
    assert!(Transaction::decode(&node).is_err());
    // One that parses: 56 bytes between version and lock time.
    let mut small = transaction((1, 0), &[], &[(0, vec![0x51, 0x52, 0x53, 0x54])]);
    assert_eq!(small.len(), 64);
    assert_eq!(Transaction::decode(&small), Err(TransactionError::SixtyFour));
    small.insert(60, 0x55);
    small[55] += 1;
    assert_eq!(Transaction::decode(&small).unwrap().outputs[0].script.len(), 5);
}

#[test]
fn a_leaf_below_the_leaves_has_a_longer_branch_than_the_coinbase() {
    // CVE-2017-12842 the other way: a real transaction of 64 bytes is taken for a node, and a leaf is made under it.
    let block = [coinbase(1), deposit(1), deposit(2), deposit(3)];
    let (root, mut proof) = in_a_block(&block, 3);
    proof.branch.insert(0, Digest::new([3; 32]));
    proof.index = 7;
    assert_eq!(
        proof.verify(&root, &block[3]),
        Err(InclusionError::Height {
            branch: 3,
            coinbase: 2
        })
    );
}

#[test]
fn a_doubled_subtree_has_one_position_only() {
    // CVE-2012-2459: six leaves; the last two stand again as seventh and eighth in a tree with the same root.
    let leaves: Vec<Digest> = (1..=6).map(|n| Digest::new([n; 32])).collect();
    let (top, path) = (root(&leaves).unwrap(), branch(&leaves, 5).unwrap());
    assert_eq!(fold(&leaves[5], 5, &path), Ok(top));
    assert_eq!(fold(&leaves[5], 7, &path), Err(MerkleError::Copy { level: 1 }));
    let doubled = [leaves.clone(), leaves[4..].to_vec()].concat();
    assert_eq!(root(&doubled), None, "nobody here builds such a tree");
    let bit_more = fold(&leaves[5], 5 + 8, &path);
    assert_eq!(bit_more, Err(MerkleError::Position { index: 13, height: 3 }));
}

#[test]
fn a_miners_own_reward_is_no_deposit() {
    let block = [coinbase(1), deposit(1)];
    let (root, mut proof) = in_a_block(&block, 1);
    proof.index = 0;
    assert_eq!(proof.verify(&root, &block[0]), Err(InclusionError::PaysMiner));
    proof.index = 1;
    assert_eq!(proof.verify(&root, &block[0]), Err(InclusionError::PaysMiner));
    let reward = Transaction::decode(&coinbase(1)).unwrap();
    assert_eq!(deposits(&reward, &LANE), []);
}

#[test]
fn a_transaction_id_that_repeats_is_another_deposit_in_another_block() {
    let transaction = Transaction::decode(&deposit(1)).unwrap();
    let outpoint = Outpoint {
        txid: transaction.id,
        vout: 0,
    };
    let key = |block: u8| DepositKey {
        outpoint,
        block: BlockId::new([block; 32]),
    };
    assert_ne!(key(1), key(2));
    assert_eq!(deposits(&transaction, &LANE)[0].outpoint, outpoint);
}

#[test]
fn a_witness_changes_neither_the_id_nor_the_deposit() {
    let stripped = deposit(1);
    let mut witnessed = stripped.clone();
    witnessed.splice(4..4, [0, 1]);
    let end = witnessed.len() - 4;
    witnessed.splice(end..end, [1, 2, 0xab, 0xcd]);
    let read = Transaction::decode(&witnessed).unwrap();
    assert_eq!(read, Transaction::decode(&stripped).unwrap());
    witnessed.splice(end..end + 4, [0]);
    assert_eq!(Transaction::decode(&witnessed), Err(TransactionError::NoWitness));
}

#[test]
fn a_longer_chain_with_less_work_stays_behind() {
    let hard = Bits::new(0x2007_ffff);
    let mut world = World::of(cheap_testnet(), 2_016, hard, 1_800_000_000);
    let root = world.tip();
    let best = [block(root, 1_800_000_600, hard, 1)];
    world.submit(&best, LATE).unwrap();
    let (mut id, mut time, mut long) = (root, 1_800_000_000, Vec::new());
    for salt in 2..12 {
        time += 1_201;
        long.push(block(id, time, world.rules.limit, salt));
        id = long.last().unwrap().id();
    }
    assert_eq!(world.submit(&long, LATE).unwrap().reorg, None);
    assert_eq!(world.tip(), best[0].id());
    assert_eq!(
        standing(&world.memory, &best[0].id()).unwrap().0,
        Standing::Best { confirmations: 1 }
    );
    assert_eq!(standing(&world.memory, &id).unwrap().0, Standing::Rival);
}

#[test]
fn a_stale_branch_that_comes_back_takes_confirmations_away() {
    let mut world = World::regtest();
    let fork = world.grow(1, 1)[0].id();
    let held = world.grow(6, 2);
    assert_eq!(
        standing(&world.memory, &held[0].id()).unwrap().0,
        Standing::Best { confirmations: 6 }
    );
    let stale = world.mine(fork, 6, 3);
    world.submit(&stale, LATE).unwrap();
    let back = world.mine(stale[5].id(), 1, 3);
    let reorg = world.submit(&back, LATE).unwrap().reorg.unwrap();
    assert_eq!((reorg.depth, reorg.fork), (6, 1));
    assert_eq!(standing(&world.memory, &held[0].id()).unwrap().0, Standing::Rival);
    // And once more the other way: nothing is lost of a branch that was left.
    let again = world.mine(held[5].id(), 2, 2);
    assert_eq!(world.submit(&again, LATE).unwrap().reorg.unwrap().depth, 7);
    assert_eq!(
        standing(&world.memory, &held[0].id()).unwrap().0,
        Standing::Best { confirmations: 8 }
    );
}

#[test]
fn a_jump_of_difficulty_within_a_period_is_refused() {
    let rules = crate::world::cheap();
    let hard = Bits::new(0x2007_ffff);
    let mut world = World::of(rules, 2_016, hard, 1_800_000_000);
    let easier = block(world.tip(), 1_800_000_600, rules.limit, 1);
    let invalid = Invalid::Bits {
        expected: hard,
        found: rules.limit,
    };
    assert_eq!(
        world.submit(&[easier], LATE),
        Err(Refusal::Invalid { index: 0, invalid })
    );
    let harder = block(world.tip(), 1_800_000_600, Bits::new(0x2003_ffff), 1);
    assert!(world.submit(&[harder], LATE).is_err(), "nor a harder one");
    let empty = block(world.tip(), 1_800_000_600, hard, 1);
    let no_work = unmined(empty);
    let invalid = Invalid::Work;
    assert_eq!(
        world.submit(&[no_work], LATE),
        Err(Refusal::Invalid { index: 0, invalid })
    );
    assert!(world.submit(&[empty], LATE).is_ok());
}

#[test]
fn a_flood_of_cheap_rivals_ends_at_its_bound() {
    let mut world = World::regtest();
    let root = world.tip();
    world.grow(3, 1);
    let mut kept = 0;
    for salt in 100..200 {
        let rival = world.mine(root, 2, salt);
        kept += usize::from(world.submit(&rival, LATE).is_ok());
    }
    assert_eq!(kept, palisade_light_bitcoin::limits::MAX_RIVALS);
    assert_eq!(world.memory.len(), 1 + 3 + 2 * kept);
}

#[test]
fn a_batch_with_one_bad_header_is_refused_whole() {
    let mut world = World::regtest();
    let mut headers = world.mine(world.tip(), 8, 1);
    headers[6] = unmined(headers[6]);
    let invalid = Invalid::Work;
    assert_eq!(
        world.submit(&headers, LATE),
        Err(Refusal::Invalid { index: 6, invalid })
    );
    assert!(world.submit(&headers[..6], LATE).is_ok());
    // One that is left out breaks the chain, also among those that are known.
    let gap = [headers[0], headers[2]];
    let invalid = Invalid::Parent;
    assert_eq!(
        world.submit(&gap, LATE),
        Err(Refusal::Invalid { index: 1, invalid })
    );
}
