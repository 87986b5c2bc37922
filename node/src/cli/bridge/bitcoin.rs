//! `palisade bridge bitcoin verify`.

use super::{now, read, refused};
use crate::cli::context::Context;
use crate::output::{Failure, Show, columns, pairs};
use clap::Args;
use client::bitcoin::{Strength, network, read_headers, read_proofs, verify_headers, verify_proof};
use light_bitcoin::hash::{BlockId, shown};
use light_bitcoin::offline::Start;
use light_bitcoin::{Network, Record};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Bytes of a file, at most: 400,000 headers.
const MAX_FILE_BYTES: usize = 32_000_000;

/// Files to check: headers, one behind the other, and proofs of transactions in their blocks.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Whose headers: mainnet, testnet4, signet, regtest [default: what the file says].
    #[arg(long, value_name = "NET", value_parser = parse_network)]
    network: Option<Network>,
    /// Height of the first header [default: what the file says].
    #[arg(long, value_name = "HEIGHT")]
    start_height: Option<u32>,
    /// When the period of the first header began, in seconds, where its first block is not among them.
    #[arg(long, value_name = "SECONDS")]
    period_start: Option<u32>,
    /// The headers: 80 bytes each, hex, or JSON.
    #[arg(long, value_name = "FILE")]
    headers: Option<PathBuf>,
    /// Proofs, one or many in a file of JSON.
    #[arg(long = "proof", value_name = "FILE", num_args = 1.., required_unless_present = "headers")]
    proofs: Vec<PathBuf>,
}

fn parse_network(name: &str) -> Result<Network, String> {
    network(name).map_err(|error| error.to_string())
}

/// What was found.
#[derive(Debug, Serialize)]
struct Found {
    network: &'static str,
    headers: usize,
    tip: Option<Tip>,
    proofs: Vec<Proven>,
}

#[derive(Debug, Serialize)]
struct Tip {
    height: u32,
    block: String,
    /// Expected hashes behind the headers, in hex.
    work: String,
}

#[derive(Debug, Serialize)]
struct Proven {
    name: String,
    txid: String,
    block: String,
    height: Option<u32>,
    confirmations: Option<u32>,
    shows: &'static str,
}

impl Verify {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let (network, chain) = self.chain()?;
        let tip = chain.last().map(|(id, record)| Tip {
            height: record.height,
            block: hex::encode(shown(id).as_bytes()),
            work: record.work.to_string(),
        });
        let mut proofs = Vec::new();
        for path in &self.proofs {
            proofs.extend(prove(network, &chain, path)?);
        }
        context.output.show(&Found {
            network: name(network),
            headers: chain.len(),
            tip,
            proofs,
        })
    }

    /// The headers' chain; empty where none were given.
    fn chain(&self) -> Result<(Network, Vec<(BlockId, Record)>), Failure> {
        let Some(path) = &self.headers else {
            let network = self
                .network
                .ok_or_else(|| Failure::usage("--network is missing: proofs do not say whose they are"))?;
            return Ok((network, Vec::new()));
        };
        let file = read_headers(&read(path, MAX_FILE_BYTES)?).map_err(|error| refused(path, &error))?;
        let missing = |flag: &str| {
            let text = format!("{flag} is missing, and {} does not say it", path.display());
            Failure::usage(text)
        };
        let network = self
            .network
            .or(file.network)
            .ok_or_else(|| missing("--network"))?;
        let height = self.start_height.or(file.start_height);
        let start = Start {
            height: height.ok_or_else(|| missing("--start-height"))?,
            period_start: self.period_start.or(file.period_start),
        };
        let seconds = now().get() / 1_000;
        let chain =
            verify_headers(network, start, &file.headers, seconds).map_err(|error| refused(path, &error))?;
        Ok((network, chain))
    }
}

fn prove(network: Network, chain: &[(BlockId, Record)], path: &Path) -> Result<Vec<Proven>, Failure> {
    let found = read_proofs(&read(path, MAX_FILE_BYTES)?).map_err(|error| refused(path, &error))?;
    let one = |(position, proof): (usize, &client::bitcoin::Proof)| {
        let name = proof.name.clone().unwrap_or_else(|| format!("proof {position}"));
        let proven = verify_proof(network, chain, proof)
            .map_err(|fault| refused(path, &format!("{name}: {fault}")).with("proof", &name))?;
        Ok(Proven {
            name,
            txid: hex::encode(shown(&proven.txid).as_bytes()),
            block: hex::encode(shown(&proven.block).as_bytes()),
            height: proven.place.map(|(height, _)| height),
            confirmations: proven.place.map(|(_, confirmations)| confirmations),
            shows: match proven.strength {
                Strength::IdAlone => "an id, of no known transaction: the bridge takes no such proof",
                Strength::NoCoinbase => "a transaction; the tree's height is taken on trust",
                Strength::Whole => "a transaction, as the bridge takes it",
            },
        })
    };
    found.iter().enumerate().map(one).collect()
}

const fn name(network: Network) -> &'static str {
    match network {
        Network::Mainnet => "mainnet",
        Network::Testnet4 => "testnet4",
        Network::Signet => "signet",
        Network::Regtest => "regtest",
    }
}

impl Show for Found {
    fn table(&self) -> String {
        let mut lines = vec![("network", self.network.to_owned())];
        if let Some(tip) = &self.tip {
            lines.push(("headers", format!("{} hold, every one", self.headers)));
            lines.push(("tip", format!("{} at height {}", tip.block, tip.height)));
            lines.push(("work", tip.work.clone()));
        }
        let mut text = pairs(&lines);
        if !self.proofs.is_empty() {
            let rows: Vec<Vec<String>> = self.proofs.iter().map(Proven::row).collect();
            text.push('\n');
            text.push_str(&columns(
                &["PROOF", "HEIGHT", "CONFIRMATIONS", "TRANSACTION", "SHOWS"],
                &rows,
            ));
        }
        text
    }

    fn id(&self) -> Option<String> {
        self.tip.as_ref().map(|tip| tip.block.clone())
    }
}

impl Proven {
    fn row(&self) -> Vec<String> {
        let number = |value: Option<u32>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        vec![
            self.name.clone(),
            number(self.height),
            number(self.confirmations),
            self.txid.clone(),
            self.shows.to_owned(),
        ]
    }
}
