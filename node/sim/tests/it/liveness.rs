//! The check of the oracle that a whole network is needed for fails when it should.

use palisade_sim::{Invariant, MockScheme, Plan, World};

#[test]
fn a_network_that_stays_mute_is_found_to_be_stuck() {
    let mut world = World::new(MockScheme, Plan::calm(1, 4)).unwrap();
    world.run_until(3_000).unwrap();
    world.heal();
    world.filter = Some(Box::new(|_, _, _, _| true));
    let failure = world.run().unwrap_err();
    assert_eq!(failure.violations[0].invariant, Invariant::Liveness);
    assert!(failure.story.contains("heights are"), "{}", failure.story);
}
