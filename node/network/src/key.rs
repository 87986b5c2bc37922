//! Who a peer is: the ed25519 public key that its link was authenticated with.

use libp2p::PeerId;
use libp2p::identity::{Keypair, PublicKey, ed25519};
use std::fmt;

/// A peer's ed25519 public key, 32 bytes. Shown as lower-case hex.
///
/// Any 32 bytes can be held: the set of validators comes from the chain, and a key that is no point of the curve
/// names a validator that nobody can ever be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerKey(pub [u8; 32]);

impl PeerKey {
    /// The key that libp2p's `id` carries; `None` when it carries none, or one of another kind.
    #[must_use]
    pub fn from_peer_id(id: &PeerId) -> Option<Self> {
        // An ed25519 peer id is the identity "hash" of the protobuf-encoded key.
        if id.as_ref().code() != 0 {
            return None;
        }
        let key = PublicKey::try_decode_protobuf(id.as_ref().digest()).ok()?;
        key.try_into_ed25519().ok().map(|key| Self(key.to_bytes()))
    }

    /// libp2p's name for this key; `None` when the bytes are no public key.
    #[must_use]
    pub fn peer_id(&self) -> Option<PeerId> {
        let key = ed25519::PublicKey::try_from_bytes(&self.0).ok()?;
        Some(PublicKey::from(key).to_peer_id())
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first four bytes in hex, for logs and labels.
    #[must_use]
    pub fn short(&self) -> String {
        self.0.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerKey({self})")
    }
}

impl serde::Serialize for PeerKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The secret that this node proves itself with. It is never shown.
#[derive(Clone)]
pub struct Identity(Keypair);

impl Identity {
    /// The identity with this ed25519 secret (the 32-byte seed of RFC 8032). `secret` is zeroed.
    ///
    /// # Errors
    /// [`BadSecret`] when libp2p refuses the bytes.
    pub fn from_secret(secret: &mut [u8; 32]) -> Result<Self, BadSecret> {
        Keypair::ed25519_from_bytes(secret)
            .map(Self)
            .map_err(|_| BadSecret)
    }

    /// The identity of an ed25519 libp2p key pair.
    ///
    /// # Errors
    /// [`BadSecret`] when it is of another kind.
    pub fn from_keypair(pair: Keypair) -> Result<Self, BadSecret> {
        if pair.clone().try_into_ed25519().is_err() {
            return Err(BadSecret);
        }
        Ok(Self(pair))
    }

    /// A new identity from the operating system's randomness.
    #[must_use]
    pub fn generate() -> Self {
        Self(Keypair::generate_ed25519())
    }

    /// The public half.
    #[must_use]
    pub fn key(&self) -> PeerKey {
        // Only ed25519 pairs get in, so the key is always there.
        PeerKey::from_peer_id(&self.peer_id()).unwrap_or(PeerKey([0; 32]))
    }

    /// libp2p's name for the public half, as it stands after `/p2p/` in an address.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        self.0.public().to_peer_id()
    }

    pub(crate) fn into_keypair(self) -> Keypair {
        self.0
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.key())
    }
}

/// The secret is not an ed25519 one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the p2p secret is not an ed25519 secret key: write a new one with `palisade keys`, or restore the right file"
)]
pub struct BadSecret;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_and_its_peer_id_name_each_other() {
        let identity = Identity::from_secret(&mut [7; 32]).unwrap();
        let key = identity.key();
        assert_eq!(key.peer_id(), Some(identity.peer_id()));
        assert_eq!(PeerKey::from_peer_id(&identity.peer_id()), Some(key));
        assert_eq!(key.to_string().len(), 64);
        assert!(key.to_string().starts_with(&key.short()));
    }

    #[test]
    fn a_peer_id_that_only_hashes_a_key_names_nobody() {
        let mut hashed = vec![0x12, 32];
        hashed.extend([9; 32]);
        let id = PeerId::from_bytes(&hashed).unwrap();
        assert_eq!(PeerKey::from_peer_id(&id), None);
    }

    #[test]
    fn bytes_that_are_no_point_have_no_peer_id() {
        let mut bytes = [0; 32];
        bytes[0] = 2;
        assert_eq!(PeerKey(bytes).peer_id(), None);
    }

    #[test]
    fn the_secret_is_not_shown() {
        let identity = Identity::from_secret(&mut [7; 32]).unwrap();
        assert_eq!(format!("{identity:?}"), format!("Identity({})", identity.key()));
    }
}
