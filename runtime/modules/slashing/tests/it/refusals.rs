//! Every refusal by its name, with nothing written.

use crate::world::{BOND, SLASHER, VETOER, WHOLE, World, account, bps, service};
use dss::Destination;
use kernel::{Fault, Module};
use palisade_slashing::{Msg, Params, RequestSlash, Slashing};
use primitives::{Amount, AssetId, Bps, Coin, Digest, Epoch, Millis};

fn ask(world: &World) -> RequestSlash {
    RequestSlash {
        service: service(1),
        operator: account(1),
        class: 2,
        epoch: world.epoch(),
        fraction: bps(100),
        reason: Digest::ZERO,
    }
}

/// What is refused leaves the state as it was.
fn refused(world: &mut World, sender: u8, msg: Msg) -> &'static str {
    let before = world.chain.state().unwrap().root();
    let reason = world.tell(sender, msg).unwrap_err();
    assert_eq!(
        world.chain.state().unwrap().root(),
        before,
        "{reason} left a trace"
    );
    reason
}

#[test]
fn a_request_that_breaks_a_rule_is_refused_by_name() {
    let mut world = World::new(1, Destination::Burn);
    let good = ask(&world);
    let mut with = |change: &dyn Fn(&mut RequestSlash)| {
        let mut request = good;
        change(&mut request);
        refused(&mut world, SLASHER, Msg::Request(request))
    };
    assert_eq!(with(&|one| one.fraction = Bps::ZERO), "ZERO_FRACTION");
    assert_eq!(with(&|one| one.service = service(9)), "UNKNOWN_SERVICE");
    assert_eq!(with(&|one| one.operator = account(9)), "NOT_SEATED");
    assert_eq!(with(&|one| one.class = 0), "UNKNOWN_CLASS");
    assert_eq!(with(&|one| one.class = 7), "UNKNOWN_CLASS");
    assert_eq!(
        with(&|one| (one.class, one.fraction) = (1, bps(5_001))),
        "ABOVE_CAP"
    );
    assert_eq!(with(&|one| one.epoch = Epoch::new(99)), "EVIDENCE_EXPIRED");
    assert_eq!(with(&|one| one.epoch = Epoch::new(0)), "EVIDENCE_EXPIRED");
    for stranger in [1, 3, VETOER] {
        assert_eq!(refused(&mut world, stranger, Msg::Request(good)), "NOT_SLASHER");
    }
    let all = Coin {
        asset: AssetId::PAL,
        amount: Amount::new(1_000 - BOND + 1),
    };
    let spent = world
        .chain
        .run(|ctx| bank::transfer(ctx, &account(SLASHER), &account(9), all));
    spent.unwrap();
    assert_eq!(
        refused(&mut world, SLASHER, Msg::Request(good)),
        "INSUFFICIENT_FUNDS"
    );
}

#[test]
fn what_was_never_pledged_cannot_be_asked_for() {
    let mut world = World::new(1, Destination::Burn);
    let vault = world.vaults[0];
    world.allocate(1, vault, 0).unwrap();
    world.pass(50_000);
    world.request(2, 10_000).unwrap_err();
    // Long after, when the pledge is gone.
    world.pass(80_000);
    assert_eq!(world.request(2, 100).unwrap_err(), "EVIDENCE_EXPIRED");
    assert_eq!(world.allocate(1, vault, WHOLE), Ok(()));
}

#[test]
fn evidence_that_is_forged_is_refused_by_name() {
    let mut world = World::new(1, Destination::Burn);
    let Msg::Prove(good) = world.contradiction(1, 0) else {
        panic!("a proof")
    };
    let mut other = good.clone();
    other.operator = account(2);
    assert_eq!(
        refused(&mut world, 5, Msg::Prove(other)),
        "BAD_SIGNATURE",
        "a foreign key"
    );
    let mut other = good.clone();
    other.task = 8;
    assert_eq!(refused(&mut world, 5, Msg::Prove(other)), "UNKNOWN_SLOT");
    let mut other = good.clone();
    other.slot = 1;
    assert_eq!(refused(&mut world, 5, Msg::Prove(other)), "UNKNOWN_SLOT");
    world.tell(5, Msg::Prove(good.clone())).unwrap();
    assert_eq!(
        refused(&mut world, 5, Msg::Prove(good)),
        "ALREADY_CONVICTED",
        "twice"
    );
}

#[test]
fn too_much_is_not_asked_for_at_once() {
    let mut world = World::with(
        1,
        Destination::Burn,
        Params {
            request_bond: Amount::new(1),
            ..Params::localnet()
        },
    );
    for _ in 0..256 {
        world
            .chain
            .run(|ctx| {
                let request = ask_raw(ctx.epoch());
                Slashing::<crate::world::Wire>::execute(ctx, account(SLASHER), Msg::Request(request))
            })
            .unwrap();
    }
    assert_eq!(world.request(2, 1).unwrap_err(), "TOO_MANY_OPEN");
    world.check();
}

fn ask_raw(epoch: Epoch) -> RequestSlash {
    RequestSlash {
        service: service(1),
        operator: account(1),
        class: 2,
        epoch,
        fraction: bps(1),
        reason: Digest::ZERO,
    }
}

#[test]
fn parameters_that_break_a_rule_are_refused() {
    let start = |params: Params| {
        let genesis = palisade_slashing::Genesis {
            params,
            resumed: None,
        };
        let mut chain = kernel::testing::Sandbox::new();
        chain
            .run(|ctx| Slashing::<crate::world::Wire>::init_genesis(ctx, genesis))
            .map_err(|error| error.reason())
    };
    let good = Params::localnet();
    assert_eq!(start(good.clone()), Ok(()));
    for bad in [
        Params {
            items_per_block: 0,
            ..good.clone()
        },
        Params {
            request_bond: Amount::ZERO,
            ..good.clone()
        },
        Params {
            reporter_delay: Millis::ZERO,
            ..good.clone()
        },
        Params {
            reporter_part: bps(1_001),
            ..good
        },
    ] {
        assert_eq!(start(bad), Err("BAD_PARAMS"));
    }
}
