//! The consensus keys of a running node: which there are, another one, one less.

use super::Verb;
use crate::cli::context::Context;
use crate::output::{Failure, Show, columns, pairs};
use client::Client;
use proto::admin::v1 as wire;
use serde::Serialize;
use std::io::Read;
use std::path::Path;

/// The most that a signing history has, in bytes.
const MAX_HISTORY: u64 = 64 << 20;
/// The most that a keystore has, in bytes.
const MAX_KEYSTORE: u64 = 64 << 10;

#[derive(Serialize)]
struct HeldKey {
    key: String,
    votes: bool,
    highest_epoch: u64,
    highest_view: u64,
}

#[derive(Serialize)]
#[serde(transparent)]
struct HeldKeys(Vec<HeldKey>);

impl Show for HeldKeys {
    fn table(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .0
            .iter()
            .map(|one| {
                vec![
                    one.key.clone(),
                    one.votes.to_string(),
                    format!("{}/{}", one.highest_epoch, one.highest_view),
                ]
            })
            .collect();
        columns(&["KEY", "VOTES", "SIGNED UP TO (EPOCH/VIEW)"], &rows)
    }

    fn id(&self) -> Option<String> {
        self.0.iter().find(|one| one.votes).map(|one| one.key.clone())
    }
}

/// The keys that the node holds.
pub(super) async fn list(client: &Client, context: &Context) -> Result<(), Failure> {
    let mut keys = client.keys();
    let answer = client.unary(keys.list_keys(wire::ListKeysRequest {})).await?;
    let held = answer.keys.into_iter().map(|one| HeldKey {
        key: hex::encode(&one.key),
        votes: one.votes,
        highest_epoch: one.highest_epoch,
        highest_view: one.highest_view,
    });
    context.output.show(&HeldKeys(held.collect()))
}

/// A key that was taken up.
#[derive(Serialize)]
struct Taken {
    consensus_key: String,
    proof_of_possession: String,
    file: String,
    signs_from_epoch: u64,
}

impl Show for Taken {
    fn table(&self) -> String {
        pairs(&[
            ("consensus key", self.consensus_key.clone()),
            ("file", self.file.clone()),
            ("signs from", format!("epoch {}", self.signs_from_epoch)),
        ])
    }

    fn id(&self) -> Option<String> {
        Some(self.consensus_key.clone())
    }
}

/// A key that was put aside.
#[derive(Serialize)]
struct Aside {
    file: String,
}

impl Show for Aside {
    fn table(&self) -> String {
        pairs(&[("file", self.file.clone())])
    }

    fn id(&self) -> Option<String> {
        Some(self.file.clone())
    }
}

/// Another key, or one less.
pub(super) async fn run(verb: Verb, client: &Client, context: &Context) -> Result<(), Failure> {
    let mut keys = client.keys();
    match verb {
        Verb::ImportKey { file, history } => {
            let history = history.map(|path| read(&path, MAX_HISTORY)).transpose()?;
            let request = wire::ImportKeyRequest {
                keystore: read(&file, MAX_KEYSTORE)?.into(),
                history_json: history.unwrap_or_default().into(),
            };
            let taken = client.unary(keys.import_key(request)).await?;
            context.output.show(&Taken {
                consensus_key: hex::encode(&taken.key),
                proof_of_possession: hex::encode(&taken.proof_of_possession),
                file: taken.file,
                signs_from_epoch: taken.signs_from_epoch,
            })?;
            context.output.note(
                "nobody else may hold this key: two nodes that vote with it are slashed. It votes once the chain has it for this \
                 node's operator",
            );
            Ok(())
        }
        Verb::RemoveKey {
            key,
            although_it_votes,
        } => {
            let bytes = hex::decode(&key)
                .map_err(|_| Failure::usage(format!("{key}: a consensus key is 192 hexadecimal digits")))?;
            let request = wire::RemoveKeyRequest {
                key: bytes.into(),
                although_it_votes,
            };
            let removed = client.unary(keys.remove_key(request)).await?;
            context.output.show(&Aside { file: removed.file })
        }
        other => Err(Failure::unexpected(format!("{other:?} is about no key"))),
    }
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let wrong = |error: std::io::Error| Failure::usage(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(wrong)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(wrong)?;
    if bytes.len() as u64 > most {
        return Err(Failure::usage(format!(
            "{}: has more than {most} bytes: is this the right file?",
            path.display()
        )));
    }
    Ok(bytes)
}
