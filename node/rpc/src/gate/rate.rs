//! How much each address may ask for: a bucket of units that fills again with time, and a price for every method.

use crate::gate::Method;
use crate::refusal::Refusal;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Addresses whose buckets are kept. Beyond that, newcomers share one.
const MAX_BUCKETS: usize = 65_536;
/// What stands for all that have no bucket of their own.
const OTHERS: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
/// Parts of a unit, so that filling needs no fractions.
const PARTS: u64 = 1_000;

/// What a call costs: one unit for a look at one thing, more for what reads, executes or holds more.
pub(crate) fn cost(method: &Method) -> u32 {
    let name: &str = &method.name;
    match name {
        "BroadcastTransactions" => 50,
        "SimulateTransaction" => 20,
        "GetBlock" | "GetGenesis" | "GetValidatorSet" => 5,
        "BatchGetTransactions" | "ListEvents" | "ListTransactions" | "ListBlocks" | "ListHandovers" => 20,
        _ if name.starts_with("List") => 10,
        _ if name.starts_with("Subscribe") => 20,
        _ if name.starts_with("Wait") => 2,
        _ => 1,
    }
}

/// What one address has left.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    parts: u64,
    filled: Instant,
}

/// The buckets of all addresses.
#[derive(Debug)]
pub(crate) struct Rates {
    /// Units that come back in a second; 0: nobody is limited.
    per_second: u64,
    burst: u64,
    /// Whether programs on this machine are limited too.
    loopback: bool,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

impl Rates {
    pub(crate) fn new(per_second: u32, burst: u32, loopback: bool) -> Self {
        Self {
            per_second: u64::from(per_second),
            burst: u64::from(burst) * PARTS,
            loopback,
            buckets: Mutex::default(),
        }
    }

    /// Takes what a call costs from the bucket of `address`.
    pub(crate) fn take(&self, address: IpAddr, cost: u32, now: Instant) -> Result<(), Refusal> {
        if self.per_second == 0 || (address.is_loopback() && !self.loopback) {
            return Ok(());
        }
        let cost = u64::from(cost) * PARTS;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = owner(address);
        if !buckets.contains_key(&key) && buckets.len() >= MAX_BUCKETS {
            buckets.retain(|_, bucket| self.fill(*bucket, now).parts < self.burst);
            if buckets.len() >= MAX_BUCKETS {
                key = OTHERS;
            }
        }
        let full = Bucket {
            parts: self.burst,
            filled: now,
        };
        let bucket = buckets.entry(key).or_insert(full);
        *bucket = self.fill(*bucket, now);
        if let Some(left) = bucket.parts.checked_sub(cost) {
            bucket.parts = left;
            return Ok(());
        }
        let missing = cost - bucket.parts;
        let wait = Duration::from_millis(missing.div_ceil(self.per_second));
        Err(Refusal::rate_limited(wait, self.per_second))
    }

    /// A bucket as it is by now. A unit has as many parts as a second has milliseconds.
    fn fill(&self, bucket: Bucket, now: Instant) -> Bucket {
        let elapsed = now.saturating_duration_since(bucket.filled).as_millis();
        let gained = u64::try_from(elapsed)
            .unwrap_or(u64::MAX)
            .saturating_mul(self.per_second);
        Bucket {
            parts: bucket.parts.saturating_add(gained).min(self.burst),
            filled: now,
        }
    }
}

/// Whose an address is: of IPv6 somebody has at least a /64.
fn owner(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_bucket_empties_and_fills_and_each_address_has_its_own() {
        let rates = Rates::new(10, 20, false);
        let (now, a, b) = (Instant::now(), address("198.51.100.1"), address("198.51.100.2"));
        assert!(rates.take(a, 15, now).is_ok());
        assert!(rates.take(a, 6, now).is_err());
        assert!(rates.take(b, 20, now).is_ok());
        assert!(rates.take(a, 5, now).is_ok());
        assert!(rates.take(a, 1, now + Duration::from_millis(99)).is_err());
        assert!(rates.take(a, 1, now + Duration::from_millis(100)).is_ok());
        let later = now + Duration::from_secs(3_600);
        assert!(rates.take(a, 20, later).is_ok());
        assert!(
            rates.take(a, 1, later).is_err(),
            "it never holds more than the burst"
        );
    }

    #[test]
    fn this_machine_is_free_unless_it_is_meant_and_a_rate_of_zero_limits_nobody() {
        let (now, here) = (Instant::now(), address("127.0.0.1"));
        let rates = Rates::new(1, 1, false);
        assert!((0..100).all(|_| rates.take(here, 1, now).is_ok()));
        let rates = Rates::new(1, 1, true);
        assert!(rates.take(here, 1, now).is_ok() && rates.take(here, 1, now).is_err());
        let rates = Rates::new(0, 0, true);
        assert!(rates.take(address("203.0.113.9"), 1_000, now).is_ok());
    }

    #[test]
    fn a_network_of_ipv6_is_one_and_strangers_cannot_fill_the_memory() {
        let rates = Rates::new(1, 1, false);
        let now = Instant::now();
        assert!(rates.take(address("2001:db8::1"), 1, now).is_ok());
        assert!(rates.take(address("2001:db8::ffff"), 1, now).is_err());
        assert!(rates.take(address("2001:db8:0:1::1"), 1, now).is_ok());
        for n in 0..70_000u32 {
            rates.take(IpAddr::V4(n.into()), 1, now).unwrap_or_default();
        }
        assert!(rates.buckets.lock().unwrap().len() <= MAX_BUCKETS + 1);
        // All of them are full again by then, and make room.
        let later = now + Duration::from_secs(10);
        assert!(rates.take(address("198.51.100.7"), 1, later).is_ok());
        assert!(rates.buckets.lock().unwrap().len() < 10);
    }
}
