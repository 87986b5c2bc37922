//! Transactions as a test wants them, right by default.

use crate::keys::Account;
use primitives::{Amount, ChainHash, Gas, Height};
use runtime::{Body, Fee, Message, sign_bytes, wire};

/// A transaction before it is signed. Every field can be set to something wrong.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Who signs.
    pub signer: Account,
    /// What is signed.
    pub body: Body,
}

impl Draft {
    /// What `signer` has to say at `sequence`, valid up to `timeout_height`, for a generous fee.
    #[must_use]
    pub fn new(signer: &Account, messages: Vec<Message>, sequence: u64, timeout_height: Height) -> Self {
        Self {
            signer: signer.clone(),
            body: Body {
                sender: signer.id(),
                messages,
                fee: Fee {
                    gas_limit: Gas::new(5_000_000),
                    max_price: Amount::new(1_000),
                    tip: Amount::new(1),
                },
                sequence,
                unordered: false,
                timeout_height,
                memo: String::new(),
            },
        }
    }

    /// The same with this fee.
    #[must_use]
    pub const fn with_fee(mut self, gas_limit: u64, max_price: u128, tip: u128) -> Self {
        self.body.fee = Fee {
            gas_limit: Gas::new(gas_limit),
            max_price: Amount::new(max_price),
            tip: Amount::new(tip),
        };
        self
    }

    /// The same with this sequence.
    #[must_use]
    pub const fn with_sequence(mut self, sequence: u64) -> Self {
        self.body.sequence = sequence;
        self
    }

    /// The same without a sequence.
    #[must_use]
    pub const fn unordered(mut self) -> Self {
        self.body.sequence = 0;
        self.body.unordered = true;
        self
    }

    /// The same, valid up to `height`.
    #[must_use]
    pub const fn until(mut self, height: Height) -> Self {
        self.body.timeout_height = height;
        self
    }

    /// The bytes of the body.
    #[must_use]
    pub fn body_bytes(&self) -> Vec<u8> {
        wire::transaction::write_body(&self.body)
    }

    /// The signed transaction for the chain `chain`.
    #[must_use]
    pub fn sign(&self, chain: &ChainHash) -> Vec<u8> {
        let body = self.body_bytes();
        let signatures = self.signer.sign(sign_bytes(chain, &body).as_bytes());
        wire::transaction::write_signed(
            &body,
            self.signer.threshold(),
            &self.signer.public_keys(),
            &signatures,
        )
    }
}
