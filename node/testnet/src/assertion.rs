//! What should be true of a testnet, as people write it: `finalized_height>=10 within 30s`, `node2.running==false`.

use crate::span::{Span, SpanError};
use crate::status::{NodeStatus, Status};
use std::fmt;
use std::str::FromStr;

/// Something about nodes that is true or not, and how long it may take to become true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    who: Who,
    fact: Fact,
    comparison: Comparison,
    value: u64,
    within: Option<Span>,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    Every,
    Any,
    Node(String),
}

/// What a node is asked for. Yes is 1 and no is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fact {
    FinalizedHeight,
    Height,
    Epoch,
    View,
    Peers,
    Running,
    Paused,
    Syncing,
}

const FACTS: [(&str, Fact); 8] = [
    ("finalized_height", Fact::FinalizedHeight),
    ("height", Fact::Height),
    ("epoch", Fact::Epoch),
    ("view", Fact::View),
    ("peers", Fact::Peers),
    ("running", Fact::Running),
    ("paused", Fact::Paused),
    ("syncing", Fact::Syncing),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Equal,
    Unequal,
    Above,
    Below,
}

/// In the order in which they are looked for: the longer ones first.
const COMPARISONS: [(&str, Comparison); 6] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    (">", Comparison::Above),
    ("<", Comparison::Below),
];

/// Why a text is no assertion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// There is no comparison in it.
    #[error("`{0}` compares nothing: expected something like `finalized_height>=10 within 30s`")]
    NoComparison(String),
    /// Nobody knows such a fact.
    #[error("`{0}` is not known of a node: there are {known}", known = known())]
    UnknownFact(String),
    /// What it is compared with is neither a number nor `true` nor `false`.
    #[error("`{0}` is no value: expected a whole number, `true` or `false`")]
    BadValue(String),
    /// The duration is none.
    #[error(transparent)]
    BadDuration(#[from] SpanError),
}

fn known() -> String {
    FACTS.map(|(name, _)| name).join(", ")
}

impl FromStr for Assertion {
    type Err = AssertionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (claim, within) = match text.split_once(" within ") {
            Some((claim, duration)) => (claim, Some(duration.trim().parse()?)),
            None => (text, None),
        };
        let found = COMPARISONS
            .into_iter()
            .find_map(|(sign, comparison)| Some((claim.split_once(sign)?, comparison)));
        let Some(((left, right), comparison)) = found else {
            return Err(AssertionError::NoComparison(text.to_owned()));
        };
        let (who, fact) = match left.trim().split_once('.') {
            None | Some(("all", _)) => (Who::Every, left.trim().trim_start_matches("all.")),
            Some(("any", fact)) => (Who::Any, fact),
            Some((node, fact)) => (Who::Node(node.to_owned()), fact),
        };
        let known = FACTS.into_iter().find(|(name, _)| *name == fact);
        let (_, fact) = known.ok_or_else(|| AssertionError::UnknownFact(fact.to_owned()))?;
        let value = match right.trim() {
            "true" => 1,
            "false" => 0,
            number => number
                .parse()
                .map_err(|_| AssertionError::BadValue(number.to_owned()))?,
        };
        Ok(Self {
            who,
            fact,
            comparison,
            value,
            within,
            text: text.trim().to_owned(),
        })
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Assertion {
    /// How long it may take to become true; `None` when it must be true at once.
    #[must_use]
    pub const fn within(&self) -> Option<Span> {
        self.within
    }

    /// Whether it is true of `status`; else what is the case instead, in words.
    ///
    /// # Errors
    /// What each node that was asked says.
    pub fn holds(&self, status: &Status) -> Result<(), String> {
        let asked: Vec<&NodeStatus> = match &self.who {
            Who::Every | Who::Any => status.nodes.iter().collect(),
            Who::Node(name) => status.nodes.iter().filter(|node| node.name == *name).collect(),
        };
        if asked.is_empty() {
            let names: Vec<&str> = status.nodes.iter().map(|node| node.name.as_str()).collect();
            return Err(format!(
                "there is no such node: there are {}, `all` and `any`",
                names.join(", ")
            ));
        }
        let mut right = asked
            .iter()
            .map(|node| self.comparison.of(self.fact.of(node), self.value));
        let holds = match self.who {
            Who::Every | Who::Node(_) => right.all(|right| right),
            Who::Any => right.any(|right| right),
        };
        if holds {
            return Ok(());
        }
        let told: Vec<String> = asked
            .iter()
            .map(|node| format!("{} {}", node.name, self.fact.shown(node)))
            .collect();
        Err(told.join(", "))
    }
}

impl Fact {
    fn of(self, node: &NodeStatus) -> u64 {
        match self {
            Self::FinalizedHeight => node.finalized_height,
            Self::Height => node.height,
            Self::Epoch => node.epoch,
            Self::View => node.view,
            Self::Peers => node.peers.into(),
            Self::Running => node.running.into(),
            Self::Paused => node.paused.into(),
            Self::Syncing => node.syncing.into(),
        }
    }

    fn shown(self, node: &NodeStatus) -> String {
        match (self, self.of(node)) {
            (Self::Running | Self::Paused | Self::Syncing, value) => (value == 1).to_string(),
            (_, value) => value.to_string(),
        }
    }
}

impl Comparison {
    const fn of(self, left: u64, right: u64) -> bool {
        match self {
            Self::AtLeast => left >= right,
            Self::AtMost => left <= right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Above => left > right,
            Self::Below => left < right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folder;
    use crate::name::Name;
    use crate::ports::NodePorts;

    fn status() -> Status {
        let ports = NodePorts {
            grpc: 1,
            metrics: 2,
            p2p: 3,
        };
        let folder = Folder::new(std::path::Path::new(""), &Name::default());
        let mut nodes: Vec<NodeStatus> = (0..3)
            .map(|index| NodeStatus::stopped(&folder, &format!("node{index}"), &ports))
            .collect();
        for (node, height) in nodes.iter_mut().zip([10, 11, 0]) {
            node.finalized_height = height;
            node.running = height > 0;
        }
        Status {
            name: "default".into(),
            chain_id: "palisade-default-1".into(),
            running: true,
            supervisor_pid: Some(1),
            nodes,
        }
    }

    fn told(text: &str) -> Result<(), String> {
        text.parse::<Assertion>().unwrap().holds(&status())
    }

    #[test]
    fn every_comparison_says_what_it_means() {
        for (text, holds) in [
            ("node0.finalized_height>=10", true),
            ("node0.finalized_height > 10", false),
            ("node0.finalized_height<=10", true),
            ("node0.finalized_height<10", false),
            ("node0.finalized_height == 10", true),
            ("node0.finalized_height!=10", false),
            ("any.finalized_height>10", true),
            ("finalized_height<12", true),
            ("all.running==true", false),
            ("node2.running==false", true),
        ] {
            assert_eq!(told(text).is_ok(), holds, "{text}");
        }
    }

    #[test]
    fn what_is_the_case_instead_is_told() {
        assert_eq!(
            told("finalized_height>=11").unwrap_err(),
            "node0 10, node1 11, node2 0"
        );
        assert_eq!(told("node2.running==true").unwrap_err(), "node2 false");
        assert_eq!(
            told("node9.height>0").unwrap_err(),
            "there is no such node: there are node0, node1, node2, `all` and `any`"
        );
    }

    #[test]
    fn nonsense_is_named() {
        let error = |text: &str| text.parse::<Assertion>().unwrap_err().to_string();
        assert!(error("hello").contains("compares nothing"));
        assert!(error("weight>1").contains("finalized_height, height, epoch"));
        assert!(error("height>many").contains("`many` is no value"));
        assert!(error("height>1 within soon").contains("soon"));
        let within: Assertion = "height>1 within 30s".parse().unwrap();
        assert_eq!(within.within(), Some(Span::from_millis(30_000)));
    }
}
