//! Ports: the same for a testnet's name each time, probed, and moved as a block when something is in the way.

use crate::error::Error;
use crate::name::{self, Name};
use crate::process;
use crypto::hash::sha256;
use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};

/// Where the testnet "default" starts.
const DEFAULT_BASE: u16 = 26_600;
/// Ports from one node to the next.
pub const PER_NODE: u16 = 10;
/// Blocks start at multiples of this above the default's base.
const STEP: u16 = 100;
/// Where the system's own short-lived ports begin on Linux.
const END: u16 = 32_700;
/// How many blocks are probed before giving up.
const ATTEMPTS: u16 = 50;

/// The ports of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NodePorts {
    /// gRPC and gRPC-web.
    pub grpc: u16,
    /// Metrics and health, over HTTP.
    pub metrics: u16,
    /// libp2p, over TCP.
    pub p2p: u16,
}

/// The ports of a testnet: a base, and ten from each node to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The first port.
    pub base: u16,
    /// How many nodes.
    pub nodes: u16,
}

/// Who holds a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A process that may be looked at.
    Process {
        /// Its number.
        pid: u32,
        /// Its command line.
        command: String,
    },
    /// Nobody that this user may look at.
    Hidden,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { pid, command } => write!(f, "process {pid} (`{command}`)"),
            Self::Hidden => f.write_str("a process of another user"),
        }
    }
}

impl Block {
    /// The ports of the `index`-th node.
    #[must_use]
    pub const fn node(&self, index: u16) -> NodePorts {
        let first = self.base.saturating_add(PER_NODE.saturating_mul(index));
        NodePorts {
            grpc: first,
            metrics: first.saturating_add(1),
            p2p: first.saturating_add(2),
        }
    }

    fn width(&self) -> u16 {
        PER_NODE.saturating_mul(self.nodes).max(1)
    }

    fn named(&self) -> impl Iterator<Item = (u16, String)> + '_ {
        (0..self.nodes).flat_map(|index| {
            let ports = self.node(index);
            let node = name::node(usize::from(index));
            [
                (ports.grpc, format!("{node} gRPC")),
                (ports.metrics, format!("{node} metrics")),
                (ports.p2p, format!("{node} p2p")),
            ]
        })
    }

    /// The first port of the block that is taken, and what it was for.
    fn taken(&self) -> Option<(u16, String)> {
        self.named().find(|(port, _)| !is_free(*port))
    }

    fn fits(&self) -> bool {
        self.base >= 1_024 && u32::from(self.base) + u32::from(self.width()) <= u32::from(u16::MAX)
    }
}

/// Where a testnet's ports start, when nothing is in the way.
#[must_use]
pub fn preferred_base(name: &Name) -> u16 {
    if name.as_str() == name::DEFAULT {
        return DEFAULT_BASE;
    }
    let digest = sha256(&[name.as_str().as_bytes()]);
    let number = u16::from_be_bytes([digest[0], digest[1]]);
    let places = (END - DEFAULT_BASE) / STEP - 1;
    DEFAULT_BASE + STEP * (1 + number % places)
}

/// A free block, and what was in the way of the preferred one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The ports.
    pub block: Block,
    /// When the block was moved: the port that was taken, what it was for, and by whom.
    pub moved: Option<(u16, String, Holder)>,
}

/// The block at `base`, all of it free.
///
/// # Errors
/// [`Error::PortTaken`] names the first that is not and who has it; [`Error::Flag`] when the block does not fit.
pub fn explicit(base: u16, nodes: u16) -> Result<Choice, Error> {
    let block = Block { base, nodes };
    if !block.fits() {
        return Err(Error::Flag {
            flag: "--base-port",
            value: base.to_string(),
            hint: format!(
                "{} ports from there must lie between 1024 and 65535",
                block.width()
            ),
        });
    }
    match block.taken() {
        Some((port, what)) => Err(Error::PortTaken {
            port,
            what,
            holder: holder(port),
        }),
        None => Ok(Choice { block, moved: None }),
    }
}

/// The first free block from `preferred` upwards.
///
/// # Errors
/// [`Error::NoPorts`].
pub fn choose(preferred: u16, nodes: u16) -> Result<Choice, Error> {
    let mut block = Block {
        base: preferred,
        nodes,
    };
    let mut moved = None;
    for _ in 0..ATTEMPTS {
        if !block.fits() {
            block.base = DEFAULT_BASE + STEP;
        }
        match block.taken() {
            None => return Ok(Choice { block, moved }),
            Some((port, what)) => {
                if moved.is_none() {
                    moved = Some((port, what, holder(port)));
                }
                block.base = block.base.saturating_add(block.width().div_ceil(STEP) * STEP);
            }
        }
    }
    Err(Error::NoPorts {
        count: block.width(),
        first: preferred,
    })
}

/// Whether nobody listens there: asked by listening for a moment.
fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Who listens at a TCP port of this machine.
#[must_use]
pub fn holder(port: u16) -> Holder {
    let pid = listening_inode(port).and_then(process::with_socket);
    pid.map_or(Holder::Hidden, |pid| Holder::Process {
        pid,
        command: process::command(pid).unwrap_or_else(|| "?".to_owned()),
    })
}

/// The socket that listens at `port`, from /proc/net/tcp and tcp6: local address in column 2, state in column 4
/// (`0A` listens), inode in column 10.
fn listening_inode(port: u16) -> Option<u64> {
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        let text = fs::read_to_string(table).ok()?;
        text.lines().skip(1).find_map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let (local, state, inode) = (columns.get(1)?, columns.get(3)?, columns.get(9)?);
            let here = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()?;
            (here == port && *state == "0A").then(|| inode.parse().ok())?
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_always_has_the_same_ports_and_nodes_lie_ten_apart() {
        assert_eq!(preferred_base(&Name::default()), 26_600);
        let other: Name = "other".parse().unwrap();
        assert_eq!(preferred_base(&other), preferred_base(&other));
        assert_ne!(preferred_base(&other), 26_600);
        let block = Block {
            base: 26_600,
            nodes: 4,
        };
        let ports = block.node(3);
        assert_eq!((ports.grpc, ports.metrics, ports.p2p), (26_630, 26_631, 26_632));
        for name in ["a", "b", "staging", "x-1"] {
            let base = preferred_base(&name.parse().unwrap());
            assert!((26_700..=END).contains(&base), "{name}: {base}");
        }
    }

    #[test]
    fn a_taken_port_moves_the_whole_block_and_says_who_has_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let choice = choose(port, 1).unwrap();
        assert!(choice.block.base >= port.saturating_add(STEP) || choice.block.base < port);
        let (moved, what, holder) = choice.moved.unwrap();
        assert_eq!((moved, what.as_str()), (port, "node0 gRPC"));
        let Holder::Process { pid, command } = holder else {
            panic!("the holder is this process");
        };
        assert_eq!(pid, std::process::id());
        assert!(!command.is_empty());
    }

    #[test]
    fn a_taken_port_that_was_asked_for_is_an_error_with_its_holder_and_the_flag() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let text = explicit(port, 1).unwrap_err().to_string();
        assert!(text.contains(&format!("port {port} (node0 gRPC)")), "{text}");
        assert!(
            text.contains(&format!("process {}", std::process::id())),
            "{text}"
        );
        assert!(text.contains("--base-port"), "{text}");
        assert!(matches!(explicit(80, 1), Err(Error::Flag { .. })));
    }
}
