//! Every bad input of restaking, one row each: its name, its own code, and nothing written but the fee.

use super::{allocate, deposit, join, refused, sell, withdraw};
use crate::services::{SERVICE, World, bps, class, terms};
use attested::{Msg as AttestedMsg, SetProgram};
use dss::{Destination, Msg as ServiceMsg, Nature};
use palisade_runtime::Message;
use primitives::{Amount, Digest, Millis, ServiceId};
use slashing::{Msg as SlashMsg, RequestSlash};
use std::collections::BTreeSet;
use testing::{Account, Chain};

/// Sets the world up for it; gives who sends what.
type Case = fn(&mut World) -> (Account, Message);

const SECOND: ServiceId = ServiceId::new(2);
const WHOLE: u128 = 1_000_000_000_000_000_000;

const ROWS: [(&str, &str, Case); 26] = [
    ("over-allocation beyond the vault", "BEYOND_VAULT", |world| {
        let bob = world.bob.clone();
        let vault = world.vault(&bob);
        (bob, allocate(vault, SERVICE, WHOLE + 1))
    }),
    ("over-allocation beyond the charter", "BEYOND_LEVERAGE", |world| {
        let bob = world.bob.clone();
        let vault = world.twice(&bob);
        (bob, allocate(vault, SECOND, WHOLE / 10 * 4 + 1))
    }),
    (
        "a service that the charter does not name",
        "NOT_IN_CHARTER",
        |world| {
            let bob = world.bob.clone();
            world.twice(&bob);
            let vault = world.vault(&bob);
            (bob, allocate(vault, SECOND, 1))
        },
    ),
    ("another's vault", "NOT_VAULT_OPERATOR", |world| {
        let vault = world.vault(&world.bob);
        (world.carol.clone(), allocate(vault, SERVICE, 1))
    }),
    ("double slash", "ALREADY_CONVICTED", |world| {
        let (bob, dave) = (world.bob.clone(), world.dave.clone());
        let task = world.post();
        let proof = world.proof(&bob, task, b"x", b"");
        world.good(&dave, proof.clone());
        (world.carol.clone(), proof)
    }),
    ("slash after the window", "EVIDENCE_EXPIRED", |world| {
        let bob = world.bob.clone();
        let task = world.post();
        let proof = world.proof(&bob, task, b"x", b"");
        world.chain.end_epoch();
        world.chain.advance(Millis::new(61_000));
        (world.dave.clone(), proof)
    }),
    ("slash of a slot that is forgotten", "UNKNOWN_SLOT", |world| {
        let bob = world.bob.clone();
        let task = world.post();
        let proof = world.proof(&bob, task, b"x", b"");
        world.chain.advance(Millis::new(160_000));
        (world.dave.clone(), proof)
    }),
    ("slash for what another signed", "BAD_SIGNATURE", |world| {
        let (bob, carol) = (world.bob.clone(), world.carol.clone());
        let task = world.post();
        let mut proof = world.proof(&bob, task, b"x", b"");
        if let Message::Slashing(SlashMsg::Prove(evidence)) = &mut proof {
            evidence.operator = carol.id();
        }
        (world.dave.clone(), proof)
    }),
    ("foreign key", "KEY_TAKEN", |world| {
        world.second();
        let (bob, carol) = (world.bob.clone(), world.carol.clone());
        (carol.clone(), join(SECOND, &carol, &bob, &carol))
    }),
    ("replayed proof of possession", "BAD_POSSESSION_PROOF", |world| {
        world.second();
        let (bob, carol) = (world.bob.clone(), world.carol.clone());
        let fresh = Account::named("a fresh key");
        (carol.clone(), join(SECOND, &carol, &fresh, &bob))
    }),
    ("deposit into a closed vault", "VAULT_CLOSED", |world| {
        let (bob, dave) = (world.bob.clone(), world.dave.clone());
        let task = world.post();
        let proof = world.proof(&bob, task, b"x", b"");
        world.good(&dave, proof);
        let vault = world.vault(&bob);
        (dave, deposit(vault, 1_000, 0))
    }),
    ("zero shares", "ZERO_AMOUNT", |world| {
        let vault = world.vault(&world.bob);
        (world.dave.clone(), withdraw(vault, 0))
    }),
    ("dust that buys no share", "TOO_FEW_SHARES", |world| {
        let dave = world.dave.clone();
        let vault = world.dear();
        (dave, deposit(vault, 1, 0))
    }),
    ("dust that is worth nothing", "TOO_LITTLE", |world| {
        let dave = world.dave.clone();
        let vault = world.vault(&world.bob);
        world.good(&dave, deposit(vault, 1_000, 0));
        (dave, sell(vault, 1))
    }),
    ("an amount of all there could be", "INSUFFICIENT_FUNDS", |world| {
        let vault = world.vault(&world.bob);
        (world.dave.clone(), deposit(vault, u128::MAX, 0))
    }),
    ("shares of all there could be", "NOT_OWNED", |world| {
        let vault = world.vault(&world.bob);
        (world.dave.clone(), withdraw(vault, u128::MAX))
    }),
    ("more than the buffer has", "BUFFER_SHORT", |world| {
        let dave = world.dave.clone();
        let vault = world.vault(&world.bob);
        world.good(&dave, deposit(vault, 1_000_000, 0));
        (dave, sell(vault, 1_000_000_000))
    }),
    ("a vault that is not", "UNKNOWN_VAULT", |world| {
        (world.dave.clone(), deposit(Digest::new([9; 32]), 1, 0))
    }),
    (
        "a slash that is asked for by a stranger",
        "NOT_SLASHER",
        |world| {
            world.post();
            let ask = world.asks(&world.bob, 500);
            (world.carol.clone(), ask)
        },
    ),
    ("a slash above its cap", "ABOVE_CAP", |world| {
        world.post();
        let ask = world.asks(&world.bob, 1_001);
        (world.alice.clone(), ask)
    }),
    ("veto by a stranger", "NOT_VETOER", |world| {
        let request = world.asked()[0];
        (world.carol.clone(), Message::Slashing(SlashMsg::Veto { request }))
    }),
    ("a fault program that loops", "PROGRAM_OUT_OF_FUEL", |world| {
        world.judged(b"l")
    }),
    ("a fault program that traps", "PROGRAM_TRAPPED", |world| {
        world.judged(b"t")
    }),
    (
        "a fault program that grows its memory",
        "PROGRAM_OUT_OF_MEMORY",
        |world| world.judged(b"g"),
    ),
    (
        "a fault program that imports a call of the host",
        "FORBIDDEN_IMPORT",
        |world| {
            world.second();
            let clock = r#"(module (import "env" "clock" (func $clock (result i64)))
            (memory (export "memory") 1) (func (export "fault") (result i32) (i32.const -1)))"#;
            let program = SetProgram {
                service: SECOND,
                program: wat::parse_str(clock).unwrap(),
            };
            (
                world.alice.clone(),
                Message::Attested(AttestedMsg::SetProgram(program)),
            )
        },
    ),
    ("veto too late", "TOO_LATE", |world| {
        let request = world.asked()[1];
        world.chain.advance(Millis::new(19_000));
        (world.dave.clone(), Message::Slashing(SlashMsg::Veto { request }))
    }),
];

impl World {
    /// Dave shows an answer of bob's that starts with this letter.
    fn judged(&mut self, letter: &[u8]) -> (Account, Message) {
        let bob = self.bob.clone();
        let task = self.post();
        (self.dave.clone(), self.proof(&bob, task, letter, b""))
    }

    /// A second service, which nobody serves.
    fn second(&mut self) {
        let alice = self.alice.clone();
        let terms = Box::new(terms(Destination::Burn));
        self.good(&alice, Message::Dss(ServiceMsg::Register(terms)));
    }

    /// A second vault of bob's, which may serve both services and pledges six tenths to the first.
    fn twice(&mut self, bob: &Account) -> vaults::VaultId {
        self.second();
        let key = Account::named("another key of bob");
        self.good(bob, join(SECOND, bob, &key, bob));
        let create = vaults::Create {
            asset: primitives::AssetId::PAL,
            charter: vaults::Charter {
                serves: vaults::Serves::Listed(vec![SERVICE, SECOND]),
                ..vaults::Charter::PLAIN
            },
            limits: vaults::Limits::default(),
        };
        let first = self.vault(bob);
        self.good(bob, Message::Vaults(vaults::Msg::Create(create)));
        let own = vaults::query::vaults_of(self.chain.state(), &bob.id()).unwrap();
        let vault = own.into_iter().find(|id| *id != first).unwrap();
        self.good(bob, deposit(vault, 1_000, 0));
        self.good(bob, allocate(vault, SERVICE, WHOLE / 10 * 6));
        vault
    }

    /// A vault of which a share is dearer than a unit: the bond of a slash that was vetoed came to it.
    fn dear(&mut self) -> vaults::VaultId {
        let (alice, carol, dave) = (self.alice.clone(), self.carol.clone(), self.dave.clone());
        self.post();
        let ask = self.asks(&carol, 500);
        self.good(&alice, ask);
        let request = slashing::query::requests(self.chain.state(), None, 1).unwrap()[0].0;
        self.good(&dave, Message::Slashing(SlashMsg::Veto { request }));
        self.vault(&carol)
    }

    fn asks(&self, operator: &Account, fraction: u16) -> Message {
        Message::Slashing(SlashMsg::Request(RequestSlash {
            service: SERVICE,
            operator: operator.id(),
            class: 2,
            epoch: self.epoch(),
            fraction: bps(fraction),
            reason: Digest::new([7; 32]),
        }))
    }

    /// Slashes of bob and carol are asked for in one block; of which the next block that may carries out one.
    fn asked(&mut self) -> Vec<u64> {
        self.post();
        let messages = vec![self.asks(&self.bob, 500), self.asks(&self.carol, 500)];
        let draft = self
            .chain
            .draft(&self.alice, messages)
            .with_fee(95_000_000, 100, 1);
        self.chain.submit(&draft);
        assert!(self.chain.next_block().executed.receipts[0].succeeded());
        let found = slashing::query::requests(self.chain.state(), None, 9).unwrap();
        found.into_iter().map(|(number, _)| number).collect()
    }
}

#[test]
fn every_bad_input_has_a_code_of_its_own_and_writes_nothing_but_the_fee() {
    let mut terms = terms(Destination::Burn);
    terms.classes = vec![
        class(Nature::Objective, 10_000, 10_000),
        class(Nature::Objective, 10_000, 10_000),
        class(Nature::Subjective, 0, 1_000),
    ];
    let chain = Chain::with(|document| {
        document.parameters.slashing.items_per_block = 1;
        document.parameters.slashing.request_bond = Amount::new(10_000_000_000_000);
    });
    let start = World::with(chain, terms, super::PROGRAM);
    let (mut names, mut codes) = (BTreeSet::new(), BTreeSet::new());
    for (name, code, case) in ROWS {
        let mut world = World {
            chain: start.chain.clone(),
            alice: start.alice.clone(),
            bob: start.bob.clone(),
            carol: start.carol.clone(),
            dave: start.dave.clone(),
        };
        let (who, message) = case(&mut world);
        assert_eq!(refused(&mut world, &who, message), code, "{name}");
        assert!(
            names.insert(name) && codes.insert(code),
            "{name} is no row of its own"
        );
    }
}
