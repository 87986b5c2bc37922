//! Fuzz bodies as plain functions: whatever the bytes are, nothing panics and nothing halts the node.

use crate::chain::Chain;
use crate::draft::Draft;
use crate::keys::Account;
use genesis::Document;
use primitives::codec::{Decode, Encode, decode_limited, encode};
use primitives::{ChainHash, Height};
use runtime::{BlockContext, ExecuteError, Receipt, decode, execute, peek_id, wire};
use std::sync::OnceLock;

/// A stranger's transaction: decoding is total, and what it accepts has one encoding.
pub fn fuzz_transaction(bytes: &[u8]) {
    let chain = ChainHash::new([7; 32]);
    let peeked = peek_id(&chain, bytes);
    if let Ok(decoded) = decode(&chain, bytes) {
        let transaction = decoded.transaction().clone();
        assert_eq!(transaction.id(), peeked);
        assert_eq!(usize::try_from(transaction.size()).unwrap(), bytes.len());
        let again = decode(&chain, bytes).unwrap();
        assert_eq!(*again.transaction(), transaction);
        // A forged one must not verify; a true one may.
        assert_eq!(decoded.verify().is_ok(), again.verify().is_ok());
    }
}

/// A body: what is accepted is written the same way again.
pub fn fuzz_body(bytes: &[u8]) {
    if let Ok(body) = wire::transaction::read_body(bytes) {
        assert_eq!(wire::transaction::write_body(&body), bytes);
    }
}

/// A receipt, as a peer or a disk gives it.
pub fn fuzz_receipt(bytes: &[u8]) {
    if let Ok(receipt) = decode_limited::<Receipt>(bytes, 1 << 20) {
        assert_eq!(encode(&receipt), bytes);
    }
}

/// What the modules of restaking store, as a disk or a snapshot of a peer gives it: what is accepted has one encoding.
pub fn fuzz_stored(bytes: &[u8]) {
    fn one<T: Decode + Encode>(bytes: &[u8]) {
        if let Ok(value) = decode_limited::<T>(bytes, 1 << 20) {
            assert_eq!(encode(&value), bytes);
        }
    }
    one::<vaults::Vault>(bytes);
    one::<vaults::Position>(bytes);
    one::<vaults::Withdrawal>(bytes);
    one::<vaults::Buffer>(bytes);
    one::<vaults::Mark>(bytes);
    one::<delegation::Operator>(bytes);
    one::<delegation::Allocation>(bytes);
    one::<delegation::Membership>(bytes);
    one::<delegation::Level>(bytes);
    one::<delegation::ServiceKey>(bytes);
    one::<delegation::Commission>(bytes);
    one::<dss::Record>(bytes);
    one::<dss::Task>(bytes);
    one::<dss::Snapshot>(bytes);
    one::<dss::Conviction>(bytes);
    one::<dss::Score>(bytes);
    one::<dss::Evidence>(bytes);
    one::<slashing::Request>(bytes);
    one::<slashing::Due>(bytes);
}

/// A fault program: it is refused, or it ends within its fuel.
pub fn fuzz_program(bytes: &[u8]) {
    const FUEL: u64 = 100_000;
    if attested::program::check(bytes).is_ok() {
        let run = attested::program::run(bytes, vec![vec![1; 40], Vec::new(), bytes.to_vec()], FUEL);
        assert!(run.fuel <= FUEL, "{} of {FUEL}", run.fuel);
    }
}

/// A genesis document.
pub fn fuzz_genesis(bytes: &[u8]) {
    if let Ok(document) = Document::from_json(bytes) {
        let checked = document.validate().is_ok();
        let started = document.start();
        assert!(
            checked || started.is_err(),
            "what does not validate does not start"
        );
        let text = document.to_json().unwrap();
        assert_eq!(
            Document::from_json(text.as_bytes()).unwrap().canonical(),
            document.canonical()
        );
    }
}

/// Any body that decodes, signed by someone who can pay, in a block: it is refused, or it leaves a receipt; the node
/// never halts.
pub fn fuzz_dispatch(bytes: &[u8]) {
    static CHAIN: OnceLock<Chain> = OnceLock::new();
    let Ok(mut body) = wire::transaction::read_body(bytes) else {
        return;
    };
    let chain = CHAIN.get_or_init(Chain::new);
    let signer = Account::named("alice");
    body.sender = signer.id();
    body.sequence = 0;
    body.timeout_height = Height::new(1);
    let signed = Draft { signer, body }.sign(&chain.hash());
    let Ok(verified) = decode(&chain.hash(), &signed).and_then(runtime::Decoded::verify) else {
        return;
    };
    let mut context = BlockContext::default();
    context.block.height = Height::new(1);
    context.block.proposer = chain.validators().first().map(|keys| keys.operator.id()).unwrap();
    match execute(chain.state(), &context, &[verified], chain.state()) {
        Ok(executed) => assert_eq!(executed.receipts.len(), 1),
        Err(ExecuteError::Invalid(_)) => {}
        Err(ExecuteError::Halt(halt)) => panic!("a transaction halts the node: {halt}"),
    }
}
