//! Slashes that are asked for.

use crate::world::{BOND, DELAY, GOVERNANCE, RECIPIENT, SLASHER, TOKEN, VETO, VETOER, WHOLE, World};
use dss::Destination;
use palisade_slashing::{Ending, Msg, query};
use primitives::AssetId;
use vaults::Claim;

/// K-M05: Given a request over 32 vaults of which one has nothing, when it is carried out, then the other 31 are slashed
/// and the one is skipped.
#[test]
fn k_m05_an_empty_vault_among_thirty_two_saves_no_other() {
    let mut world = World::new(32, Destination::Burn);
    world.request(1, 5_000).unwrap();
    let empty = world.vaults[5];
    // It is emptied after the request has named it.
    let offence = delegation::Offence {
        vault: empty,
        service: crate::world::service(1),
        fraction: primitives::Bps::ONE,
        class_cap: primitives::Bps::ONE,
        at: world.chain.block.chain_clock,
    };
    world
        .chain
        .run(|ctx| {
            let outcome = delegation::slash(ctx, &offence)?;
            Ok::<_, delegation::Error>(bank::destroy(ctx, outcome.taken.coin)?)
        })
        .unwrap();
    drop(world.chain.take_events());
    world.pass(VETO);
    let skipped = world.chain.take_events();
    let skipped = skipped
        .iter()
        .filter(|event| event.is::<palisade_slashing::VaultSkipped>());
    assert_eq!(skipped.count(), 1);
    for vault in world.vaults.clone() {
        let left = if vault == empty { 0 } else { 500 };
        assert_eq!(world.assets(vault), left);
    }
    assert_eq!(world.ending(0), Ending::Executed);
}

#[test]
fn what_is_due_is_carried_out_some_per_block_in_order_and_holds_up_exits_until_then() {
    let mut world = World::new(1, Destination::Burn);
    let vault = world.vaults[0];
    world.withdraw(3, vault, 500_000).unwrap();
    world.pass(DELAY - VETO - 1_000);
    world.post().unwrap();
    for _ in 0..5 {
        world.request(2, 1_000).unwrap();
    }
    world.pass(VETO - 1);
    assert_eq!(world.assets(vault), 1_000, "one millisecond too early");
    world.block(1);
    let ended = |world: &World| (0..5).filter(|n| world.ending(*n) == Ending::Executed).count();
    assert_eq!(
        (ended(&world), world.assets(vault)),
        (2, 810),
        "two per block, the oldest first"
    );
    assert_eq!(world.ending(2), Ending::Open);
    world.pass(1_000);
    assert_eq!(ended(&world), 4);
    let claim = vaults::Msg::Claim(Claim { withdrawal: 0 });
    assert_eq!(
        world.vaults(4, claim).unwrap_err(),
        "SLASH_DUE",
        "due since before"
    );
    world.block(1);
    assert_eq!(ended(&world), 5);
    // Nine tenths five times, each rounded down in what is taken.
    let left = (0..5).fold(1_000u128, |left, _| left - left / 10);
    assert_eq!(world.assets(vault), left);
    let before = world.balance(3, TOKEN);
    world.block(1);
    assert_eq!(world.balance(3, TOKEN) - before, left / 2);
}

#[test]
fn at_one_moment_the_slash_goes_before_the_exit() {
    // K-M03, E-28, restaking.md "At ties in time the slash goes first".
    let mut world = World::new(1, Destination::Burn);
    let vault = world.vaults[0];
    world.withdraw(3, vault, 500_000).unwrap();
    world.pass(DELAY - VETO);
    world.post().unwrap();
    world.request(2, 10_000).unwrap();
    let before = world.balance(3, TOKEN);
    world.pass(VETO - 1);
    assert_eq!((world.balance(3, TOKEN), world.assets(vault)), (before, 1_000));
    world.block(1);
    assert_eq!((world.balance(3, TOKEN), world.assets(vault)), (before, 0));
    world.block(1);
    assert_eq!(world.balance(3, TOKEN), before, "what leaves has borne its part");
    let claim = vaults::Msg::Claim(Claim { withdrawal: 0 });
    assert_eq!(
        world.vaults(4, claim).unwrap_err(),
        "UNKNOWN_WITHDRAWAL",
        "and has left"
    );
}

#[test]
fn a_request_too_late_to_reach_what_it_is_for_is_refused() {
    // S-14.
    let mut world = World::new(1, Destination::Burn);
    let epoch = world.epoch();
    world.pass(DELAY - VETO);
    let late = world.request_for(1, (2, epoch), 10_000);
    assert_eq!(late.unwrap_err(), "EVIDENCE_EXPIRED");
}

#[test]
fn what_is_asked_for_in_the_last_moment_of_the_window_still_finds_everything() {
    let mut world = World::new(1, Destination::Burn);
    let vault = world.vaults[0];
    let epoch = world.epoch();
    world.withdraw(3, vault, 1_000_000).unwrap();
    world.allocate(1, vault, 0).unwrap();
    while world.epoch() == epoch {
        world.block(10);
    }
    let ended = dss::query::epoch_end(&world.chain.view(), epoch)
        .unwrap()
        .unwrap()
        .get();
    let window = dss::Params::localnet().evidence_window.get();
    while world.now() < ended + window {
        world.block((ended + window - world.now()).min(10_000));
    }
    world.request_for(1, (2, epoch), 10_000).unwrap();
    world.pass(VETO);
    assert_eq!((world.assets(vault), world.ending(0)), (0, Ending::Executed));
    let before = world.balance(3, TOKEN);
    world.pass(DELAY);
    assert_eq!(world.balance(3, TOKEN), before, "nothing is left to leave with");
}

/// K-M06, K-H04: Given a slash whose operator has left, when it is due, then it ends in that block; counters are nothing
/// again, and after he came back the same request is never carried out again.
#[test]
fn k_m06_a_request_against_one_who_left_ends_and_never_comes_again() {
    let mut world = World::new(1, Destination::Burn);
    let vault = world.vaults[0];
    world.request(1, 5_000).unwrap();
    world
        .dss(
            1,
            dss::Msg::Leave {
                service: crate::world::service(1),
            },
        )
        .unwrap();
    world.pass(VETO);
    assert_eq!(
        (world.assets(vault), world.ending(0)),
        (500, Ending::Executed),
        "who leaves is liable"
    );
    let open = palisade_slashing::open_of(&world.chain.view(), &vault, world.chain.block.chain_clock);
    assert_eq!(open.unwrap().requests, 0);
    world.pass(DELAY + 20_000);
    world.join(1, 1).unwrap();
    world.allocate(1, vault, WHOLE / 2).unwrap();
    world.pass(DELAY);
    assert_eq!(world.assets(vault), 500);
    let veto = Msg::Veto { request: 0 };
    assert_eq!(world.tell(VETOER, veto).unwrap_err(), "ENDED");
    // One of somebody whose pledges are gone takes nothing, and ends.
    world.post().unwrap();
    assert_eq!(
        world.balance(SLASHER, AssetId::PAL),
        1_000,
        "and the bond is back"
    );
}

#[test]
fn a_request_that_finds_nothing_any_more_ends_all_the_same() {
    let mut world = World::new(1, Destination::Burn);
    let vault = world.vaults[0];
    world.request(2, 10_000).unwrap();
    world.request(2, 10_000).unwrap();
    world.pass(VETO);
    assert_eq!(world.assets(vault), 0);
    assert_eq!(
        (world.ending(0), world.ending(1)),
        (Ending::Executed, Ending::Executed),
        "K-Q02"
    );
    let open = palisade_slashing::open_of(&world.chain.view(), &vault, world.chain.block.chain_clock);
    assert_eq!(open.unwrap().requests, 0);
    world.pass(30_000);
    assert_eq!(query::requests(&world.chain.view(), None, 9).unwrap().len(), 2);
}

#[test]
fn only_a_vetoer_vetoes_and_only_before_it_is_due() {
    // K-Q05: the bond goes to those whom it was to hurt.
    let mut world = World::new(3, Destination::Burn);
    world.request(2, 1_000).unwrap();
    world.request(2, 1_000).unwrap();
    world.request(2, 1_000).unwrap();
    let veto = |request| Msg::Veto { request };
    assert_eq!(world.tell(1, veto(0)).unwrap_err(), "NOT_VETOER");
    assert_eq!(world.tell(SLASHER, veto(0)).unwrap_err(), "NOT_VETOER");
    assert_eq!(world.tell(VETOER, veto(7)).unwrap_err(), "UNKNOWN_REQUEST");
    world.tell(VETOER, veto(0)).unwrap();
    assert_eq!(world.tell(VETOER, veto(0)).unwrap_err(), "ENDED");
    world.pass(VETO - 1);
    world.tell(GOVERNANCE, veto(1)).unwrap();
    assert_eq!(world.balance(RECIPIENT, AssetId::PAL), 2 * BOND);
    world.block(1);
    assert_eq!(
        world.tell(VETOER, veto(2)).unwrap_err(),
        "ENDED",
        "carried out in the block in which it was due"
    );
    assert!(
        world.vaults.iter().all(|vault| world.assets(*vault) == 900),
        "once, not three times"
    );
}

#[test]
fn one_that_waits_in_the_queue_though_due_is_no_longer_vetoed() {
    let mut world = World::new(1, Destination::Burn);
    for _ in 0..3 {
        world.request(2, 1_000).unwrap();
    }
    world.pass(VETO);
    assert_eq!(world.ending(2), Ending::Open, "two per block");
    assert_eq!(
        world.tell(VETOER, Msg::Veto { request: 2 }).unwrap_err(),
        "TOO_LATE"
    );
}

#[test]
fn a_class_rests_after_a_request_and_a_veto_ends_no_rest() {
    let mut world = World::new(1, Destination::Burn);
    world.request(1, 1_000).unwrap();
    assert_eq!(world.request(1, 1_000).unwrap_err(), "COOLING_DOWN");
    world.tell(VETOER, Msg::Veto { request: 0 }).unwrap();
    assert_eq!(world.request(1, 1_000).unwrap_err(), "COOLING_DOWN");
    // Another class, and another operator, do not rest.
    world.request(2, 1_000).unwrap();
    let epoch = world.epoch();
    world.request_for(2, (1, epoch), 1_000).unwrap();
    world.pass(19_999);
    assert_eq!(
        world.request_for(1, (1, epoch), 1_000).unwrap_err(),
        "COOLING_DOWN"
    );
    world.block(1);
    world.request_for(1, (1, epoch), 1_000).unwrap();
}

#[test]
fn what_is_slashed_goes_where_it_was_fixed() {
    // K-Q11, E-33.
    let mut world = World::new(2, Destination::Recipient(crate::world::account(RECIPIENT)));
    let supply = bank::supply(&world.chain.view(), TOKEN).unwrap();
    world.request(1, 5_000).unwrap();
    world.pass(VETO);
    assert_eq!(world.balance(RECIPIENT, TOKEN), 1_000);
    assert_eq!(
        bank::supply(&world.chain.view(), TOKEN).unwrap(),
        supply,
        "nothing is destroyed"
    );
    let mut world = World::new(2, Destination::Burn);
    world.request(1, 5_000).unwrap();
    world.pass(VETO);
    assert_eq!(
        supply.get() - bank::supply(&world.chain.view(), TOKEN).unwrap().get(),
        1_000
    );
    assert_eq!(world.balance(RECIPIENT, TOKEN), 0);
}

#[test]
fn a_chain_goes_on_with_what_is_open() {
    let mut world = World::new(2, Destination::Burn);
    world.request(2, 1_000).unwrap();
    world.tell(3, world.contradiction(1, 0)).unwrap();
    let genesis = palisade_slashing::as_genesis(&world.chain.view()).unwrap();
    let bytes = borsh::to_vec(&genesis).unwrap();
    assert_eq!(
        borsh::from_slice::<palisade_slashing::Genesis>(&bytes).unwrap(),
        genesis
    );
    let mut other = kernel::testing::Sandbox::new();
    other
        .run(|ctx| {
            <palisade_slashing::Slashing<crate::world::Wire> as kernel::Module>::init_genesis(
                ctx,
                genesis.clone(),
            )
        })
        .unwrap();
    assert_eq!(palisade_slashing::as_genesis(&other.view()).unwrap(), genesis);
}
