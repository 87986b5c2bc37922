//! What people and operators do with what is restaked, as steps of a story, and what must come of it.
//!
//! ```text
//! remember                       what every vault holds, and every operator and person, from here on
//! task TEXT fee 3pal             alice posts a task of the first service, and pays for it
//! answer node0,node1 right       operators sign and show an answer: the right one, or another
//! certified within 20s           a quorum has answered alike
//! prove node3                    carol shows what node3 has signed: the service's program judges it
//! twice node3                    node3 signs a second answer, and carol shows both
//! ask node2 5%                   alice, the service's slasher, asks for a slash on her word alone
//! veto                           dave stops it
//! ended vetoed within 20s        it is vetoed, or executed
//! lost node3 10%                 every vault that node3 pledges to the service holds so much less than remembered
//! kept node2                     every vault of node2 holds what it did
//! earned bob v0 within 30s        bob's shares have earned something; he claims it, and has more PAL than before
//! deposit bob v0,v2 2eth         bob puts something into each
//! withdraw bob v0                bob starts to take all of it out
//! leaving bob v0                 he is not paid yet
//! paid bob v0 within 30s         he is, and what he put in is back
//! propose set_vaults max_withdrawals=9     alice proposes a change, which could be made as things stand
//! unfit REASON set_vaults FIELD=VALUE      a change is refused for this reason before it is sent
//! vote node0,node1 yes           operators vote: yes, no or abstain
//! decided executed within 30s    the proposal stands there: waiting, executed, rejected, ignored or failed
//! stands set_vaults max_withdrawals=9      what stands is so
//! halted service/1 within 5s     it stands still by a decision
//! running service/1 within 30s   it goes on
//! power                          what every epoch since the last look was made of; each bound of power and price held
//! cap ETH 85%                    alice, the registrar, lets an asset be so much of the power
//! price ETH 240pal               alice names what a valuation is to follow: a price, or `feed` for the asset's feed
//! unbond node0,node1 9pal        operators start to take out so much of what they have bonded
//! moved 60% from PAL to ETH      so much of the power has gone from the one to the other since the first look
//! held ETH                       in an epoch that was looked at, power was held up that a fall of the price would have taken
//! rises ETH / decays ETH         in the last epoch its valuation went up, or down, and no further than it may
//! steady within 10 views         no block took more views since what is remembered
//! ```

use crate::span::Span;
use primitives::Amount;

/// One thing that is done with what is restaked, or must have come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Note what there is.
    Remember,
    /// A task is posted, for a fee in npal.
    Task(String, Amount),
    /// Nodes answer it, rightly or not.
    Answer(Vec<usize>, bool),
    /// A quorum has answered alike, in time.
    Certified(Span),
    /// What a node has signed is shown.
    Prove(usize),
    /// A node signs a second answer, and both are shown.
    Twice(usize),
    /// A slash of so many basis points is asked for.
    Ask(usize, u32),
    /// It is stopped.
    Veto,
    /// It has ended so, in time: `vetoed` or `executed`.
    Ended(String, Span),
    /// A node's vaults have lost so many basis points.
    Lost(usize, u32),
    /// A node's vaults have lost nothing.
    Kept(usize),
    /// A person's shares of a vault have earned something, in time, and it is claimed.
    Earned(String, usize, Span),
    /// A person puts so much, in thousandths of a whole unit, into each of the vaults with these numbers.
    Deposit(String, Vec<usize>, u128),
    /// A person takes all out of a vault.
    Withdraw(String, usize),
    /// And is not paid yet.
    Leaving(String, usize),
    /// And is, in time.
    Paid(String, usize, Span),
    /// A change is proposed: an action's name, and its fields as text.
    Propose((String, Vec<(String, String)>)),
    /// A change is refused for this reason.
    Unfit(String, (String, Vec<(String, String)>)),
    /// Nodes vote so.
    Vote(Vec<usize>, String),
    /// The proposal stands there, in time.
    Decided(String, Span),
    /// What stands is so.
    Stands((String, Vec<(String, String)>)),
    /// Something stands still, or goes on, in time.
    Halted(String, bool, Span),
    /// What the power was made of since the last look.
    Power,
    /// An asset may be so many basis points of the power.
    Cap(String, u32),
    /// What an asset's valuation is to follow.
    Price(String, Priced),
    /// Nodes' operators take so much, in npal, out of their bonds.
    Unbond(Vec<usize>, Amount),
    /// So many basis points of the power have gone from one asset to another.
    Moved(String, String, u32),
    /// Power of an asset was held up.
    Held(String),
    /// A valuation goes up as fast as it may.
    Rises(String),
    /// A valuation that nobody states goes down as fast as it may.
    Decays(String),
    /// No block took more views.
    Steady(u64),
}

/// What a valuation follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Priced {
    /// The asset's feed.
    Feed,
    /// A price of one whole, in npal.
    Stated(Amount),
}

/// Reads a deed; `None` for a step of another kind.
pub(crate) fn parse(words: &[&str], nodes: usize) -> Option<Result<Deed, String>> {
    let deed = match words {
        ["remember"] => Ok(Deed::Remember),
        ["task", text, "fee", fee] => client::amount::parse_pal(fee)
            .map(|fee| Deed::Task((*text).to_owned(), fee))
            .map_err(|error| error.to_string()),
        ["answer", who, how @ ("right" | "wrong")] => {
            indices(who, nodes).map(|who| Deed::Answer(who, *how == "right"))
        }
        ["certified", "within", limit] => span(limit).map(Deed::Certified),
        ["prove", node] => index(node, nodes).map(Deed::Prove),
        ["twice", node] => index(node, nodes).map(Deed::Twice),
        ["ask", node, part] => index(node, nodes).and_then(|node| Ok(Deed::Ask(node, percent(part)?))),
        ["veto"] => Ok(Deed::Veto),
        ["ended", how @ ("vetoed" | "executed"), "within", limit] => {
            span(limit).map(|limit| Deed::Ended((*how).to_owned(), limit))
        }
        ["lost", node, part] => index(node, nodes).and_then(|node| Ok(Deed::Lost(node, percent(part)?))),
        ["kept", node] => index(node, nodes).map(Deed::Kept),
        ["earned", who, vault, "within", limit] => {
            number(vault).and_then(|vault| Ok(Deed::Earned((*who).to_owned(), vault, span(limit)?)))
        }
        ["deposit", who, vault, much] => {
            let vaults: Result<Vec<usize>, String> = vault.split(',').map(number).collect();
            vaults.and_then(|vaults| Ok(Deed::Deposit((*who).to_owned(), vaults, thousandths(much)?)))
        }
        ["withdraw", who, vault] => number(vault).map(|vault| Deed::Withdraw((*who).to_owned(), vault)),
        ["leaving", who, vault] => number(vault).map(|vault| Deed::Leaving((*who).to_owned(), vault)),
        ["paid", who, vault, "within", limit] => {
            number(vault).and_then(|vault| Ok(Deed::Paid((*who).to_owned(), vault, span(limit)?)))
        }
        _ => return parse_decision(words, nodes).or_else(|| of_power(words, nodes)),
    };
    Some(deed)
}

/// Reads a deed that has to do with where power comes from.
fn of_power(words: &[&str], nodes: usize) -> Option<Result<Deed, String>> {
    let own = |asset: &str| asset.to_owned();
    let deed = match words {
        ["power"] => Ok(Deed::Power),
        ["cap", asset, part] => percent(part).map(|part| Deed::Cap(own(asset), part)),
        ["price", asset, "feed"] => Ok(Deed::Price(own(asset), Priced::Feed)),
        ["price", asset, price] => pal(price).map(|price| Deed::Price(own(asset), Priced::Stated(price))),
        ["unbond", who, much] => indices(who, nodes).and_then(|who| Ok(Deed::Unbond(who, pal(much)?))),
        ["moved", part, "from", from, "to", to] => {
            percent(part).map(|part| Deed::Moved(own(from), own(to), part))
        }
        ["held", asset] => Ok(Deed::Held(own(asset))),
        ["rises", asset] => Ok(Deed::Rises(own(asset))),
        ["decays", asset] => Ok(Deed::Decays(own(asset))),
        ["steady", "within", views, "views"] => views
            .parse()
            .map(Deed::Steady)
            .map_err(|_| format!("`{views}` is no number of views")),
        _ => return None,
    };
    Some(deed)
}

/// Reads a deed about decisions.
fn parse_decision(words: &[&str], nodes: usize) -> Option<Result<Deed, String>> {
    const PHASES: [&str; 5] = ["waiting", "executed", "rejected", "ignored", "failed"];
    Some(match words {
        ["propose", name, fields @ ..] => wanted(name, fields).map(Deed::Propose),
        ["unfit", reason, name, fields @ ..] => {
            wanted(name, fields).map(|wanted| Deed::Unfit((*reason).to_owned(), wanted))
        }
        ["vote", who, choice @ ("yes" | "no" | "abstain")] => {
            indices(who, nodes).map(|who| Deed::Vote(who, (*choice).to_owned()))
        }
        ["decided", how, "within", limit] if PHASES.contains(how) => {
            span(limit).map(|limit| Deed::Decided((*how).to_owned(), limit))
        }
        ["stands", name, fields @ ..] => wanted(name, fields).map(Deed::Stands),
        [how @ ("halted" | "running"), subject, "within", limit] => {
            span(limit).map(|limit| Deed::Halted((*subject).to_owned(), *how == "halted", limit))
        }
        _ => return None,
    })
}

/// An action's name and its fields.
fn wanted(name: &str, fields: &[&str]) -> Result<(String, Vec<(String, String)>), String> {
    let fields = fields.iter().map(|text| {
        let pair = text.split_once('=');
        pair.map(|(field, value)| (field.to_owned(), value.to_owned()))
            .ok_or_else(|| format!("`{text}` is no field: write FIELD=VALUE"))
    });
    let fields = fields.collect::<Result<Vec<_>, String>>()?;
    client::action::build(name, None, &fields).map_err(|error| error.to_string())?;
    Ok((name.to_owned(), fields))
}

fn indices(who: &str, nodes: usize) -> Result<Vec<usize>, String> {
    who.split(',').map(|node| index(node, nodes)).collect()
}

fn pal(text: &str) -> Result<Amount, String> {
    client::amount::parse_pal(text).map_err(|error| error.to_string())
}

fn index(node: &str, nodes: usize) -> Result<usize, String> {
    (0..nodes)
        .find(|index| crate::name::node(*index) == node)
        .ok_or_else(|| format!("there is no {node}: the last is node{}", nodes.saturating_sub(1)))
}

fn number(vault: &str) -> Result<usize, String> {
    let digits = vault.strip_prefix('v').and_then(|digits| digits.parse().ok());
    digits.ok_or_else(|| format!("`{vault}` is no vault: they are v0 and up"))
}

fn span(text: &str) -> Result<Span, String> {
    text.parse().map_err(|error: crate::SpanError| error.to_string())
}

fn percent(text: &str) -> Result<u32, String> {
    let whole = text
        .strip_suffix('%')
        .and_then(|digits| digits.parse::<u32>().ok());
    whole
        .filter(|whole| (1..=100).contains(whole))
        .map(|whole| whole * 100)
        .ok_or_else(|| format!("`{text}` is no part: write 1% to 100%"))
}

/// How much of a vault's asset, whose symbol is checked when it is known.
fn thousandths(text: &str) -> Result<u128, String> {
    let written: client::amount::Written = text
        .parse()
        .map_err(|error: client::amount::AmountError| error.to_string())?;
    written
        .in_base_units(3)
        .map(Amount::get)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Deed, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        parse(&words, 4).unwrap_or_else(|| Err("is no deed".to_owned()))
    }

    #[test]
    fn every_deed_is_read() {
        assert_eq!(
            read("answer node0,node2 wrong"),
            Ok(Deed::Answer(vec![0, 2], false))
        );
        assert_eq!(
            read("task hello fee 3pal"),
            Ok(Deed::Task("hello".into(), Amount::new(3_000_000_000)))
        );
        assert_eq!(read("ask node2 5%"), Ok(Deed::Ask(2, 500)));
        assert_eq!(
            read("propose stop_slash request_id=3"),
            Ok(Deed::Propose((
                "stop_slash".into(),
                vec![("request_id".into(), "3".into())]
            )))
        );
        assert_eq!(
            read("deposit bob v3 0.5eth"),
            Ok(Deed::Deposit("bob".into(), vec![3], 500))
        );
        assert_eq!(
            read("deposit alice v0,v2 1eth"),
            Ok(Deed::Deposit("alice".into(), vec![0, 2], 1_000))
        );
        assert_eq!(
            read("price ETH 240pal"),
            Ok(Deed::Price(
                "ETH".into(),
                Priced::Stated(Amount::new(240_000_000_000))
            ))
        );
        assert_eq!(
            read("price ETH feed"),
            Ok(Deed::Price("ETH".into(), Priced::Feed))
        );
        assert_eq!(
            read("moved 60% from PAL to ETH"),
            Ok(Deed::Moved("PAL".into(), "ETH".into(), 6_000))
        );
        assert_eq!(read("steady within 10 views"), Ok(Deed::Steady(10)));
    }

    #[test]
    fn what_is_wrong_with_one_is_said() {
        for (bad, part) in [
            ("answer node9 right", "there is no node9"),
            ("answer node0 perhaps", "is no deed"),
            ("ask node0 0%", "is no part"),
            ("task x fee 3", "no unit"),
            ("withdraw bob 7", "is no vault"),
            ("ended maybe within 5s", "is no deed"),
            ("certified within soon", "not a duration"),
            ("propose set_moon", "is no action"),
            ("propose set_vaults x=1", "has no field"),
            ("propose set_vaults x", "is no field"),
            ("decided maybe within 5s", "is no deed"),
            ("price ETH 240", "no unit"),
            ("unbond node7 1pal", "there is no node7"),
            ("deposit alice v0,2 1eth", "is no vault"),
            ("steady within some views", "no number of views"),
        ] {
            let error = read(bad).unwrap_err();
            assert!(error.contains(part), "{bad}: {error}");
        }
    }
}
