//! Checking answers from a genesis document on.

use crate::cli::context::Context;
use crate::cli::query::{Prove, lacking};
use crate::output::{Exit, Failure};
use client::verify::{self, Trust, VerifyError};
use client::{Client, Error};
use genesis::Document;
use primitives::Digest;
use primitives::codec::{Decode, decode};
use proto::ledger::v1::{ProvenEntry, ReadContext};
use proto::node::v1::GetGenesisRequest;
use std::path::{Path, PathBuf};

/// The validators that the genesis document names, believed, for the chain that the node follows.
pub(super) async fn trust(context: &Context, client: &Client, prove: &Prove) -> Result<Trust, Failure> {
    let chain = client.chain().await?;
    let local = prove.genesis.clone().or_else(|| known(context));
    let (document, from) = match local {
        Some(path) => (read(&path)?, path.display().to_string()),
        None => {
            let mut node = client.node();
            let answer = client.unary(node.get_genesis(GetGenesisRequest {})).await?;
            context.output.note(&format!(
                "no genesis document here: believing the node's, of chain {}; --genesis FILE names one that you trust",
                chain.hash
            ));
            (
                parse(&answer.document, "the node's genesis")?,
                "the node's genesis".to_owned(),
            )
        }
    };
    let start = document
        .start()
        .map_err(|error| invalid(&from, &error.to_string()))?;
    if start.chain_hash != chain.hash {
        return Err(Failure::new(
            Exit::Config,
            "CHAIN_MISMATCH",
            format!(
                "{from} is chain {}, the node follows {} ({})",
                start.chain_hash, chain.hash, chain.id
            ),
        ));
    }
    Trust::new(start.chain_hash, start.validators).map_err(|error| invalid(&from, &error.to_string()))
}

/// The document of the testnet in this folder, or of the home.
fn known(context: &Context) -> Option<PathBuf> {
    let testnet = context.testnet(None).ok().map(|folder| folder.genesis());
    let home = context.home().ok().map(|home| home.genesis());
    testnet.into_iter().chain(home).find(|path| path.is_file())
}

fn read(path: &Path) -> Result<Document, Failure> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| invalid(&name, &error.to_string()))?;
    parse(&bytes, &name)
}

fn parse(bytes: &[u8], name: &str) -> Result<Document, Failure> {
    Document::from_json(bytes).map_err(|error| invalid(name, &error.to_string()))
}

fn invalid(name: &str, reason: &str) -> Failure {
    Failure::new(Exit::Config, "GENESIS_INVALID", format!("{name}: {reason}"))
}

/// What an answer must have been made from.
pub(super) struct Expected {
    /// The raw key.
    pub(super) key: Vec<u8>,
    /// What the answer amounts to: its canonical encoding; `None` when there is no entry.
    pub(super) value: Option<Vec<u8>>,
}

/// Checks that an answer was made from entries that stand in the state of a final block, and gives the state's root.
pub(super) async fn entries(
    context: &Context,
    client: &Client,
    prove: &Prove,
    answer: (Option<&ReadContext>, &[ProvenEntry]),
    expected: &[Expected],
) -> Result<Digest, Failure> {
    let (read, proofs) = answer;
    let read = read.ok_or_else(|| lacking("context"))?;
    let mut trust = trust(context, client, prove).await?;
    let root = trust.state_root(client, read).await?;
    verify::entries(&root, proofs).map_err(Error::from)?;
    for wanted in expected {
        let entry = proofs.iter().find(|entry| entry.key[..] == wanted.key[..]);
        let entry = entry.ok_or_else(|| unproven("the answer comes without the proof of what it says"))?;
        if entry.value.as_deref() != wanted.value.as_deref() {
            return Err(differs());
        }
    }
    Ok(root)
}

/// What the proven entry under `key` holds. The entries are checked already.
pub(super) fn entry<T: Decode>(key: &[u8], entries: &[ProvenEntry]) -> Result<T, Failure> {
    let found = entries.iter().find(|entry| entry.key[..] == *key);
    let value = found
        .and_then(|entry| entry.value.as_deref())
        .ok_or_else(|| unproven("the answer comes without the proof of what it says"))?;
    decode(value).map_err(|error| unproven(&format!("the entry does not decode: {error}")))
}

/// What is proven is not what the answer says.
pub(super) fn differs() -> Failure {
    unproven("what is proven is not what the answer says")
}

fn unproven(what: &str) -> Failure {
    Failure::new(
        Exit::Unexpected,
        "PROOF_INVALID",
        format!("the proof does not hold: {what}"),
    )
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        Error::from(error).into()
    }
}
