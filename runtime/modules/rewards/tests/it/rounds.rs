//! Vaults that lose everything and start anew.

use crate::world::{OTHER, PAY, World};

/// What everybody could claim of the vault of operator 1 that counts.
fn due(world: &World) -> [u128; 4] {
    [3, 4, 5, 6].map(|who| world.claimable(who, 1))
}

#[test]
fn what_shares_had_earned_before_they_were_void_is_still_claimed() {
    let mut world = World::new();
    for (who, amount) in [(3, 1_000), (4, 3_000), (6, 1_000)] {
        world.deposit(who, 1, amount).unwrap();
    }
    // Of 4,000 the operator keeps a tenth, and its empty vault's quarter of the rest: 2,700 are theirs each time.
    world.earn(1, OTHER, 4_000);
    world.end_epoch();
    assert_eq!(due(&world), [540, 1_620, 0, 540]);
    world.withdraw(4, 1, 1_500_000).unwrap();
    world.withdraw(6, 1, 500_000).unwrap();
    world.earn(1, OTHER, 4_000);
    world.end_epoch();
    let earned = [540 + 900, 1_620 + 1_350, 0, 540 + 450];
    assert_eq!(due(&world), earned);
    world.lose_everything(1);
    assert_eq!(due(&world), earned, "what was slashed is not what was earned");
    world.rebase(1).unwrap();
    assert_eq!(due(&world), earned);
    // Void shares earn nothing more: what comes while nobody is in is the operator's.
    let before = world.balance(1, OTHER);
    world.earn(1, OTHER, 4_000);
    world.end_epoch();
    assert_eq!(world.balance(1, OTHER) - before, 4_000);
    // Of the next round those have their parts who are in it, one of them again, and nobody else's grows.
    world.deposit(4, 1, 1_000).unwrap();
    world.deposit(5, 1, 1_000).unwrap();
    world.earn(1, OTHER, 4_000);
    world.end_epoch();
    assert_eq!(due(&world), [1_440, 2_970 + 1_350, 1_350, 990]);
    // An exit that was under way ends, paid nothing, and what is recorded of the void shares with it.
    world.exit(0).unwrap();
    world.exit(1).unwrap();
    assert_eq!(due(&world), [1_440, 4_320, 1_350, 990]);
    // Whoever has never been seen since has the same two rounds later, once.
    world.lose_everything(1);
    world.rebase(1).unwrap();
    world.deposit(6, 1, 1_000).unwrap();
    world.earn(1, OTHER, 4_000);
    world.end_epoch();
    assert_eq!(due(&world), [1_440, 4_320, 1_350, 990 + 2_700]);
    world.earn(2, PAY, 77);
    world.go_on();
    for who in [3, 4, 5, 6] {
        let (due, before) = (world.claimable(who, 1), world.balance(who, OTHER));
        world.claim(who, 1).unwrap();
        assert_eq!(world.balance(who, OTHER) - before, due);
        assert_eq!(world.claim(who, 1), Err("NOTHING_TO_CLAIM"));
    }
    assert_eq!(due(&world), [0; 4]);
}
