//! Everything that is refused, with its number; nothing of it leaves a trace ([`World::execute`] looks).

use crate::world::{FUNDS, Staking, World, account, p2p_key, params, registration};
use kernel::{Code, Fault, Module, kernel_code};
use palisade_staking as staking;
use primitives::{Amount, Gas, Shares};
use staking::{Bond, ClaimRewards, Error, Moniker, Msg, Unbond};

fn register(n: u8, bond: u128, change: impl FnOnce(&mut staking::RegisterValidator)) -> Msg {
    let mut message = registration(n, bond);
    change(&mut message);
    Msg::RegisterValidator(message)
}

fn bond(validator: u8, amount: u128) -> Msg {
    Msg::Bond(Bond {
        validator: account(validator),
        amount: Amount::new(amount),
    })
}

fn unbond(validator: u8, amount: u128) -> Msg {
    Msg::Unbond(Unbond {
        validator: account(validator),
        amount: Amount::new(amount),
    })
}

fn claim(validator: u8) -> Msg {
    Msg::ClaimRewards(ClaimRewards {
        validator: account(validator),
    })
}

fn code(number: u16) -> Option<Code> {
    Some(staking::ID.code(number))
}

/// What a message is refused with in a fresh world.
fn refused(sender: u8, message: &Msg) -> (Option<Code>, &'static str) {
    let mut world = World::new(params());
    let error = world.execute(sender, message.clone()).unwrap_err();
    assert!(!error.to_string().is_empty());
    (error.code(), error.reason())
}

#[test]
fn every_refused_registration_has_its_number_and_name() {
    let proof_of_3 = registration(3, 1_000).proof_of_possession;
    let no_proof = (code(3), "BAD_POSSESSION_PROOF");
    let taken = (code(5), "KEY_TAKEN");
    let funds = (Some(bank::ID.code(1)), "INSUFFICIENT_FUNDS");
    let cases = [
        (2, register(2, 0, |_| ()), (code(1), "ZERO_AMOUNT")),
        (
            2,
            register(2, 1_000, |m| m.proof_of_possession = proof_of_3),
            no_proof,
        ),
        (
            2,
            register(2, 1_000, |m| m.proof_of_possession.0 = [0; 48]),
            no_proof,
        ),
        (2, register(2, 1_000, |m| m.consensus_key.0 = [0; 96]), no_proof),
        (1, register(2, 1_000, |_| ()), (code(4), "ALREADY_REGISTERED")),
        (2, register(1, 1_000, |m| m.p2p_key = p2p_key(2)), taken),
        (2, register(2, 1_000, |m| m.p2p_key = p2p_key(1)), taken),
        (2, register(2, 999, |_| ()), (code(7), "BOND_TOO_SMALL")),
        (
            2,
            register(2, 1_000, |m| m.p2p_key = [0; 32]),
            (code(13), "BAD_P2P_KEY"),
        ),
        (2, register(2, FUNDS + 1, |_| ()), funds),
    ];
    for (sender, message, expected) in cases {
        assert_eq!(refused(sender, &message), expected, "{message:?}");
    }
}

#[test]
fn every_refused_bond_exit_and_claim_has_its_number_and_name() {
    let funds = (Some(bank::ID.code(1)), "INSUFFICIENT_FUNDS");
    let unknown = (code(6), "UNKNOWN_VALIDATOR");
    let cases = [
        (2, bond(1, 0), (code(1), "ZERO_AMOUNT")),
        (1, unbond(1, 0), (code(1), "ZERO_AMOUNT")),
        (2, bond(9, 1), unknown),
        (2, unbond(9, 1), unknown),
        (2, claim(9), unknown),
        (1, unbond(1, 10_001), (code(8), "NOT_BONDED")),
        (2, unbond(1, 1), (code(8), "NOT_BONDED")),
        (1, claim(1), (code(11), "NOTHING_TO_CLAIM")),
        (2, claim(1), (code(11), "NOTHING_TO_CLAIM")),
        (2, bond(1, FUNDS + 1), funds),
    ];
    for (sender, message, expected) in cases {
        assert_eq!(refused(sender, &message), expected, "{message:?}");
    }
}

#[test]
fn a_bad_moniker_has_its_number() {
    let error = Moniker::new("").unwrap_err();
    assert_eq!((error.code(), error.reason()), (code(2), "BAD_MONIKER"));
}

#[test]
fn an_emptied_pool_has_its_number() {
    let mut world = World::new(params());
    world.slash(1, 10_000);
    let error = world.execute(2, bond(1, 1)).unwrap_err();
    assert_eq!((error.code(), error.reason()), (code(9), "VALIDATOR_EMPTIED"));
}

#[test]
fn too_many_unbondings_have_their_number_until_one_is_paid() {
    let mut world = World::new(params());
    for _ in 0..3 {
        world.execute(1, unbond(1, 1)).unwrap();
    }
    let error = world.execute(1, unbond(1, 1)).unwrap_err();
    assert_eq!((error.code(), error.reason()), (code(10), "TOO_MANY_UNBONDINGS"));
    world.block(30_000);
    world.execute(1, unbond(1, 1)).unwrap();
}

#[test]
fn what_only_a_genesis_is_refused_for_has_its_number() {
    let error = Error::Genesis("x");
    assert_eq!((error.code(), error.reason()), (code(12), "BAD_GENESIS"));
    let error = Error::from(staking::ParamsError::UnbondingTooLong);
    assert_eq!((error.code(), error.reason()), (code(14), "BAD_PARAMS"));
}

#[test]
fn shares_beyond_all_numbers_are_the_users_error() {
    let mut world = World::new(params());
    // One unit behind as many shares as there can be: every bond would need more.
    world.change(1, |record| record.bonded.shares = Shares::MAX);
    let outcome = world
        .chain
        .run(|ctx| Staking::execute(ctx, account(2), bond(1, 1 << 40)));
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.code(), error.reason()),
        (Some(kernel_code::OVERFLOW), "OVERFLOW")
    );
}

#[test]
fn whoever_runs_out_of_gas_is_told() {
    let mut world = World::new(params());
    let message = register(2, 1_000, |_| ());
    let (outcome, _) = world.chain.run_metered(Gas::new(1_000_000), |ctx| {
        Staking::execute(ctx, account(2), message)
    });
    let error = outcome.unwrap_err();
    assert_eq!(error.code(), Some(kernel_code::OUT_OF_GAS));
}

#[test]
fn a_broken_store_is_nobodys_message() {
    let error = Error::from(staking::ID.broken("a table"));
    assert_eq!((error.code(), error.reason()), (None, "STATE_BROKEN"));
}

#[test]
fn errors_carry_their_numbers_for_programs() {
    let mut world = World::new(params());
    let error = world.execute(1, unbond(1, 10_001)).unwrap_err();
    let expected = [("have", "10000".to_owned()), ("need", "10001".to_owned())];
    assert_eq!(error.metadata(), expected);
    let error = world.execute(2, register(2, 999, |_| ())).unwrap_err();
    let expected = [("have", "999".to_owned()), ("need", "1000".to_owned())];
    assert_eq!(error.metadata(), expected);
    let error = world.execute(2, bond(9, 1)).unwrap_err();
    assert_eq!(error.metadata(), [("operator", account(9).to_string())]);
}

#[test]
fn what_needs_no_state_is_refused_without_it() {
    assert!(matches!(bond(1, 0).validate(), Err(Error::ZeroAmount)));
    assert!(matches!(unbond(1, 0).validate(), Err(Error::ZeroAmount)));
    let no_node = register(2, 5, |m| m.p2p_key = [0xff; 32]);
    assert!(matches!(no_node.validate(), Err(Error::PeerKey(_))));
    assert!(claim(1).validate().is_ok());
}
