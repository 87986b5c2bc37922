//! Where peers may be found, as far as one heard.

use crate::PeerKey;
use crate::config::is_dialable;
use crate::gate::ip;
use borsh::{BorshDeserialize, BorshSerialize};
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use std::collections::BTreeMap;
use std::net::IpAddr;

const MAX_PEERS: usize = 1_024;
const MAX_ADDRESSES: usize = 8;

/// The longest list of addresses that one peer tells another, encoded, bytes.
pub(crate) const MAX_LIST_BYTES: u32 = 256 << 10;
/// The most peers in it.
const MAX_LISTED: usize = 512;

#[derive(Debug, Default)]
struct Entry {
    /// What the peer said itself, over a link that it proved its key on.
    own: Vec<Multiaddr>,
    /// What others said about it.
    told: Vec<Multiaddr>,
    /// When it was last heard of, as a count of changes.
    heard: u64,
}

/// A bounded address book. What a peer says of itself is never pushed out by what others say of it.
#[derive(Debug, Default)]
pub(crate) struct Book {
    entries: BTreeMap<PeerKey, Entry>,
    changes: u64,
}

impl Book {
    /// `peer` said, on a link from `link`, that it can be reached at `addresses`.
    pub(crate) fn own(&mut self, peer: PeerKey, addresses: &[Multiaddr], link: Option<IpAddr>) {
        let mut usable = usable(addresses, link);
        usable.truncate(MAX_ADDRESSES);
        self.entry(peer).own = usable;
    }

    /// Somebody said, on a link from `link`, that `peer` can be reached at `addresses`.
    pub(crate) fn told(&mut self, peer: PeerKey, addresses: &[Multiaddr], link: Option<IpAddr>) {
        let usable = usable(addresses, link);
        let entry = self.entry(peer);
        for address in usable {
            if !entry.told.contains(&address) && !entry.own.contains(&address) {
                entry.told.push(address);
            }
        }
        // The newest hearsay stays.
        let excess = entry.told.len().saturating_sub(MAX_ADDRESSES);
        entry.told.drain(..excess);
    }

    /// Nobody was reached where others said `peer` is.
    pub(crate) fn unreachable(&mut self, peer: PeerKey) {
        if let Some(entry) = self.entries.get_mut(&peer) {
            entry.told.clear();
        }
    }

    /// Where `peer` may be, the best first.
    pub(crate) fn addresses(&self, peer: PeerKey) -> Vec<Multiaddr> {
        let entry = self.entries.get(&peer);
        entry.map_or_else(Vec::new, |entry| {
            entry.own.iter().chain(&entry.told).cloned().collect()
        })
    }

    /// What this node tells others about `peers`: only what those said themselves.
    pub(crate) fn list<'a>(&self, peers: impl Iterator<Item = &'a PeerKey>) -> List {
        let known = peers.filter_map(|peer| {
            let own = &self.entries.get(peer)?.own;
            let bytes: Vec<Vec<u8>> = own.iter().map(Multiaddr::to_vec).collect();
            (!bytes.is_empty()).then_some((peer.0, bytes))
        });
        List(known.take(MAX_LISTED).collect())
    }

    fn entry(&mut self, peer: PeerKey) -> &mut Entry {
        self.changes += 1;
        if self.entries.len() >= MAX_PEERS
            && !self.entries.contains_key(&peer)
            && let Some(oldest) = self
                .entries
                .iter()
                .min_by_key(|(_, entry)| entry.heard)
                .map(|(peer, _)| *peer)
        {
            self.entries.remove(&oldest);
        }
        let entry = self.entries.entry(peer).or_default();
        entry.heard = self.changes;
        entry
    }
}

/// Addresses of peers, as one node tells another.
#[derive(Debug, BorshSerialize, BorshDeserialize)]
pub(crate) struct List(Vec<([u8; 32], Vec<Vec<u8>>)>);

impl List {
    /// Its entries, as far as they make sense.
    pub(crate) fn entries(self) -> Vec<(PeerKey, Vec<Multiaddr>)> {
        let readable = |bytes: Vec<Vec<u8>>| {
            let texts = bytes.into_iter().take(MAX_ADDRESSES);
            texts
                .filter_map(|bytes| Multiaddr::try_from(bytes).ok())
                .collect()
        };
        self.0
            .into_iter()
            .take(MAX_LISTED)
            .map(|(key, bytes)| (PeerKey(key), readable(bytes)))
            .collect()
    }
}

/// The addresses that make sense coming from `link`: an IP address and a port, and nothing closer to this machine
/// than the link itself. Otherwise a stranger could make this node knock on doors of its own network.
fn usable(addresses: &[Multiaddr], link: Option<IpAddr>) -> Vec<Multiaddr> {
    let bare = addresses.iter().take(4 * MAX_ADDRESSES).map(|address| {
        let parts = address.iter().filter(|part| !matches!(part, Protocol::P2p(_)));
        parts.collect::<Multiaddr>()
    });
    let nearest = link.map_or(Distance::Public, distance);
    bare.filter(|address| is_dialable(address) && ip(address).is_some_and(|ip| distance(ip) >= nearest))
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    Loopback,
    Private,
    Public,
}

const fn distance(ip: IpAddr) -> Distance {
    match ip {
        IpAddr::V4(ip) if ip.is_loopback() => Distance::Loopback,
        IpAddr::V4(ip) if ip.is_private() || ip.is_link_local() => Distance::Private,
        IpAddr::V6(ip) if ip.is_loopback() => Distance::Loopback,
        IpAddr::V6(ip) if ip.is_unique_local() || ip.is_unicast_link_local() => Distance::Private,
        IpAddr::V4(_) | IpAddr::V6(_) => Distance::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use primitives::codec::{decode_limited, encode};

    const PEER: PeerKey = PeerKey([1; 32]);
    const FAR: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7)));

    fn addresses(texts: &[&str]) -> Vec<Multiaddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_stranger_cannot_make_a_node_knock_on_its_own_doors() {
        let mut book = Book::default();
        let said = [
            "/ip4/127.0.0.1/tcp/22",
            "/ip4/10.0.0.1/tcp/22",
            "/ip4/198.51.100.1/tcp/26656",
            "/dns4/db/tcp/1",
        ];
        book.told(PEER, &addresses(&said), FAR);
        assert_eq!(book.addresses(PEER), addresses(&["/ip4/198.51.100.1/tcp/26656"]));
        let here = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
        book.own(PEER, &addresses(&["/ip4/127.0.0.1/tcp/22"]), here);
        assert_eq!(book.addresses(PEER)[0].to_string(), "/ip4/127.0.0.1/tcp/22");
    }

    #[test]
    fn hearsay_is_bounded_and_never_pushes_out_what_a_peer_said_itself() {
        let mut book = Book::default();
        let own = addresses(&["/ip4/198.51.100.1/tcp/1"]);
        book.own(PEER, &own, FAR);
        for port in 2..100 {
            book.told(PEER, &addresses(&[&format!("/ip4/198.51.100.2/tcp/{port}")]), FAR);
        }
        let known = book.addresses(PEER);
        assert_eq!(known.len(), 1 + MAX_ADDRESSES);
        assert_eq!(known[0], own[0]);
        book.unreachable(PEER);
        assert_eq!(book.addresses(PEER), own);
    }

    #[test]
    fn the_book_forgets_whom_it_heard_of_longest_ago() {
        let mut book = Book::default();
        let somewhere = addresses(&["/ip4/198.51.100.1/tcp/1"]);
        for number in 0..=MAX_PEERS {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            book.told(PeerKey(bytes), &somewhere, FAR);
        }
        assert_eq!(book.entries.len(), MAX_PEERS);
        assert!(book.addresses(PeerKey([0; 32])).is_empty());
    }

    #[test]
    fn a_list_survives_the_wire_and_holds_no_hearsay() {
        let mut book = Book::default();
        let own = addresses(&["/ip4/198.51.100.1/tcp/1"]);
        book.own(PEER, &own, FAR);
        book.told(PeerKey([2; 32]), &own, FAR);
        let bytes = encode(&book.list([PEER, PeerKey([2; 32]), PeerKey([3; 32])].iter()));
        let list: List = decode_limited(&bytes, MAX_LIST_BYTES as usize).unwrap();
        assert_eq!(list.entries(), [(PEER, own)]);
    }
}
