//! Starting a feed, changing its bounds, ending it.

use crate::error::Error;
use crate::event::{BoundsSet, FeedCreated, FeedEnded};
use crate::msg::CreateFeed;
use crate::state::{self, BY_SERVICE, FEED_COUNT, FEEDS, PARAMS, SCHEDULE};
use crate::types::{Bounds, Feed};
use crate::verify::{MISMATCH, OUT_OF_BOUNDS};
use dss::{Kind, Nature, Phase, Terms};
use kernel::{Ctx, StateError};
use primitives::{AccountId, ServiceId};

/// Shall: only the owner of a service of this kind that is not over, whose terms have a class for each fault; no more feeds
/// than a service may have; rounds as long as parameters allow, so that a round is over before its snapshot is. The first
/// round is due at once.
pub(crate) fn create(ctx: &mut Ctx<'_>, sender: AccountId, message: &CreateFeed) -> Result<(), Error> {
    let CreateFeed { service, rules } = *message;
    let record = owned(ctx, sender, service)?;
    if !matches!(record.phase, Phase::Draft | Phase::Active) {
        return Err(dss::Error::WrongPhase(record.phase).into());
    }
    has_classes(&record.terms)?;
    let params = PARAMS.require(ctx)?;
    if rules.every < params.shortest_round {
        return Err(Error::BadFeed(
            "rounds follow each other faster than the chain allows",
        ));
    }
    let longest = dss::query::params(ctx)?.longest_task;
    if rules.commit.saturating_add(rules.reveal) > longest {
        return Err(Error::BadFeed("a round is longer than a service's task may be"));
    }
    let limit = usize::from(params.feeds_per_service);
    if BY_SERVICE.range_of(ctx, &service, None, limit)?.len() >= limit {
        return Err(Error::TooManyFeeds {
            limit: params.feeds_per_service,
        });
    }
    let id = FEED_COUNT.or_default(ctx)?;
    let feed = Feed {
        service,
        rules,
        rounds: 0,
        open: false,
        due: ctx.chain_clock(),
        ended: false,
        deposits: 0,
    };
    FEED_COUNT.put(ctx, &id.saturating_add(1))?;
    FEEDS.put(ctx, &id, &feed)?;
    BY_SERVICE.put(ctx, &(service, id), &())?;
    SCHEDULE.put(ctx, &(feed.due, id), &())?;
    Ok(ctx.emit(&FeedCreated {
        feed: id,
        service,
        rules,
    })?)
}

/// The record of a service of this kind that `sender` owns.
fn owned(ctx: &Ctx<'_>, sender: AccountId, service: ServiceId) -> Result<dss::Record, Error> {
    let record = dss::service(ctx, service)?;
    if record.owner != sender {
        return Err(dss::Error::NotOwner(service).into());
    }
    if record.terms.kind != Kind::Oracle {
        return Err(Error::OtherKind(record.terms.kind));
    }
    Ok(record)
}

/// Every fault that can be proven has a class of its own.
fn has_classes(terms: &Terms) -> Result<(), Error> {
    let objective = |class: u8| {
        let class = terms.classes.get(usize::from(class));
        class.is_some_and(|class| class.nature == Nature::Objective)
    };
    if terms.equivocation.is_some() && objective(MISMATCH) && objective(OUT_OF_BOUNDS) {
        Ok(())
    } else {
        Err(Error::BadFeed(
            "the service has objective classes for two values (its class of equivocation), for a value that was not committed to (1) and for one out of bounds (2)",
        ))
    }
}

/// Shall: only the owner; a round that is open keeps its own.
pub(crate) fn set_bounds(ctx: &mut Ctx<'_>, sender: AccountId, id: u64, bounds: Bounds) -> Result<(), Error> {
    let mut feed = state::feed(ctx, id)?;
    owned(ctx, sender, feed.service)?;
    if feed.ended {
        return Err(Error::Ended(id));
    }
    feed.rules.bounds = bounds;
    FEEDS.put(ctx, &id, &feed)?;
    Ok(ctx.emit(&BoundsSet { feed: id, bounds })?)
}

/// Shall: only the owner; a round that is open goes to its end; what subscribers put down stays theirs to take.
pub(crate) fn end(ctx: &mut Ctx<'_>, sender: AccountId, id: u64) -> Result<(), Error> {
    let mut feed = state::feed(ctx, id)?;
    owned(ctx, sender, feed.service)?;
    if feed.ended {
        return Err(Error::Ended(id));
    }
    if !feed.open {
        SCHEDULE.remove(ctx, &(feed.due, id))?;
    }
    Ok(finish(ctx, id, &mut feed)?)
}

/// Notes that no more rounds open.
pub(crate) fn finish(ctx: &mut Ctx<'_>, id: u64, feed: &mut Feed) -> Result<(), StateError> {
    feed.ended = true;
    FEEDS.put(ctx, &id, feed)?;
    BY_SERVICE.remove(ctx, &(feed.service, id))?;
    ctx.emit(&FeedEnded {
        feed: id,
        service: feed.service,
    })
}
