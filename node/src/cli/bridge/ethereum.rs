//! `palisade bridge ethereum verify`.

use super::{TOLERANCE, now, read, refused};
use crate::cli::context::Context;
use crate::output::{Exit, Failure, columns};
use clap::Args;
use light_ethereum::offline::{MAX_FILE_BYTES, Session, Verdict, updates};
use light_ethereum::{Network, Policy, Root, Slot, Spec};
use serde::Serialize;
use std::path::PathBuf;

/// Files to check, in this order: the bootstrap, the updates, the proofs of receipts.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Whose files: mainnet, sepolia, holesky, hoodi.
    #[arg(long, value_name = "NET", value_parser = network)]
    network: Network,
    /// Where the client begins: `light_client/bootstrap` of a beacon API, as JSON or SSZ.
    #[arg(long, value_name = "FILE")]
    bootstrap: PathBuf,
    /// The block root that the bootstrap must have [default: its own, taken on trust].
    #[arg(long, value_name = "ROOT", value_parser = root)]
    trusted_root: Option<Root>,
    /// Updates or finality updates, one or many in a file: JSON, SSZ, or the API's octet stream.
    #[arg(long = "update", value_name = "FILE", num_args = 1..)]
    updates: Vec<PathBuf>,
    /// Proofs of receipts under the finalized header: JSON with `header_rlp`, `index` and `proof`, and for an older
    /// block `hops` and `block_hash_branch`.
    #[arg(long = "receipt-proof", value_name = "FILE", num_args = 1..)]
    receipts: Vec<PathBuf>,
    /// The slot it is now [default: by this machine's clock].
    #[arg(long, value_name = "SLOT")]
    slot: Option<Slot>,
    /// Refuse finalized headers that are more than 8,192 slots apart, as the chain does; archives have such gaps.
    #[arg(long)]
    strict_gaps: bool,
}

fn network(name: &str) -> Result<Network, String> {
    Network::by_name(name).ok_or_else(|| {
        let names: Vec<&str> = Network::ALL.iter().map(|network| network.name()).collect();
        format!("no network is called that: {}", names.join(", "))
    })
}

fn root(text: &str) -> Result<Root, String> {
    let bytes = hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|error| error.to_string())?;
    bytes
        .try_into()
        .map_err(|_| "a root is 32 bytes in hex".to_owned())
}

/// What a step came to.
#[derive(Debug, Serialize)]
struct Step {
    file: String,
    /// Which in its file, from 0.
    position: usize,
    verdict: &'static str,
    /// Where the client stands behind it.
    finalized_slot: Slot,
    detail: String,
}

impl Verify {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let spec = self.network.spec();
        let mut steps = Vec::new();
        let outcome = self.check(&spec, &mut steps);
        if steps.is_empty() {
            return outcome;
        }
        // What held before the refusal is told too.
        let table = || {
            let rows: Vec<Vec<String>> = steps.iter().map(Step::row).collect();
            columns(&["FILE", "VERDICT", "FINALIZED SLOT", "DETAIL"], &rows)
        };
        context
            .output
            .list(&steps, table, |step| step.finalized_slot.to_string())?;
        outcome
    }

    fn check(&self, spec: &Spec, steps: &mut Vec<Step>) -> Result<(), Failure> {
        let slot = self.slot.or_else(|| spec.slot_at(now(), TOLERANCE));
        let slot =
            slot.ok_or_else(|| Failure::usage("this network has not begun by this clock: give --slot"))?;
        let policy = if self.strict_gaps {
            Policy::bridge(spec)
        } else {
            Policy::history()
        };
        let bytes = read(&self.bootstrap, MAX_FILE_BYTES)?;
        let (mut session, begun) = Session::begin(spec.clone(), policy, self.trusted_root, &bytes)
            .map_err(|error| refused(&self.bootstrap, &error))?;
        steps.push(Step::of(&self.bootstrap, 0, &begun, &session));
        for path in &self.updates {
            let found = updates(spec, &read(path, MAX_FILE_BYTES)?).map_err(|error| refused(path, &error))?;
            for (position, update) in found.iter().enumerate() {
                let verdict = session.update(update, slot).map_err(|error| {
                    refused(path, &format!("update {position}: {error}")).with("position", position)
                })?;
                steps.push(Step::of(path, position, &verdict, &session));
                if let Verdict::Conflict(_) = verdict {
                    let text = format!(
                        "{}: update {position} is signed and contradicts what is known: the committee lies, and the chain \
                         would freeze the lane",
                        path.display()
                    );
                    return Err(Failure::new(Exit::Rejected, "CONFLICT", text));
                }
            }
        }
        for path in &self.receipts {
            let verdict = session
                .receipt(&read(path, MAX_FILE_BYTES)?)
                .map_err(|error| refused(path, &error))?;
            steps.push(Step::of(path, 0, &verdict, &session));
        }
        Ok(())
    }
}

impl Step {
    fn of(path: &std::path::Path, position: usize, verdict: &Verdict, session: &Session) -> Self {
        let (verdict, detail) = match verdict {
            Verdict::Begun(finalized) => ("begun", format!("block root 0x{}", hex::encode(finalized.root))),
            Verdict::Moved {
                signers,
                rotated,
                learned,
                ..
            } => {
                let mut detail = format!("{signers} signed");
                if *rotated {
                    detail.push_str(", in the next period");
                }
                if *learned {
                    detail.push_str(", next committee learned");
                }
                ("moved", detail)
            }
            Verdict::Unchanged => ("unchanged", "valid, and says nothing new".to_owned()),
            Verdict::Conflict(conflict) => ("conflict", format!("{conflict:?}")),
            Verdict::Proven {
                block,
                index,
                receipt,
            } => (
                "proven",
                format!(
                    "transaction {index} of block 0x{}: {}, {} logs",
                    hex::encode(block),
                    if receipt.succeeded { "succeeded" } else { "failed" },
                    receipt.logs.len()
                ),
            ),
        };
        Self {
            file: path.display().to_string(),
            position,
            verdict,
            finalized_slot: session.client().finalized().beacon.slot,
            detail,
        }
    }

    fn row(&self) -> Vec<String> {
        let name = std::path::Path::new(&self.file).file_name();
        let name = name.map_or_else(|| self.file.clone(), |name| name.to_string_lossy().into_owned());
        vec![
            name,
            self.verdict.to_owned(),
            self.finalized_slot.to_string(),
            self.detail.clone(),
        ]
    }
}
