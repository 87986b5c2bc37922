//! A committee of our own and those who would cheat it. Each attack is refused by the rule that is there for it, and
//! leaves the client as it was.

use crate::world::{Draft, Members, Tree, begin, header, sign, spec, ssz, update};
use crypto::bls::BlsError;
use palisade_light_ethereum::client::Conflict;
use palisade_light_ethereum::spec::ForkEpoch;
use palisade_light_ethereum::ssz::SszError;
use palisade_light_ethereum::update::container_fork;
use palisade_light_ethereum::verify::Part;
use palisade_light_ethereum::{
    Client, Committee, CommitteeError, Follower, Fork, HeaderError, LightHeader, Outcome, Policy, Preset,
    Slot, Spec, Update, UpdateError, UpdateKind,
};
use primitives::codec::{decode, encode};
use primitives::{Millis, Timestamp};
use proptest::prelude::*;
use std::sync::LazyLock;

/// Slots of a period of the minimal preset.
const PERIOD: Slot = 64;

struct World {
    spec: Spec,
    /// Committees of periods 1, 2 and 3.
    members: [Members; 3],
    client: Client,
}

static WORLD: LazyLock<World> = LazyLock::new(|| World::new(Fork::Fulu));

impl World {
    fn new(fork: Fork) -> Self {
        let spec = spec(Preset::MINIMAL, fork);
        let members = [1, 2, 3].map(|seed| Members::new(seed, 32, 5));
        let (_, client) = begin(&spec, PERIOD, &members[0]);
        Self {
            spec,
            members,
            client,
        }
    }

    /// A header at `slot` over an empty state.
    fn header(&self, slot: Slot) -> LightHeader {
        header(&self.spec, slot, &Tree::default())
    }

    /// An update that attests `attested`, finalizes `finalized` and brings the committee of the next period.
    fn update(&self, attested: Slot, finalized: Slot) -> Update {
        let period = self.spec.period(attested) as usize;
        let finalized = self.header(finalized);
        let next = self.members.get(period).map(|members| &members.committee);
        let draft = Draft {
            attested,
            finalized: &finalized,
            next,
            signature: attested + 1,
        };
        update(&self.spec, &draft, &self.members[period - 1], |_| true)
    }

    fn advance(&self, client: &Client, update: &Update) -> Result<Client, UpdateError> {
        match client.advance(&self.spec, &Policy::bridge(&self.spec), update, 10_000)? {
            Outcome::Advanced(moved) => Ok(moved.client),
            Outcome::Conflict(conflict) => panic!("no conflict was meant: {conflict:?}"),
        }
    }

    fn refused(&self, change: impl FnOnce(&mut Update)) -> UpdateError {
        let mut update = self.update(90, 80);
        assert!(
            self.advance(&self.client, &update).is_ok(),
            "unchanged it is accepted"
        );
        change(&mut update);
        let mut follower = Follower::new(self.client.clone());
        let before = follower.clone();
        // The specification's store may look at what a bridge does not, but changes nothing when it refuses.
        if follower.process(&self.spec, &update, 10_000).is_err() {
            assert_eq!(follower, before);
        }
        self.advance(&self.client, &update).unwrap_err()
    }
}

#[test]
fn every_fork_is_followed_by_its_own_layout() {
    for fork in [Fork::Capella, Fork::Deneb, Fork::Electra, Fork::Fulu] {
        let world = World::new(fork);
        let moved = world.advance(&world.client, &world.update(90, 80)).unwrap();
        assert_eq!(moved.finalized().beacon.slot, 80);
        assert!(moved.next().is_some());
    }
    for fork in [Fork::Altair, Fork::Bellatrix] {
        let world = World::new(fork);
        let refused = world.advance(&world.client, &world.update(90, 80));
        assert_eq!(refused, Err(UpdateError::BeforeCapella { slot: 80 }));
    }
}

#[test]
fn periods_are_handed_over_one_by_one() {
    let world = &*WORLD;
    let first = world.advance(&world.client, &world.update(90, 80)).unwrap();
    let second = world
        .advance(&first, &world.update(2 * PERIOD + 20, 2 * PERIOD + 8))
        .unwrap();
    assert_eq!(Some(second.current().root()), first.next().map(Committee::root));
    // Into the next period without its committee: then it is not known, and nothing of the one after is accepted.
    let mut bare = world.update(2 * PERIOD + 20, 2 * PERIOD + 8);
    bare.next = None;
    let waiting = world.advance(&first, &bare).unwrap();
    assert_eq!(waiting.next(), None);
    let later = world.update(3 * PERIOD + 9, 3 * PERIOD);
    assert_eq!(
        world.advance(&waiting, &later),
        Err(UpdateError::Period {
            signature: 3,
            store: 2
        })
    );
    // It can be brought later, by an update whose finalized header is not newer.
    let brought = world
        .advance(&waiting, &world.update(2 * PERIOD + 20, 2 * PERIOD + 8))
        .unwrap();
    assert_eq!(brought, second);
    assert!(world.advance(&brought, &later).is_ok());
    // Periods that were skipped are caught up by chaining, never by a leap.
    assert_eq!(
        world.advance(&first, &later),
        Err(UpdateError::Period {
            signature: 3,
            store: 1
        })
    );
    assert_eq!(
        world.advance(&world.client, &world.update(2 * PERIOD + 20, 2 * PERIOD + 8)),
        Err(UpdateError::Period {
            signature: 2,
            store: 1
        })
    );
}

#[test]
fn an_update_signed_by_an_old_committee_is_refused() {
    let world = &*WORLD;
    let first = world.advance(&world.client, &world.update(90, 80)).unwrap();
    let mut forged = world.update(2 * PERIOD + 20, 2 * PERIOD + 8);
    sign(&world.spec, &mut forged, &world.members[0], |_| true);
    let mismatch = UpdateError::Signature(BlsError::Mismatch);
    assert_eq!(world.advance(&first, &forged), Err(mismatch));
    // The committee is that of the signature's slot: the last slot of a period is signed by the next one's.
    let finalized = world.header(2 * PERIOD - 8);
    let draft = Draft {
        attested: 2 * PERIOD - 1,
        finalized: &finalized,
        next: None,
        signature: 2 * PERIOD,
    };
    let by_next = update(&world.spec, &draft, &world.members[1], |_| true);
    assert!(world.advance(&first, &by_next).is_ok());
    let by_old = update(&world.spec, &draft, &world.members[0], |_| true);
    assert_eq!(world.advance(&first, &by_old), Err(mismatch));
}

#[test]
fn of_512_members_341_are_too_few_and_342_are_enough() {
    let spec = spec(Preset::MAINNET, Fork::Electra);
    let members = Members::new(9, 512, 7);
    let (_, client) = begin(&spec, 64, &members);
    let finalized = header(&spec, 96, &Tree::default());
    let draft = Draft {
        attested: 160,
        finalized: &finalized,
        next: None,
        signature: 161,
    };
    let policy = Policy::bridge(&spec);
    let by = |count: usize| {
        let update = update(&spec, &draft, &members, |at| at < count);
        client.advance(&spec, &policy, &update, 161)
    };
    assert_eq!(
        by(341),
        Err(UpdateError::Participation {
            signers: 341,
            needed: 342
        })
    );
    for count in [342, 400, 511, 512] {
        let Ok(Outcome::Advanced(moved)) = by(count) else {
            panic!("{count} members are enough");
        };
        assert_eq!(moved.signers, count as u64);
    }
    // Bits that name others than those who signed.
    let mut other = update(&spec, &draft, &members, |at| at < 404);
    other.aggregate.bits.reverse();
    let mismatch = Err(UpdateError::Signature(BlsError::Mismatch));
    assert_eq!(client.advance(&spec, &policy, &other, 161), mismatch);
}

#[test]
fn the_identity_is_nobodys_signature() {
    let world = &*WORLD;
    let mut infinity = [0u8; 96];
    infinity[0] = 0xc0;
    let all = world.refused(|update| update.aggregate.signature = infinity);
    assert_eq!(all, UpdateError::Signature(BlsError::Signature));
    let none = world.refused(|update| {
        update.aggregate.signature = infinity;
        update.aggregate.bits = vec![0; 4];
    });
    assert_eq!(
        none,
        UpdateError::Participation {
            signers: 0,
            needed: 22
        }
    );
    let garbage = world.refused(|update| update.aggregate.signature = [0xff; 96]);
    assert_eq!(garbage, UpdateError::Signature(BlsError::Signature));
}

#[test]
fn a_second_next_committee_is_evidence_only_when_it_is_signed() {
    let world = &*WORLD;
    let policy = Policy::bridge(&world.spec);
    let known = world.advance(&world.client, &world.update(90, 80)).unwrap();
    let other = Members::new(77, 32, 5);
    let finalized = world.header(88);
    let draft = Draft {
        attested: 99,
        finalized: &finalized,
        next: Some(&other.committee),
        signature: 100,
    };
    let lie = update(&world.spec, &draft, &world.members[0], |_| true);
    let expected = Conflict::NextCommittee {
        known: world.members[1].committee.root(),
        other: other.committee.root(),
        attested: lie.attested.beacon.root(),
    };
    let outcome = known.advance(&world.spec, &policy, &lie, 10_000);
    assert_eq!(outcome, Ok(Outcome::Conflict(expected)));
    let mut follower = Follower::new(known.clone());
    let refused = follower.process(&world.spec, &lie, 10_000);
    assert_eq!(refused, Err(UpdateError::NextDiffers));
    // Whoever is not the committee freezes nobody.
    let forged = update(&world.spec, &draft, &other, |_| true);
    let outcome = known.advance(&world.spec, &policy, &forged, 10_000);
    assert_eq!(outcome, Err(UpdateError::Signature(BlsError::Mismatch)));
    assert_eq!(decode::<Conflict>(&encode(&expected)), Ok(expected));
}

#[test]
fn a_second_finalized_header_at_one_slot_is_evidence() {
    let world = &*WORLD;
    let known = world.advance(&world.client, &world.update(90, 80)).unwrap();
    let mut other = world.header(80);
    other.beacon.proposer_index += 1;
    let draft = Draft {
        attested: 95,
        finalized: &other,
        next: None,
        signature: 96,
    };
    let lie = update(&world.spec, &draft, &world.members[0], |_| true);
    let outcome = known.advance(&world.spec, &Policy::bridge(&world.spec), &lie, 10_000);
    let expected = Conflict::Finalized {
        known: known.finalized().root,
        other: other.beacon.root(),
        attested: lie.attested.beacon.root(),
    };
    assert_eq!(outcome, Ok(Outcome::Conflict(expected)));
}

#[test]
fn each_rule_refuses_what_it_is_there_for() {
    let world = &*WORLD;
    let length = |part| UpdateError::Length { part };
    assert_eq!(
        world.refused(|u| u.aggregate.bits.truncate(3)),
        length(Part::Bits)
    );
    assert_eq!(world.refused(|u| u.aggregate.bits.push(0)), length(Part::Bits));
    let next = |change: fn(&mut palisade_light_ethereum::update::NextCommittee)| {
        world.refused(|u| change(u.next.as_mut().unwrap()))
    };
    assert_eq!(
        next(|found| found.committee.pubkeys.truncate(16)),
        length(Part::Committee)
    );
    assert_eq!(next(|found| found.branch.truncate(5)), length(Part::NextBranch));
    assert_eq!(next(|found| found.branch[2][1] ^= 1), UpdateError::NextBranch);
    assert_eq!(
        next(|found| found.committee.pubkeys.swap(0, 1)),
        UpdateError::NextBranch
    );
}

#[test]
fn each_header_is_tied_to_what_was_signed() {
    let world = &*WORLD;
    let length = |part| UpdateError::Length { part };
    let finality = |change: fn(&mut palisade_light_ethereum::update::Finality)| {
        world.refused(|u| change(u.finality.as_mut().unwrap()))
    };
    assert_eq!(
        finality(|found| found.branch.push([0; 32])),
        length(Part::FinalityBranch)
    );
    assert_eq!(
        finality(|found| found.branch[0][0] ^= 1),
        UpdateError::FinalityBranch
    );
    assert_eq!(
        finality(|found| found.header.beacon.proposer_index ^= 1),
        UpdateError::FinalityBranch
    );
    assert_eq!(world.refused(|u| u.finality = None), UpdateError::NoFinality);
    let missing = HeaderError::Missing { slot: 80 };
    assert_eq!(
        finality(|found| found.header.execution = None),
        UpdateError::Finalized(missing)
    );
    let branch = HeaderError::Branch { slot: 90 };
    let tampered = world.refused(|u| u.attested.execution.as_mut().unwrap().header.gas_used += 1);
    assert_eq!(tampered, UpdateError::Attested(branch));
    let slots = world.refused(|u| u.signature_slot = u.attested.beacon.slot);
    assert!(matches!(
        slots,
        UpdateError::Slots {
            signature: 90,
            attested: 90,
            ..
        }
    ));
    let early = world.client.advance(
        &world.spec,
        &Policy::bridge(&world.spec),
        &world.update(90, 80),
        90,
    );
    assert!(matches!(
        early,
        Err(UpdateError::Slots {
            now: 90,
            signature: 91,
            ..
        })
    ));
    let state = world.refused(|u| u.attested.beacon.state_root[0] ^= 1);
    assert_eq!(state, UpdateError::FinalityBranch);
    let foreign = world.refused(|u| u.attested.beacon.parent_root[0] ^= 1);
    assert_eq!(foreign, UpdateError::Signature(BlsError::Mismatch));
}

#[test]
fn what_is_known_already_changes_nothing() {
    let world = &*WORLD;
    let update = world.update(90, 80);
    let known = world.advance(&world.client, &update).unwrap();
    let again = world.advance(&known, &update);
    assert_eq!(again, Err(UpdateError::NothingNew));
    let older = world.update(79, 72);
    assert_eq!(
        world.advance(&known, &older),
        Err(UpdateError::Irrelevant {
            attested: 79,
            finalized: 80
        })
    );
}

#[test]
fn a_signature_of_another_chain_or_fork_is_refused() {
    let world = &*WORLD;
    let update = world.update(90, 80);
    let mismatch = Err(UpdateError::Signature(BlsError::Mismatch));
    let advance = |spec: &Spec| world.client.advance(spec, &Policy::bridge(spec), &update, 10_000);
    let mut other = world.spec.clone();
    other.genesis_validators_root[0] ^= 1;
    assert_eq!(advance(&other), mismatch);
    let mut other = world.spec.clone();
    other.forks.last_mut().unwrap().version[3] ^= 1;
    assert_eq!(advance(&other), mismatch);
}

#[test]
fn a_fork_that_is_not_known_is_refused_from_its_first_slot_on() {
    let world = &*WORLD;
    let mut spec = world.spec.clone();
    spec.forks.push(ForkEpoch {
        fork: Fork::Unsupported,
        epoch: 11,
        version: [7; 4],
    });
    let policy = Policy::bridge(&spec);
    // Slot 88 is the first of epoch 11. A signature there is still made under the version before it.
    let last = world.update(87, 80);
    assert!(world.client.advance(&spec, &policy, &last, 10_000).is_ok());
    let first = world.update(88, 80);
    let outcome = world.client.advance(&spec, &policy, &first, 10_000);
    assert_eq!(outcome, Err(UpdateError::Fork { slot: 88 }));
    let mut skipped = world.update(87, 80);
    skipped.signature_slot = 89;
    let outcome = world.client.advance(&spec, &policy, &skipped, 10_000);
    assert_eq!(outcome, Err(UpdateError::Fork { slot: 89 }));
    let bytes = ssz(&first);
    assert_eq!(container_fork(&spec, &bytes), Err(SszError::Fork));
    assert_eq!(
        Update::decode(&spec, Fork::Unsupported, UpdateKind::Full, &bytes),
        Err(SszError::Fork)
    );
}

#[test]
fn a_committee_with_a_bad_key_is_never_stored() {
    let preset = Preset::MINIMAL;
    let good = Members::new(4, 32, 6).committee;
    assert!(Committee::new(&preset, &good).is_ok());
    let mut bad = good.clone();
    bad.pubkeys[7] = [0; 48];
    bad.pubkeys[7][0] = 0xc0;
    assert_eq!(
        Committee::new(&preset, &bad),
        Err(CommitteeError::Key { position: 7 })
    );
    let mut bad = good.clone();
    bad.aggregate = bad.pubkeys[0];
    assert_eq!(Committee::new(&preset, &bad), Err(CommitteeError::Aggregate));
    let mut bad = good;
    bad.pubkeys.pop();
    assert_eq!(
        Committee::new(&preset, &bad),
        Err(CommitteeError::Size {
            found: 31,
            expected: 32
        })
    );
}

#[test]
fn a_client_comes_back_from_its_record_and_from_no_other() {
    let world = &*WORLD;
    let known = world.advance(&world.client, &world.update(90, 80)).unwrap();
    let record = known.to_record();
    assert_eq!(decode(&encode(&record)), Ok(record));
    let load = |committee: &Committee| {
        let bytes = encode(&committee.to_record());
        let record: palisade_light_ethereum::CommitteeRecord = decode(&bytes).unwrap();
        record.restore(&world.spec.preset).unwrap()
    };
    let (current, next) = (load(known.current()), load(known.next().unwrap()));
    let back = Client::restore(&record, current.clone(), Some(next.clone())).unwrap();
    assert_eq!(back, known);
    let later = world.update(2 * PERIOD + 20, 2 * PERIOD + 8);
    assert_eq!(world.advance(&back, &later), world.advance(&known, &later));
    assert_eq!(Client::restore(&record, next, Some(current.clone())), None);
    assert_eq!(Client::restore(&record, current, None), None);
}

#[test]
fn an_old_client_is_no_longer_trusted() {
    let world = &*WORLD;
    let (spec, client) = (&world.spec, &world.client);
    let finalized = spec.time_of(client.finalized().beacon.slot).get();
    let period = Millis::new(10 * 24 * 3_600_000);
    let at = |ms| client.is_trusted(spec, Timestamp::new(ms), period);
    assert!(at(0) && at(finalized) && at(finalized + period.get()));
    assert!(!at(finalized + period.get() + 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn no_bit_of_a_valid_update_can_be_changed(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let world = &*WORLD;
        let update = world.update(90, 80);
        let mut bytes = ssz(&update);
        prop_assert_eq!(container_fork(&world.spec, &bytes), Ok(Fork::Fulu));
        let read = |bytes: &[u8]| Update::decode(&world.spec, Fork::Fulu, UpdateKind::Full, bytes);
        prop_assert_eq!(read(&bytes), Ok(update.clone()));
        let place = at.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(changed) = read(&bytes) {
            prop_assert_ne!(&changed, &update);
            // The slot of the signature is not signed: what it chooses is the committee and the version.
            let free = Update { signature_slot: update.signature_slot, ..changed.clone() } == update;
            prop_assert!(free || world.advance(&world.client, &changed).is_err());
        }
    }
}
