//! Pages: how many, and where the next one starts.
//!
//! A token binds the request that it continues (all but size and token) and the height that the first page was
//! answered at, so that a list does not shift while it is read.
//!
//! # Source
//! AIP-158.

use crate::backend::{At, Page, Place};
use crate::refusal::Refusal;
use crypto::hash::sha256;
use primitives::{AssetId, Bytes32, Epoch, Height, ServiceId};
use prost::Message;

/// Items on a page when nothing is asked for.
const DEFAULT_SIZE: usize = 50;
/// The most items on a page.
pub(crate) const MAX_SIZE: usize = 1_000;
/// A page ends early when it has come to this many bytes.
pub(crate) const PAGE_BYTES: usize = 2 << 20;

const VERSION: u8 = 1;
const BINDING: usize = 8;
const HEAD: usize = 1 + BINDING + 8;
const MAX_POSITION: usize = 64;

/// How many items are wanted: 0 gives the default, too many give `most`.
fn coerce(asked: u32, most: usize) -> usize {
    match usize::try_from(asked).unwrap_or(most) {
        0 => DEFAULT_SIZE.min(most),
        asked => asked.min(most),
    }
}

/// Takes page size and token out of a request, so that what is left is what the token binds.
pub(crate) fn take(size: &mut u32, token: &mut String) -> (u32, String) {
    (std::mem::take(size), std::mem::take(token))
}

/// What lists are ordered by, and tokens hold.
pub(crate) trait Position: Sized {
    /// Its bytes.
    fn bytes(&self) -> Vec<u8>;
    /// The position with these bytes.
    fn parse(bytes: &[u8]) -> Option<Self>;
}

impl Position for Epoch {
    fn bytes(&self) -> Vec<u8> {
        self.get().to_be_bytes().to_vec()
    }
    fn parse(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(u64::from_be_bytes).map(Self::new)
    }
}

impl<K> Position for Bytes32<K> {
    fn bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
    fn parse(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes)
    }
}

impl Position for AssetId {
    fn bytes(&self) -> Vec<u8> {
        self.get().to_be_bytes().to_vec()
    }
    fn parse(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(u32::from_be_bytes).map(Self::new)
    }
}

impl Position for ServiceId {
    fn bytes(&self) -> Vec<u8> {
        self.get().to_be_bytes().to_vec()
    }
    fn parse(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(u32::from_be_bytes).map(Self::new)
    }
}

impl<K> Position for (Bytes32<K>, ServiceId) {
    fn bytes(&self) -> Vec<u8> {
        [self.0.bytes(), self.1.bytes()].concat()
    }
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (id, service) = bytes.split_first_chunk::<32>()?;
        Some((Bytes32::new(*id), ServiceId::parse(service)?))
    }
}

impl Position for u64 {
    fn bytes(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }
    fn parse(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

impl Position for Place {
    fn bytes(&self) -> Vec<u8> {
        [&self.height.get().to_be_bytes()[..], &self.index.to_be_bytes()].concat()
    }
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (height, index) = bytes.split_first_chunk()?;
        Some(Self {
            height: Height::new(u64::from_be_bytes(*height)),
            index: u32::from_be_bytes(index.try_into().ok()?),
        })
    }
}

/// The page that a request asks for.
pub(crate) struct Asked<K> {
    binding: [u8; BINDING],
    /// How many items at most.
    pub(crate) size: usize,
    /// The height that the first page was answered at; `None` on the first.
    pub(crate) height: Option<Height>,
    /// Where the page before ended; `None` on the first.
    pub(crate) after: Option<K>,
}

impl<K: Position> Asked<K> {
    /// The page of `request`, whose page size and token the caller has taken out, of at most `most` items.
    pub(crate) fn new(
        method: &str,
        request: &impl Message,
        page_size: u32,
        page_token: &str,
        most: usize,
    ) -> Result<Self, Refusal> {
        let hash = sha256(&[method.as_bytes(), &[0], &request.encode_to_vec()]);
        let mut binding = [0; BINDING];
        binding.copy_from_slice(&hash[..BINDING]);
        let mut asked = Self {
            binding,
            size: coerce(page_size, most),
            height: None,
            after: None,
        };
        if !page_token.is_empty() {
            let (height, after) = asked.parse(page_token)?;
            (asked.height, asked.after) = (Some(height), Some(after));
        }
        Ok(asked)
    }

    /// The token for the page that starts after `position`, answered at `height`.
    pub(crate) fn token(&self, height: Height, position: &K) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.binding);
        bytes.extend(height.get().to_be_bytes());
        bytes.extend(position.bytes());
        hex::encode(bytes)
    }

    /// The token after `items`; empty when they are fewer than the page has room for.
    pub(crate) fn next<T>(&self, height: Height, items: &[T], position: impl Fn(&T) -> K) -> String {
        match items.last() {
            Some(last) if items.len() >= self.size => self.token(height, &position(last)),
            Some(_) | None => String::new(),
        }
    }

    fn parse(&self, token: &str) -> Result<(Height, K), Refusal> {
        const NONSENSE: &str = "not a token of this node's";
        if token.len() > 2 * (HEAD + MAX_POSITION) {
            return Err(Refusal::page_token("too long"));
        }
        let bytes = hex::decode(token).map_err(|_| Refusal::page_token(NONSENSE))?;
        if bytes.len() < HEAD || bytes[0] != VERSION {
            return Err(Refusal::page_token(NONSENSE));
        }
        if bytes[1..=BINDING] != self.binding {
            return Err(Refusal::page_token(
                "the token belongs to a request with other fields: repeat those of the first page",
            ));
        }
        let mut height = [0; 8];
        height.copy_from_slice(&bytes[1 + BINDING..HEAD]);
        let position = K::parse(&bytes[HEAD..]).ok_or_else(|| Refusal::page_token(NONSENSE))?;
        Ok((Height::new(u64::from_be_bytes(height)), position))
    }
}

/// Where and what of a list in the state to read.
pub(crate) fn paged<K: Position + Copy>(at: At, asked: &Asked<K>) -> (At, Page<K>) {
    let at = At {
        height: asked.height.or(at.height),
        ..at
    };
    (
        at,
        Page {
            after: asked.after,
            limit: asked.size,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::account::v1::ListBalancesRequest;

    fn asked(method: &str, address: &str, size: u32, token: &str) -> Result<Asked<AssetId>, Refusal> {
        let request = ListBalancesRequest {
            address: address.into(),
            ..ListBalancesRequest::default()
        };
        Asked::new(method, &request, size, token, MAX_SIZE)
    }

    #[test]
    fn a_token_comes_back_and_another_requests_does_not() {
        let first = asked("ListBalances", "a", 1, "").unwrap();
        assert_eq!((first.height, first.after), (None, None));
        let token = first.next(Height::new(7), &[AssetId::new(3)], |id| *id);
        let second = asked("ListBalances", "a", 1, &token).unwrap();
        assert_eq!(
            (second.height, second.after),
            (Some(Height::new(7)), Some(AssetId::new(3)))
        );
        assert!(asked("ListBalances", "b", 1, &token).is_err());
        assert!(asked("ListAssets", "a", 1, &token).is_err());
        assert_eq!(second.next(Height::new(7), &[], |id| *id), "");
    }

    #[test]
    fn nonsense_is_no_token() {
        let token = asked("ListBalances", "a", 0, "")
            .unwrap()
            .token(Height::new(1), &AssetId::PAL);
        let long = "01".repeat(HEAD + MAX_POSITION + 1);
        let wrong_version = token.replacen("01", "02", 1);
        let mut short = token.clone();
        short.truncate(token.len() - 2);
        for nonsense in ["zz", "01", "0", &long, &wrong_version, &short] {
            assert!(asked("ListBalances", "a", 0, nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn sizes_are_coerced() {
        assert_eq!(
            [coerce(0, 1_000), coerce(1, 1_000), coerce(5_000, 1_000)],
            [50, 1, 1_000]
        );
        assert_eq!([coerce(0, 10), coerce(11, 10)], [10, 10]);
    }

    #[test]
    fn positions_come_back() {
        let place = Place {
            height: Height::new(u64::MAX),
            index: 9,
        };
        assert_eq!(Place::parse(&place.bytes()), Some(place));
        assert_eq!(u64::parse(&7u64.bytes()), Some(7));
        assert_eq!(Place::parse(&[0; 11]), None);
    }
}
