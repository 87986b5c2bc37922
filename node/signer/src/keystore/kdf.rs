//! Password to key, within bounds that are checked before memory or time is spent.

use crate::error::KeystoreError;
use sha2::Sha256;
use zeroize::Zeroizing;

/// scrypt's memory: 128·n·r bytes. The standard takes half of this.
const MAX_SCRYPT_BYTES: u64 = 512 << 20;
/// scrypt's work: n·r·p. The standard takes a fourth of this.
const MAX_SCRYPT_WORK: u64 = 8 << 20;
/// The standard takes a sixteenth of this.
const MAX_PBKDF2_ROUNDS: u64 = 4 << 20;

/// A derivation and its cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kdf {
    Scrypt { n: u64, r: u64, p: u64 },
    Pbkdf2 { rounds: u64 },
}

impl Kdf {
    /// What EIP-2335 and everyone who follows it uses: 256 MiB.
    pub(crate) const STANDARD: Self = Self::Scrypt {
        n: 1 << 18,
        r: 8,
        p: 1,
    };

    /// Refuses costs that no honest program asks for.
    pub(crate) fn check(&self) -> Result<(), KeystoreError> {
        match *self {
            Self::Scrypt { n, r, p } => {
                if !n.is_power_of_two() || n < 2 || r == 0 || p == 0 {
                    let what = format!("scrypt parameters n={n} r={r} p={p}");
                    return Err(KeystoreError::Malformed(what));
                }
                let bytes = n.saturating_mul(r).saturating_mul(128);
                let work = n.saturating_mul(r).saturating_mul(p);
                if bytes > MAX_SCRYPT_BYTES || work > MAX_SCRYPT_WORK || r > 1024 || p > 1024 {
                    return Err(KeystoreError::Excessive(format!("scrypt with n={n} r={r} p={p}")));
                }
            }
            Self::Pbkdf2 { rounds: 0 } => {
                return Err(KeystoreError::Malformed("pbkdf2 without rounds".to_owned()));
            }
            Self::Pbkdf2 { rounds } => {
                if rounds > MAX_PBKDF2_ROUNDS {
                    return Err(KeystoreError::Excessive(format!("{rounds} rounds of pbkdf2")));
                }
            }
        }
        Ok(())
    }

    /// The 32 bytes that password and salt give.
    pub(crate) fn derive(&self, password: &[u8], salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
        self.check()?;
        let mut key = Zeroizing::new([0; 32]);
        let unusable = |_| KeystoreError::Malformed(format!("parameters {self:?}"));
        match *self {
            Self::Scrypt { n, r, p } => {
                let log_n = u8::try_from(n.trailing_zeros()).unwrap_or(u8::MAX);
                let (r, p) = (u32::try_from(r), u32::try_from(p));
                let (r, p) = (r.unwrap_or(u32::MAX), p.unwrap_or(u32::MAX));
                let params = scrypt::Params::new(log_n, r, p)
                    .map_err(|_| KeystoreError::Malformed(format!("parameters {self:?}")))?;
                scrypt::scrypt(password, salt, &params, key.as_mut()).map_err(unusable)?;
            }
            Self::Pbkdf2 { rounds } => {
                let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
                pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds, key.as_mut());
            }
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_costs_are_refused_before_they_are_paid() {
        let scrypt = |n, r, p| Kdf::Scrypt { n, r, p };
        assert!(Kdf::STANDARD.check().is_ok());
        for excessive in [
            scrypt(1 << 20, 8, 1),
            scrypt(1 << 63, 1 << 62, 1),
            scrypt(1 << 18, 8, 64),
            scrypt(2, 1, 1 << 23),
            Kdf::Pbkdf2 { rounds: u64::MAX },
        ] {
            assert!(matches!(
                excessive.derive(b"p", b"s"),
                Err(KeystoreError::Excessive(_))
            ));
        }
        for malformed in [
            scrypt(0, 8, 1),
            scrypt(1, 8, 1),
            scrypt(3, 8, 1),
            scrypt(16, 0, 1),
            scrypt(16, 8, 0),
            Kdf::Pbkdf2 { rounds: 0 },
        ] {
            assert!(matches!(
                malformed.derive(b"p", b"s"),
                Err(KeystoreError::Malformed(_))
            ));
        }
    }

    #[test]
    fn the_vector_of_rfc_7914() {
        // Section 12, the second one, first 32 of 64 bytes.
        let kdf = Kdf::Scrypt { n: 1024, r: 8, p: 16 };
        let key = kdf.derive(b"password", b"NaCl").unwrap();
        let expected = "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162";
        assert_eq!(hex::encode(*key), expected);
    }
}
