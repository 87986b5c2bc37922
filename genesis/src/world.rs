//! Operators, services and vaults that a chain finds when it starts.
//!
//! Whatever they ask is checked as if they had sent it: what no transaction could bring about starts no chain.

use crate::document::Document;
use crate::error::GenesisError;
use crate::feed::Feed;
use crate::text::{Address, Hex, HexBytes, Text};
use borsh::BorshSerialize;
use crypto::bls::{KeyBytes, SignatureBytes};
use primitives::{Amount, AssetId, Bps, Digest, Millis, Ratio, ServiceId};
use runtime::genesis::{
    FoundingMember, FoundingOperator, FoundingService, FoundingVault, GenesisError as RuntimeError, World,
};
use runtime::vaults::{self, Limits, Magnitude, Serves};
use runtime::{State, delegation, dss};
use serde::{Deserialize, Serialize};

/// An operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// Its account.
    pub account: Address,
    /// The name that people see: 1 to 64 bytes.
    pub name: Text,
    /// Where there is more; empty for nowhere.
    #[serde(default)]
    pub uri: Text,
}

/// Which of the compiled services a service is an instance of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// Work of any kind off the chain.
    Attested,
    /// Prices that operators agree on.
    Oracle,
}

/// An asset that counts as a service's stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedAsset {
    /// Which.
    pub asset: AssetId,
    /// What of its value does not count, in basis points.
    pub haircut: Bps,
}

/// A class of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct FaultClass {
    /// Whether the slasher's word shows it.
    pub subjective: bool,
    /// What is taken when one is guilty alone, in basis points.
    pub least: Bps,
    /// The most that is taken, in basis points.
    pub most: Bps,
    /// How long after a slash of it the operator is safe from another, in milliseconds.
    pub cooldown: Millis,
}

/// A service. Its owner's bond comes out of what the owner holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Whose it is.
    pub owner: Address,
    /// Which compiled service it is an instance of.
    pub kind: ServiceKind,
    /// Name and slashing conditions in words.
    pub metadata: Text,
    /// What counts as stake, ascending.
    pub accepted: Vec<AcceptedAsset>,
    /// How many operators it needs.
    pub min_operators: u16,
    /// How many it admits.
    pub max_operators: u16,
    /// The least value of an operator's stake, in npal.
    pub min_stake: Amount,
    /// The least value of an operator's own stake, in npal.
    pub min_self_stake: Amount,
    /// The part of the value of all who are asked that a certificate needs, in basis points.
    pub quorum: Bps,
    /// Fault classes, by number from 0 on.
    pub classes: Vec<FaultClass>,
    /// The class of signing two answers for one slot; none where that is no fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub double_answer: Option<u8>,
    /// Who gets what is slashed; none to destroy it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Address>,
    /// Who may ask for a subjective slash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slasher: Option<Address>,
    /// Who may veto one, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vetoers: Vec<Address>,
    /// What corrupting it would yield at most, in npal.
    pub profit_cap: Amount,
    /// Its fault program, a WebAssembly module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<HexBytes>,
    /// Its feeds, where it is an oracle; all services' together are numbered from 0 on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<Feed>,
    /// Who serves it.
    pub members: Vec<Member>,
    /// Whether it is open from the start.
    pub active: bool,
}

/// A member of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Who.
    pub operator: Address,
    /// BLS12-381 key in G2, compressed.
    pub key: Hex<96>,
    /// That key's signature over itself and the operator's id.
    pub proof_of_possession: Hex<48>,
}

/// What services may do with a vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Charter {
    /// How often each unit may be pledged, times 10^18.
    pub leverage_limit: Amount,
    /// The services that it may serve, ascending; together with no bounds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceId>,
    /// Instead of a list: any service within these bounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_within: Option<Within>,
}

/// The most that a service's fault classes may take per incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Within {
    /// By proof, in basis points.
    pub objective: Bps,
    /// By a committee's word, in basis points.
    pub subjective: Bps,
}

/// What somebody has put into a vault, out of what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Stake {
    /// Who.
    pub owner: Address,
    /// How much, in base units.
    pub amount: Amount,
}

/// What a vault pledges from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Pledge {
    /// To which service; 0 is the chain itself.
    pub service: ServiceId,
    /// How much, in parts of 10^18.
    pub magnitude: Amount,
}

/// A vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Vault {
    /// Whose it is.
    pub operator: Address,
    /// What it holds.
    pub asset: AssetId,
    /// What services may do with it.
    pub charter: Charter,
    /// The most that it holds after a deposit, in base units; none for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit_cap: Option<Amount>,
    /// Who has put how much into it.
    pub stakes: Vec<Stake>,
    /// What it pledges.
    pub pledges: Vec<Pledge>,
}

fn wrong(what: &'static str) -> impl Fn() -> GenesisError {
    move || GenesisError::World(what)
}

impl Service {
    fn terms(&self) -> Result<dss::Terms, GenesisError> {
        let metadata = dss::Metadata::new(&self.metadata.0);
        let classes = self.classes.iter().map(|class| dss::Class {
            nature: if class.subjective {
                dss::Nature::Subjective
            } else {
                dss::Nature::Objective
            },
            least: class.least,
            most: class.most,
            cooldown: class.cooldown,
            rise: None,
        });
        let accepted = self.accepted.iter().map(|one| dss::Accepted {
            asset: one.asset,
            haircut: one.haircut,
        });
        let terms = dss::Terms {
            kind: match self.kind {
                ServiceKind::Attested => dss::Kind::Attested,
                ServiceKind::Oracle => dss::Kind::Oracle,
            },
            accepted: accepted.collect(),
            min_operators: self.min_operators,
            max_operators: self.max_operators,
            min_stake: self.min_stake,
            min_self_stake: self.min_self_stake,
            min_reputation: Bps::ZERO,
            quorum: self.quorum,
            classes: classes.collect(),
            equivocation: self.double_answer,
            destination: self.recipient.map_or(dss::Destination::Burn, |recipient| {
                dss::Destination::Recipient(recipient.account)
            }),
            slasher: self.slasher.map(|slasher| slasher.account),
            vetoers: self.vetoers.iter().map(|one| one.account).collect(),
            profit_cap: self.profit_cap,
            metadata: metadata.ok_or_else(wrong(
                "a service's metadata is 1 to 512 bytes without control characters",
            ))?,
        };
        terms.validate().map_err(service)?;
        Ok(terms)
    }
}

fn service(error: dss::Error) -> GenesisError {
    RuntimeError::Module(Box::new(runtime::ModuleError::Dss(error))).into()
}

impl Vault {
    fn founding(&self) -> Result<FoundingVault, GenesisError> {
        let serves = match self.charter.any_within {
            Some(Within {
                objective,
                subjective,
            }) if self.charter.services.is_empty() => Serves::Any {
                objective,
                subjective,
            },
            Some(_) => {
                return Err(wrong(
                    "a charter lists services or bounds their classes, not both",
                )());
            }
            None => Serves::Listed(self.charter.services.clone()),
        };
        let charter = vaults::Charter {
            leverage_limit: Ratio::from_raw(self.charter.leverage_limit.get()),
            serves,
        };
        Ok(FoundingVault {
            operator: self.operator.account,
            asset: self.asset,
            charter,
            limits: Limits {
                deposit_cap: self.deposit_cap,
                ..Limits::default()
            },
            deposits: self
                .stakes
                .iter()
                .map(|stake| (stake.owner.account, stake.amount))
                .collect(),
            pledges: self
                .pledges
                .iter()
                .map(|pledge| (pledge.service, Magnitude::new(pledge.magnitude.get())))
                .collect(),
        })
    }
}

impl Document {
    /// What the state machine brings about after the modules have started.
    pub(crate) fn world(&self) -> Result<World, GenesisError> {
        let operators = self.operators.iter().map(|one| {
            let metadata = delegation::Metadata::new(&one.name.0, &one.uri.0);
            let metadata =
                metadata.map_err(|_| wrong("an operator's name is 1 to 64 bytes, its uri visible")())?;
            Ok(FoundingOperator {
                account: one.account.account,
                metadata,
            })
        });
        let services = self.services.iter().map(|one| {
            Ok(FoundingService {
                owner: one.owner.account,
                terms: one.terms()?,
                program: one.program.as_ref().map(|program| program.0.clone()),
                feeds: one.feeds.iter().map(Feed::founding).collect(),
                members: one.members.iter().map(member).collect(),
                active: one.active,
            })
        });
        Ok(World {
            operators: operators.collect::<Result<_, GenesisError>>()?,
            services: services.collect::<Result<_, GenesisError>>()?,
            vaults: self
                .vaults
                .iter()
                .map(Vault::founding)
                .collect::<Result<_, _>>()?,
        })
    }

    /// The ids of the document's vaults, in its order.
    pub(crate) fn vault_ids(&self, state: &State) -> Result<Vec<Digest>, GenesisError> {
        let all = vaults::query::vaults(state, None, usize::from(u16::MAX)).map_err(RuntimeError::from)?;
        let mut ids: Vec<Digest> = all.into_iter().map(|(id, _)| id).collect();
        ids.sort_unstable_by_key(vaults::number_of);
        Ok(ids)
    }

    /// Every address that stands in this part of the document.
    pub(crate) fn world_addresses(&self) -> Vec<Address> {
        let mut all: Vec<Address> = self.operators.iter().map(|one| one.account).collect();
        for one in &self.services {
            all.push(one.owner);
            all.extend(one.recipient.into_iter().chain(one.slasher));
            all.extend(&one.vetoers);
            all.extend(one.members.iter().map(|member| member.operator));
            let funds = one.feeds.iter().flat_map(|feed| &feed.funds);
            all.extend(funds.map(|fund| fund.owner));
        }
        for one in &self.vaults {
            all.push(one.operator);
            all.extend(one.stakes.iter().map(|stake| stake.owner));
        }
        all
    }
}

fn member(member: &Member) -> FoundingMember {
    FoundingMember {
        operator: member.operator.account,
        key: KeyBytes(member.key.0),
        possession: SignatureBytes(member.proof_of_possession.0),
    }
}
