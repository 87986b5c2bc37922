//! What is done to a testnet and what must come of it, as a list of steps: built-in stories, and files of one's own.
//!
//! A step is a line; `#` begins a comment.
//!
//! ```text
//! pay 3                                 the faucet pays three times, and each payment becomes final
//! kill node2 / stop / restart / pause / resume
//! fault partition 0,1/2,3               what `palisade testnet fault` can, and `fault clear`
//! epoch next / time warp 30d
//! assert finalized_height>=10 within 30s
//! advance 5 within 30s                  every node that runs comes this many blocks further
//! halt 5s                               for so long nothing becomes final, once what was under way is
//! jailed node2 within 60s               every node that runs knows that node2's validator is jailed
//! same                                  every node that runs has the same block at the lowest common height
//! ```

use crate::assertion::Assertion;
use crate::control::Action;
use crate::deed::{self, Deed};
use crate::devnet::parse_skew;
use crate::links::{Delay, Partition, parse_delay};
use crate::span::Span;
use proto::dev::v1alpha1::ConsensusFault;

/// The most steps of a story.
const MAX_STEPS: usize = 1_000;
/// The most payments of a step.
const MAX_PAYMENTS: u32 = 10_000;

/// What comes with the program: name, what it shows, steps.
pub const BUILT_IN: [(&str, &str, &str); 10] = [
    (
        "smoke",
        "money moves, an epoch ends, all nodes agree",
        "pay 3\nadvance 5 within 30s\nepoch next\npay 1\nsame\n",
    ),
    (
        "crash",
        "one of four dies, the others go on, it comes back and catches up",
        "pay 1\nkill node2\nassert node2.running==false within 5s\npay 2\nadvance 5 within 30s\nrestart node2\n\
         assert node2.running==true within 5s\nadvance 5 within 60s\nsame\n",
    ),
    (
        "partition",
        "two against two halt, and go on together once the links are whole",
        "pay 1\nfault partition 0,1/2,3\nhalt 4s\nfault clear\nadvance 5 within 60s\npay 1\nsame\n",
    ),
    (
        "equivocation",
        "a validator signs twice: it is slashed and jailed everywhere, and the others go on",
        "pay 1\nfault equivocate node2\njailed node2 within 60s\npay 1\nadvance 5 within 60s\nsame\n",
    ),
    (
        "slashing",
        "an operator is caught by a service's program, one is spared by a veto, one is slashed on a word, and a \
         validator contradicts itself",
        "remember\ntask hello fee 8pal\nanswer node0,node1,node2 right\ncertified within 20s\nanswer node3 wrong\n\
         prove node3\nlost node3 10%\nkept node0\ntwice node0\nlost node0 5%\n\
         ask node2 5%\nveto\nended vetoed within 10s\nask node1 5%\ntime warp 25s\nended executed within 30s\n\
         lost node1 5%\nkept node2\nfault equivocate node2\njailed node2 within 60s\nadvance 3 within 60s\nsame\n",
    ),
    (
        "rewards",
        "whoever stands behind operators that answer a task alike is paid for it, and so is whoever stands behind a \
         validator",
        "remember\ntask work fee 80pal\nanswer node0,node1,node2 right\ncertified within 20s\ntime warp 20s\nepoch next\n\
         epoch next\nearned bob v0 within 60s\nearned carol v2 within 60s\nearned bob v4 within 60s\nadvance 3 within 30s\n\
         same\n",
    ),
    (
        "exit",
        "who leaves a vault is liable until the delay is over, and is paid then by itself",
        "deposit alice v0 2eth\nremember\nwithdraw alice v0\nleaving alice v0\ntime warp 60s\nleaving alice v0\n\
         time warp 60s\npaid alice v0 within 30s\nadvance 3 within 30s\nsame\n",
    ),
    (
        "governance",
        "a change by which stake could escape is refused, another one is voted on and made, a third is voted down, and a \
         service stands still until its halt is over by itself",
        "unfit WITHDRAWAL_TOO_SHORT set_vaults withdrawal_delay_ms=60000\npropose set_vaults max_withdrawals=9\n\
         vote node0,node1,node2 yes\nvote node3 no\ntime warp 21s\ndecided waiting within 20s\ntime warp 120s\n\
         decided executed within 30s\nstands set_vaults max_withdrawals=9\npropose set_rewards pools_per_block=3\n\
         vote node0,node1 yes\nvote node2,node3 no\ntime warp 21s\ndecided rejected within 20s\n\
         propose suspend_service service_id=1 period_ms=60000\nvote node0,node1,node2 yes\ntime warp 21s\n\
         decided executed within 20s\nhalted service/1 within 5s\ntime warp 60s\nrunning service/1 within 20s\n\
         task hello fee 8pal\nadvance 3 within 60s\nsame\n",
    ),
    (
        "shift",
        "three fifths of the power go from PAL to ether, epoch by epoch, and a fall of its price to a tenth takes no more of \
         it at once than the bound",
        "remember\npower\ncap ETH 85%\n\
         unbond node0,node1,node2,node3 255000pal\ndeposit alice v0,v2,v4,v6 105eth\nepoch next\nadvance 3 within 30s\npower\n\
         unbond node0,node1,node2,node3 255000pal\ndeposit alice v0,v2,v4,v6 105eth\nepoch next\nadvance 3 within 30s\npower\n\
         unbond node0,node1,node2,node3 255000pal\ndeposit alice v0,v2,v4,v6 105eth\nepoch next\nadvance 3 within 30s\npower\n\
         moved 60% from PAL to ETH\npay 1\n\
         price ETH 240pal\nepoch next\nepoch next\nadvance 3 within 30s\npower\nheld ETH\nepoch next\nepoch next\nadvance 3 within 30s\npower\npay 1\n\
         price ETH 2400pal\nsteady within 20 views\nsame\n",
    ),
    (
        "price",
        "a price that jumps tenfold raises power by a bounded part per epoch, one that goes missing lowers it so, and neither \
         stops anything",
        "remember\npower\nprice ETH 24000pal\nepoch next\nepoch next\nadvance 3 within 30s\npower\nrises ETH\nepoch next\nadvance 3 within 30s\npower\nrises ETH\n\
         price ETH feed\nepoch next\nepoch next\nadvance 3 within 30s\npower\ndecays ETH\nepoch next\nadvance 3 within 30s\npower\ndecays ETH\npay 1\n\
         price ETH 2400pal\nsteady within 20 views\nsame\n",
    ),
];

/// A story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// Its steps, each as it was written.
    pub steps: Vec<(String, Step)>,
}

/// What is wrong with a node itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Its clock, by so many milliseconds.
    Skew(i64),
    /// Its disk takes so many milliseconds longer.
    SlowDisk(u32),
    /// Its disk takes nothing more.
    FullDisk,
    /// It takes no transactions into its blocks.
    Censor,
    /// It proposes nothing.
    Withhold,
}

/// One thing that is done, or must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The faucet pays this often.
    Pay(u32),
    /// Something is done with a node.
    Node(String, Action),
    /// The nodes are told something.
    Tell(Order),
    /// Something is true of the nodes, or becomes so in time.
    Assert(Assertion),
    /// Every node that runs comes so many blocks further in time.
    Advance(u64, Span),
    /// Nothing becomes final for so long.
    Halt(Span),
    /// A node's validator is jailed in time.
    Jailed(String, Span),
    /// All nodes that run have the same block.
    Same,
    /// Something is done with what is restaked, or must have come of it.
    Deed(Deed),
}

/// What nodes are told, to be wrong or right, or what time it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Groups of nodes are kept apart.
    Partition(Partition),
    /// What leaves a node is late or lost.
    Latency(String, Delay),
    /// A node is made wrong.
    Wrong(String, Wrong),
    /// A node's validator contradicts itself.
    Offend(String, ConsensusFault),
    /// Links are whole and nodes right again.
    Clear,
    /// The epoch ends.
    NextEpoch,
    /// The chain clock goes forward.
    Warp(Span),
}

/// Why a text is no story.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// A line is no step.
    #[error("line {line}, `{text}`: {hint}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// The line.
        text: String,
        /// What is wrong with it.
        hint: String,
    },
    /// There is none of that name.
    #[error("there is no scenario `{name}`: there are {have}, or give a file with steps")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        have: String,
    },
    /// No steps, or too many.
    #[error("a scenario has 1 to {MAX_STEPS} steps, not {0}")]
    Length(usize),
}

impl Scenario {
    /// A built-in one, for a testnet of `nodes`.
    ///
    /// # Errors
    /// [`ScenarioError::Unknown`]; [`ScenarioError::Line`] when it needs nodes that are not there.
    pub fn built_in(name: &str, nodes: usize) -> Result<Self, ScenarioError> {
        let found = BUILT_IN.into_iter().find(|(one, _, _)| *one == name);
        let Some((name, about, text)) = found else {
            return Err(ScenarioError::Unknown {
                name: name.to_owned(),
                have: BUILT_IN.map(|(name, _, _)| name).join(", "),
            });
        };
        Self::parse(name, about, text, nodes)
    }

    /// Reads the steps of a story for a testnet of `nodes`.
    ///
    /// # Errors
    /// [`ScenarioError`] names the line.
    pub fn parse(name: &str, about: &str, text: &str, nodes: usize) -> Result<Self, ScenarioError> {
        let mut steps = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let step = line.split('#').next().unwrap_or_default().trim();
            if step.is_empty() {
                continue;
            }
            let parsed = parse(step, nodes).map_err(|hint| ScenarioError::Line {
                line: number + 1,
                text: step.to_owned(),
                hint,
            })?;
            steps.push((step.to_owned(), parsed));
            if steps.len() > MAX_STEPS {
                return Err(ScenarioError::Length(steps.len()));
            }
        }
        if steps.is_empty() {
            return Err(ScenarioError::Length(0));
        }
        Ok(Self {
            name: name.to_owned(),
            about: about.to_owned(),
            steps,
        })
    }
}

fn parse(text: &str, nodes: usize) -> Result<Step, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let named = |node: &str| known(node, nodes);
    match words.as_slice() {
        ["pay", count] => match count.parse() {
            Ok(count @ 1..=MAX_PAYMENTS) => Ok(Step::Pay(count)),
            _ => Err(format!("pay 1 to {MAX_PAYMENTS} times")),
        },
        [verb @ ("kill" | "stop" | "restart" | "pause" | "resume"), node] => {
            let action = match *verb {
                "kill" => Action::Kill,
                "stop" => Action::Stop,
                "restart" => Action::Restart,
                "pause" => Action::Pause,
                _ => Action::Resume,
            };
            Ok(Step::Node(named(node)?, action))
        }
        ["fault", fault @ ..] => parse_fault(fault, nodes).map(Step::Tell),
        ["epoch", "next"] => Ok(Step::Tell(Order::NextEpoch)),
        ["time", "warp", by] => Ok(Step::Tell(Order::Warp(span(by)?))),
        ["assert", ..] => {
            let claim = text.trim_start_matches("assert").trim();
            claim
                .parse()
                .map(Step::Assert)
                .map_err(|error: crate::assertion::AssertionError| error.to_string())
        }
        ["advance", blocks, "within", limit] => {
            let blocks = blocks
                .parse()
                .map_err(|_| format!("`{blocks}` is no number of blocks"))?;
            Ok(Step::Advance(blocks, span(limit)?))
        }
        ["halt", duration] => Ok(Step::Halt(span(duration)?)),
        ["jailed", node, "within", limit] => Ok(Step::Jailed(named(node)?, span(limit)?)),
        ["same"] => Ok(Step::Same),
        _ => match deed::parse(&words, nodes) {
            Some(deed) => deed.map(Step::Deed),
            None => Err("is no step: there are pay, kill, stop, restart, pause, resume, fault, epoch next, time warp, \
                         assert, advance, halt, jailed and same; and with what is restaked remember, task, answer, \
                         certified, prove, twice, ask, veto, ended, lost, kept, earned, deposit, withdraw, leaving, \
                         paid, power, cap, price, unbond, moved, held, rises, decays and steady"
                .to_owned()),
        },
    }
}

fn parse_fault(words: &[&str], nodes: usize) -> Result<Order, String> {
    let said = |error: crate::Error| error.to_string();
    let named = |node: &str| known(node, nodes);
    match words {
        ["partition", groups] => Ok(Order::Partition(Partition::parse(groups, nodes).map_err(said)?)),
        ["latency", node, delay, loss @ ..] => {
            let loss: Vec<String> = loss.iter().map(|&word| word.to_owned()).collect();
            Ok(Order::Latency(
                named(node)?,
                parse_delay(delay, &loss).map_err(said)?,
            ))
        }
        ["clock-skew", node, skew] => Ok(Order::Wrong(
            named(node)?,
            Wrong::Skew(parse_skew(skew).map_err(said)?),
        )),
        ["slow-disk", node, delay] => {
            let ms = u32::try_from(span(delay)?.millis()).unwrap_or(u32::MAX);
            Ok(Order::Wrong(named(node)?, Wrong::SlowDisk(ms)))
        }
        ["disk-full", node] => Ok(Order::Wrong(named(node)?, Wrong::FullDisk)),
        ["censor", node] => Ok(Order::Wrong(named(node)?, Wrong::Censor)),
        ["withhold", node] => Ok(Order::Wrong(named(node)?, Wrong::Withhold)),
        ["equivocate", node] => Ok(Order::Offend(named(node)?, ConsensusFault::DoubleNotarize)),
        ["clear"] => Ok(Order::Clear),
        _ => Err(
            "is no fault: there are partition, latency, clock-skew, slow-disk, disk-full, censor, withhold, \
                  equivocate and clear"
                .to_owned(),
        ),
    }
}

fn known(node: &str, nodes: usize) -> Result<String, String> {
    (0..nodes)
        .map(crate::name::node)
        .find(|one| one == node)
        .ok_or_else(|| format!("there is no {node}: the last is node{}", nodes.saturating_sub(1)))
}

fn span(text: &str) -> Result<Span, String> {
    text.parse().map_err(|error: crate::SpanError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_stories_are_stories() {
        for (name, _, _) in BUILT_IN {
            let story = Scenario::built_in(name, 4).unwrap();
            assert!(story.steps.len() >= 5, "{name}");
            assert!(
                story.steps.iter().any(|(_, step)| *step == Step::Same),
                "{name} ends without looking whether all agree"
            );
        }
        let none = Scenario::built_in("nothing", 4).unwrap_err().to_string();
        assert!(
            none.contains(
                "smoke, crash, partition, equivocation, slashing, rewards, exit, governance, shift, price"
            ),
            "{none}"
        );
        let few = Scenario::built_in("crash", 2).unwrap_err().to_string();
        assert!(few.contains("there is no node2: the last is node1"), "{few}");
    }

    #[test]
    fn every_kind_of_step_is_read() {
        let text = "# a story\n\npay 2 # twice\nstop node1\nfault latency node0 20ms±5 loss 2%\n\
                    fault clock-skew node3 -5s\nfault slow-disk node1 200ms\nfault disk-full node2\nfault censor node0\n\
                    fault withhold node0\ntime warp 30d\nassert any.peers>=1 within 5s\nresume node1\n";
        let story = Scenario::parse("mine", "", text, 4).unwrap();
        assert_eq!(story.steps.len(), 11);
        assert_eq!(story.steps[0], ("pay 2".to_owned(), Step::Pay(2)));
        assert_eq!(
            story.steps[3].1,
            Step::Tell(Order::Wrong("node3".into(), Wrong::Skew(-5_000)))
        );
    }

    #[test]
    fn a_line_that_is_no_step_is_named() {
        for (bad, part) in [
            ("pay", "is no step"),
            ("pay 0", "pay 1 to"),
            ("kill node9", "there is no node9"),
            ("fault fire node0", "is no fault"),
            ("halt soon", "not a duration"),
            ("advance x within 5s", "no number"),
            ("assert maybe", "compares nothing"),
        ] {
            let error = Scenario::parse("mine", "", &format!("same\n{bad}\n"), 4).unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with("line 2") && text.contains(part), "{bad}: {text}");
        }
        assert_eq!(
            Scenario::parse("mine", "", "# nothing\n", 4),
            Err(ScenarioError::Length(0))
        );
    }
}
