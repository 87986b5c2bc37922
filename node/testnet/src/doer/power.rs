//! Where power comes from, epoch by epoch: what moves it, and whether it moved only as far as it may.

use super::{Doer, Outcome, operator, pal, said, settle};
use crate::deed::Priced;
use crate::name;
use crate::world::restaking::{TOKENS, Token, oracle};
use crate::world::{self, PAL};
use client::{Client, amount};
use primitives::{Amount, Bps, Rounding, mul_div};
use proto::assets::v1 as assets;
use proto::ledger::v1::ListBlocksRequest;
use proto::staking::v1 as staking;
use proto::tx::v1::message::Message as Kind;
use std::collections::BTreeMap;

/// 10^18: what prices are parts of.
const WHOLE: u128 = 1_000_000_000_000_000_000;
/// The fewest validators of which none has a third of the weight.
const SPREAD: usize = 4;
/// The most epochs that one look goes back: those that the chain can explain, but for the one to come.
const REMEMBERED: u64 = 7;

/// What an epoch's power was made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    epoch: u64,
    power: staking::EpochPower,
    /// By validator.
    validators: BTreeMap<String, staking::ValidatorPower>,
}

/// How far valuations may go in an epoch.
#[derive(Clone, Copy, Debug)]
struct Pace {
    rise: Bps,
    decay: Bps,
}

fn number(text: &str) -> u128 {
    text.parse().unwrap_or(0)
}

/// The token with this symbol, or PAL.
fn asset(symbol: &str) -> Outcome<u32> {
    if symbol.eq_ignore_ascii_case("pal") {
        return Ok(0);
    }
    token(symbol).map(|token| token.id)
}

fn token(symbol: &str) -> Outcome<&'static Token> {
    let found = TOKENS
        .iter()
        .find(|token| token.symbol.eq_ignore_ascii_case(symbol));
    found.ok_or_else(|| {
        let all: Vec<&str> = TOKENS.iter().map(|token| token.symbol).collect();
        format!("there is no {symbol}: there are PAL, {}", all.join(", "))
    })
}

fn symbol(id: u32) -> String {
    let found = TOKENS.iter().find(|token| token.id == id);
    found.map_or_else(
        || {
            if id == 0 {
                "PAL".to_owned()
            } else {
                format!("asset {id}")
            }
        },
        |token| token.symbol.to_owned(),
    )
}

/// A part of a whole in basis points; nothing of nothing.
fn bps(part: u128, whole: u128) -> u128 {
    mul_div(part, 10_000, whole.max(1), Rounding::Down).unwrap_or(10_000)
}

fn percent(bps: u128) -> String {
    format!("{}.{:02} %", bps / 100, bps % 100)
}

impl Seen {
    /// What each asset counted for of those who were chosen, after every cap.
    fn by_asset(&self) -> BTreeMap<u32, u128> {
        let mut sums = BTreeMap::new();
        let chosen = self.validators.values().filter(|one| number(&one.power) > 0);
        for part in chosen.flat_map(|one| &one.parts) {
            *sums.entry(part.asset_id).or_default() += number(&part.counted);
        }
        sums
    }

    fn share(&self, asset: u32) -> u128 {
        let sums = self.by_asset();
        bps(sums.get(&asset).copied().unwrap_or(0), sums.values().sum())
    }

    fn price(&self, asset: u32) -> Option<u128> {
        let found = self.power.assets.iter().find(|one| one.asset_id == asset);
        found.map(|one| number(&one.price))
    }

    fn in_words(&self) -> String {
        let all: u128 = self.by_asset().values().sum();
        let parts = self.by_asset().into_iter().filter(|(_, sum)| *sum > 0);
        let parts: Vec<String> = parts
            .map(|(asset, sum)| format!("{} {}", symbol(asset), percent(bps(sum, all))))
            .collect();
        let whole = all / PAL * PAL;
        format!(
            "epoch {}: {} of {}",
            self.epoch,
            parts.join(", "),
            pal(&whole.to_string())
        )
    }

    /// What must be so of one epoch by itself: caps, and nobody chosen who counts for nothing.
    fn stands(&self) -> Outcome {
        let wrong = |what: String| Err(format!("epoch {}: {what}", self.epoch));
        if self.power.kept {
            return wrong("nobody was chosen, so the set before was kept".to_owned());
        }
        if self.power.concentrated && self.validators.len() >= SPREAD {
            return wrong("one validator has a third of the power".to_owned());
        }
        for (validator, one) in &self.validators {
            let steps = [&one.value, &one.counted, &one.capped, &one.power].map(|text| number(text));
            if steps.windows(2).any(|pair| pair[0] < pair[1]) {
                return wrong(format!("a step gave {validator} more: {steps:?}"));
            }
            if number(&one.capped) > number(&self.power.most) {
                return wrong(format!("{validator} counts for more than one validator may"));
            }
            for part in one.parts.iter().filter(|part| !part.held_up) {
                if number(&part.value) > worth(part, number(&part.backing))? {
                    return wrong(format!("{validator} has a part worth more than its price says"));
                }
            }
        }
        for (asset, sum) in self.by_asset() {
            let found = self.power.assets.iter().find(|one| one.asset_id == asset);
            let most = found.map_or(0, |one| number(&one.most));
            if sum > most {
                return wrong(format!(
                    "{} counts for {sum} npal, where its cap is {most}",
                    symbol(asset)
                ));
            }
        }
        Ok(())
    }

    /// What must be so of an epoch after the one before: nobody rises, or falls by prices, by more than the bound; what is
    /// gone counts no more; no valuation rises faster than it may.
    fn follows(&self, before: &Self, pace: Pace) -> Outcome {
        let wrong = |what: String| Err(format!("epoch {}: {what}", self.epoch));
        let change = number(&self.power.change);
        for (validator, one) in &self.validators {
            let Some(old) = before.validators.get(validator) else {
                continue;
            };
            let rise = number(&one.power).saturating_sub(number(&old.power));
            if rise > change {
                return wrong(format!(
                    "{validator} rose by {rise} npal, where {change} is the bound"
                ));
            }
            let (fall, gone) = falls(one, old)?;
            let rounding = u128::try_from(one.parts.len()).unwrap_or(u128::MAX);
            if number(&old.power) > 0 && number(&one.power) > 0 && fall > change.saturating_add(rounding) {
                return wrong(format!(
                    "{validator} fell by {fall} npal for prices alone, where {change} is the bound"
                ));
            }
            if let Some(part) = gone {
                return wrong(format!(
                    "{validator} still has power of what is gone from {}",
                    if part.is_empty() { "its bond" } else { part }
                ));
            }
        }
        for one in &self.power.assets {
            let Some(old) = before.price(one.asset_id) else {
                continue;
            };
            let most = old.saturating_add(pace.rise.of(old, Rounding::Up).map_err(said)?);
            if number(&one.price) > most {
                return wrong(format!(
                    "the valuation of {} rose to {}, where {most} is the bound",
                    symbol(one.asset_id),
                    one.price
                ));
            }
        }
        Ok(())
    }
}

/// What so much of a holding's asset counts for, in npal.
fn worth(part: &staking::PowerPart, backing: u128) -> Outcome<u128> {
    let whole = mul_div(backing, number(&part.price), WHOLE, Rounding::Down).map_err(said)?;
    let kept = 10_000u32.saturating_sub(part.haircut_bps);
    mul_div(whole, u128::from(kept), 10_000, Rounding::Down).map_err(said)
}

/// By how much what backed before and still does fell because of prices, together; and the first holding of which less
/// backs, although no less counts, at a price that did not rise.
fn falls<'a>(
    now: &'a staking::ValidatorPower,
    old: &staking::ValidatorPower,
) -> Outcome<(u128, Option<&'a str>)> {
    let mut fall = 0u128;
    let mut gone = None;
    for part in &now.parts {
        let Some(was) = old.parts.iter().find(|was| was.vault == part.vault) else {
            continue;
        };
        let (backing, backed) = (number(&part.backing), number(&was.backing));
        if backed == 0 {
            continue;
        }
        let still = mul_div(number(&was.value), backing.min(backed), backed, Rounding::Up).map_err(said)?;
        // What came in since counts by its price alone.
        let added = worth(part, backing.saturating_sub(backed))?;
        let kept = number(&part.value).saturating_sub(added);
        fall = fall.saturating_add(still.saturating_sub(kept));
        if backing < backed && number(&part.price) <= number(&was.price) && number(&part.value) > still {
            gone = gone.or(Some(part.vault.as_str()));
        }
    }
    Ok((fall, gone))
}

impl Doer<'_> {
    fn pace(&self) -> Outcome<Pace> {
        let parameters = world::genesis(self.spec).map_err(said)?.document.parameters;
        Ok(Pace {
            rise: parameters.valuation.rise,
            decay: parameters.valuation.decay,
        })
    }

    /// What an epoch's power was made of; the present one's for none.
    async fn seen(&self, client: &Client, epoch: Option<u64>) -> Outcome<Seen> {
        let mut service = client.validators();
        let request = staking::ListPowersRequest {
            epoch,
            page_size: 200,
            ..staking::ListPowersRequest::default()
        };
        let page = client.unary(service.list_powers(request)).await.map_err(said)?;
        let power = page
            .epoch
            .ok_or("the node does not say what the epoch was made of")?;
        let mut validators = BTreeMap::new();
        for one in page.powers {
            let mut service = client.validators();
            let request = staking::ExplainPowerRequest {
                validator: one.validator.clone(),
                epoch: Some(power.epoch),
                ..staking::ExplainPowerRequest::default()
            };
            let answer = client.unary(service.explain_power(request)).await.map_err(said)?;
            let explained = answer
                .power
                .ok_or("the node does not explain a validator's power")?;
            validators.insert(one.validator, explained);
        }
        Ok(Seen {
            epoch: power.epoch,
            power,
            validators,
        })
    }

    /// Looks at every epoch since the last look, and holds each against its bounds and the one before.
    pub(super) async fn power(&self, client: &Client) -> Outcome<String> {
        let pace = self.pace()?;
        let now = self.seen(client, None).await?;
        now.stands()?;
        let mut told = Vec::new();
        let mut last = self.recall(|memory| memory.epochs.last().cloned());
        if let Some(before) = &mut last {
            let first = before.epoch.max(now.epoch.saturating_sub(REMEMBERED)) + 1;
            for epoch in first..now.epoch {
                let between = self.seen(client, Some(epoch)).await?;
                between.stands()?;
                if epoch == before.epoch + 1 {
                    between.follows(before, pace)?;
                }
                told.push(between.in_words());
                *before = between.clone();
                self.note(|memory| memory.epochs.push(between));
            }
            if now.epoch == before.epoch + 1 {
                now.follows(before, pace)?;
            }
        }
        told.push(now.in_words());
        self.note(|memory| {
            memory.epochs.retain(|one| one.epoch != now.epoch);
            memory.epochs.push(now);
        });
        Ok(told.join("; "))
    }

    fn looks(&self) -> Outcome<(Seen, Seen)> {
        let ends = self.recall(|memory| memory.epochs.first().cloned().zip(memory.epochs.last().cloned()));
        ends.ok_or_else(|| "the power was not looked at yet".to_owned())
    }

    /// Whether so much of the power has gone from one asset to another since the first look.
    pub(super) fn moved(&self, from: &str, to: &str, wanted: u32) -> Outcome<String> {
        let (first, last) = self.looks()?;
        let (from, to) = (asset(from)?, asset(to)?);
        let lost = first.share(from).saturating_sub(last.share(from));
        let won = last.share(to).saturating_sub(first.share(to));
        let told = format!(
            "{} went from {} to {}, {} from {} to {}",
            symbol(from),
            percent(first.share(from)),
            percent(last.share(from)),
            symbol(to),
            percent(first.share(to)),
            percent(last.share(to))
        );
        if lost.min(won) >= u128::from(wanted) {
            Ok(told)
        } else {
            Err(told)
        }
    }

    /// Whether power is held up that prices would have taken at once, in any epoch that was looked at.
    pub(super) fn held(&self, wanted: &str) -> Outcome<String> {
        let id = asset(wanted)?;
        let epochs = self.recall(|memory| memory.epochs.clone());
        for one in epochs.iter().rev() {
            let mut parts = one.validators.values().flat_map(|one| &one.parts);
            if let Some(part) = parts.find(|part| part.asset_id == id && part.held_up) {
                return Ok(format!(
                    "in epoch {} a vault still counted for {}, where its price says less",
                    one.epoch,
                    pal(&(number(&part.value) / PAL * PAL).to_string())
                ));
            }
        }
        Err(format!("no power of {wanted} was held up"))
    }

    /// Whether an asset's valuation has gone by a part of itself, up or down, and no further than it may, in every epoch
    /// between the last two looks' ends.
    pub(super) fn paced(&self, wanted: &str, up: bool) -> Outcome<String> {
        let (id, pace) = (asset(wanted)?, self.pace()?);
        let epochs = self.recall(|memory| memory.epochs.clone());
        let [.., before, now] = &epochs[..] else {
            return Err("fewer than two epochs were looked at".to_owned());
        };
        let (old, new) = before.price(id).zip(now.price(id)).ok_or("it backs nobody")?;
        let bound = if up { pace.rise } else { pace.decay };
        let most = bound.of(old, Rounding::Up).map_err(said)?;
        let went = if up {
            new.checked_sub(old)
        } else {
            old.checked_sub(new)
        };
        let told = format!(
            "{wanted} counts for {} of what it did in epoch {}",
            percent(bps(new, old)),
            before.epoch
        );
        match went {
            Some(1..) if went <= Some(most) && now.epoch == before.epoch + 1 => Ok(told),
            _ => Err(told),
        }
    }

    /// The most views that a block took since what is remembered.
    pub(super) async fn steady(&self, client: &Client, most: u64) -> Outcome<String> {
        let from = self.recall(|memory| memory.height);
        let mut headers = Vec::new();
        let mut page_token = String::new();
        loop {
            let mut ledger = client.ledger();
            let request = ListBlocksRequest {
                max_height: 0,
                page_size: 1_000,
                page_token,
            };
            let page = client.unary(ledger.list_blocks(request)).await.map_err(said)?;
            headers.extend(page.blocks.into_iter().filter_map(|block| block.header));
            page_token = page.next_page_token;
            let done = headers.last().is_none_or(|last| last.height <= from);
            if done || page_token.is_empty() {
                break;
            }
        }
        headers.retain(|one| one.height >= from);
        let views = headers.windows(2).map(|pair| {
            let before = if pair[0].epoch == pair[1].epoch {
                pair[1].view
            } else {
                0
            };
            (pair[0].view.saturating_sub(before), pair[0].height)
        });
        let (worst, height) = views.max().ok_or("there is one block alone")?;
        let told = format!(
            "{} blocks, and none took more than {worst} views (height {height})",
            headers.len()
        );
        if worst <= most { Ok(told) } else { Err(told) }
    }

    /// Lets an asset be so much of the power. Its haircut stays what genesis said.
    pub(super) async fn cap(&self, client: &Client, wanted: &str, cap: u32) -> Outcome<String> {
        let token = token(wanted)?;
        let message = assets::SetAssetTerms {
            asset_id: token.id,
            haircut_bps: u32::from(token.terms.0),
            deposit_cap: String::new(),
            power_cap_bps: cap,
        };
        let alice = self.person("alice")?;
        self.send(client, &alice.key, Kind::SetAssetTerms(message))
            .await?;
        Ok(format!(
            "{} may be {} of the power, where it might be {}",
            token.symbol,
            percent(u128::from(cap)),
            percent(u128::from(token.terms.1))
        ))
    }

    /// Names what an asset's valuation follows.
    pub(super) async fn price(&self, client: &Client, wanted: &str, priced: &Priced) -> Outcome<String> {
        use assets::set_price_source::Source;
        let token = token(wanted)?;
        let (source, told) = match priced {
            Priced::Feed => {
                let feed = oracle::feed_of(token);
                (Source::FeedId(feed), format!("it follows feed {feed}"))
            }
            Priced::Stated(npal) => {
                let whole = 10u128.pow(u32::from(token.decimals));
                let price = mul_div(npal.get(), WHOLE, whole, Rounding::Down).map_err(said)?;
                let told = format!("it is to count for {}", amount::format_pal(*npal));
                (Source::Stated(price.to_string()), told)
            }
        };
        let message = assets::SetPriceSource {
            asset_id: token.id,
            source: Some(source),
        };
        let alice = self.person("alice")?;
        self.send(client, &alice.key, Kind::SetPriceSource(message))
            .await?;
        Ok(told)
    }

    /// Operators start to take out what they have bonded.
    pub(super) async fn unbond(&self, client: &Client, nodes: &[usize], much: Amount) -> Outcome<String> {
        let mut sent = Vec::new();
        for node in nodes {
            let (key, id) = operator(self.spec, *node)?;
            let message = staking::Unbond {
                validator: id.as_bytes().to_vec().into(),
                amount: much.to_string(),
            };
            sent.push(self.offer(client, &key, Kind::Unbond(message)).await?);
        }
        for one in &sent {
            settle(client, one).await?;
        }
        let names: Vec<String> = nodes.iter().map(|node| name::node(*node)).collect();
        Ok(format!(
            "{} of each of {} are on their way out",
            amount::format_pal(much),
            names.join(", ")
        ))
    }
}
