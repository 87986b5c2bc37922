//! What services and validators pay, from the bytes of transactions on.

use crate::coin;
use crate::services::{SERVICE, STAKE, World};
use crypto::bls::Signature;
use crypto::hash::sha256;
use delegation::{Allocate, Magnitude, Msg as PledgeMsg, SetCommission};
use dss::certificate::Part;
use dss::{Destination, Msg as ServiceMsg, Seats, SubmitCertificate};
use genesis::Asset;
use kernel::Fault;
use palisade_runtime::{Message, decode, sign_bytes, wire};
use primitives::{AccountId, AssetId, Bps, Digest, Epoch, Millis, ServiceId};
use rewards::{Fund, Msg};
use slashing::{Msg as SlashMsg, RequestSlash};
use staking::{ClaimRewards, Msg as StakingMsg};
use testing::{Account, Chain};

const SEVEN: AssetId = AssetId::new(7);

/// A chain on which dave holds a million of asset 7.
fn chain() -> Chain {
    Chain::with(|document| {
        document.assets.push(Asset {
            id: SEVEN,
            symbol: assets::Symbol::new("SEVEN").unwrap(),
            name: assets::Name::new("An asset").unwrap(),
            decimals: 8,
            restaking: None,
        });
        document
            .fund(Account::named("dave").id(), coin(7, 1_000_000))
            .unwrap();
    })
}

fn world() -> World {
    World::on(chain(), Destination::Burn)
}

fn fund(service: ServiceId, asset: u32, amount: u128, epochs: u16) -> Message {
    Message::Rewards(Msg::Fund(Fund {
        service,
        coin: coin(asset, amount),
        epochs,
    }))
}

fn pool(world: &World, epoch: u64, asset: AssetId) -> u128 {
    rewards::query::pool(world.chain.state(), Epoch::new(epoch), SERVICE, asset)
        .unwrap()
        .get()
}

fn claimable(world: &World, owner: &Account, operator: &Account) -> u128 {
    let vault = world.vault(operator);
    let all = rewards::query::claimable(world.chain.state(), &vault, &owner.id()).unwrap();
    all.iter()
        .map(|coin| coin.amount.get())
        .fold(0u128, u128::saturating_add)
}

/// Bob and carol certify an answer to a task.
fn certify(world: &mut World, task: u64, by: &[Account]) {
    let answer = Digest::new(sha256(&[b"yes"]));
    let signatures: Vec<Signature> = by
        .iter()
        .map(|one| Signature::new(&world.says(one, task, b"yes").signature).unwrap())
        .collect();
    let snapshot = dss::query::snapshot(world.chain.state(), SERVICE, world.epoch());
    let snapshot = snapshot.unwrap().unwrap();
    let seat = |one: &Account| snapshot.seat_of(&one.id()).unwrap().0;
    let message = SubmitCertificate {
        task,
        answer,
        parts: vec![Part {
            signers: by.iter().fold(Seats::NONE, |seats, one| seats.with(seat(one))),
            signature: Signature::aggregate(&signatures).unwrap().to_bytes(),
        }],
    };
    let dave = world.dave.clone();
    world.good(&dave, Message::Dss(ServiceMsg::SubmitCertificate(message)));
}

/// What somebody holds of an asset.
fn held(world: &World, who: &Account, asset: AssetId) -> u128 {
    world.chain.balance(who, asset).get()
}

#[test]
fn a_pool_is_shared_by_stake_when_its_epoch_is_over_and_claimed_per_share() {
    let mut world = world();
    let (bob, carol, dave) = (world.bob.clone(), world.carol.clone(), world.dave.clone());
    let rate = Bps::new(1_000).unwrap();
    let commission = SetCommission {
        service: SERVICE,
        rate,
    };
    world.good(&bob, Message::Delegation(PledgeMsg::SetCommission(commission)));
    world.chain.advance(Millis::new(120_000));
    world.chain.end_epoch();
    world.good(&dave, fund(SERVICE, 7, 3_001, 3));
    let epoch = world.epoch().get();
    let funded = [0, 1, 2, 3].map(|later| pool(&world, epoch + later, SEVEN));
    assert_eq!(
        funded,
        [1_001, 1_000, 1_000, 0],
        "what does not divide goes to the first"
    );
    world.post();
    world.chain.end_epoch();
    world.chain.next_block();
    // Equal stakes get 500 each; what is left waits. Bob keeps a tenth of his.
    assert_eq!(pool(&world, epoch + 1, SEVEN), 1_001);
    assert_eq!((held(&world, &bob, SEVEN), held(&world, &carol, SEVEN)), (50, 0));
    assert_eq!(
        (claimable(&world, &bob, &bob), claimable(&world, &carol, &carol)),
        (449, 499)
    );
    let vault = world.vault(&carol);
    world.good(&carol, Message::Rewards(Msg::Claim { vault }));
    assert_eq!(held(&world, &carol, SEVEN), 499);
    assert_eq!(
        world.refused(&carol, Message::Rewards(Msg::Claim { vault })),
        "NOTHING_TO_CLAIM"
    );
    // Nobody had a seat in the next epoch: its pool waits for the one after.
    world.chain.end_epoch();
    world.chain.next_block();
    assert_eq!(pool(&world, epoch + 2, SEVEN), 2_001);
}

#[test]
fn a_funding_is_refused_with_what_is_wrong() {
    let mut world = world();
    let (alice, dave) = (world.alice.clone(), world.dave.clone());
    let nobody = ServiceId::new(9);
    assert_eq!(world.refused(&dave, fund(nobody, 7, 1, 1)), "UNKNOWN_SERVICE");
    assert_eq!(world.refused(&dave, fund(SERVICE, 8, 1, 1)), "INSUFFICIENT_FUNDS");
    assert_eq!(
        world.refused(&dave, fund(SERVICE, 7, 1_000_001, 1)),
        "INSUFFICIENT_FUNDS"
    );
    world.good(&alice, Message::Dss(ServiceMsg::Unwind { service: SERVICE }));
    assert_eq!(world.refused(&dave, fund(SERVICE, 7, 1, 1)), "WRONG_PHASE");
    for (amount, epochs) in [(0, 1), (5, 0), (5, 65)] {
        let draft = world.chain.draft(&dave, vec![fund(SERVICE, 7, amount, epochs)]);
        let bytes = draft.with_fee(95_000_000, 100, 1).sign(&world.chain.hash());
        assert!(world.chain.offer(&bytes).is_err(), "{amount} for {epochs} epochs");
    }
}

#[test]
fn a_tasks_fee_goes_to_those_behind_who_certified_it() {
    let mut world = world();
    let (bob, carol) = (world.bob.clone(), world.carol.clone());
    let task = world.post();
    certify(&mut world, task, &[bob.clone(), carol.clone()]);
    world.chain.advance(Millis::new(10_000));
    world.chain.end_epoch();
    world.chain.next_block();
    // A fee of 1,000 npal, into vaults of PAL.
    assert_eq!(
        (world.assets(&bob), world.assets(&carol)),
        (STAKE + 500, STAKE + 500)
    );
}

#[test]
fn who_is_convicted_of_an_epoch_earns_nothing_in_it() {
    let mut world = world();
    let (bob, carol, dave) = (world.bob.clone(), world.carol.clone(), world.dave.clone());
    let task = world.post();
    world.good(&dave, fund(SERVICE, 7, 1_000, 1));
    let epoch = world.epoch().get();
    let proof = world.proof(&bob, task, b"x", b"");
    world.good(&dave, proof);
    world.chain.end_epoch();
    world.chain.next_block();
    assert_eq!(
        (claimable(&world, &bob, &bob), claimable(&world, &carol, &carol)),
        (0, 999)
    );
    assert_eq!(pool(&world, epoch + 1, SEVEN), 0);
}

#[test]
fn the_bond_of_a_vetoed_request_goes_to_the_vault_that_it_was_against() {
    let mut world = world();
    let (alice, bob, dave) = (world.alice.clone(), world.bob.clone(), world.dave.clone());
    world.post();
    let request = RequestSlash {
        service: SERVICE,
        operator: bob.id(),
        class: 2,
        epoch: world.epoch(),
        fraction: Bps::new(500).unwrap(),
        reason: Digest::new([7; 32]),
    };
    world.good(&alice, Message::Slashing(SlashMsg::Request(request)));
    let number = slashing::query::requests(world.chain.state(), None, 1).unwrap()[0].0;
    world.good(&dave, Message::Slashing(SlashMsg::Veto { request: number }));
    let bond = slashing::Params::localnet().request_bond.get();
    assert_eq!(world.assets(&bob), STAKE + bond);
}

fn owed(world: &World, operator: &AccountId) -> u128 {
    world.chain.view(|view| {
        let bond = staking::query::bond(view, operator, operator).unwrap();
        bond.map_or(0, |(bond, _)| bond.owed.get())
    })
}

#[test]
fn an_operator_keeps_its_commission_of_what_its_validator_earns() {
    let mut world = world();
    let operator = world.chain.validators()[0].operator.clone();
    let commission = SetCommission {
        service: ServiceId::CONSENSUS,
        rate: Bps::new(2_000).unwrap(),
    };
    world.good(
        &operator,
        Message::Delegation(PledgeMsg::SetCommission(commission)),
    );
    world.chain.advance(Millis::new(120_000));
    world.chain.end_epoch();
    let of = |world: &World| {
        let free = held(world, &operator, AssetId::PAL);
        (free, owed(world, &operator.id()))
    };
    let before = of(&world);
    world.chain.end_epoch();
    let after = of(&world);
    let (kept, bonds) = (after.0 - before.0, after.1 - before.1);
    assert!(kept > 1_000, "{kept}");
    assert!(kept.abs_diff((kept + bonds) / 5) <= 1, "{kept} beside {bonds}");
    let claim = StakingMsg::ClaimRewards(ClaimRewards {
        validator: operator.id(),
    });
    world.good(&operator, Message::Staking(claim));
}

#[test]
fn validators_without_vaults_and_commission_share_as_before() {
    let mut world = world();
    world.chain.end_epoch();
    let before: Vec<u128> = world
        .chain
        .validators()
        .iter()
        .map(|keys| owed(&world, &keys.operator.id()))
        .collect();
    world.chain.end_epoch();
    let earned: Vec<u128> = world
        .chain
        .validators()
        .iter()
        .zip(&before)
        .map(|(keys, before)| owed(&world, &keys.operator.id()) - before)
        .collect();
    assert!(
        earned[0] > 1_000 && earned.iter().all(|one| one.abs_diff(earned[0]) <= 1),
        "{earned:?}"
    );
    let tables = world
        .chain
        .view(|view| palisade_runtime::genesis::export(view).unwrap());
    assert!(tables.modules.rewards.resumed.is_some());
}

/// E-62: Given two with as much in their vaults of which one has pledged half, when a pool is shared out, then the weight of
/// each is what it has pledged.
#[test]
fn e_62_what_is_pledged_earns_and_not_what_is_held() {
    let mut world = world();
    let (bob, carol, dave) = (world.bob.clone(), world.carol.clone(), world.dave.clone());
    assert_eq!(world.assets(&bob), world.assets(&carol));
    let half = Allocate {
        vault: world.vault(&carol),
        service: SERVICE,
        magnitude: Magnitude::new(500_000_000_000_000_000),
    };
    world.good(&carol, Message::Delegation(PledgeMsg::Allocate(half)));
    world.chain.end_epoch();
    world.good(&dave, fund(SERVICE, 7, 3_000, 1));
    world.post();
    world.chain.end_epoch();
    world.chain.next_block();
    // 2,000 and, as half of an odd stake goes Down, 999; each less what does not divide among shares.
    assert_eq!(
        (claimable(&world, &bob, &bob), claimable(&world, &carol, &carol)),
        (1_999, 998)
    );
}

/// E-63: Given a commission above the whole, when it is sent, then it is no message.
#[test]
fn e_63_a_commission_above_the_whole_is_no_message() {
    let world = world();
    let commission = SetCommission {
        service: SERVICE,
        rate: Bps::ONE,
    };
    let message = Message::Delegation(PledgeMsg::SetCommission(commission));
    let draft = world.chain.draft(&world.bob, vec![message]);
    let hash = world.chain.hash();
    let sent = |rate: [u8; 2]| {
        let mut body = draft.body_bytes();
        let at = body.windows(2).position(|pair| pair == [0x90, 0x4e]).unwrap();
        body[at..at + 2].copy_from_slice(&rate);
        let signatures = draft.signer.sign(sign_bytes(&hash, &body).as_bytes());
        let (threshold, keys) = (draft.signer.threshold(), draft.signer.public_keys());
        let bytes = wire::transaction::write_signed(&body, threshold, &keys, &signatures);
        decode(&hash, &bytes).map_err(|error| error.reason())
    };
    // 10,000 and 10,001 as protobuf writes them.
    assert!(sent([0x90, 0x4e]).is_ok());
    assert_eq!(sent([0x91, 0x4e]).err(), Some("FIELD_INVALID"));
}
