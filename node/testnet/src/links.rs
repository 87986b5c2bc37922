//! Broken links between nodes: partitions, delay and loss, set through each node's own DevService.

use crate::devnet::Devnet;
use crate::error::Error;
use crate::name;
use crate::world;
use client::Client;
use proto::dev::v1alpha1 as wire;

/// What is wrong with the links of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delay {
    /// How much later everything arrives, in milliseconds.
    pub delay_ms: u32,
    /// By how much that varies either way, in milliseconds.
    pub jitter_ms: u32,
    /// How many of a hundred messages are lost.
    pub loss_percent: u32,
}

/// Groups of nodes that cannot reach each other: `0,1/2,3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition(Vec<Vec<usize>>);

fn flag(what: &'static str, value: &str, hint: impl Into<String>) -> Error {
    Error::Flag {
        flag: what,
        value: value.to_owned(),
        hint: hint.into(),
    }
}

impl Partition {
    /// Reads `0,1/2,3` for a testnet of `nodes`; nodes may be named too (`node0,node1/node2,node3`), and those that
    /// are not named form one more group.
    ///
    /// # Errors
    /// [`Error::Flag`] says what is wrong with the text.
    pub fn parse(text: &str, nodes: usize) -> Result<Self, Error> {
        let wrong = |hint: String| flag("partition", text, hint);
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for part in text.split('/') {
            let mut group = Vec::new();
            for word in part.split(',') {
                let number = word.trim().strip_prefix("node").unwrap_or_else(|| word.trim());
                let index = number
                    .parse::<usize>()
                    .map_err(|_| wrong(format!("`{word}` is not a node: write groups like 0,1/2,3")))?;
                if index >= nodes {
                    return Err(wrong(format!(
                        "there is no node{index}: the last is node{}",
                        nodes.saturating_sub(1)
                    )));
                }
                if group.contains(&index) || groups.iter().any(|other| other.contains(&index)) {
                    return Err(wrong(format!("node{index} is named twice")));
                }
                group.push(index);
            }
            groups.push(group);
        }
        let rest: Vec<usize> = (0..nodes)
            .filter(|index| groups.iter().all(|group| !group.contains(index)))
            .collect();
        if !rest.is_empty() {
            groups.push(rest);
        }
        if groups.len() < 2 {
            return Err(wrong("all nodes are in one group: separate groups with /".into()));
        }
        Ok(Self(groups))
    }

    /// Whether two nodes are kept apart.
    fn separates(&self, a: usize, b: usize) -> bool {
        !self
            .0
            .iter()
            .any(|group| group.contains(&a) && group.contains(&b))
    }
}

/// Reads `200ms`, `200ms±50` or `200ms±50ms`, and the words after it: `loss 2%`.
///
/// # Errors
/// [`Error::Flag`] says what is wrong with them.
pub fn parse_delay(delay: &str, words: &[String]) -> Result<Delay, Error> {
    let (base, jitter) = delay
        .split_once('±')
        .or_else(|| delay.split_once("+-"))
        .unwrap_or((delay, "0"));
    let millis = |text: &str| text.strip_suffix("ms").unwrap_or(text).parse::<u32>().ok();
    let (Some(delay_ms), Some(jitter_ms)) = (millis(base).filter(|_| base.ends_with("ms")), millis(jitter))
    else {
        return Err(flag(
            "latency",
            delay,
            "write milliseconds, like 200ms or 200ms±50",
        ));
    };
    let loss_percent = match words {
        [] => 0,
        [word, percent] if word == "loss" => parse_percent(percent)?,
        _ => {
            return Err(flag(
                "latency",
                &words.join(" "),
                "after the delay only `loss 2%` may stand",
            ));
        }
    };
    Ok(Delay {
        delay_ms,
        jitter_ms,
        loss_percent,
    })
}

fn parse_percent(text: &str) -> Result<u32, Error> {
    text.strip_suffix('%')
        .and_then(|number| number.parse().ok())
        .filter(|percent| *percent <= 100)
        .ok_or_else(|| flag("loss", text, "write a whole percentage, from 0% to 100%"))
}

impl Devnet<'_> {
    async fn set(&self, client: &Client, fault: wire::LinkFault) -> Result<(), Error> {
        let mut dev = client.dev();
        let request = wire::SetLinkFaultRequest { fault: Some(fault) };
        client.unary(dev.set_link_fault(request)).await?;
        Ok(())
    }

    async fn clear_at(&self, client: &Client) -> Result<(), Error> {
        let mut dev = client.dev();
        client
            .unary(dev.clear_faults(wire::ClearFaultsRequest {}))
            .await?;
        Ok(())
    }

    /// Keeps the groups apart; what was wrong before is cleared. The nodes told, by name.
    ///
    /// # Errors
    /// [`Error::Client`] when a node that runs cannot be told.
    pub async fn partition(&self, partition: &Partition) -> Result<Vec<String>, Error> {
        let keys = world::node_keys(self.spec());
        let mut told = Vec::new();
        for index in self.running_nodes() {
            let client = self.client(index).await?;
            self.clear_at(&client).await?;
            for (_, peer) in keys
                .iter()
                .enumerate()
                .filter(|(other, _)| partition.separates(index, *other))
            {
                let fault = wire::LinkFault {
                    peer_key: peer.p2p.public_key().as_bytes().to_vec().into(),
                    blocked_out: true,
                    blocked_in: true,
                    ..Default::default()
                };
                self.set(&client, fault).await?;
            }
            told.push(name::node(index));
        }
        Ok(told)
    }

    /// Makes everything that leaves a node late or lost.
    ///
    /// # Errors
    /// [`Error::NoNode`], [`Error::Supervisor`] when the node does not run, [`Error::Client`].
    pub async fn delay(&self, node: &str, delay: Delay) -> Result<(), Error> {
        let index = self.running(node)?;
        let fault = wire::LinkFault {
            latency_ms: delay.delay_ms,
            jitter_ms: delay.jitter_ms,
            loss_percent: delay.loss_percent,
            ..Default::default()
        };
        let client = self.client(index).await?;
        self.set(&client, fault).await
    }

    /// Makes a node's validator contradict itself once; the epoch and view in which it did.
    ///
    /// # Errors
    /// As [`Devnet::delay`].
    pub async fn misbehave(&self, node: &str, fault: wire::ConsensusFault) -> Result<(u64, u64), Error> {
        let client = self.client(self.running(node)?).await?;
        let mut dev = client.dev();
        let request = wire::InjectFaultRequest { fault: fault.into() };
        let done = client.unary(dev.inject_fault(request)).await?;
        Ok((done.epoch, done.view))
    }

    /// Makes all links of the nodes that run whole again, and the nodes right. The nodes told, by name.
    ///
    /// # Errors
    /// [`Error::Client`] when a node that runs cannot be told.
    pub async fn clear(&self) -> Result<Vec<String>, Error> {
        let mut told = Vec::new();
        for index in self.running_nodes() {
            let client = self.client(index).await?;
            self.clear_at(&client).await?;
            told.push(name::node(index));
        }
        Ok(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_and_the_rest_is_a_group() {
        let partition = Partition::parse("0,1/2,3", 4).unwrap();
        assert!(partition.separates(0, 2) && partition.separates(3, 1));
        assert!(!partition.separates(0, 1) && !partition.separates(2, 2));
        let one = Partition::parse("node3", 4).unwrap();
        assert!(one.separates(3, 0) && !one.separates(1, 2));
        for (bad, part) in [
            ("0,1,2,3", "one group"),
            ("0/0", "twice"),
            ("0/9", "no node9"),
            ("a/b", "not a node"),
            ("", "not a node"),
        ] {
            let text = Partition::parse(bad, 4).unwrap_err().to_string();
            assert!(text.contains(part), "{bad}: {text}");
        }
    }

    #[test]
    fn delays_have_jitter_and_loss() {
        let words = ["loss".to_owned(), "2%".to_owned()];
        let delay = parse_delay("200ms±50", &words).unwrap();
        assert_eq!(
            (delay.delay_ms, delay.jitter_ms, delay.loss_percent),
            (200, 50, 2)
        );
        assert_eq!(
            parse_delay("10ms", &[]).unwrap(),
            Delay {
                delay_ms: 10,
                ..Delay::default()
            }
        );
        assert_eq!(parse_percent("100%").unwrap(), 100);
        for bad in ["200", "ms", "-1ms", "200ms±x"] {
            assert!(parse_delay(bad, &[]).is_err(), "{bad}");
        }
        for bad in ["2", "101%", "1.5%", "-1%", "%"] {
            assert!(parse_percent(bad).is_err(), "{bad}");
        }
    }
}
