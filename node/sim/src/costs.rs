//! Mock signatures that take the time of real ones: each operation is charged what it was measured to cost here.

use crate::keys::{Keyring, Lanes, MockScheme, RealScheme};
use consensus::Scheme;
use crypto::bls::SignatureBytes;
use light_palisade::{Committee, Statement, ValidatorIndex};
use primitives::{Epoch, View};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

/// What operations cost, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// Signing.
    pub sign: u64,
    /// Decoding a signature, with the check that it is in its group.
    pub decode: u64,
    /// Verifying one signature.
    pub verify: u64,
    /// Adding one signature to a sum.
    pub add: u64,
    /// Adding one key to the sum that a certificate is verified against.
    pub key: u64,
}

/// Times that each operation is measured.
const ROUNDS: usize = 20;

fn measured(mut operation: impl FnMut() -> bool) -> u64 {
    let mut times: Vec<u64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let _done = std::hint::black_box(operation());
            u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}

impl Costs {
    /// Measures the operations that production runs, on this machine, now. None when a signature does not hold.
    #[must_use]
    pub fn measure(committee: &Committee) -> Option<Self> {
        let real = RealScheme::new();
        let statement = Statement::Nullify {
            epoch: committee.epoch(),
            view: View::new(1),
        };
        let message = statement.sign_bytes(&crate::keys::CHAIN);
        let count = committee.len();
        let bytes: Vec<SignatureBytes> = (0..count).map(|node| real.sign(node, &message)).collect();
        let all: Vec<_> = bytes.iter().filter_map(|bytes| real.decode(bytes)).collect();
        let signers: Vec<_> = (0..count as u16).map(ValidatorIndex::new).collect();
        let first = all.first()?;
        let sum = real.sum(&all)?;
        let holds = real.verify_sum(committee, &signers, &statement, &sum);
        let verify = measured(|| real.verify(committee, signers[0], &statement, first));
        let whole = measured(|| real.verify_sum(committee, &signers, &statement, &sum));
        holds.then(|| Self {
            sign: measured(|| real.sign(0, &message) == bytes[0]),
            decode: measured(|| real.decode(&bytes[0]).is_some()),
            verify,
            add: measured(|| real.sum(&all).is_some()) / count as u64,
            key: whole.saturating_sub(verify) / count as u64,
        })
    }
}

/// [`MockScheme`] with a meter.
#[derive(Clone, Debug)]
pub struct CostedScheme {
    costs: Costs,
    spent: Rc<Cell<u64>>,
}

impl CostedScheme {
    /// A scheme with these costs.
    #[must_use]
    pub fn new(costs: Costs) -> Self {
        Self {
            costs,
            spent: Rc::default(),
        }
    }

    fn charge(&self, cost: u64) {
        self.spent.set(self.spent.get() + cost);
    }
}

impl Scheme for CostedScheme {
    type Signature = Lanes;

    fn decode(&self, bytes: &SignatureBytes) -> Option<Lanes> {
        self.charge(self.costs.decode);
        MockScheme.decode(bytes)
    }

    fn encode(&self, signature: &Lanes) -> SignatureBytes {
        MockScheme.encode(signature)
    }

    fn verify(&self, set: &Committee, signer: ValidatorIndex, statement: &Statement, sum: &Lanes) -> bool {
        self.charge(self.costs.verify);
        MockScheme.verify(set, signer, statement, sum)
    }

    fn sum<'a>(&self, signatures: impl IntoIterator<Item = &'a Lanes>) -> Option<Lanes> {
        let counted = signatures.into_iter().inspect(|_| self.charge(self.costs.add));
        MockScheme.sum(counted)
    }

    fn verify_sum(
        &self,
        set: &Committee,
        signers: &[ValidatorIndex],
        statement: &Statement,
        sum: &Lanes,
    ) -> bool {
        self.charge(self.costs.verify + self.costs.key * signers.len() as u64);
        MockScheme.verify_sum(set, signers, statement, sum)
    }

    fn verify_seed(
        &self,
        set: &Committee,
        signer: ValidatorIndex,
        slot: (Epoch, View),
        signature: &SignatureBytes,
    ) -> bool {
        self.charge(self.costs.decode + self.costs.verify);
        MockScheme.verify_seed(set, signer, slot, signature)
    }
}

impl Keyring for CostedScheme {
    fn sign(&self, node: usize, message: &[u8]) -> SignatureBytes {
        self.charge(self.costs.sign);
        MockScheme.sign(node, message)
    }

    fn spent(&self) -> u64 {
        self.spent.take()
    }
}
