//! Blocks, transactions and receipts.

use crypto::bls::SignatureBytes;
use kernel::Name;
use light_palisade::{Bitmap, Block, Certificate, Header, Justification, Statement, ValidatorIndex};
use palisade_rpc::backend::FinalBlock;
use primitives::codec::encode;
use primitives::{
    AccountId, Amount, AssetId, BlockHash, ChainClock, ChainHash, Digest, Epoch, Gas, Height, Timestamp,
    TxId, View,
};
use prost::Message;
use proto::tx::v1::{Authorization, Fee, Signature, SignedTransaction, TransactionBody};
use runtime::{Code, Event, Receipt, Value};

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

pub(crate) const fn asset(n: u32) -> AssetId {
    AssetId::new(n)
}

/// A well-formed transaction of `sender`, unsigned but for its shape, padded by a memo.
pub(crate) fn signed_transaction(
    chain: &ChainHash,
    sender: u8,
    sequence: u64,
    memo: usize,
) -> (TxId, Vec<u8>) {
    let body = TransactionBody {
        sender: account(sender).as_bytes().to_vec().into(),
        messages: Vec::new(),
        fee: Some(Fee {
            gas_limit: 1_000,
            max_price: "2".into(),
            tip: "1".into(),
        }),
        sequence,
        unordered: false,
        timeout_height: 1_000,
        memo: "m".repeat(memo),
    };
    let body = body.encode_to_vec();
    let id = runtime::sign_bytes(chain, &body);
    let authorization = Authorization {
        threshold: 1,
        public_keys: vec![vec![sender; 32].into()],
        signatures: vec![Signature {
            key_index: 0,
            signature: vec![0; 64].into(),
        }],
    };
    (
        id,
        SignedTransaction {
            body: body.into(),
            authorization: Some(authorization),
        }
        .encode_to_vec(),
    )
}

/// The number of the module `bank`.
fn bank() -> u8 {
    let bank = runtime::MODULES.iter().find(|id| id.name() == "bank");
    bank.unwrap().number()
}

/// An event that names an account.
fn event(name: &'static str, account: u8, amount: u128) -> Event {
    Event {
        module: bank(),
        name: Name::new(name).unwrap(),
        attributes: vec![
            (
                Name::new("recipient").unwrap(),
                Value::Account(self::account(account)),
            ),
            (Name::new("amount").unwrap(), Value::Amount(Amount::new(amount))),
        ],
    }
}

/// What came of a transaction: a transfer to account 9, or a refusal by the bank.
pub(crate) fn receipt(id: TxId, succeeds: bool) -> Receipt {
    let failure = runtime::Failure {
        message: 0,
        code: Code {
            module: bank(),
            number: 3,
        },
    };
    Receipt {
        id,
        failure: (!succeeds).then_some(failure),
        gas_used: Gas::new(700),
        fee: Amount::new(1_400),
        events: if succeeds {
            vec![event("Transferred", 9, 5)]
        } else {
            Vec::new()
        },
    }
}

fn certificate(header: &Header) -> Certificate {
    let (epoch, view) = (header.epoch, header.view);
    let parent_view = View::new(view.get() - 1);
    Certificate {
        statement: Statement::Finalize {
            epoch,
            view,
            parent_view,
            block: header.hash(),
        },
        signers: Bitmap::new(4, [0, 1, 2].map(ValidatorIndex::new)),
        signature: SignatureBytes([7; 48]),
    }
}

/// The block at `height`, with these transactions.
pub(super) fn block(
    chain: ChainHash,
    height: u64,
    parent: BlockHash,
    state_root: Digest,
    transactions: Vec<(Vec<u8>, Receipt)>,
) -> FinalBlock {
    let (transactions, receipts): (Vec<_>, Vec<_>) = transactions.into_iter().unzip();
    let mut block = Block {
        header: Header {
            version: Header::VERSION,
            chain_hash: chain,
            height: Height::new(height),
            epoch: Epoch::new(1),
            view: View::new(height),
            parent,
            proposer: ValidatorIndex::new(1),
            time: Timestamp::new(1_000_000 + height),
            chain_clock: ChainClock::new(height),
            transactions_root: Digest::ZERO,
            justification_root: Digest::new([1; 32]),
            evidence_root: Digest::ZERO,
            validators_root: Digest::new([2; 32]),
            next_validators_root: Digest::ZERO,
            state_root,
            receipts_root: Digest::new([3; 32]),
            outbox_root: Digest::ZERO,
            seed: Digest::new([4; 32]),
        },
        justification: Justification::default(),
        seed_signature: SignatureBytes([5; 48]),
        evidence: Vec::new(),
        transactions,
    };
    let ids: Vec<TxId> = receipts.iter().map(|receipt| receipt.id).collect();
    block.header.transactions_root = block.transactions_root(&ids);
    let (certificate, size) = (certificate(&block.header), encode(&block).len());
    FinalBlock {
        block,
        receipts,
        events: vec![event("FeesSettled", 8, u128::from(height))],
        certificate,
        size: u64::try_from(size).unwrap(),
    }
}
