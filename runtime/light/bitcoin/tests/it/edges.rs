//! Times and versions at every edge.

use crate::world::{LATE, World, block, cheap, cheap_testnet};
use palisade_light_bitcoin::{
    Bits, Checkpoint, CheckpointError, Header, Invalid, Network, Refusal, Rules, Times, View,
};

const START: u32 = 1_800_000_000;

/// Regtest with eleven blocks of known times, out of order as real ones are.
fn eleven() -> (World, Vec<u32>) {
    let mut world = World::regtest();
    let times: Vec<u32> = [0, 9, 3, 12, 6, 7, 14, 20, 11, 17, 30]
        .map(|step| START + step)
        .to_vec();
    for time in &times {
        let header = block(world.tip(), *time, world.rules.limit, 1);
        world.submit(&[header], LATE).unwrap();
    }
    (world, times)
}

fn at(world: &World, time: u32) -> Header {
    block(world.tip(), time, world.rules.limit, 2)
}

#[test]
fn a_header_is_later_than_the_median_of_eleven() {
    let (mut world, mut times) = eleven();
    times.sort_unstable();
    let median = times[5];
    assert_eq!(median, START + 11);
    let invalid = Invalid::Early { median, time: median };
    let equal = at(&world, median);
    assert_eq!(
        world.submit(&[equal], LATE),
        Err(Refusal::Invalid { index: 0, invalid })
    );
    let after = at(&world, median + 1);
    assert!(
        after.time < START + 30,
        "earlier than its parent, and still right"
    );
    assert!(world.submit(&[after], LATE).is_ok());
}

#[test]
fn the_median_of_the_first_blocks_is_of_those_that_there_are() {
    let mut world = World::regtest();
    let genesis = Network::Regtest.genesis().time;
    let equal = at(&world, genesis);
    let invalid = Invalid::Early {
        median: genesis,
        time: genesis,
    };
    assert_eq!(
        world.submit(&[equal], LATE),
        Err(Refusal::Invalid { index: 0, invalid })
    );
    // Of two the later one counts.
    let first = at(&world, genesis + 10);
    world.submit(&[first], LATE).unwrap();
    let between = at(&world, genesis + 10);
    assert!(world.submit(&[between], LATE).is_err());
    let second = at(&world, genesis + 11);
    assert!(world.submit(&[second], LATE).is_ok());
}

#[test]
fn a_header_two_hours_ahead_is_taken_and_one_second_more_is_not_yet() {
    let (mut world, _) = eleven();
    let now = u64::from(START) + 1_000;
    let far = at(&world, START + 1_000 + 7_201);
    let refusal = world.submit(&[far], now).unwrap_err();
    let invalid = Invalid::NotYet { from: now + 1 };
    assert_eq!(refusal, Refusal::Invalid { index: 0, invalid });
    assert!(refusal.passes_with_time());
    // The same header a second later.
    assert_eq!(world.submit(&[far], now + 1).unwrap().added, 1);
    let (mut other, _) = eleven();
    let near = at(&other, START + 1_000 + 7_200);
    assert_eq!(other.submit(&[near], now).unwrap().added, 1);
}

#[test]
fn only_what_is_right_in_everything_else_is_told_to_come_back() {
    let (mut world, _) = eleven();
    let far = crate::world::unmined(at(&world, u32::MAX));
    let refusal = world.submit(&[far], 0).unwrap_err();
    assert_eq!(
        refusal,
        Refusal::Invalid {
            index: 0,
            invalid: Invalid::Work
        }
    );
    assert!(!refusal.passes_with_time());
    let last = at(&world, u32::MAX);
    assert!(world.submit(&[last], 0).unwrap_err().passes_with_time());
    assert!(world.submit(&[last], u64::MAX).is_ok());
}

#[test]
fn a_version_grows_old_with_height() {
    let rules = Network::Mainnet.rules();
    let edges = [(227_931, 2), (363_725, 3), (388_381, 4)];
    for (height, version) in edges {
        for (above, least) in [(0, version), (1, version - 1)] {
            // The block at `height - above` is checked.
            let world = World::of(
                Rules {
                    versions: rules.versions,
                    ..cheap()
                },
                height - above - 1,
                cheap().limit,
                START,
            );
            let mut header = Header {
                version: least,
                ..at(&world, START + 1)
            };
            header = crate::world::mined(header);
            let parent = world.memory.record(&world.tip()).unwrap().unwrap();
            let checked = |header: &Header| {
                palisade_light_bitcoin::check(&world.rules, &world.tip(), &parent, header, LATE)
            };
            assert!(checked(&header).is_ok(), "{height} {above}");
            header = crate::world::mined(Header {
                version: least - 1,
                nonce: 0,
                ..header
            });
            let old = checked(&header);
            assert_eq!(old.is_ok(), height - above < 227_931, "{height} {above}");
        }
    }
    // Versions are signed: what looks large is negative.
    let mut world = World::regtest();
    let header = crate::world::mined(Header {
        version: i32::MIN,
        ..at(&world, START)
    });
    let invalid = Invalid::Version {
        least: 2,
        found: i32::MIN,
    };
    assert_eq!(
        world.submit(&[header], LATE),
        Err(Refusal::Invalid { index: 0, invalid })
    );
}

#[test]
fn a_period_that_begins_long_before_its_parent_is_remembered_on_mainnet_and_refused_on_testnet4() {
    let last = |rules: Rules| {
        // The last block of a period, an hour after the others.
        let mut world = World::of(rules, 4_030, rules.limit, START);
        let header = block(world.tip(), START + 12_000, rules.limit, 1);
        let header = if rules.easy_when_quiet {
            header
        } else {
            block(world.tip(), START + 12_000, rules.limit, 1)
        };
        world.submit(&[header], LATE).unwrap();
        world
    };
    let begin = |world: &World, time: u32| {
        let parent = world.memory.record(&world.tip()).unwrap().unwrap();
        let bits = palisade_light_bitcoin::rules::due_bits(&world.rules, &parent, time).unwrap();
        block(world.tip(), time, bits, 2)
    };
    for (time, warped) in [
        (START + 12_000 - 7_200, None),
        (START + 12_000 - 7_201, Some(4_032)),
    ] {
        let mut world = last(cheap());
        let header = begin(&world, time);
        world.submit(&[header], LATE).unwrap();
        let record = |world: &World| world.memory.record(&world.tip()).unwrap().unwrap();
        assert_eq!(record(&world).warped_at, warped);
        world.grow(1, 3);
        assert_eq!(record(&world).warped_at, warped, "its children know of it");
    }
    for (time, taken) in [(START + 12_000 - 600, true), (START + 12_000 - 601, false)] {
        let mut world = last(cheap_testnet());
        let header = begin(&world, time);
        assert_eq!(world.submit(&[header], LATE).is_ok(), taken);
    }
}

#[test]
fn a_checkpoint_that_contradicts_itself_starts_nothing() {
    let rules = Network::Mainnet.rules();
    let good = Checkpoint::genesis(Network::Mainnet);
    assert!(good.root(&rules).is_ok());
    let refused = |change: fn(&mut Checkpoint)| {
        let mut checkpoint = good.clone();
        change(&mut checkpoint);
        checkpoint.root(&rules).unwrap_err()
    };
    assert_eq!(refused(|c| c.header.nonce += 1), CheckpointError::NoWork);
    assert_eq!(
        refused(|c| c.header.bits = Bits::new(0x207f_ffff)),
        CheckpointError::TooEasy
    );
    assert!(matches!(
        refused(|c| c.header.bits = Bits::new(0)),
        CheckpointError::Target(_)
    ));
    assert_eq!(
        refused(|c| c.work = palisade_light_bitcoin::Work::ZERO),
        CheckpointError::TooLittle
    );
    assert_eq!(
        refused(|c| c.times = c.times.then(1)),
        CheckpointError::Times { expected: 1 }
    );
    assert_eq!(
        refused(|c| c.height = 10),
        CheckpointError::Times { expected: 11 }
    );
    assert_eq!(refused(|c| c.period.start_time += 1), CheckpointError::Period);
    assert_eq!(
        refused(|c| c.period.usual_bits = Bits::new(0x1c00_ffff)),
        CheckpointError::Period
    );
}

#[test]
fn times_are_one_to_eleven() {
    assert_eq!(Times::new(&[]), None);
    assert_eq!(Times::new(&[1; 12]), None);
    let mut times = Times::new(&[5]).unwrap();
    for time in 6..30 {
        times = times.then(time);
    }
    assert_eq!(times, Times::new(&(19..30).collect::<Vec<u32>>()).unwrap());
    assert_eq!((times.median(), times.last()), (24, 29));
}
