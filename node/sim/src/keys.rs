//! Keys of the simulated validators, and signatures: real ones, or sums of hashes that cost next to nothing.

use blst::min_sig::SecretKey;
use consensus::{BlsScheme, Peer, Scheme};
use crypto::bls::{KeyBytes, SIGNATURE_DST, SignatureBytes};
use crypto::hash::sha256;
use light_palisade::vote::seed_sign_bytes;
use light_palisade::{Committee, Statement, ValidatorIndex};
use primitives::{ChainHash, Epoch, View};
use std::rc::Rc;
use std::sync::OnceLock;

/// The chain that is simulated.
pub const CHAIN: ChainHash = ChainHash::new([0x51; 32]);
/// As many validators can take part in a run.
pub const MAX_NODES: usize = 40;

static SECRETS: OnceLock<Vec<(KeyBytes, SecretKey)>> = OnceLock::new();

/// Makes keys for so many validators instead of [`MAX_NODES`]; before any run, or it changes nothing. At most 250,
/// which is as many as have addresses.
pub fn prepare(nodes: usize) {
    SECRETS.get_or_init(|| generate(nodes.min(250)));
}

fn secrets() -> &'static [(KeyBytes, SecretKey)] {
    SECRETS.get_or_init(|| generate(MAX_NODES))
}

fn generate(nodes: usize) -> Vec<(KeyBytes, SecretKey)> {
    let mut all: Vec<(KeyBytes, SecretKey)> = (0..nodes as u64)
        .filter_map(|number| {
            let material = sha256(&[b"palisade/sim/key", &number.to_be_bytes()]);
            let secret = SecretKey::key_gen(&material, &[]).ok()?;
            Some((KeyBytes(secret.sk_to_pk().compress()), secret))
        })
        .collect();
    all.sort_unstable_by_key(|(key, _)| *key);
    all
}

/// The consensus key of a node. Nodes are numbered in the order of their keys, as seats are.
#[must_use]
pub fn key(node: usize) -> KeyBytes {
    secrets().get(node).map_or(KeyBytes([0; 96]), |(key, _)| *key)
}

/// The node that has a consensus key.
#[must_use]
pub fn node_of(key: &KeyBytes) -> Option<usize> {
    secrets().iter().position(|(held, _)| held == key)
}

/// A node's address.
#[must_use]
pub const fn peer(node: usize) -> Peer {
    Peer([node as u8 + 1; 32])
}

/// The node at an address.
#[must_use]
pub const fn node_at(peer: &Peer) -> usize {
    (peer.0[0] as usize).saturating_sub(1)
}

/// A scheme whose secrets the simulation holds.
pub trait Keyring: Scheme + Clone {
    /// The signature of a node over a message.
    fn sign(&self, node: usize, message: &[u8]) -> SignatureBytes;

    /// Nanoseconds of computing that its operations stand for, since this was asked last.
    fn spent(&self) -> u64 {
        0
    }
}

/// Signatures that add up without pairings: six numbers from key, salt and message, added lane by lane. Whoever
/// speaks only through [`Keyring::sign`] for its own node cannot make another's.
#[derive(Clone, Copy, Debug)]
pub struct MockScheme;

/// A decoded mock signature.
pub type Lanes = [u64; 6];

/// Bytes that are no signature under any scheme.
pub const GARBAGE: SignatureBytes = SignatureBytes([0xff; 48]);

const fn mix(value: u64) -> u64 {
    let a = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    b ^ (b >> 31)
}

fn word(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |chunk| u64::from_be_bytes(*chunk))
}

fn mock(key: &KeyBytes, digest: &[u8; 32]) -> Lanes {
    let secret = mix(word(&key.0[8..])).wrapping_add(word(&key.0[24..]));
    core::array::from_fn(|lane| {
        mix(secret ^ mix(word(&digest[lane % 4 * 8..]).wrapping_add(lane as u64)))
            // No sum of fewer than 2^30 of these is GARBAGE.
            & 0x0000_0003_ffff_ffff
    })
}

impl Scheme for MockScheme {
    type Signature = Lanes;

    fn decode(&self, bytes: &SignatureBytes) -> Option<Lanes> {
        (*bytes != GARBAGE).then(|| core::array::from_fn(|lane| word(&bytes.0[lane * 8..])))
    }

    fn encode(&self, signature: &Lanes) -> SignatureBytes {
        let mut bytes = [0; 48];
        for (place, lane) in bytes.chunks_mut(8).zip(signature) {
            place.copy_from_slice(&lane.to_be_bytes());
        }
        SignatureBytes(bytes)
    }

    fn verify(&self, set: &Committee, signer: ValidatorIndex, statement: &Statement, sum: &Lanes) -> bool {
        self.verify_sum(set, &[signer], statement, sum)
    }

    fn sum<'a>(&self, signatures: impl IntoIterator<Item = &'a Lanes>) -> Option<Lanes> {
        signatures
            .into_iter()
            .copied()
            .reduce(|a, b| core::array::from_fn(|lane| a[lane].wrapping_add(b[lane])))
    }

    fn verify_sum(
        &self,
        set: &Committee,
        signers: &[ValidatorIndex],
        statement: &Statement,
        sum: &Lanes,
    ) -> bool {
        let digest = sha256(&[&statement.sign_bytes(&CHAIN)]);
        let mut expected = Lanes::default();
        for signer in signers {
            let Some(validator) = set.set().get(*signer) else {
                return false;
            };
            for (total, lane) in expected.iter_mut().zip(mock(&validator.key, &digest)) {
                *total = total.wrapping_add(lane);
            }
        }
        !signers.is_empty() && expected == *sum
    }

    fn verify_seed(
        &self,
        set: &Committee,
        signer: ValidatorIndex,
        (epoch, view): (Epoch, View),
        signature: &SignatureBytes,
    ) -> bool {
        let digest = sha256(&[&seed_sign_bytes(&CHAIN, epoch, view)]);
        set.set()
            .get(signer)
            .is_some_and(|validator| self.encode(&mock(&validator.key, &digest)) == *signature)
    }
}

impl Keyring for MockScheme {
    fn sign(&self, node: usize, message: &[u8]) -> SignatureBytes {
        self.encode(&mock(&key(node), &sha256(&[message])))
    }
}

/// What production signs with.
#[derive(Clone, Debug)]
pub struct RealScheme(Rc<BlsScheme>);

impl RealScheme {
    /// Signatures over statements of the simulated chain.
    #[must_use]
    pub fn new() -> Self {
        Self(Rc::new(BlsScheme::new(CHAIN)))
    }
}

impl Default for RealScheme {
    fn default() -> Self {
        Self::new()
    }
}

impl Scheme for RealScheme {
    type Signature = <BlsScheme as Scheme>::Signature;

    fn decode(&self, bytes: &SignatureBytes) -> Option<Self::Signature> {
        self.0.decode(bytes)
    }

    fn encode(&self, signature: &Self::Signature) -> SignatureBytes {
        self.0.encode(signature)
    }

    fn verify(
        &self,
        set: &Committee,
        signer: ValidatorIndex,
        statement: &Statement,
        signature: &Self::Signature,
    ) -> bool {
        self.0.verify(set, signer, statement, signature)
    }

    fn sum<'a>(&self, signatures: impl IntoIterator<Item = &'a Self::Signature>) -> Option<Self::Signature>
    where
        Self::Signature: 'a,
    {
        self.0.sum(signatures)
    }

    fn verify_sum(
        &self,
        set: &Committee,
        signers: &[ValidatorIndex],
        statement: &Statement,
        signature: &Self::Signature,
    ) -> bool {
        self.0.verify_sum(set, signers, statement, signature)
    }

    fn verify_seed(
        &self,
        set: &Committee,
        signer: ValidatorIndex,
        slot: (Epoch, View),
        signature: &SignatureBytes,
    ) -> bool {
        self.0.verify_seed(set, signer, slot, signature)
    }
}

impl Keyring for RealScheme {
    fn sign(&self, node: usize, message: &[u8]) -> SignatureBytes {
        secrets().get(node).map_or(GARBAGE, |(_, secret)| {
            SignatureBytes(secret.sign(message, SIGNATURE_DST, &[]).compress())
        })
    }
}
