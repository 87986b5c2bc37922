//! What a new chain finds besides accounts and validators: operators, services, vaults, and what they pledge.
//!
//! All of it is brought in by the very messages that users send, so that nothing begins which could not have come about;
//! pledges alone bind at once, since there is nobody yet whom their delay would protect.

use crate::modules::{Message, ModuleError};
use assets::{SetPriceSource, Source};
use attested::SetProgram;
use crypto::bls::{KeyBytes, SignatureBytes};
use delegation::{Allocate, Metadata, Register};
use dss::{Join, Terms};
use kernel::{Ctx, StateError};
use oracle::{CreateFeed, Rules};
use primitives::{AccountId, Amount, AssetId, Bps, ServiceId, Shares};
use vaults::{Charter, Create, Deposit, Limits, Magnitude, VaultId};

/// What a new chain finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    /// Operators.
    pub operators: Vec<FoundingOperator>,
    /// Services, by number from 1 on.
    pub services: Vec<FoundingService>,
    /// Vaults, in the order of their numbers.
    pub vaults: Vec<FoundingVault>,
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundingOperator {
    /// Its account.
    pub account: AccountId,
    /// What it says about itself.
    pub metadata: Metadata,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundingService {
    /// Whose it is; the bond comes out of what it holds.
    pub owner: AccountId,
    /// What it asks.
    pub terms: Terms,
    /// What judges its answers, if anything does.
    pub program: Option<Vec<u8>>,
    /// Its feeds, by number from the last service's on.
    pub feeds: Vec<FoundingFeed>,
    /// Who serves it.
    pub members: Vec<FoundingMember>,
    /// Whether it is open from the start.
    pub active: bool,
}

/// A feed of an oracle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundingFeed {
    /// What it is.
    pub rules: Rules,
    /// Who has put down how much for its rounds, out of what it holds.
    pub funds: Vec<(AccountId, Amount)>,
    /// Whether the valuation of what it prices follows it.
    pub values: bool,
}

/// A member of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundingMember {
    /// Who.
    pub operator: AccountId,
    /// With which key.
    pub key: KeyBytes,
    /// That it holds the key.
    pub possession: SignatureBytes,
}

/// A vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundingVault {
    /// Whose it is.
    pub operator: AccountId,
    /// What it holds.
    pub asset: AssetId,
    /// What services may do with it.
    pub charter: Charter,
    /// What binds deposits.
    pub limits: Limits,
    /// Who has put how much into it, out of what it holds.
    pub deposits: Vec<(AccountId, Amount)>,
    /// What it pledges to whom.
    pub pledges: Vec<(ServiceId, Magnitude)>,
}

/// Brings a world about.
pub(super) fn found(ctx: &mut Ctx<'_>, world: World) -> Result<(), ModuleError> {
    for operator in world.operators {
        // A validator's operator is one already.
        if !delegation::is_operator(ctx, &operator.account).map_err(broken)? {
            let metadata = operator.metadata;
            let message = Message::Delegation(delegation::Msg::Register(Register { metadata }));
            message.execute(ctx, operator.account)?;
        }
    }
    let mut opened = Vec::new();
    let mut feeds = 0_u64..;
    for mut service in world.services {
        let (owner, active) = (service.owner, service.active);
        let founding = core::mem::take(&mut service.feeds);
        let id = offer(ctx, service)?;
        // Order: a number is taken only where there is a feed.
        for (feed, number) in founding.into_iter().zip(feeds.by_ref()) {
            start_feed(ctx, (owner, id), number, feed)?;
        }
        opened.extend(active.then_some((owner, id)));
    }
    for vault in world.vaults {
        fill(ctx, vault)?;
    }
    delegation::bind_all(ctx).map_err(broken)?;
    for (owner, service) in opened {
        Message::Dss(dss::Msg::Activate { service }).execute(ctx, owner)?;
    }
    Ok(())
}

fn broken(error: StateError) -> ModuleError {
    ModuleError::Delegation(error.into())
}

/// Registers a service with its program and its members, and gives its number.
fn offer(ctx: &mut Ctx<'_>, service: FoundingService) -> Result<ServiceId, ModuleError> {
    let known = dss::query::services(ctx, None, usize::from(u16::MAX)).map_err(broken)?;
    let last = known.last().map(|(id, _)| *id);
    let message = Message::Dss(dss::Msg::Register(Box::new(service.terms)));
    message.execute(ctx, service.owner)?;
    let made = dss::query::services(ctx, last, 1).map_err(broken)?;
    let id = made.first().map_or(ServiceId::CONSENSUS, |(id, _)| *id);
    if let Some(program) = service.program {
        let message = SetProgram { service: id, program };
        Message::Attested(attested::Msg::SetProgram(message)).execute(ctx, service.owner)?;
    }
    for member in service.members {
        let join = Join {
            service: id,
            key: member.key,
            possession: member.possession,
        };
        Message::Dss(dss::Msg::Join(join)).execute(ctx, member.operator)?;
    }
    Ok(id)
}

/// Starts the feed that will have this number, puts down what its rounds pay, and lets a valuation follow it.
fn start_feed(
    ctx: &mut Ctx<'_>,
    (owner, service): (AccountId, ServiceId),
    number: u64,
    feed: FoundingFeed,
) -> Result<(), ModuleError> {
    let rules = feed.rules;
    let create = oracle::Msg::CreateFeed(Box::new(CreateFeed { service, rules }));
    Message::Oracle(create).execute(ctx, owner)?;
    for (from, amount) in feed.funds {
        let fund = oracle::Msg::Fund { feed: number, amount };
        Message::Oracle(fund).execute(ctx, from)?;
    }
    if !feed.values {
        return Ok(());
    }
    let follow = SetPriceSource {
        asset: rules.pair.base,
        source: Some(Source::Feed(number)),
    };
    let registrar = assets::registrar(ctx).map_err(broken)?;
    Message::Assets(assets::Msg::SetPriceSource(follow)).execute(ctx, registrar)
}

/// Makes a vault, puts in what its owners have, and pledges it.
fn fill(ctx: &mut Ctx<'_>, vault: FoundingVault) -> Result<VaultId, ModuleError> {
    let operator = vault.operator;
    let before = vaults::query::vaults_of(ctx, &operator).map_err(broken)?;
    let create = Create {
        asset: vault.asset,
        charter: vault.charter,
        limits: vault.limits,
    };
    Message::Vaults(vaults::Msg::Create(create)).execute(ctx, operator)?;
    let after = vaults::query::vaults_of(ctx, &operator).map_err(broken)?;
    let id = after
        .into_iter()
        .find(|id| !before.contains(id))
        .unwrap_or_default();
    for (owner, amount) in vault.deposits {
        let deposit = Deposit {
            vault: id,
            amount,
            min_shares: Shares::ZERO,
            max_open_slash: Bps::ZERO,
        };
        Message::Vaults(vaults::Msg::Deposit(deposit)).execute(ctx, owner)?;
    }
    for (service, magnitude) in vault.pledges {
        enlist(ctx, &operator, service)?;
        let allocate = Allocate {
            vault: id,
            service,
            magnitude,
        };
        Message::Delegation(delegation::Msg::Allocate(allocate)).execute(ctx, operator)?;
    }
    Ok(id)
}

/// Who pledges to the chain itself serves it.
fn enlist(ctx: &mut Ctx<'_>, operator: &AccountId, service: ServiceId) -> Result<(), ModuleError> {
    let serves = delegation::membership(ctx, operator, service).map_err(broken)?;
    if service != ServiceId::CONSENSUS || serves.is_some() {
        return Ok(());
    }
    delegation::join(ctx, operator, service).map_err(ModuleError::Delegation)
}
