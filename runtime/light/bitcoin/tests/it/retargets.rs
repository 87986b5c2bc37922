//! Changes of difficulty, mined: under mainnet's rule and under testnet4's.

use crate::world::{LATE, World, block, cheap, cheap_testnet};
use palisade_light_bitcoin::{Bits, Invalid, Refusal, View};

const START: u32 = 1_800_000_000;

/// Blocks up to the last of the period, `apart` seconds from one to the next.
fn fill(world: &mut World, apart: u32) {
    let mut headers = Vec::new();
    let (mut id, mut time) = (world.tip(), START);
    for salt in 1..2_016 {
        time += apart;
        let header = block(id, time, world.rules.limit, salt);
        id = header.id();
        headers.push(header);
    }
    for batch in headers.chunks(1_500) {
        world.submit(batch, LATE).unwrap();
    }
}

#[test]
fn a_period_that_was_too_fast_makes_the_next_one_harder() {
    let rules = cheap();
    let mut world = World::of(rules, 2_016, rules.limit, START);
    fill(&mut world, 300);
    assert_eq!(world.memory.best().height, 4_031);
    let time = START + 2_015 * 300;
    let expected = rules.limit.retarget(START, time, rules.limit).unwrap();
    assert_ne!(expected, rules.limit);
    let wrong = block(world.tip(), time + 300, rules.limit, 1);
    let invalid = Invalid::Bits {
        expected,
        found: rules.limit,
    };
    assert_eq!(
        world.submit(&[wrong], LATE),
        Err(Refusal::Invalid { index: 0, invalid })
    );
    let right = block(world.tip(), time + 300, expected, 1);
    world.submit(&[right], LATE).unwrap();
    let record = world.memory.record(&world.tip()).unwrap().unwrap();
    assert_eq!(
        (record.period.start_time, record.period.start_bits),
        (time + 300, expected)
    );
    world.grow(1, 2);
    assert_eq!(world.memory.record(&world.tip()).unwrap().unwrap().bits, expected);
}

#[test]
fn testnet4_starts_from_the_first_block_of_the_period() {
    // The period's first block is hard, all others are easy exceptions: the next period is not easy.
    let (rules, hard) = (cheap_testnet(), Bits::new(0x2007_ffff));
    let mut world = World::of(rules, 2_016, hard, START);
    fill(&mut world, 1_201);
    let last = world.memory.record(&world.tip()).unwrap().unwrap();
    assert_eq!((last.bits, last.period.usual_bits), (rules.limit, hard));
    let expected = hard.retarget(START, last.time(), rules.limit).unwrap();
    assert_ne!(expected, rules.limit);
    let easy = block(world.tip(), last.time() + 1_201, rules.limit, 1);
    assert!(
        world.submit(&[easy], LATE).is_err(),
        "no exception for a period's first block"
    );
    let first = block(world.tip(), last.time() + 1, expected, 1);
    assert!(world.submit(&[first], LATE).is_ok());
}

#[test]
fn an_exception_is_for_quiet_times_only_and_does_not_last() {
    let (rules, hard) = (cheap_testnet(), Bits::new(0x2007_ffff));
    let mut world = World::of(rules, 2_016, hard, START);
    let invalid = Invalid::Bits {
        expected: hard,
        found: rules.limit,
    };
    let hasty = block(world.tip(), START + 1_200, rules.limit, 1);
    assert_eq!(
        world.submit(&[hasty], LATE),
        Err(Refusal::Invalid { index: 0, invalid })
    );
    let quiet = block(world.tip(), START + 1_201, rules.limit, 1);
    world.submit(&[quiet], LATE).unwrap();
    // After a quiet time nothing else is allowed, and then the usual bits come back.
    let stubborn = block(world.tip(), START + 1_201 + 1_201, hard, 1);
    assert!(world.submit(&[stubborn], LATE).is_err());
    let next = block(world.tip(), START + 1_202, rules.limit, 1);
    assert!(world.submit(&[next], LATE).is_err());
    let usual = block(world.tip(), START + 1_202, hard, 1);
    world.submit(&[usual], LATE).unwrap();
}

#[test]
fn regtest_never_changes() {
    let mut world = World::regtest();
    world.grow(2_000, 1);
    world.grow(40, 1);
    let record = world.memory.record(&world.tip()).unwrap().unwrap();
    assert_eq!((record.height, record.bits), (2_040, world.rules.limit));
}
