//! Halts end by themselves.

use crate::world::World;
use governance::{HaltEnded, Halted, Subject};
use palisade_governance as governance;

#[test]
fn a_halt_is_over_at_its_moment_even_where_no_hook_has_run() {
    let mut world = World::new();
    world.halt("lane/east", 60).unwrap();
    assert!(world.stands("lane/east") && !world.stands("lane/west"));
    world.wait(59);
    assert!(world.stands("lane/east"));
    world.wait(1);
    assert!(!world.stands("lane/east"));
    assert_eq!(world.count::<Halted>(), 1);
    world.pass(0);
    assert_eq!(world.count::<HaltEnded>(), 1);
    let halts = governance::query::halts(&world.chain.view(), None, 9).unwrap();
    assert!(halts.is_empty());
}

#[test]
fn a_halt_is_no_longer_than_a_decision_may_make_it_and_never_shortened() {
    let mut world = World::new();
    assert_eq!(world.halt("lane/east", 101), Err("HALT_TOO_LONG"));
    assert_eq!(world.halt("lane/east", 0), Err("HALT_TOO_LONG"));
    world.halt("lane/east", 100).unwrap();
    world.wait(10);
    world.halt("lane/east", 20).unwrap();
    world.wait(89);
    assert!(world.stands("lane/east"));
    world.halt("lane/east", 50).unwrap();
    world.wait(49);
    assert!(world.stands("lane/east"), "decided anew, it goes on from there");
    world.wait(1);
    assert!(!world.stands("lane/east"));
}

#[test]
fn a_halt_can_be_lifted_once() {
    let mut world = World::new();
    assert_eq!(world.lift("lane/east"), Err("NOT_HALTED"));
    world.halt("lane/east", 60).unwrap();
    let subject = Subject::new("lane/east").unwrap();
    let view = world.chain.view();
    let until = governance::query::halted_until(&view, subject, view.block().chain_clock).unwrap();
    assert_eq!(until.map(|until| until.get()), Some(60));
    world.lift("lane/east").unwrap();
    assert!(!world.stands("lane/east"));
    assert_eq!(world.lift("lane/east"), Err("NOT_HALTED"));
    world.halt("lane/east", 60).unwrap();
    world.wait(60);
    assert_eq!(
        world.lift("lane/east"),
        Err("NOT_HALTED"),
        "it has ended by itself"
    );
}
