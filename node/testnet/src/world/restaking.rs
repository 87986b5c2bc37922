//! What is restaked on a testnet: assets, operators with vaults of them, a service that nobody on the chain has heard of,
//! with a program that judges its answers, and an oracle of the assets' prices.

pub mod oracle;

use super::{Genesis, PAL, Person, people};
use crate::error::Error;
use crate::facts::{ServiceFacts, VaultFacts};
use crate::name;
use crate::spec::Spec;
use crypto::hash::sha256;
use genesis::{
    AcceptedAsset, Address, Asset, Charter, Document, FaultClass, Hex, HexBytes, Kind, Member, Operator,
    Pledge, Restaking, Service, ServiceKind, Stake, Text, Vault, Within,
};
use primitives::address::{AddressKind, Network, format};
use primitives::{AccountId, Amount, AssetId, Bps, Coin, Digest, Millis, ServiceId};
use signer::{ConsensusKey, NodeKeys};
use std::collections::BTreeMap;

/// The whole of a vault, and of a pledge.
const WHOLE: u128 = 1_000_000_000_000_000_000;
/// What judges the answers of the first service: scripts/examples/fault-program/double-hash.wat.
pub const PROGRAM: &[u8] = include_bytes!("../../../../scripts/examples/fault-program/double-hash.wasm");
/// The number of the first service.
pub const SERVICE: u32 = 1;
/// The class of having signed two answers for one task.
pub const DOUBLE_ANSWER: u32 = 0;
/// The class of having signed a wrong answer.
pub const WRONG_ANSWER: u32 = 1;
/// The class that the slasher's word shows.
pub const JUDGED: u32 = 2;

/// An asset of a testnet.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// Its number.
    pub id: u32,
    /// Its symbol.
    pub symbol: &'static str,
    name: &'static str,
    /// Digits after the decimal point.
    pub decimals: u8,
    /// What a whole unit counts for, in PAL.
    price: u128,
    /// What of that does not count, and the most of all power that it may be, in basis points.
    pub(crate) terms: (u16, u16),
}

/// The assets besides PAL. They are this chain's own: whatever they are named after stands behind none of them.
pub const TOKENS: [Token; 5] = [
    Token {
        id: 1,
        symbol: "ETH",
        name: "Test ether",
        decimals: 18,
        price: 2_400,
        terms: (500, 5_000),
    },
    Token {
        id: 2,
        symbol: "WBTC",
        name: "Test wrapped bitcoin",
        decimals: 8,
        price: 60_000,
        terms: (1_000, 4_000),
    },
    Token {
        id: 3,
        symbol: "nBTC",
        name: "Test native bitcoin",
        decimals: 8,
        price: 60_000,
        terms: (1_500, 3_000),
    },
    Token {
        id: 4,
        symbol: "wstETH",
        name: "Test staked ether",
        decimals: 18,
        price: 2_800,
        terms: (1_000, 3_000),
    },
    Token {
        id: 5,
        symbol: "USDC",
        name: "Test dollars",
        decimals: 6,
        price: 1,
        terms: (500, 1_000),
    },
];

impl Token {
    /// So many thousandths of a whole unit, in base units.
    pub(crate) fn thousandths(&self, count: u128) -> Amount {
        Amount::new(count * 10u128.pow(u32::from(self.decimals)) / 1_000)
    }

    fn asset(&self) -> Result<Asset, Error> {
        let wrong = |error: &dyn std::fmt::Display| Error::Genesis(error.to_string());
        // Base units are worth price · 10^9 npal / 10^decimals, in 10^-18 npal.
        let price = self.price * PAL * WHOLE / 10u128.pow(u32::from(self.decimals));
        Ok(Asset {
            id: AssetId::new(self.id),
            symbol: genesis::Symbol::new(self.symbol).map_err(|error| wrong(&error))?,
            name: genesis::Name::new(self.name).map_err(|error| wrong(&error))?,
            decimals: self.decimals,
            restaking: Some(Restaking {
                rules: genesis::Rules {
                    haircut: bps(self.terms.0),
                    deposit_cap: None,
                    power_cap: bps(self.terms.1),
                },
                price: Amount::new(price),
            }),
        })
    }
}

/// The key with which the `index`-th node's operator works for the first service.
#[must_use]
pub fn service_key(spec: &Spec, index: u32) -> ConsensusKey {
    let seed = [&spec.key_seed()[..], b"/service"].concat();
    ConsensusKey::from_seed(&sha256(&[&seed, &index.to_be_bytes()]))
}

/// What people hold of each token besides what is staked, in thousandths of a whole: for trying things out. The faucet has
/// enough to move most of the chain's power.
const SPARE: [u128; 3] = [10_000_000, 100_000, 100_000];

/// Adds all of it to a document that has its accounts and validators.
pub(super) fn add(document: &mut Document, spec: &Spec, nodes: &[NodeKeys]) -> Result<(), Error> {
    for token in TOKENS {
        document.assets.push(token.asset()?);
    }
    let people = people(spec);
    let operators: Vec<AccountId> = nodes.iter().map(|keys| keys.public().account).collect();
    for (person, spare) in people.iter().zip(SPARE) {
        for token in TOKENS {
            fund(document, person.key.account(), &token, token.thousandths(spare))?;
        }
    }
    for (index, operator) in operators.iter().enumerate() {
        document.operators.push(Operator {
            account: Address::new(Kind::Development, *operator),
            name: Text::from(name::node(index).as_str()),
            uri: Text::default(),
        });
        for (token, vault) in vaults(index, *operator, &people) {
            for stake in &vault.stakes {
                fund(document, stake.owner.account, token, stake.amount)?;
            }
            document.vaults.push(vault);
        }
    }
    document.services.push(service(spec, &operators, &people));
    document.services.push(oracle::service(spec, &operators, &people));
    document.sort();
    Ok(())
}

fn fund(document: &mut Document, account: AccountId, token: &Token, amount: Amount) -> Result<(), Error> {
    let coin = Coin {
        asset: AssetId::new(token.id),
        amount,
    };
    document
        .fund(account, coin)
        .map_err(|error| Error::Genesis(error.to_string()))
}

/// Each operator has the same ether, pledged whole to the chain and to both services, so that all have the same power; and
/// something else for the first service alone.
fn vaults(index: usize, operator: AccountId, people: &[Person]) -> [(&'static Token, Vault); 2] {
    let address = |account| Address::new(Kind::Development, account);
    let second = &TOKENS[1 + index % 4];
    let vault = |token: &Token, services: &[u32], whole: u128| {
        let own = Stake {
            owner: address(operator),
            amount: token.thousandths(whole / 5),
        };
        let others = people.get(1 + index % 2).map(|person| Stake {
            owner: address(person.key.account()),
            amount: token.thousandths(whole - whole / 5),
        });
        Vault {
            operator: address(operator),
            asset: AssetId::new(token.id),
            charter: Charter {
                leverage_limit: Amount::new(3 * WHOLE),
                services: Vec::new(),
                any_within: Some(Within {
                    objective: Bps::ONE,
                    subjective: Bps::ONE,
                }),
            },
            deposit_cap: None,
            stakes: [own].into_iter().chain(others).collect(),
            pledges: services
                .iter()
                .map(|service| Pledge {
                    service: ServiceId::new(*service),
                    magnitude: Amount::new(WHOLE),
                })
                .collect(),
        }
    };
    // 100 ether; of the other about 100,000 PAL's worth.
    let thousandths = 100_000_000 / second.price;
    [
        (
            &TOKENS[0],
            vault(&TOKENS[0], &[0, SERVICE, oracle::SERVICE], 100_000),
        ),
        (second, vault(second, &[SERVICE], thousandths)),
    ]
}

fn bps(value: u16) -> Bps {
    Bps::new(value).unwrap_or(Bps::ONE)
}

/// A well-known account, by position.
fn person(people: &[Person], index: usize) -> Address {
    let account = people.get(index).map(|person| person.key.account());
    Address::new(Kind::Development, account.unwrap_or_default())
}

/// Every token counts whole as a service's stake.
fn accepted() -> Vec<AcceptedAsset> {
    let token = |token: &Token| AcceptedAsset {
        asset: AssetId::new(token.id),
        haircut: Bps::ZERO,
    };
    TOKENS.iter().map(token).collect()
}

/// Every operator, with the key that it has by its position.
fn members(operators: &[AccountId], key: impl Fn(u32) -> ConsensusKey) -> Vec<Member> {
    let member = |(index, operator): (u32, &AccountId)| {
        let key = key(index);
        Member {
            operator: Address::new(Kind::Development, *operator),
            key: Hex(key.public_key().0),
            proof_of_possession: Hex(key.possession_proof(operator).0),
        }
    };
    (0u32..).zip(operators).map(member).collect()
}

fn service(spec: &Spec, operators: &[AccountId], people: &[Person]) -> Service {
    let class = |subjective, least, most| FaultClass {
        subjective,
        least: bps(least),
        most: bps(most),
        cooldown: Millis::new(5_000),
    };
    let count = u16::try_from(operators.len()).unwrap_or(u16::MAX);
    Service {
        owner: person(people, 0),
        kind: ServiceKind::Attested,
        metadata: Text::from(
            "double-hash: the answer is the SHA-256 of the payload's hash; two answers, or a wrong one, are slashed by \
             proof; what alice says may be vetoed by dave",
        ),
        accepted: accepted(),
        min_operators: count.div_ceil(2),
        max_operators: 128,
        min_stake: Amount::new(1_000 * PAL),
        min_self_stake: Amount::ZERO,
        quorum: bps(6_667),
        classes: vec![
            class(false, 500, 5_000),
            class(false, 1_000, 2_000),
            class(true, 0, 1_000),
        ],
        double_answer: Some(0),
        recipient: None,
        slasher: Some(person(people, 0)),
        vetoers: vec![person(people, 3)],
        profit_cap: Amount::new(50_000 * PAL),
        program: Some(HexBytes(PROGRAM.to_vec())),
        feeds: Vec::new(),
        members: members(operators, |index| service_key(spec, index)),
        active: true,
    }
}

/// The token with this number.
pub(crate) fn token_of(id: u32) -> Option<&'static Token> {
    TOKENS.iter().find(|token| token.id == id)
}

fn token(id: AssetId) -> Option<&'static Token> {
    token_of(id.get())
}

/// An amount in whole units with its symbol.
fn in_words(id: AssetId, amount: u128) -> String {
    token(id).map_or_else(
        || format!("{amount} of asset {id}"),
        |token| {
            format!(
                "{} {}",
                client::amount::format(Amount::new(amount), token.decimals),
                token.symbol
            )
        },
    )
}

/// The vaults of a genesis, for people.
pub(crate) fn vault_facts(genesis: &Genesis) -> Vec<VaultFacts> {
    let named = genesis.vaults.iter().zip(&genesis.document.vaults).enumerate();
    let fact = |(number, (id, vault)): (usize, (&Digest, &Vault))| VaultFacts {
        name: format!("v{number}"),
        address: format(AddressKind::Vault, Network::Development, id.as_bytes()),
        operator: operator_name(genesis, &vault.operator),
        asset: token(vault.asset).map_or_else(|| vault.asset.to_string(), |token| token.symbol.to_owned()),
        staked: in_words(vault.asset, staked(vault)),
        serves: vault.pledges.iter().map(|pledge| pledge.service.get()).collect(),
    };
    named.map(fact).collect()
}

fn staked(vault: &Vault) -> u128 {
    vault.stakes.iter().fold(0, |sum, stake| sum + stake.amount.get())
}

fn operator_name(genesis: &Genesis, operator: &Address) -> String {
    let found = genesis
        .document
        .operators
        .iter()
        .find(|one| one.account == *operator);
    found.map_or_else(|| operator.to_string(), |one| one.name.to_string())
}

/// The services of a genesis, for people.
pub(crate) fn service_facts(genesis: &Genesis) -> Vec<ServiceFacts> {
    let numbered = (1u32..).zip(&genesis.document.services);
    let fact = |(number, service): (u32, &Service)| {
        let mut slashable: BTreeMap<AssetId, u128> = BTreeMap::new();
        for vault in &genesis.document.vaults {
            for pledge in vault.pledges.iter().filter(|one| one.service.get() == number) {
                // A part of what was never slashed.
                let part = staked(vault) / 1_000_000 * (pledge.magnitude.get() / (WHOLE / 1_000_000));
                *slashable.entry(vault.asset).or_default() += part;
            }
        }
        ServiceFacts {
            service: number,
            name: service
                .metadata
                .0
                .split(':')
                .next()
                .unwrap_or_default()
                .to_owned(),
            operators: service.members.len(),
            slashable: slashable
                .into_iter()
                .map(|(id, amount)| in_words(id, amount))
                .collect(),
        }
    };
    numbered.map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_what_its_source_says() {
        let source = include_str!("../../../../scripts/examples/fault-program/double-hash.wat");
        assert_eq!(wat::parse_str(source).unwrap(), PROGRAM);
    }

    #[test]
    fn every_operator_pledges_as_much_to_the_chain_as_every_other() {
        let spec = Spec::new(&crate::Name::default(), &crate::Flags::default(), 26_600).unwrap();
        let genesis = super::super::genesis(&spec).unwrap();
        let pledged: Vec<u128> = genesis
            .document
            .vaults
            .iter()
            .filter(|vault| vault.pledges.iter().any(|pledge| pledge.service.get() == 0))
            .map(staked)
            .collect();
        assert_eq!(pledged.len(), 4);
        assert!(pledged.iter().all(|one| *one == pledged[0]));
        let facts = vault_facts(&genesis);
        assert_eq!((facts.len(), facts[0].staked.as_str()), (8, "100 ETH"));
        let services = service_facts(&genesis);
        assert_eq!(services[0].slashable[0], "400 ETH");
        let prices = &services[1];
        assert_eq!(
            (prices.service, prices.name.as_str(), prices.operators),
            (oracle::SERVICE, "prices", 4)
        );
        assert_eq!(prices.slashable, ["400 ETH"]);
    }
}
