//! Transactions that nobody should send, over real gRPC: each has its exact answer, and the chain goes on.

use crate::world::Testnet;
use client::prepare::{ChainInfo, Prices};
use client::transaction::transaction_id;
use client::wait::{End, Until, Wait};
use client::{Client, Error, Timeouts};
use crypto::account::AccountKeys;
use primitives::{ChainHash, Height, TxId};
use prost::Message as _;
use proto::ledger::v1::{Failure, receipt};
use proto::tx::v1::message::Message as Kind;
use proto::tx::v1::{
    Authorization, BroadcastTransactionRequest, Fee, Message, Signature, SignedTransaction, TransactionBody,
};
use signer::Ed25519Key;
use tonic::Code;

const PAL: u128 = 1_000_000_000;

/// Somebody with 100 PAL and bad intentions.
struct Mallory {
    key: Ed25519Key,
    keys: AccountKeys,
    client: Client,
    chain: ChainInfo,
    prices: Prices,
    height: u64,
}

impl Mallory {
    async fn new(url: &str, key: Ed25519Key) -> Self {
        let client = Client::connect(url, Timeouts::default()).await.unwrap();
        let keys = AccountKeys::single(*key.public_key().as_bytes()).unwrap();
        Self {
            key,
            keys,
            chain: client.chain().await.unwrap(),
            prices: client.prices().await.unwrap(),
            height: client.height().await.unwrap().get(),
            client,
        }
    }

    /// A transfer as it should be.
    fn body(&self, sequence: u64) -> TransactionBody {
        TransactionBody {
            sender: self.keys.id().as_bytes().to_vec().into(),
            messages: vec![self.transfer(0, 1)],
            fee: Some(Fee {
                gas_limit: 500_000,
                max_price: self.prices.max.to_string(),
                tip: self.prices.tip.to_string(),
            }),
            sequence,
            timeout_height: self.height + 1_000,
            ..Default::default()
        }
    }

    fn transfer(&self, asset_id: u32, amount: u128) -> Message {
        Message {
            message: Some(Kind::Transfer(proto::bank::v1::Transfer {
                recipient: vec![7; 32].into(),
                asset_id,
                amount: amount.to_string(),
            })),
        }
    }

    fn authorization(&self, chain: &ChainHash, body: &[u8]) -> Authorization {
        let signature = self.key.sign(transaction_id(chain, body).as_bytes());
        Authorization {
            threshold: 1,
            public_keys: vec![self.key.public_key().as_bytes().to_vec().into()],
            signatures: vec![Signature {
                key_index: 0,
                signature: signature.to_vec().into(),
            }],
        }
    }

    /// The bytes of a body, signed for this chain.
    fn signed(&self, body: &[u8]) -> Vec<u8> {
        self.with(body, self.authorization(&self.chain.hash, body))
    }

    fn with(&self, body: &[u8], authorization: Authorization) -> Vec<u8> {
        SignedTransaction {
            body: body.to_vec().into(),
            authorization: Some(authorization),
        }
        .encode_to_vec()
    }

    /// The signed transfer after `change`.
    fn changed(&self, change: impl FnOnce(&mut TransactionBody)) -> Vec<u8> {
        let mut body = self.body(0);
        change(&mut body);
        self.signed(&body.encode_to_vec())
    }

    /// The transfer with `tail` after its body's bytes.
    fn with_tail(&self, tail: &[u8]) -> Vec<u8> {
        self.signed(&[self.body(0).encode_to_vec().as_slice(), tail].concat())
    }

    async fn send(&self, tx: Vec<u8>) -> Result<proto::tx::v1::Broadcast, Error> {
        let mut service = self.client.transactions().max_encoding_message_size(16 << 20);
        let request = BroadcastTransactionRequest { tx: tx.into() };
        let answer = self.client.unary(service.broadcast_transaction(request)).await?;
        Ok(answer.broadcast.unwrap())
    }

    /// What the final block says of a transaction that is taken and fails.
    async fn failure_of(&self, tx: Vec<u8>) -> Failure {
        let id = TxId::from_slice(&self.send(tx).await.unwrap().tx_hash).unwrap();
        let wait = Wait {
            id,
            timeout_height: Height::new(self.height + 1_000),
            until: Until::Finalized,
            patience: crate::world::PATIENCE,
        };
        match self.client.wait(&wait).await.unwrap() {
            End::Failed(place, _) => match place.receipt.result {
                Some(receipt::Result::Failure(failure)) => failure,
                other => panic!("{id} failed with {other:?}"),
            },
            other => panic!("{id} ended as {other:?}"),
        }
    }

    /// What is refused before it is in a block: its bytes, the code and the reason.
    fn refused(&self) -> Vec<(&'static str, Vec<u8>, Code, &'static str)> {
        let good = self.body(0).encode_to_vec();
        let other_chain = ChainHash::new([3; 32]);
        let mut small_order = self.authorization(&self.chain.hash, &good);
        small_order.public_keys = vec![[&[1][..], &[0; 31]].concat().into()];
        let mut forged = self.authorization(&self.chain.hash, &good);
        forged.signatures[0].signature = vec![5; 64].into();
        let mut twice = self.authorization(&self.chain.hash, &good);
        twice.signatures.push(twice.signatures[0].clone());
        let (invalid, held) = (Code::InvalidArgument, Code::FailedPrecondition);
        vec![
            ("nothing", Vec::new(), invalid, "FIELD_INVALID"),
            ("noise", b"\xff\xfe\xfd noise".to_vec(), invalid, "MALFORMED"),
            (
                "cut short",
                self.signed(&good)[..60].to_vec(),
                invalid,
                "MALFORMED",
            ),
            ("64 KiB and 1", vec![0; 65_537], invalid, "TX_TOO_LARGE"),
            (
                "5 MiB",
                vec![0; 5 << 20],
                Code::ResourceExhausted,
                "MESSAGE_TOO_LARGE",
            ),
            (
                "a forged signature",
                self.with(&good, forged),
                invalid,
                "BAD_SIGNATURE",
            ),
            (
                "one signature too many",
                self.with(&good, twice),
                invalid,
                "SIGNATURE_COUNT",
            ),
            (
                "a key of small order",
                self.with(&good, small_order),
                invalid,
                "KEY_OF_SMALL_ORDER",
            ),
            (
                "another chain's signature",
                self.with(&good, self.authorization(&other_chain, &good)),
                invalid,
                "BAD_SIGNATURE",
            ),
            (
                "a default written out",
                self.with_tail(&[0x28, 0]),
                invalid,
                "NOT_CANONICAL",
            ),
            (
                "an unknown field",
                self.with_tail(&[0xf8, 1, 1]),
                invalid,
                "UNKNOWN_FIELD",
            ),
            (
                "another's money",
                self.changed(|body| body.sender = vec![9; 32].into()),
                invalid,
                "WRONG_SENDER",
            ),
            (
                "no messages",
                self.changed(|body| body.messages.clear()),
                invalid,
                "MESSAGE_COUNT",
            ),
            (
                "an amount of nothing",
                self.changed(|body| body.messages = vec![self.transfer(0, 0)]),
                invalid,
                "ZERO_AMOUNT",
            ),
            (
                "no timeout",
                self.changed(|body| body.timeout_height = 0),
                invalid,
                "TIMEOUT_MISSING",
            ),
            (
                "too late",
                self.changed(|body| body.timeout_height = 1),
                held,
                "EXPIRED",
            ),
            (
                "no fee",
                self.changed(|body| {
                    body.fee = Some(Fee {
                        gas_limit: 500_000,
                        max_price: "0".into(),
                        tip: "0".into(),
                    });
                }),
                held,
                "FEE_TOO_LOW",
            ),
            (
                "hardly any gas",
                self.changed(|body| body.fee.as_mut().unwrap().gas_limit = 1),
                invalid,
                "GAS_LIMIT_TOO_LOW",
            ),
            (
                "a fee that it cannot pay",
                self.changed(|body| body.fee.as_mut().unwrap().max_price = (PAL * 1_000).to_string()),
                held,
                "INSUFFICIENT_FUNDS",
            ),
            (
                "far out of turn",
                self.changed(|body| body.sequence = 1_000_000),
                Code::ResourceExhausted,
                "TOO_MANY_PENDING",
            ),
        ]
    }

    async fn try_all(&self) {
        for (what, bytes, code, reason) in self.refused() {
            let error = match self.send(bytes).await {
                Ok(taken) => panic!("{what} was taken: {taken:?}"),
                Err(error) => error,
            };
            let said = error.rejection().unwrap_or_else(|| panic!("{what}: {error}"));
            assert_eq!(
                (said.code, said.reason.as_str()),
                (code, reason),
                "{what}: {said}"
            );
            assert!(said.message.len() > 10, "{what}: {said}");
        }
        // Taken, paid for, and without effect: the receipt says why.
        let too_much = self.changed(|body| body.messages = vec![self.transfer(0, PAL * 1_000)]);
        let failure = self.failure_of(too_much.clone()).await;
        assert_eq!(
            (failure.reason.as_str(), failure.message_index),
            ("INSUFFICIENT_FUNDS", 0)
        );
        assert_eq!(
            failure.message,
            "message 0 was refused: the account holds less of the asset than it gives (bank/1)"
        );
        let mut body = self.body(1);
        body.messages = vec![self.transfer(0, 1), self.transfer(99, 1)];
        let failure = self.failure_of(self.signed(&body.encode_to_vec())).await;
        assert_eq!(
            (failure.reason.as_str(), failure.message_index),
            ("UNKNOWN_ASSET", 1)
        );

        // The same bytes again are no error; another transaction in its place is.
        let again = self.send(too_much).await.unwrap();
        assert_eq!(again.outcome(), proto::tx::v1::BroadcastOutcome::AlreadyCommitted);
        let replaced = self.send(self.changed(|_| ())).await.unwrap_err();
        let said = replaced.rejection().unwrap();
        assert_eq!(
            (said.code, said.reason.as_str()),
            (Code::Aborted, "SEQUENCE_MISMATCH")
        );
        assert_eq!(said.metadata["expected"], "2");

        // Who names the chain that is meant is told when it is another.
        let mut request = tonic::Request::new(BroadcastTransactionRequest::default());
        request
            .metadata_mut()
            .insert("x-palisade-chain-id", "other-1".parse().unwrap());
        let mut service = self.client.transactions();
        let refused = self
            .client
            .unary(service.broadcast_transaction(request))
            .await
            .unwrap_err();
        assert_eq!(refused.rejection().unwrap().reason, "CHAIN_ID_MISMATCH");
    }
}

#[test]
fn every_bad_transaction_is_named_and_the_chain_goes_on() {
    let testnet = Testnet::up("bad-input");
    let key = Ed25519Key::from_secret(&[0x6d; 32]);
    let id = key.account().to_string();
    testnet.run(&["tx", "send", "alice", &id, "100pal", "--wait", "--yes"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { Mallory::new(&testnet.grpc("node0"), key).await.try_all().await });

    // The same through the command line: the words of the failure, and its exit code.
    let send = [
        "tx",
        "send",
        "bob",
        "alice",
        "900000000pal",
        "--wait",
        "--yes",
        "-o",
        "json",
    ];
    let output = testnet.command(&send).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let error: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(output.status.code(), Some(6), "{error}");
    assert_eq!(error["error"]["reason"], "TX_FAILED");
    assert_eq!(error["error"]["metadata"]["failure_reason"], "INSUFFICIENT_FUNDS");
    let message = error["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("the account holds less of the asset than it gives"),
        "{message}"
    );

    let before = testnet.highest();
    testnet.transfer();
    testnet.wait_for_all(before + 2);
}
