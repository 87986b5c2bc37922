//! What broke others, and what was found on paper before the first line: each by name. The numbers are those of
//! restaking-facts.md, section 4.

use crate::world::{
    BEACON, DELAY, EPOCH, FUNDS, KEPT, TOKEN, UP, WHOLE, World, account, bps, levered, service,
};
use kernel::Fault;
use palisade_delegation::{Charter, Terms, Timing};
use primitives::{Amount, Bps, ChainClock, Millis, Shares};
use vaults::{Claim, Create, Deposit, Limits, Msg as VaultMsg, Rebase};

fn deposit(vault: vaults::VaultId, amount: u128, min_shares: u128, max_open_slash: u16) -> VaultMsg {
    VaultMsg::Deposit(Deposit {
        vault,
        amount: Amount::new(amount),
        min_shares: Shares::new(min_shares),
        max_open_slash: bps(max_open_slash),
    })
}

#[test]
fn what_is_escrowed_votes_no_more_and_is_slashed_all_the_same() {
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[WHOLE]);
    let at = world.epoch_start;
    world.withdraw(3, id, 500_000).unwrap();
    assert_eq!((world.backing(id, 1), world.slashable(id, 1)), (500, 1_000));
    assert_eq!(world.slash(id, 1, 5_000, at), 500);
    let before = world.balance(3);
    world.pass(DELAY);
    assert_eq!(
        world.balance(3) - before,
        250,
        "those who leave bear their part (K-R04)"
    );
}

#[test]
fn a_halt_of_days_makes_nothing_mature() {
    // The chain clock advances by ten seconds a block at most: the runtime gives it, and delays count nothing else.
    let clock = ChainClock::new(5).advance(
        primitives::Timestamp::new(0),
        primitives::Timestamp::new(10 * 86_400_000),
    );
    assert_eq!(clock, ChainClock::new(10_005));
}

#[test]
fn nobody_slashes_himself_ahead_of_others_through_a_service_of_his_own() {
    // A service that gives what it takes to somebody accepts no vault that pledges anything twice (K-20, K-Q11).
    let mut world = World::new();
    let id = world.create(1, TOKEN, levered(2));
    world.service_is(
        2,
        Terms {
            burns: false,
            ..Terms::CONSENSUS
        },
    );
    world.deposit(3, id, 1_000).unwrap();
    assert_eq!(
        world.allocate(1, id, 2, WHOLE).unwrap_err().reason(),
        "NOT_IN_CHARTER"
    );
    let alone = world.create(1, TOKEN, Charter::PLAIN);
    world.deposit(3, alone, 1_000).unwrap();
    world.allocate(1, alone, 2, WHOLE).unwrap();
    let wider = VaultMsg::AmendCharter(vaults::AmendCharter {
        vault: alone,
        charter: levered(2),
    });
    world.ask(1, wider).unwrap();
    world.pass(UP);
    assert_eq!(world.slashable(alone, 2), 1_000);
}

#[test]
fn a_second_old_proof_after_a_re_base_finds_nothing() {
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[WHOLE]);
    let at = world.epoch_start;
    assert_eq!(world.slash(id, 1, 10_000, at), 1_000);
    let rebase = VaultMsg::Rebase(Rebase { vault: id });
    assert_eq!(
        world.ask(1, rebase.clone()).unwrap_err().reason(),
        "NOT_REBASABLE"
    );
    world.pass(KEPT + 1);
    world.ask(1, rebase).unwrap();
    world.deposit(4, id, 500).unwrap();
    assert_eq!(world.shares_of(3, id), 0, "worthless shares are void (K-M04)");
    assert_eq!(world.shares_of(4, id), 500_000);
    world.allocate(1, id, 1, WHOLE).unwrap();
    world.pass(UP);
    assert_eq!(world.slash(id, 1, 10_000, at), 0);
    assert_eq!(world.assets_of(id), 500);
}

#[test]
fn a_slash_of_one_basis_point_takes_no_more_when_magnitude_is_worn_down() {
    let (mut world, id) = World::pledged(Charter::PLAIN, 1 << 100, &[WHOLE]);
    for _ in 0..5 {
        world.slash(id, 1, 9_999, world.epoch_start);
        world.pass(EPOCH);
        world.block(1);
    }
    assert!(world.vault(id).pool.magnitude.get() < 10);
    let left = world.assets_of(id);
    let taken = world.slash(id, 1, 1, world.epoch_start);
    assert!(left > 0 && taken <= left / 10_000 + 1, "{taken} of {left}");
}

#[test]
fn an_increase_on_its_way_is_no_more_than_what_a_slash_has_left() {
    let (mut world, id) = World::pledged(levered(2), 1_000, &[WHOLE / 2, WHOLE / 2]);
    world.allocate(1, id, 1, WHOLE).unwrap();
    world.slash(id, 2, 10_000, world.epoch_start);
    world.pass(UP);
    assert_eq!(world.pledge(id, 1), WHOLE / 2);
    assert_eq!(world.slashable(id, 1), 500);
}

#[test]
fn a_request_that_waits_for_its_veto_still_finds_the_stake() {
    // K-M03, K-17, S-01: reported at the window's end, executed at the delay's; the tie is the slash's.
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[WHOLE]);
    let at = world.epoch_start;
    world.withdraw(3, id, 1_000_000).unwrap();
    world.allocate(1, id, 1, 0).unwrap();
    world.open(id, 5_000, true);
    world.pass(DELAY + 50_000);
    let claim = VaultMsg::Claim(Claim { withdrawal: 0 });
    assert_eq!(world.ask(4, claim.clone()).unwrap_err().reason(), "SLASH_DUE");
    assert_eq!(world.slash(id, 1, 5_000, at), 500);
    world.open(id, 0, false);
    let before = world.balance(3);
    world.block(1);
    assert_eq!(world.balance(3) - before, 500);
    assert_eq!(
        world.ask(4, claim).unwrap_err().reason(),
        "UNKNOWN_WITHDRAWAL",
        "paid once (K-N11)"
    );
    assert_eq!(world.pledge(id, 1), 0);
}

#[test]
fn a_loss_on_the_beacon_chain_is_its_owners_alone() {
    // K-H01, K-M07, E-16.
    let mut world = World::new();
    let id = world.create(1, BEACON, Charter::PLAIN);
    assert_eq!(world.deposit(3, id, 5).unwrap_err().reason(), "WRONG_CUSTODY");
    let credit = |world: &mut World, who, amount: u128| {
        world
            .chain
            .run(|ctx| {
                vaults::credit_beacon::<crate::world::Wire>(ctx, &id, &account(who), Amount::new(amount))
            })
            .unwrap();
        world.check();
    };
    let lose = |world: &mut World, who, amount: u128| {
        let taken = world
            .chain
            .run(|ctx| {
                vaults::lose_beacon::<crate::world::Wire>(ctx, &id, &account(who), Amount::new(amount))
            })
            .unwrap();
        world.check();
        taken.get()
    };
    let worth = |world: &World, who| {
        let found = vaults::query::position(&world.chain.view(), &id, &account(who)).unwrap();
        found.unwrap().1.get()
    };
    credit(&mut world, 3, 32_000);
    credit(&mut world, 4, 32_000);
    world.allocate(1, id, 1, WHOLE).unwrap();
    world.pass(UP + EPOCH);
    world.block(1);
    assert_eq!(world.slash(id, 1, 5_000, world.epoch_start), 32_000);
    assert_eq!((worth(&world, 3), worth(&world, 4)), (16_000, 16_000));
    world.withdraw(3, id, 16_000_000).unwrap();
    // Half of what is left, out of what stays and what leaves; then more than there is.
    assert_eq!(lose(&mut world, 3, 8_000), 8_000);
    assert_eq!(worth(&world, 4), 16_000, "nobody else's");
    let rest = lose(&mut world, 3, 100_000);
    assert!((7_998..=8_000).contains(&rest), "{rest}");
    assert!(worth(&world, 4) >= 16_000 && worth(&world, 3) == 0);
    let owing = vaults::query::deficit(&world.chain.view(), &id, &account(3))
        .unwrap()
        .get();
    assert_eq!(owing + rest, 100_000, "what is missing is recorded");
    world.pass(DELAY);
    credit(&mut world, 3, owing);
    assert_eq!(worth(&world, 3), 0, "what is owing comes first");
    credit(&mut world, 3, 1_000);
    assert!(worth(&world, 3) >= 999, "and then nothing more (K-D01)");
}

#[test]
fn receipts_count_for_nothing() {
    use assets::{Asset, GenesisAsset, GenesisTerms, Origin, Rules};
    let mut chain = kernel::testing::Sandbox::new();
    let entry = |id: u32, symbol: &str, decimals, origin| GenesisAsset {
        id: primitives::AssetId::new(id),
        asset: Asset {
            symbol: assets::Symbol::new(symbol).unwrap(),
            name: assets::Name::new(symbol).unwrap(),
            decimals,
            origin,
        },
    };
    let terms = |id: u32| GenesisTerms {
        asset: primitives::AssetId::new(id),
        terms: assets::Terms {
            rules: Rules {
                haircut: bps(1_000),
                ..Rules::WHOLE
            },
            valuation: assets::Valuation {
                price: primitives::Ratio::ONE,
                at: ChainClock::ZERO,
            },
        },
    };
    let genesis = assets::Genesis {
        registrar: account(1),
        assets: vec![
            entry(0, "PAL", 9, Origin::Native),
            entry(1, "ETH", 18, Origin::Ether),
            entry(2, "VETH", 18, Origin::Receipt),
        ],
        terms: vec![terms(1), terms(2)],
        params: assets::Params::localnet(),
        sources: Vec::new(),
    };
    chain
        .run(|ctx| <assets::Assets<()> as kernel::Module>::init_genesis(ctx, genesis))
        .unwrap();
    let value = |id| {
        let id = primitives::AssetId::new(id);
        assets::value(&chain.view(), id, Amount::new(1_000))
            .unwrap()
            .get()
    };
    assert_eq!((value(1), value(2), value(3)), (900, 0, 0));
}

#[test]
fn windows_are_never_shortened_for_what_is_under_way() {
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[WHOLE]);
    world.withdraw(3, id, 1_000_000).unwrap();
    let entry = vaults::query::withdrawal(&world.chain.view(), 0)
        .unwrap()
        .unwrap();
    assert_eq!(entry.due.get(), world.now() + DELAY);
    let short = palisade_delegation::Params {
        slashing_window: Millis::new(60_001),
        ..palisade_delegation::Params::localnet()
    };
    let timing = Timing {
        epoch: Millis::new(EPOCH),
        evidence: Millis::new(60_000),
    };
    let refused = short.validate(&vaults::Params::localnet(), timing);
    assert!(matches!(
        refused,
        Err(palisade_delegation::ParamsError::TooShort { .. })
    ));
}

#[test]
fn the_operators_own_part_of_a_slash_is_known() {
    // A reporter is paid out of that alone, so that nobody is paid from his delegators.
    let (mut world, id) = World::pledged(Charter::PLAIN, 900, &[WHOLE]);
    world.deposit(1, id, 100).unwrap();
    world.pass(EPOCH);
    world.block(1);
    let offence = palisade_delegation::Offence {
        vault: id,
        service: service(1),
        fraction: bps(5_000),
        class_cap: bps(1_000),
        at: ChainClock::new(world.epoch_start),
    };
    let own = world
        .chain
        .run(|ctx| {
            let taken = palisade_delegation::slash(ctx, &offence)?.taken;
            let amount = taken.coin.coin().amount.get();
            bank::destroy(ctx, taken.coin)?;
            Ok::<_, palisade_delegation::Error>((amount, taken.own.get()))
        })
        .unwrap();
    assert_eq!(
        own,
        (100, 10),
        "a tenth at most, of which a tenth is the operator's"
    );
}

#[test]
fn later_deposits_are_not_slashed_for_what_came_before_them() {
    // C4 M-04, K-M04.
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[WHOLE]);
    let at = world.epoch_start;
    world.pass(EPOCH);
    world.deposit(4, id, 1_000_000).unwrap();
    assert_eq!(world.slash(id, 1, 5_000, at), 500);
    world.open(id, 2_000, false);
    assert_eq!(
        world.ask(4, deposit(id, 5, 0, 1_999)).unwrap_err().reason(),
        "OPEN_SLASH"
    );
    world.ask(4, deposit(id, 5, 0, 2_000)).unwrap();
}

#[test]
fn an_empty_vault_with_shares_takes_no_deposit_and_lets_everybody_go() {
    // K-M04, K-M05, E-12, E-14: and a slash of it is skipped, not refused.
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[WHOLE]);
    let at = world.epoch_start;
    assert_eq!(world.slash(id, 1, 10_000, at), 1_000);
    assert_eq!(world.deposit(4, id, 1_000).unwrap_err().reason(), "VAULT_CLOSED");
    assert_eq!(world.slash(id, 1, 10_000, at), 0);
    world.withdraw(3, id, 1_000_000).unwrap();
    world.leave(1, 1).unwrap();
    world.pass(DELAY);
    assert_eq!(world.shares_of(3, id), 0);
}

#[test]
fn a_first_depositor_cannot_rob_the_next() {
    // K-Q03: rewards are the only donation there is.
    let mut world = World::new();
    let id = world.create(1, TOKEN, Charter::PLAIN);
    world.deposit(3, id, 1).unwrap();
    let donated = primitives::Coin {
        asset: TOKEN,
        amount: Amount::new(1_000_000),
    };
    let rest = world
        .chain
        .run(|ctx| {
            let coins = bank::take(ctx, &account(3), donated).unwrap();
            vaults::compound(ctx, &id, coins)
        })
        .unwrap();
    assert!(rest.is_none());
    world.check();
    world.deposit(4, id, 500_000).unwrap();
    let (_, worth) = vaults::query::position(&world.chain.view(), &id, &account(4))
        .unwrap()
        .unwrap();
    assert!(worth.get() >= 499_000, "{worth}: a thousandth at most");
    assert_eq!(
        world.deposit(5, id, 100).unwrap_err().reason(),
        "TOO_FEW_SHARES",
        "never none"
    );
}

#[test]
fn a_pledge_is_taken_back_by_itself_and_not_when_it_suits() {
    // K-17, K-N21: nobody can hold a matured decrease back and use it later.
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[WHOLE]);
    world.allocate(1, id, 1, 0).unwrap();
    assert_eq!((world.backing(id, 1), world.slashable(id, 1)), (0, 1_000));
    world.pass(DELAY - 1);
    assert_eq!(world.slashable(id, 1), 1_000, "liable to the end");
    world.block(1);
    assert_eq!(world.slashable(id, 1), 0);
}

#[test]
fn leaving_cancels_what_is_on_its_way_and_stays_liable() {
    // K-Q14, K-R08, K-Q15.
    let (mut world, id) = World::pledged(levered(2), 1_000, &[WHOLE / 2]);
    let at = world.epoch_start;
    world.allocate(1, id, 1, WHOLE).unwrap();
    world.leave(1, 1).unwrap();
    world.pass(UP);
    assert_eq!((world.backing(id, 1), world.slashable(id, 1)), (0, 500));
    assert_eq!(
        world.join(1, 1).unwrap_err().reason(),
        "STILL_LIABLE",
        "liable still"
    );
    assert_eq!(world.allocate(1, id, 2, WHOLE), Ok(()), "other services are free");
    assert_eq!(world.slash(id, 1, 10_000, at), 500);
    world.pass(DELAY + 10_000);
    assert_eq!(world.join(1, 1), Ok(()));
}

#[test]
fn stake_that_came_after_an_offence_is_not_slashed_for_it() {
    // E-21, K-R13: only what was pledged then, and ever since.
    let mut world = World::new();
    let id = world.create(1, TOKEN, Charter::PLAIN);
    world.deposit(3, id, 1_000).unwrap();
    let at = world.epoch_start;
    world.allocate(1, id, 1, WHOLE).unwrap();
    world.pass(UP);
    assert_eq!(world.slash(id, 1, 10_000, at), 0);
    assert_eq!(world.assets_of(id), 1_000);
}

#[test]
fn magnitudes_beyond_their_vault_are_refused_before_they_are_added() {
    // E-18: near the end of the numbers nothing wraps.
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[WHOLE]);
    assert_eq!(
        world.allocate(1, id, 2, u128::MAX).unwrap_err().reason(),
        "BEYOND_VAULT"
    );
    assert_eq!(
        world.allocate(1, id, 2, 1).unwrap_err().reason(),
        "BEYOND_LEVERAGE"
    );
    assert_eq!(
        world.allocate(2, id, 2, 1).unwrap_err().reason(),
        "NOT_VAULT_OPERATOR"
    );
    assert_eq!(
        world.allocate(1, id, 1, WHOLE).unwrap_err().reason(),
        "SAME_MAGNITUDE"
    );
    assert_eq!(world.allocate(1, id, 200, 1).unwrap_err().reason(), "NOT_SERVING");
}

#[test]
fn a_slash_too_small_for_a_unit_still_wears_the_vault_down() {
    // E-24, E-19: the magnitude falls by one at least, and what is conserved is.
    let (mut world, id) = World::pledged(Charter::PLAIN, 9, &[WHOLE]);
    assert_eq!(world.slash(id, 1, 1, world.epoch_start), 0);
    assert!(world.vault(id).pool.magnitude.get() < WHOLE);
    assert_eq!(world.assets_of(id), 9);
}

#[test]
fn two_services_slash_in_any_order() {
    // S-04, S-12, K-Q02.
    for pledges in [[WHOLE / 4, WHOLE / 4 * 3], [WHOLE, WHOLE], [WHOLE / 2, WHOLE]] {
        let total = |order: [(u32, u16); 2]| {
            let (mut world, id) = World::pledged(levered(2), 1_000_003, &pledges);
            let at = world.epoch_start;
            order.iter().fold(0, |sum, (service, part)| {
                sum + world.slash(id, *service, *part, at)
            })
        };
        let (one, other) = (total([(1, 5_000), (2, 1_234)]), total([(2, 1_234), (1, 5_000)]));
        if pledges[0] + pledges[1] <= WHOLE {
            assert!(one.abs_diff(other) <= 1, "{one} and {other}");
        }
        assert!(one <= 1_000_003 && other <= 1_000_003);
    }
}

#[test]
fn an_asset_without_terms_and_a_stranger_make_no_vault() {
    // K-Q10, S-09.
    let mut world = World::new();
    let create = |asset| {
        VaultMsg::Create(Create {
            asset: primitives::AssetId::new(asset),
            charter: Charter::PLAIN,
            limits: Limits::default(),
        })
    };
    assert_eq!(world.ask(1, create(0)).unwrap_err().reason(), "UNFIT_ASSET");
    assert_eq!(world.ask(1, create(77)).unwrap_err().reason(), "UNFIT_ASSET");
    assert_eq!(world.ask(3, create(7)).unwrap_err().reason(), "NOT_AN_OPERATOR");
}

#[test]
fn caps_of_thirty_two_hold() {
    // K-R06.
    let mut world = World::new();
    let create = VaultMsg::Create(Create {
        asset: TOKEN,
        charter: Charter::PLAIN,
        limits: Limits::default(),
    });
    for _ in 0..32 {
        world.ask(1, create.clone()).unwrap();
    }
    assert_eq!(world.ask(1, create).unwrap_err().reason(), "TOO_MANY_VAULTS");
    for number in 0..32 {
        world.join(1, number).unwrap();
    }
    assert_eq!(world.join(1, 32).unwrap_err().reason(), "TOO_MANY_SERVICES");
    assert_eq!(world.balance(3), FUNDS);
    assert_eq!(world.epoch().get(), 0);
    assert_eq!(Bps::ONE.get(), 10_000);
}

#[test]
fn only_the_owner_starts_an_exit_and_the_payment_goes_where_it_said() {
    // K-R01, K-R09: anybody may ask for what is due, nobody re-routes it.
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[]);
    assert_eq!(world.withdraw(4, id, 1).unwrap_err().reason(), "NOT_OWNED");
    world.withdraw(3, id, 1_000_000).unwrap();
    let claim = VaultMsg::Claim(Claim { withdrawal: 0 });
    assert_eq!(world.ask(4, claim).unwrap_err().reason(), "WITHDRAWAL_NOT_DUE");
    let before = world.balance(3);
    world.pass(DELAY);
    assert_eq!(world.balance(3) - before, 1_000);
}

#[test]
fn equal_requests_in_one_block_are_two() {
    // K-R14, E-59, S-08.
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[]);
    world.withdraw(3, id, 1_000).unwrap();
    world.withdraw(3, id, 1_000).unwrap();
    let open = vaults::query::withdrawals_of(&world.chain.view(), &id, &account(3), None, 9).unwrap();
    assert_eq!(open.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [0, 1]);
}
