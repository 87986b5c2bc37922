//! Chains that are mined here, and a naive model of which of them is the best.

use palisade_light_bitcoin::limits::Limits;
use palisade_light_bitcoin::{
    Bits, BlockId, Checkpoint, Extension, Header, Memory, Network, Refusal, Rules, Stop, View,
};
use primitives::Digest;
use std::collections::BTreeMap;

/// A moment long after every header of these tests.
pub(crate) const LATE: u64 = 4_000_000_000;

/// Rules under which mining is cheap and the difficulty changes: mainnet's, with the easiest target.
pub(crate) fn cheap() -> Rules {
    Rules {
        limit: Bits::new(0x207f_ffff),
        ..Network::Signet.rules()
    }
}

/// Testnet4's, with the easiest target.
pub(crate) fn cheap_testnet() -> Rules {
    Rules {
        limit: Bits::new(0x207f_ffff),
        ..Network::Testnet4.rules()
    }
}

/// Finds the nonce.
pub(crate) fn mined(mut header: Header) -> Header {
    while !header.bits.is_met_by(header.id().as_bytes()).unwrap() {
        header.nonce += 1;
    }
    header
}

/// A header with the wrong nonce.
pub(crate) fn unmined(mut header: Header) -> Header {
    while header.bits.is_met_by(header.id().as_bytes()).unwrap() {
        header.nonce += 1;
    }
    header
}

/// A block on `parent`; `salt` makes siblings different.
pub(crate) fn block(parent: BlockId, time: u32, bits: Bits, salt: u64) -> Header {
    let mut root = [0; 32];
    root[..8].copy_from_slice(&salt.to_le_bytes());
    mined(Header {
        version: 0x2000_0000,
        parent,
        merkle_root: Digest::new(root),
        time,
        bits,
        nonce: 0,
    })
}

/// A chain in memory with its rules.
pub(crate) struct World {
    pub(crate) rules: Rules,
    pub(crate) limits: Limits,
    pub(crate) memory: Memory,
}

impl World {
    pub(crate) fn regtest() -> Self {
        let rules = Network::Regtest.rules();
        let (id, record) = Checkpoint::genesis(Network::Regtest).root(&rules).unwrap();
        Self {
            rules,
            limits: Limits::default(),
            memory: Memory::new(id, record),
        }
    }

    /// From a first header of this world's own making, at a height where a period begins.
    pub(crate) fn of(rules: Rules, height: u32, bits: Bits, time: u32) -> Self {
        let header = block(BlockId::new([7; 32]), time, bits, 0);
        let times: Vec<u32> = (0..11u32).rev().map(|back| time - back * 600).collect();
        let checkpoint = Checkpoint {
            header,
            height,
            work: palisade_light_bitcoin::Work::new(bits.work().unwrap().get()),
            period: palisade_light_bitcoin::Period {
                start_time: time,
                start_bits: bits,
                usual_bits: bits,
            },
            times: palisade_light_bitcoin::Times::new(&times).unwrap(),
        };
        let (id, record) = checkpoint.root(&rules).unwrap();
        Self {
            rules,
            limits: Limits::default(),
            memory: Memory::new(id, record),
        }
    }

    /// Submits, and checks that a refusal leaves everything as it was.
    pub(crate) fn submit(&mut self, headers: &[Header], now: u64) -> Result<Extension, Refusal> {
        let before = self.memory.clone();
        match self.memory.submit(&self.rules, &self.limits, headers, now) {
            Ok(extension) => {
                self.check();
                Ok(extension)
            }
            Err(Stop::Refused(refusal)) => {
                assert_eq!(self.memory, before, "a refusal changes nothing");
                Err(refusal)
            }
            Err(Stop::Store(never)) => match never {},
        }
    }

    /// `count` blocks on `parent`, ten minutes apart, with the bits that are due and no regard for the best chain.
    pub(crate) fn mine(&self, parent: BlockId, count: usize, salt: u64) -> Vec<Header> {
        let record = self.memory.record(&parent).unwrap().unwrap();
        let (mut id, mut record, mut headers) = (parent, record, Vec::new());
        for _ in 0..count {
            let time = record.time() + 600;
            let bits = palisade_light_bitcoin::rules::due_bits(&self.rules, &record, time).unwrap();
            let header = block(id, time, bits, salt);
            (id, record) = palisade_light_bitcoin::check(&self.rules, &id, &record, &header, LATE).unwrap();
            headers.push(header);
        }
        headers
    }

    /// Mines on the best chain and submits.
    pub(crate) fn grow(&mut self, count: usize, salt: u64) -> Vec<Header> {
        let headers = self.mine(self.memory.best().id, count, salt);
        self.submit(&headers, LATE).unwrap();
        headers
    }

    pub(crate) fn tip(&self) -> BlockId {
        self.memory.best().id
    }

    /// What must hold of every chain.
    fn check(&self) {
        let (memory, tip) = (&self.memory, self.memory.best());
        let best = memory.record(&tip.id).unwrap().unwrap();
        assert_eq!((best.height, best.work), (tip.height, tip.work));
        let mut id = tip.id;
        for height in (tip.floor..=tip.height).rev() {
            assert_eq!(memory.level(height).unwrap().unwrap().best, Some(id));
            id = memory.record(&id).unwrap().unwrap().parent;
        }
        assert!(tip.floor == 0 || memory.level(tip.floor - 1).unwrap().is_none());
        let mut kept = 0;
        for height in tip.floor..=tip.height + self.limits.lead {
            let level = memory.level(height).unwrap().unwrap_or_default();
            for id in level.best.iter().chain(&level.rivals) {
                let record = memory.record(id).unwrap().unwrap();
                assert!(record.height == height && record.work <= tip.work);
                kept += 1;
            }
        }
        assert_eq!(kept, memory.len(), "every record stands in a level");
    }
}

/// Which chain is the best, told by walking back from every header: no records, no levels, no window.
#[derive(Default)]
pub(crate) struct Naive {
    headers: BTreeMap<BlockId, Header>,
    order: Vec<BlockId>,
}

impl Naive {
    pub(crate) fn add(&mut self, header: &Header) {
        let id = header.id();
        if self.headers.insert(id, *header).is_none() {
            self.order.push(id);
        }
    }

    fn work(&self, id: &BlockId) -> u128 {
        let mut sum = 0;
        let mut at = *id;
        while let Some(header) = self.headers.get(&at) {
            let target: u128 = header.bits.target().unwrap().wrapping_shr(128).saturating_to();
            // 2^256 / (t + 1) within a millionth, for the easy targets of these tests.
            sum += u128::MAX / (target + 1);
            at = header.parent;
        }
        sum
    }

    /// The first of the heaviest.
    pub(crate) fn best(&self) -> BlockId {
        let mut best = self.order[0];
        for id in &self.order {
            if self.work(id) > self.work(&best) {
                best = *id;
            }
        }
        best
    }
}
