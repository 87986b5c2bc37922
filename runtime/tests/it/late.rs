//! An epoch that ends as late as it can, and a slash for its last moment.

use crate::services::{SERVICE, STAKE, World};
use dss::{Destination, Msg as ServiceMsg};
use palisade_runtime::Message;
use primitives::{AssetId, Bps, ChainClock, Digest, Millis};
use slashing::{Ending, Msg as SlashMsg, RequestSlash};
use testing::Chain;
use vaults::{Msg as VaultMsg, Withdraw};

/// A block that brings one message of somebody, `step` after the last.
fn block(world: &mut World, who: &testing::Account, messages: Vec<Message>, step: u64) {
    let draft = world.chain.draft(who, messages).with_fee(95_000_000, 100, 1);
    let id = world.chain.submit(&draft);
    let receipts = &world.chain.block_after(Millis::new(step)).executed.receipts;
    let receipt = receipts.iter().find(|receipt| receipt.id == id).unwrap();
    assert!(receipt.succeeded(), "{:?}", receipt.failure);
}

fn now(world: &World) -> u64 {
    world.chain.tip().chain_clock.get()
}

/// Makes blocks of at most ten seconds until the clock stands at `goal`.
fn until(world: &mut World, goal: u64) {
    while now(world) < goal {
        let step = (goal - now(world)).min(ChainClock::MAX_STEP.get());
        world.chain.block_after(Millis::new(step));
    }
}

/// In the first moments of an epoch a task is posted, and bob asks for all that is his, and to be free of the service. That epoch ends as late
/// as it can: the block before the last but one misses its end by a moment, and the two that follow take ten seconds each.
/// Gives when bob asked, and when the epoch ended.
fn leave_and_end_late(world: &mut World) -> (u64, u64) {
    let (bob, dave) = (world.bob.clone(), world.dave.clone());
    world.chain.end_epoch();
    let began = now(world);
    // What is slashed for is what stood behind the epoch's first task.
    block(world, &dave, vec![World::task()], 1);
    let vault = world.vault(&bob);
    let all = vaults::query::position(world.chain.state(), &vault, &bob.id()).unwrap();
    let withdraw = Withdraw {
        vault,
        shares: all.unwrap().0.shares,
        beneficiary: bob.id(),
        min_assets: primitives::Amount::ZERO,
    };
    let leave = Message::Dss(ServiceMsg::Leave { service: SERVICE });
    block(
        world,
        &bob,
        vec![Message::Vaults(VaultMsg::Withdraw(withdraw)), leave],
        1,
    );
    let asked = now(world);
    let ends_at = began + staking::Params::localnet().epoch_length.get();
    until(world, ends_at - 1);
    let epoch = world.epoch();
    for last in [false, true] {
        world.chain.block_after(ChainClock::MAX_STEP);
        assert_eq!(world.chain.tip().is_boundary(), last);
        assert_eq!(world.epoch(), epoch, "it is over behind its last block");
    }
    let late = now(world) - ends_at;
    assert_eq!(late, ChainClock::MAX_OVERTIME.get() - 1, "no epoch ends later");
    (asked, now(world))
}

#[test]
fn an_offence_in_an_epoch_that_ends_as_late_as_it_can_is_slashed_before_the_exit_is_paid() {
    let mut world = World::new(Destination::Burn);
    let (alice, bob) = (world.alice.clone(), world.bob.clone());
    let vault = world.vault(&bob);
    let before = world.chain.balance(&bob, AssetId::PAL);
    let (asked, ended) = leave_and_end_late(&mut world);
    let epoch = world.epoch();
    // The last moment in which anybody may ask, in a block of its own.
    let window = dss::Params::localnet().evidence_window.get();
    until(&mut world, ended + window - 1);
    let request = RequestSlash {
        service: SERVICE,
        operator: bob.id(),
        class: 2,
        epoch,
        fraction: Bps::new(1_000).unwrap(),
        reason: Digest::new([7; 32]),
    };
    block(
        &mut world,
        &alice,
        vec![Message::Slashing(SlashMsg::Request(request))],
        1,
    );
    assert_eq!(now(&world), ended + window);
    // Nobody vetoes. It is due in the last moment before the exit is.
    let veto = delegation::Params::localnet().veto_window.get();
    until(&mut world, ended + window + veto - 1);
    let backing = |world: &World| {
        vaults::vault(world.chain.state(), &vault)
            .unwrap()
            .unwrap()
            .pool
            .assets
            .get()
    };
    assert_eq!(backing(&world), STAKE, "all that backed the service is there");
    until(&mut world, ended + window + veto);
    let ending = slashing::query::request(world.chain.state(), 0)
        .unwrap()
        .unwrap()
        .ending;
    assert_eq!(ending, Ending::Executed);
    let left = backing(&world);
    assert!(left < STAKE, "{left}");
    // Then who leaves is paid what is left.
    let due = asked + vaults::Params::localnet().withdrawal_delay.get();
    assert!(now(&world) < due);
    until(&mut world, due);
    assert_eq!(backing(&world), 0);
    let paid = world.chain.balance(&bob, AssetId::PAL);
    assert!(paid.get() < before.get() + left, "what is left, without the fee");
    assert!(paid > before);
}

#[test]
fn a_chain_from_which_stake_could_escape_behind_a_late_end_does_not_start() {
    let mut document = Chain::new().document;
    assert!(document.validate().is_ok());
    document.parameters.vaults.withdrawal_delay = Millis::new(119_999);
    let refused = document.validate().unwrap_err().to_string();
    assert!(refused.contains("at least epoch_length + 20000 ms"), "{refused}");
}
