//! Decisions of the validators, from the bytes of transactions on.

use crate::people;
use crate::services::{SERVICE, World};
use dss::{Destination, Msg as ServiceMsg};
use genesis::GenesisError;
use governance::{Choice, Ending, Msg, Phase, Propose, Subject, Summary};
use palisade_runtime::wire::transaction::{read_body, write_body};
use palisade_runtime::{Action, Message, Params, query};
use primitives::{AccountId, Amount, AssetId, Bps, Digest, Height, Millis, Ratio, ServiceId};
use slashing::{Ending as SlashEnding, Msg as SlashMsg, RequestSlash};
use testing::{Account, Chain, Draft};

const ALL: [Choice; 4] = [Choice::Yes; 4];

fn propose(action: Action) -> Message {
    let summary = Summary::new("for a good reason").unwrap();
    Message::Governance(Msg::Propose(Box::new(Propose { summary, action })))
}

/// The number of the next proposal.
fn count(world: &World) -> u64 {
    governance::query::count(world.chain.state()).unwrap()
}

fn proposal(world: &World, number: u64) -> query::Proposal {
    governance::query::proposal(world.chain.state(), number)
        .unwrap()
        .unwrap()
}

/// Dave proposes, and the validators vote so.
fn vote(world: &mut World, action: Action, choices: [Choice; 4]) -> u64 {
    let dave = world.dave.clone();
    let number = count(world);
    world.good(&dave, propose(action));
    for (n, choice) in choices.into_iter().enumerate() {
        let operator = world.chain.validators()[n].operator.clone();
        let proposal = number;
        world.good(&operator, Message::Governance(Msg::Vote { proposal, choice }));
    }
    number
}

/// Waits until a proposal is over.
fn finish(world: &mut World, number: u64) -> Ending {
    loop {
        match proposal(world, number).phase {
            Phase::Ended(ending) => return ending,
            Phase::Voting { .. } | Phase::Waiting { .. } => {
                world.chain.next_block();
            }
        }
    }
}

fn world() -> World {
    World::on(Chain::new(), Destination::Burn)
}

fn slower_vaults() -> vaults::Params {
    vaults::Params {
        withdrawal_delay: Millis::new(130_000),
        charter_delay: Millis::new(150_000),
        ..vaults::Params::localnet()
    }
}

#[test]
fn parameters_change_when_everybody_had_the_time_to_leave() {
    let mut world = world();
    let before = world.chain.balance(&world.dave, AssetId::PAL);
    let number = vote(&mut world, Action::SetVaults(slower_vaults()), ALL);
    while matches!(proposal(&world, number).phase, Phase::Voting { .. }) {
        world.chain.next_block();
    }
    let decided = world.chain.tip().chain_clock;
    let Phase::Waiting { until } = proposal(&world, number).phase else {
        panic!("it waits");
    };
    assert_eq!(until.get() - decided.get(), 130_000, "the longer of both delays");
    let delay = |world: &World| {
        vaults::query::params(world.chain.state())
            .unwrap()
            .withdrawal_delay
            .get()
    };
    world.chain.advance(Millis::new(129_000));
    assert_eq!(delay(&world), 120_000);
    world.chain.advance(Millis::new(1_000));
    assert_eq!(delay(&world), 130_000);
    assert_eq!(proposal(&world, number).phase, Phase::Ended(Ending::Executed));
    // All but the fee is back.
    let spent = before.get() - world.chain.balance(&world.dave, AssetId::PAL).get();
    assert!(spent < governance::Params::localnet().deposit.get(), "{spent}");
    let shown = query::parameters(world.chain.state()).unwrap();
    assert!(
        shown
            .iter()
            .any(|one| one.name == "withdrawal_delay" && one.value == "130000")
    );
}

/// Changes of exits that would let stake escape, and why not.
fn unfit_exits() -> Vec<(Action, &'static str)> {
    let ms = Millis::new;
    let pledges = |change: fn(&mut delegation::Params)| {
        let mut params = delegation::Params::localnet();
        change(&mut params);
        Action::SetDelegation(params)
    };
    let short = vaults::Params {
        withdrawal_delay: ms(119_999),
        ..vaults::Params::localnet()
    };
    let sudden = vaults::Params {
        charter_delay: ms(139_999),
        ..vaults::Params::localnet()
    };
    vec![
        (Action::SetVaults(short), "WITHDRAWAL_TOO_SHORT"),
        (Action::SetVaults(sudden), "CHARTER_TOO_SOON"),
        (
            pledges(|params| params.slashing_window = Millis::new(60_001)),
            "WITHDRAWAL_TOO_SHORT",
        ),
        (
            pledges(|params| params.deallocation_delay = Millis::new(119_999)),
            "DEALLOCATION_TOO_SHORT",
        ),
        (
            pledges(|params| params.leave_delay = Millis::new(119_999)),
            "LEAVE_TOO_SHORT",
        ),
        (
            pledges(|params| params.slashing_window = Millis::new(59_999)),
            "EVIDENCE_TOO_OLD",
        ),
    ]
}

/// Other changes that do not fit, and why not.
fn unfit_others() -> Vec<(Action, &'static str)> {
    let ms = Millis::new;
    let rise = dss::Params {
        rise_delay: ms(119_999),
        ..dss::Params::localnet()
    };
    let reporter = slashing::Params {
        reporter_delay: ms(59_999),
        ..slashing::Params::localnet()
    };
    let voting = governance::Params {
        voting_period: ms(120_001),
        ..governance::Params::localnet()
    };
    let free = staking::Params {
        min_bond: Amount::ZERO,
        ..staking::Params::localnet()
    };
    let rare = oracle::Params {
        shortest_round: ms(30_001),
        ..oracle::Params::localnet()
    };
    let hasty = assets::Params {
        stale_after: ms(1_999),
        ..assets::Params::localnet()
    };
    let flat = assets::Params {
        rise: Bps::ZERO,
        ..assets::Params::localnet()
    };
    vec![
        (Action::SetServices(rise), "RISE_TOO_SHORT"),
        (Action::SetSlashing(reporter), "REPORTER_TOO_SOON"),
        (Action::SetGovernance(voting), "VOTING_TOO_LONG"),
        (Action::SetStaking(free), "BREAKS_RULE"),
        (Action::SetChain(Params::localnet()), "CHANGES_NOTHING"),
        (Action::SetOracle(rare), "PRICE_STALE_TOO_SOON"),
        (Action::SetValuation(hasty), "PRICE_STALE_TOO_SOON"),
        (Action::SetValuation(flat), "BREAKS_RULE"),
        (Action::SetOracle(oracle::Params::localnet()), "CHANGES_NOTHING"),
        (
            Action::SetPriceSource {
                asset: AssetId::new(99),
                source: None,
            },
            "UNKNOWN_SUBJECT",
        ),
    ]
}

#[test]
fn a_change_by_which_stake_could_escape_is_refused_when_it_is_proposed() {
    let mut world = world();
    let dave = world.dave.clone();
    for (action, reason) in unfit_exits().into_iter().chain(unfit_others()) {
        assert_eq!(
            world.refused(&dave, propose(action.clone())),
            reason,
            "{action:?}"
        );
    }
    assert_eq!(count(&world), 0);
}

#[test]
fn a_change_that_no_longer_fits_is_refused_when_it_is_carried_out() {
    let mut world = world();
    // Each fits alone: votes that count for long, and exits that are shorter than that.
    let long = governance::Params {
        voting_period: Millis::new(120_000),
        ..governance::Params::localnet()
    };
    let first = vote(&mut world, Action::SetGovernance(long), ALL);
    let short = staking::Params {
        unbonding_delay: Millis::new(100_000),
        ..staking::Params::localnet()
    };
    let second = vote(&mut world, Action::SetStaking(short), ALL);
    assert_eq!(finish(&mut world, first), Ending::Executed);
    assert_eq!(
        finish(&mut world, second),
        Ending::Failed(governance::ID.code(27))
    );
    let stored = staking::query::params(world.chain.state()).unwrap();
    assert_eq!(stored, staking::Params::localnet());
}

#[test]
fn a_shorter_window_leaves_what_happened_before_alone() {
    let mut world = world();
    let (bob, carol, dave) = (world.bob.clone(), world.carol.clone(), world.dave.clone());
    let shorter = dss::Params {
        evidence_window: Millis::new(20_000),
        ..dss::Params::localnet()
    };
    let number = vote(&mut world, Action::SetServices(shorter), ALL);
    while !matches!(proposal(&world, number).phase, Phase::Waiting { .. }) {
        world.chain.next_block();
    }
    world.chain.advance(Millis::new(115_000));
    let task = world.post();
    assert_eq!(finish(&mut world, number), Ending::Executed);
    let window = dss::query::params(world.chain.state()).unwrap().evidence_window;
    assert_eq!(window.get(), 20_000);
    world.chain.advance(Millis::new(50_000));
    let before = world.assets(&bob);
    let proof = world.proof(&bob, task, b"x", b"");
    world.good(&dave, proof);
    assert!(world.assets(&bob) < before);
    // What happens after the longer one has run out is judged by the shorter.
    world.chain.advance(Millis::new(60_000));
    let task = world.post();
    world.chain.end_epoch();
    world.chain.advance(Millis::new(22_000));
    let proof = world.proof(&carol, task, b"x", b"");
    assert_eq!(world.refused(&dave, proof), "EVIDENCE_EXPIRED");
}

#[test]
fn a_suspended_service_begins_nothing_new_and_holds_nobody_back() {
    let mut world = world();
    let (bob, carol, dave) = (world.bob.clone(), world.carol.clone(), world.dave.clone());
    let task = world.post();
    let suspend = Action::SuspendService {
        service: SERVICE,
        period: Millis::new(60_000),
    };
    let number = vote(&mut world, suspend, ALL);
    assert_eq!(finish(&mut world, number), Ending::Executed);
    let post = |world: &mut World| {
        let task = dss::PostTask {
            service: SERVICE,
            payload: Digest::new([1; 32]),
            fee: crate::coin(0, 1_000),
            committee: dss::Committee::All,
            commit: Millis::ZERO,
            respond: Millis::new(5_000),
            challenge: Millis::new(5_000),
        };
        let dave = world.dave.clone();
        world.send(&dave, Message::Dss(ServiceMsg::PostTask(task)))
    };
    let receipt = post(&mut world);
    assert_eq!(receipt.failure.unwrap().meaning().unwrap().reason, "HALTED");
    let fund = rewards::Fund {
        service: SERVICE,
        coin: crate::coin(0, 5),
        epochs: 1,
    };
    assert_eq!(
        world.refused(&dave, Message::Rewards(rewards::Msg::Fund(fund))),
        "HALTED"
    );
    // Faults are answered for, and members leave.
    let proof = world.proof(&bob, task, b"x", b"");
    world.good(&dave, proof);
    world.good(&carol, Message::Dss(ServiceMsg::Leave { service: SERVICE }));
    let lift = Action::Lift {
        subject: Subject::new("lane/east").unwrap(),
    };
    assert_eq!(world.refused(&dave, propose(lift)), "NOT_HALTED");
    world.chain.advance(Millis::new(60_000));
    let again = post(&mut world)
        .failure
        .map(|failure| failure.meaning().unwrap().reason);
    assert_eq!(
        again,
        Some("TOO_FEW_OPERATORS"),
        "it goes on by itself, as far as it can"
    );
    let resume = Action::ResumeService { service: SERVICE };
    assert_eq!(world.refused(&dave, propose(resume)), "NOT_HALTED");
}

#[test]
fn a_suspended_service_can_be_let_go_on() {
    let mut world = world();
    let suspend = Action::SuspendService {
        service: SERVICE,
        period: Millis::new(120_000),
    };
    let number = vote(&mut world, suspend, ALL);
    assert_eq!(finish(&mut world, number), Ending::Executed);
    let number = vote(&mut world, Action::ResumeService { service: SERVICE }, ALL);
    assert_eq!(finish(&mut world, number), Ending::Executed);
    world.post();
}

#[test]
fn what_feeds_and_valuations_go_by_is_decided_like_everything_else() {
    let mut world = world();
    let feeds = oracle::Params {
        shortest_round: Millis::new(3_000),
        low_window: Millis::new(30_000),
        ..oracle::Params::localnet()
    };
    let values = assets::Params {
        stale_after: Millis::new(60_000),
        ..assets::Params::localnet()
    };
    let first = vote(&mut world, Action::SetOracle(feeds.clone()), ALL);
    let second = vote(&mut world, Action::SetValuation(values), ALL);
    assert_eq!(finish(&mut world, first), Ending::Executed);
    assert_eq!(finish(&mut world, second), Ending::Executed);
    let state = world.chain.state();
    assert_eq!(oracle::query::params(state).unwrap(), feeds);
    assert_eq!(assets::query::params(state).unwrap(), values);
}

#[test]
fn an_asset_is_entered_given_rules_and_a_price() {
    let mut world = world();
    let (asset, dave) = (AssetId::new(70), world.dave.clone());
    let enter = || Action::EnterAsset {
        asset,
        symbol: assets::Symbol::new("NEW").unwrap(),
        name: assets::Name::new("A new one").unwrap(),
        decimals: 8,
    };
    let rules = assets::Rules {
        haircut: Bps::new(1_000).unwrap(),
        ..assets::Rules::WHOLE
    };
    let set_rules = || Action::SetAssetRules { asset, rules };
    let price = Ratio::from_raw(2_000_000_000_000_000_000);
    let set_price = || Action::SetPrice { asset, price };
    assert_eq!(world.refused(&dave, propose(set_rules())), "UNKNOWN_SUBJECT");
    for action in [enter(), set_rules(), set_price()] {
        let number = vote(&mut world, action.clone(), ALL);
        assert_eq!(finish(&mut world, number), Ending::Executed, "{action:?}");
    }
    assert_eq!(world.refused(&dave, propose(set_price())), "CHANGES_NOTHING");
    assert_eq!(world.refused(&dave, propose(set_rules())), "CHANGES_NOTHING");
    let receipt = world.send(&dave, propose(enter()));
    assert_eq!(
        receipt.failure.unwrap().meaning().unwrap().reason,
        "ASSET_NUMBER_TAKEN"
    );
    let value = assets::value(world.chain.state(), asset, Amount::new(100)).unwrap();
    assert_eq!(value.get(), 180);
}

#[test]
fn the_chains_own_seat_stops_a_slash() {
    let seat = AccountId::new([44; 32]);
    let chain = Chain::with(|document| {
        document.parameters.slashing.governance = Some(seat);
        document.parameters.governance.voting_period = Millis::new(10_000);
    });
    let mut world = World::on(chain, Destination::Burn);
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
    let request = slashing::query::requests(world.chain.state(), None, 1).unwrap()[0].0;
    let unknown = Action::VetoSlash { request: 99 };
    assert_eq!(world.refused(&dave, propose(unknown)), "UNKNOWN_SUBJECT");
    let number = vote(&mut world, Action::VetoSlash { request }, ALL);
    assert_eq!(finish(&mut world, number), Ending::Executed);
    let found = slashing::query::request(world.chain.state(), request)
        .unwrap()
        .unwrap();
    assert_eq!(found.ending, SlashEnding::Vetoed);
}

#[test]
fn what_cannot_be_is_refused_with_what_is_wrong() {
    let mut world = world();
    let (alice, dave) = (world.alice.clone(), world.dave.clone());
    let period = Millis::new(1_000);
    let nobody = ServiceId::new(9);
    let subject = Subject::new("everything").unwrap();
    let asset = AssetId::new(70);
    for (action, reason) in [
        (
            Action::SuspendService {
                service: nobody,
                period,
            },
            "UNKNOWN_SUBJECT",
        ),
        (Action::Halt { subject, period }, "UNKNOWN_SUBJECT"),
        (Action::VetoSlash { request: 0 }, "UNKNOWN_SUBJECT"),
        (
            Action::SetPrice {
                asset,
                price: Ratio::ONE,
            },
            "UNKNOWN_SUBJECT",
        ),
    ] {
        assert_eq!(world.refused(&dave, propose(action)), reason);
    }
    let long = Action::SuspendService {
        service: SERVICE,
        period: Millis::new(120_001),
    };
    assert_eq!(world.refused(&dave, propose(long)), "HALT_TOO_LONG");
    let number = vote(
        &mut world,
        Action::Halt {
            subject: Subject::new("lane/east").unwrap(),
            period,
        },
        [Choice::No, Choice::No, Choice::Yes, Choice::Abstain],
    );
    let vote = Message::Governance(Msg::Vote {
        proposal: number,
        choice: Choice::Yes,
    });
    assert_eq!(world.refused(&alice, vote), "NO_POWER");
    assert_eq!(finish(&mut world, number), Ending::Rejected);
}

/// Every action there is.
pub(crate) fn actions() -> Vec<Action> {
    let (asset, service, period) = (AssetId::new(7), ServiceId::new(3), Millis::new(5));
    let subject = Subject::new("lane/east").unwrap();
    let cap = |deposit_cap| assets::Rules {
        haircut: Bps::new(7).unwrap(),
        deposit_cap,
        power_cap: Bps::new(9).unwrap(),
    };
    let seated = slashing::Params {
        governance: Some(people().0.id()),
        ..slashing::Params::mainnet()
    };
    vec![
        Action::SetChain(Params::mainnet()),
        Action::SetStaking(staking::Params::mainnet()),
        Action::SetVaults(vaults::Params::mainnet()),
        Action::SetDelegation(delegation::Params::mainnet()),
        Action::SetServices(dss::Params::mainnet()),
        Action::SetSlashing(slashing::Params::mainnet()),
        Action::SetSlashing(seated),
        Action::SetRewards(rewards::Params::standard()),
        Action::SetGovernance(governance::Params::mainnet()),
        Action::EnterAsset {
            asset,
            symbol: assets::Symbol::new("NEW").unwrap(),
            name: assets::Name::new("A new one").unwrap(),
            decimals: 8,
        },
        Action::SetAssetRules {
            asset,
            rules: cap(None),
        },
        Action::SetAssetRules {
            asset,
            rules: cap(Some(Amount::new(1))),
        },
        Action::SetPrice {
            asset,
            price: Ratio::ONE,
        },
        Action::SuspendService { service, period },
        Action::ResumeService { service },
        Action::Halt { subject, period },
        Action::Lift { subject },
        Action::VetoSlash { request: 4 },
        Action::SetOracle(oracle::Params::mainnet()),
        Action::SetValuation(assets::Params::mainnet()),
        Action::SetPriceSource { asset, source: None },
        Action::SetPriceSource {
            asset,
            source: Some(assets::Source::Feed(5)),
        },
        Action::SetPriceSource {
            asset,
            source: Some(assets::Source::Stated(Ratio::ONE)),
        },
    ]
}

#[test]
fn every_action_comes_back_from_its_bytes() {
    let (alice, _) = people();
    let votes = [Choice::Yes, Choice::No, Choice::Abstain]
        .map(|choice| Message::Governance(Msg::Vote { proposal: 5, choice }));
    for message in actions().into_iter().map(propose).chain(votes) {
        let body = Draft::new(&alice, vec![message], 0, Height::new(9)).body;
        assert_eq!(read_body(&write_body(&body)).unwrap().messages, body.messages);
    }
}

#[test]
fn a_genesis_by_which_stake_could_escape_does_not_start() {
    let mut document = Chain::document(&[testing::ValidatorKeys::named("node0")]);
    document.parameters.slashing.reporter_delay = Millis::new(59_999);
    let refused = document.start().unwrap_err();
    assert!(matches!(refused, GenesisError::Runtime(_)), "{refused}");
    assert!(refused.to_string().contains("reporter_delay"), "{refused}");
}

#[test]
fn a_chain_with_open_proposals_goes_on() {
    let mut world = world();
    vote(&mut world, Action::SetVaults(slower_vaults()), ALL);
    let exported = world
        .chain
        .view(|view| palisade_runtime::genesis::export(view).unwrap());
    let again = palisade_runtime::genesis::init(exported).unwrap();
    assert_eq!(again.state.root(), world.chain.state().root());
    assert!(matches!(Account::named("dave"), Account { .. }));
}
