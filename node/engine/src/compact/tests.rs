use super::*;
use crate::application::{ApplicationError, Committed, Finalized};
use consensus::{Build, Tip, Verdict, Verify};
use light_palisade::{Statement, ValidatorIndex};
use primitives::{ChainClock, ChainHash, Digest, Epoch, Height, Timestamp, TxId, View};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::Mutex;

type Transactions = Vec<Vec<u8>>;

/// A mempool, and the rule that a transaction's id is its hash.
struct Pool(Vec<Vec<u8>>);

fn ids(transactions: &[Vec<u8>]) -> Vec<TxId> {
    let id = |bytes: &Vec<u8>| TxId::new(sha256(&[bytes]));
    transactions.iter().map(id).collect()
}

impl Application for Pool {
    fn build(&self, _: &Build, _: SignatureBytes) -> Result<Option<Block>, ApplicationError> {
        Err("nothing is built here".into())
    }
    fn verify(&self, _: &Verify) -> Result<Verdict, ApplicationError> {
        Err("nothing is verified here".into())
    }
    fn commit(&self, _: Vec<Finalized>) -> Result<Committed, ApplicationError> {
        Err("nothing is committed here".into())
    }
    fn tip(&self) -> Result<Tip, ApplicationError> {
        Err("there is no chain here".into())
    }
    fn body(&self, _: &BlockHash) -> Option<Arc<Block>> {
        None
    }
    fn answer(&self, _: &[u8]) -> Option<Bytes> {
        None
    }
    fn evidence(&self, _: Evidence) {}
    fn recall(&self, visit: &mut dyn FnMut(&[u8]) -> bool) {
        for one in &self.0 {
            if !visit(one) {
                return;
            }
        }
    }
    fn is_whole(&self, block: &Block) -> bool {
        block.transactions_root(&ids(&block.transactions)) == block.header.transactions_root
    }
}

/// A leader that has the block, and does as told when it is asked.
struct Leader {
    block: Block,
    /// What it answers when transactions are asked for.
    answers: fn(Transactions) -> Option<Transactions>,
    gives_whole: bool,
    asked: Mutex<Vec<usize>>,
}

impl Source for Leader {
    async fn transactions(&self, block: BlockHash, positions: Vec<u32>) -> Option<Vec<Vec<u8>>> {
        assert_eq!(block, self.block.hash());
        self.asked.lock().unwrap().push(positions.len());
        let found = positions
            .iter()
            .map(|at| self.block.transactions[*at as usize].clone());
        (self.answers)(found.collect())
    }
    async fn whole(&self, _: BlockHash) -> Option<Block> {
        self.gives_whole.then(|| self.block.clone())
    }
}

fn transactions(rng: &mut StdRng, count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|_| {
            let length = rng.random_range(40..400);
            (0..length).map(|_| rng.random()).collect()
        })
        .collect()
}

fn block(transactions: Vec<Vec<u8>>) -> Block {
    let header = Header {
        version: Header::VERSION,
        chain_hash: ChainHash::new([1; 32]),
        height: Height::new(7),
        epoch: Epoch::new(1),
        view: View::new(3),
        parent: BlockHash::new([2; 32]),
        proposer: ValidatorIndex::new(0),
        time: Timestamp::new(9),
        chain_clock: ChainClock::new(9),
        transactions_root: Digest::ZERO,
        justification_root: Digest::ZERO,
        evidence_root: Digest::ZERO,
        validators_root: Digest::ZERO,
        next_validators_root: Digest::ZERO,
        state_root: Digest::ZERO,
        receipts_root: Digest::ZERO,
        outbox_root: Digest::ZERO,
        seed: Digest::ZERO,
    };
    let mut block = Block {
        header,
        justification: Justification::default(),
        seed_signature: SignatureBytes([4; 48]),
        evidence: Vec::new(),
        transactions,
    };
    block.header.transactions_root = block.transactions_root(&ids(&block.transactions));
    block
}

fn proposal(block: &Block) -> Message {
    let statement = Statement::Notarize {
        epoch: block.header.epoch,
        view: block.header.view,
        parent_view: View::new(2),
        block: block.hash(),
    };
    Message::Proposal(Box::new(Proposal {
        vote: Vote {
            statement,
            signer: ValidatorIndex::new(0),
            signature: SignatureBytes([5; 48]),
        },
        content: Content::Fresh(Arc::new(block.clone())),
    }))
}

fn leader(block: &Block) -> Leader {
    Leader {
        block: block.clone(),
        answers: Some,
        gives_whole: true,
        asked: Mutex::default(),
    }
}

fn compact(block: &Block) -> Compact {
    let frame = pack(&proposal(block)).unwrap();
    assert!(
        Message::decode(&frame).is_err(),
        "it is taken for no other message"
    );
    parse(&frame).unwrap().unwrap()
}

#[tokio::test]
async fn whatever_part_of_a_block_is_here_the_block_is_the_leaders() {
    for seed in 0..60 {
        let mut rng = StdRng::seed_from_u64(seed);
        let count = rng.random_range(30..120);
        let inside = transactions(&mut rng, count);
        let block = block(inside.clone());
        // The pool has some of them in another order, and others.
        let share = rng.random_range(0.0..=1.0);
        let mut pool: Vec<Vec<u8>> = inside
            .into_iter()
            .rev()
            .filter(|_| rng.random_bool(share))
            .collect();
        let lacks = count - pool.len();
        pool.extend(transactions(&mut rng, 50));
        let frame = pack(&proposal(&block)).unwrap();
        assert!(
            frame.len() < 1_000 + count * 8,
            "seed {seed}: {} bytes",
            frame.len()
        );
        let leader = leader(&block);
        let built = rebuild(&Arc::new(Pool(pool)), compact(&block), &leader).await;
        let (built, way) = built.unwrap_or_else(|| panic!("seed {seed}"));
        assert_eq!(
            Message::Proposal(Box::new(built)),
            proposal(&block),
            "seed {seed}"
        );
        let expected = match lacks {
            0 => Way::Here,
            lacks if lacks * 2 <= count => Way::Asked(lacks),
            _ => Way::Whole,
        };
        assert_eq!(way, expected, "seed {seed}");
        let asked: &[usize] = if let Way::Asked(lacks) = way {
            &[lacks]
        } else {
            &[]
        };
        assert_eq!(*leader.asked.lock().unwrap(), asked, "seed {seed}");
    }
}

#[tokio::test]
async fn who_answers_wrongly_is_asked_for_the_whole_and_then_passed_over() {
    let mut rng = StdRng::seed_from_u64(1);
    let inside = transactions(&mut rng, 40);
    let block = block(inside.clone());
    let pool = Arc::new(Pool(inside[..39].to_vec()));
    let wrong: [fn(Transactions) -> Option<Transactions>; 4] = [
        |_| None,
        |_| Some(Vec::new()),
        |_| Some(vec![vec![1; 50]]),
        |mut found| {
            found[0][0] ^= 1;
            Some(found)
        },
    ];
    for answers in wrong {
        let mut leader = Leader {
            answers,
            ..leader(&block)
        };
        let (built, way) = rebuild(&pool, compact(&block), &leader).await.unwrap();
        assert_eq!(
            (Message::Proposal(Box::new(built)), way),
            (proposal(&block), Way::Whole)
        );
        leader.gives_whole = false;
        assert!(rebuild(&pool, compact(&block), &leader).await.is_none());
    }
    // Another block in answer is no answer.
    let mut other = leader(&block);
    other.block.header.height = Height::new(8);
    assert!(
        rebuild(&Arc::new(Pool(Vec::new())), compact(&block), &other)
            .await
            .is_none()
    );
}

#[tokio::test]
async fn a_transaction_that_stands_twice_or_more_than_a_block_holds_leads_to_the_whole() {
    let mut rng = StdRng::seed_from_u64(2);
    let one = transactions(&mut rng, 1).remove(0);
    let block = block(vec![one.clone(); 200]);
    let leader = leader(&block);
    let (built, way) = rebuild(&Arc::new(Pool(vec![one])), compact(&block), &leader)
        .await
        .unwrap();
    assert_eq!(
        (Message::Proposal(Box::new(built)), way),
        (proposal(&block), Way::Whole)
    );
}

#[test]
fn small_blocks_and_other_messages_are_sent_as_they_are_and_strangers_bytes_are_bounded() {
    let mut rng = StdRng::seed_from_u64(3);
    assert!(pack(&proposal(&block(transactions(&mut rng, 3)))).is_none());
    assert!(pack(&Message::Votes(Vec::new())).is_none());
    assert!(parse(&encode(&Message::Votes(Vec::new()))).is_none());
    assert!(parse(&[]).is_none());
    let whole = block(transactions(&mut rng, 60));
    let frame = pack(&proposal(&whole)).unwrap();
    for cut in 1..frame.len() {
        assert!(parse(&frame[..cut]).unwrap().is_err(), "cut at {cut}");
    }
    let mut many = compact(&whole);
    many.ids = vec![[0; 8]; MAX_TRANSACTIONS + 1];
    let mut frame = vec![MARK];
    frame.extend(encode(&many));
    assert!(matches!(parse(&frame), Some(Err(CodecError::TooLong { .. }))));
}
