//! Tables: the only way from a module to the store.

use crate::store::{Order, RawKey, RawRange, Read, Write};
use crate::{Key, Prefix, StateError};
use core::marker::PhantomData;
use primitives::codec::{self, Decode, Encode};

/// Where a table's raw keys start: the module's number, then the table's within the module.
#[derive(Clone, Copy)]
struct Place([u8; 2]);

impl Place {
    const fn corrupt(self, what: String) -> StateError {
        let Self([module, table]) = self;
        StateError::Corrupt { module, table, what }
    }

    fn raw(self, key: &impl Key) -> Vec<u8> {
        let mut raw = Vec::with_capacity(40);
        raw.extend_from_slice(&self.0);
        key.encode_key(&mut raw);
        raw
    }

    fn key<K: Key>(self, raw: &[u8]) -> Result<K, StateError> {
        raw.get(self.0.len()..)
            .and_then(|mut rest| K::decode_key(&mut rest).filter(|_| rest.is_empty()))
            .ok_or_else(|| self.corrupt("a key that is none of this table's".into()))
    }

    fn value<V: Decode>(self, bytes: &[u8]) -> Result<V, StateError> {
        codec::decode(bytes).map_err(|error| self.corrupt(error.to_string()))
    }
}

/// A table with one value of type `V` per key of type `K`.
///
/// Declared as a private constant of its module: `const BALANCES: Map<(AccountId, AssetId), Amount> =
/// Map::new(ID.table(0));`. The raw key is `[module, table]` followed by the key's encoding; the value is in the
/// canonical codec.
///
/// # Errors
/// Every method gives [`StateError::Corrupt`] when the store holds what the table cannot, and
/// [`StateError::OutOfGas`] where the store is metered.
pub struct Map<K, V> {
    place: Place,
    holds: PhantomData<fn() -> (K, V)>,
}

#[allow(clippy::missing_errors_doc, reason = "the type's doc says it once for all")]
impl<K: Key, V: Encode + Decode> Map<K, V> {
    /// The table at `[module, table]`.
    #[must_use]
    pub const fn new(prefix: [u8; 2]) -> Self {
        Self {
            place: Place(prefix),
            holds: PhantomData,
        }
    }

    /// The whole raw key of `key`: what a state proof is asked for.
    #[must_use]
    pub fn raw_key(&self, key: &K) -> Vec<u8> {
        self.place.raw(key)
    }

    /// The value under `key`.
    pub fn get(&self, store: &(impl Read + ?Sized), key: &K) -> Result<Option<V>, StateError> {
        match store.read(RawKey::new(&self.place.raw(key)))? {
            Some(bytes) => self.place.value(bytes).map(Some),
            None => Ok(None),
        }
    }

    /// The value under `key`, or the type's default where there is none.
    pub fn or_default(&self, store: &(impl Read + ?Sized), key: &K) -> Result<V, StateError>
    where
        V: Default,
    {
        self.get(store, key).map(Option::unwrap_or_default)
    }

    /// Whether there is a value under `key`.
    pub fn contains(&self, store: &(impl Read + ?Sized), key: &K) -> Result<bool, StateError> {
        store
            .read(RawKey::new(&self.place.raw(key)))
            .map(|value| value.is_some())
    }

    /// Sets the value under `key`.
    pub fn put(&self, store: &mut (impl Write + ?Sized), key: &K, value: &V) -> Result<(), StateError> {
        store.write(RawKey::new(&self.place.raw(key)), Some(codec::encode(value)))
    }

    /// Removes the entry under `key`, if there is one.
    pub fn remove(&self, store: &mut (impl Write + ?Sized), key: &K) -> Result<(), StateError> {
        store.write(RawKey::new(&self.place.raw(key)), None)
    }

    /// Up to `limit` entries in key order, from the first after `after` (which need not exist) or from the start.
    pub fn range(
        &self,
        store: &(impl Read + ?Sized),
        after: Option<&K>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, StateError> {
        self.scan(store, self.place.0.to_vec(), after, limit, Order::Ascending)
    }

    /// As [`Map::range`], from the largest key down; `after` is then an upper bound, left out too.
    pub fn range_back(
        &self,
        store: &(impl Read + ?Sized),
        after: Option<&K>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, StateError> {
        self.scan(store, self.place.0.to_vec(), after, limit, Order::Descending)
    }

    /// As [`Map::range`], but only keys that begin with `prefix`.
    pub fn range_of<P: Prefix<K>>(
        &self,
        store: &(impl Read + ?Sized),
        prefix: &P,
        after: Option<&K>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, StateError> {
        self.scan(store, self.place.raw(prefix), after, limit, Order::Ascending)
    }

    /// As [`Map::range_back`], but only keys that begin with `prefix`.
    pub fn range_back_of<P: Prefix<K>>(
        &self,
        store: &(impl Read + ?Sized),
        prefix: &P,
        after: Option<&K>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, StateError> {
        self.scan(store, self.place.raw(prefix), after, limit, Order::Descending)
    }

    /// The entry with the smallest key.
    pub fn first(&self, store: &(impl Read + ?Sized)) -> Result<Option<(K, V)>, StateError> {
        self.range(store, None, 1).map(|mut entries| entries.pop())
    }

    /// The entry with the largest key.
    pub fn last(&self, store: &(impl Read + ?Sized)) -> Result<Option<(K, V)>, StateError> {
        self.range_back(store, None, 1).map(|mut entries| entries.pop())
    }

    fn scan(
        &self,
        store: &(impl Read + ?Sized),
        prefix: Vec<u8>,
        after: Option<&K>,
        limit: usize,
        order: Order,
    ) -> Result<Vec<(K, V)>, StateError> {
        let after = after.map(|key| self.place.raw(key));
        let entries = store.scan(&RawRange {
            prefix,
            after,
            limit,
            order,
        })?;
        entries
            .into_iter()
            .map(|(key, value)| Ok((self.place.key(key)?, self.place.value(value)?)))
            .collect()
    }
}

/// A table with a single value: a parameter set, a counter, a cursor.
///
/// # Errors
/// As [`Map`].
pub struct Item<V> {
    place: Place,
    holds: PhantomData<fn() -> V>,
}

#[allow(clippy::missing_errors_doc, reason = "the type's doc says it once for all")]
impl<V: Encode + Decode> Item<V> {
    /// The table at `[module, table]`; the prefix is the whole raw key.
    #[must_use]
    pub const fn new(prefix: [u8; 2]) -> Self {
        Self {
            place: Place(prefix),
            holds: PhantomData,
        }
    }

    /// The raw key: what a state proof is asked for.
    #[must_use]
    pub fn raw_key(&self) -> Vec<u8> {
        self.place.0.to_vec()
    }

    /// The value.
    pub fn get(&self, store: &(impl Read + ?Sized)) -> Result<Option<V>, StateError> {
        match store.read(RawKey::new(&self.place.0))? {
            Some(bytes) => self.place.value(bytes).map(Some),
            None => Ok(None),
        }
    }

    /// The value, or the type's default where there is none.
    pub fn or_default(&self, store: &(impl Read + ?Sized)) -> Result<V, StateError>
    where
        V: Default,
    {
        self.get(store).map(Option::unwrap_or_default)
    }

    /// The value of an item that genesis wrote: its absence is corruption.
    pub fn require(&self, store: &(impl Read + ?Sized)) -> Result<V, StateError> {
        self.get(store)?
            .ok_or_else(|| self.place.corrupt("nothing, where genesis wrote a value".into()))
    }

    /// Sets the value.
    pub fn put(&self, store: &mut (impl Write + ?Sized), value: &V) -> Result<(), StateError> {
        store.write(RawKey::new(&self.place.0), Some(codec::encode(value)))
    }

    /// Removes the value, if there is one.
    pub fn remove(&self, store: &mut (impl Write + ?Sized)) -> Result<(), StateError> {
        store.write(RawKey::new(&self.place.0), None)
    }
}
