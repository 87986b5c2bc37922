//! `palisade testnet export`: a testnet for several machines.

use crate::cli::context::Context;
use crate::cli::testnet::Which;
use crate::cli::testnet::up::Shape;
use crate::output::{Failure, Show, columns};
use clap::Args;
use serde::Serialize;
use std::net::IpAddr;
use std::path::PathBuf;
use testnet::export::{Export, HostBundle, export};

/// `palisade testnet export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The folder to make: host0, host1, … with the homes of each machine's nodes and a start.sh; public for
    /// `palisade join`; accounts. It must not be there yet.
    dir: PathBuf,
    /// A machine, by the address at which the others reach it. Once for each; nodes are shared out evenly.
    #[arg(long, required = true, value_name = "IP")]
    host: Vec<IpAddr>,
    /// Let other machines use the gRPC services too, unencrypted.
    #[arg(long)]
    public_rpc: bool,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    which: Which,
}

#[derive(Serialize)]
struct Shown {
    folder: String,
    hosts: Vec<HostBundle>,
}

impl Show for Shown {
    fn table(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .hosts
            .iter()
            .flat_map(|host| {
                host.nodes.iter().map(|node| {
                    vec![
                        host.address.to_string(),
                        host.folder.clone(),
                        node.name.clone(),
                        node.grpc.clone(),
                        node.p2p.clone(),
                    ]
                })
            })
            .collect();
        format!(
            "{}\n\nCopy each folder to its machine and run start.sh there; others join with\n  palisade join {}/public",
            columns(&["HOST", "FOLDER", "NODE", "gRPC", "P2P"], &rows),
            self.folder
        )
    }

    fn id(&self) -> Option<String> {
        Some(self.folder.clone())
    }
}

impl ExportArgs {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = self.which.folder(context)?;
        let wanted = Export {
            name: folder.name(),
            flags: &self.shape.flags(),
            hosts: &self.host,
            public_rpc: self.public_rpc,
        };
        let hosts = export(&self.dir, &wanted)?;
        let folder = self.dir.display().to_string();
        context.output.show(&Shown { folder, hosts })
    }
}
