//! A testnet for several machines: a folder for each, with the homes of its nodes, and one for whoever wants to join.
//!
//! ```text
//! DIR/host0/node0, node1, start.sh     one folder per machine, with the keys of its nodes
//! DIR/public/genesis.json, peers.txt   no secrets: what `palisade join` takes
//! DIR/accounts                         the keys of alice, bob and the others
//! ```

use crate::config_file::{self, Place};
use crate::error::Error;
use crate::files;
use crate::name::{self, Name};
use crate::peer_id;
use crate::ports::{Block, NodePorts, preferred_base};
use crate::provision::{lay_out_accounts, lay_out_node};
use crate::spec::{Flags, Spec};
use crate::world;
use serde::Serialize;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What a testnet for several machines is made from.
#[derive(Debug)]
pub struct Export<'a> {
    /// Its name.
    pub name: &'a Name,
    /// Its rules and sizes.
    pub flags: &'a Flags,
    /// The machines, by the address at which the others reach them. Nodes are shared out evenly, in order.
    pub hosts: &'a [IpAddr],
    /// Whether other machines may use the gRPC services, unencrypted.
    pub public_rpc: bool,
}

/// What was made for one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostBundle {
    /// Its folder.
    pub folder: String,
    /// Its address.
    pub address: IpAddr,
    /// Its nodes, each with where its gRPC services will be.
    pub nodes: Vec<ExportedNode>,
}

/// A node of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportedNode {
    /// Its name.
    pub name: String,
    /// Where its gRPC services will be.
    pub grpc: String,
    /// Where its peers reach it.
    pub p2p: String,
}

/// Which of `hosts` machines runs the `index`-th of `nodes`: as even as it goes, neighbours together.
fn host_of(index: usize, nodes: usize, hosts: usize) -> usize {
    index * hosts / nodes.max(1)
}

fn multiaddr(host: IpAddr, port: u16) -> String {
    match host {
        IpAddr::V4(host) => format!("/ip4/{host}/tcp/{port}"),
        IpAddr::V6(host) => format!("/ip6/{host}/tcp/{port}"),
    }
}

/// Makes the folders under `target`, which must not be there yet. The chain has not begun: nobody may start from a copy
/// of keys that vote somewhere else.
///
/// # Errors
/// [`Error::Flag`], [`Error::Io`], and what making keys and guards can meet.
pub fn export(target: &Path, export: &Export<'_>) -> Result<Vec<HostBundle>, Error> {
    if target.exists() {
        return Err(Error::Flag {
            flag: "DIR",
            value: target.display().to_string(),
            hint: "is there already, and keys are never overwritten: name a new folder".into(),
        });
    }
    let base = export.flags.base_port;
    let spec = Spec::new(
        export.name,
        export.flags,
        base.unwrap_or_else(|| preferred_base(export.name)),
    )?;
    let nodes = usize::from(spec.validators);
    if export.hosts.is_empty() || export.hosts.len() > nodes {
        return Err(Error::Flag {
            flag: "--host",
            value: format!("{} times", export.hosts.len()),
            hint: format!("give one for each machine, from 1 to {nodes}, which is how many nodes there are"),
        });
    }
    let made = write(target, export, &spec);
    if made.is_err() {
        // Half a bundle is worse than none; why there is none is what matters.
        fs::remove_dir_all(target).unwrap_or_default();
    }
    made
}

fn write(target: &Path, export: &Export<'_>, spec: &Spec) -> Result<Vec<HostBundle>, Error> {
    let genesis = world::genesis(spec)?;
    let all = world::node_keys(spec);
    let nodes = all.len();
    let block = Block {
        base: spec.base_port,
        nodes: spec.validators,
    };
    let ports: Vec<NodePorts> = (0..spec.validators).map(|index| block.node(index)).collect();
    let host = |index: usize| export.hosts[host_of(index, nodes, export.hosts.len())];
    let peers: Vec<String> = (0..nodes)
        .map(|index| {
            let peer = peer_id::of(all[index].p2p.public_key().as_bytes());
            format!("{}/p2p/{peer}", multiaddr(host(index), ports[index].p2p))
        })
        .collect();
    let mut bundles: Vec<HostBundle> = export
        .hosts
        .iter()
        .enumerate()
        .map(|(number, address)| HostBundle {
            folder: target.join(format!("host{number}")).display().to_string(),
            address: *address,
            nodes: Vec::new(),
        })
        .collect();
    for (index, keys) in all.iter().enumerate() {
        let bundle = &mut bundles[host_of(index, nodes, export.hosts.len())];
        let node = name::node(index);
        let home = Path::new(&bundle.folder).join(&node);
        lay_out_node(&home, &genesis, keys, spec)?;
        let place = Place {
            p2p: multiaddr(host(index), ports[index].p2p),
            public_rpc: export.public_rpc.then(|| host(index)),
        };
        let others = peers.iter().enumerate().filter(|(other, _)| *other != index);
        let others = others.map(|(_, peer)| peer.clone()).collect();
        let text = config_file::render(&node, spec, &ports[index], &place, others)?;
        files::write(&home.join("config.toml"), &text)?;
        let rpc_host = place.rpc_host();
        bundle.nodes.push(ExportedNode {
            name: node,
            grpc: format!(
                "http://{}",
                std::net::SocketAddr::new(rpc_host, ports[index].grpc)
            ),
            p2p: place.p2p,
        });
    }
    for bundle in &bundles {
        write_start(Path::new(&bundle.folder), bundle)?;
    }
    let public = target.join("public");
    files::make_folder(&public)?;
    files::write(&public.join("genesis.json"), &genesis.text)?;
    files::write(&public.join("peers.txt"), &(peers.join("\n") + "\n"))?;
    lay_out_accounts(&target.join("accounts"), spec)?;
    Ok(bundles)
}

/// A script that runs the nodes of one machine, wherever its folder lies.
fn write_start(folder: &Path, bundle: &HostBundle) -> Result<(), Error> {
    let names: Vec<&str> = bundle.nodes.iter().map(|node| node.name.as_str()).collect();
    let text = format!(
        "#!/bin/sh\n\
         # Runs this machine's nodes until it is told to stop. PALISADE names the program when it is not in the path.\n\
         cd \"$(dirname \"$0\")\" || exit 1\n\
         pids=\n\
         trap 'kill $pids 2>/dev/null; wait; exit 0' INT TERM\n\
         for node in {}; do\n    \
             \"${{PALISADE:-palisade}}\" start --home \"$PWD/$node\" >>\"$node/node.log\" 2>&1 &\n    \
             pids=\"$pids $!\"\n\
         done\n\
         wait\n",
        names.join(" ")
    );
    let path = folder.join("start.sh");
    files::write(&path, &text)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
        .map_err(|error| Error::io(&path, "make executable", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(validators: u16, hosts: &[&str], public_rpc: bool) -> (tempfile::TempDir, Vec<HostBundle>) {
        let base = tempfile::tempdir().unwrap();
        let flags = Flags {
            validators: Some(validators),
            ..Flags::default()
        };
        let hosts: Vec<IpAddr> = hosts.iter().map(|host| host.parse().unwrap()).collect();
        let wanted = Export {
            name: &Name::default(),
            flags: &flags,
            hosts: &hosts,
            public_rpc,
        };
        let bundles = export(&base.path().join("out"), &wanted).unwrap();
        (base, bundles)
    }

    #[test]
    fn nodes_are_shared_out_evenly_and_each_knows_where_the_others_are() {
        let (base, bundles) = made(4, &["10.9.0.1", "10.9.0.2"], false);
        let out = base.path().join("out");
        let names = |bundle: &HostBundle| bundle.nodes.iter().map(|n| n.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&bundles[0]), ["node0", "node1"]);
        assert_eq!(names(&bundles[1]), ["node2", "node3"]);
        assert_eq!(bundles[1].nodes[0].grpc, "http://127.0.0.1:26620");
        let text = fs::read_to_string(out.join("host1/node2/config.toml")).unwrap();
        assert!(text.contains("/ip4/10.9.0.2/tcp/26622"), "{text}");
        assert!(text.contains("/ip4/10.9.0.1/tcp/26602/p2p/12D3"), "{text}");
        assert!(!text.contains("allow_plaintext_public"), "{text}");
        let peers = fs::read_to_string(out.join("public/peers.txt")).unwrap();
        assert_eq!(peers.lines().count(), 4);
        // What is public has no key; each machine has those of its own nodes alone.
        assert_eq!(fs::read_dir(out.join("public")).unwrap().count(), 2);
        assert!(out.join("host0/node1/keys").is_dir() && out.join("host0/node1/guard").is_dir());
        assert!(!out.join("host0/node2").exists());
        assert!(out.join("accounts/alice.pem").is_file());
    }

    #[test]
    fn a_public_address_is_one_that_was_asked_for() {
        let (base, bundles) = made(3, &["10.9.0.1"], true);
        assert_eq!(bundles[0].nodes[2].grpc, "http://10.9.0.1:26620");
        let text = fs::read_to_string(base.path().join("out/host0/node2/config.toml")).unwrap();
        assert!(
            text.contains("allow_plaintext_public = true") && text.contains("10.9.0.1:26620"),
            "{text}"
        );
    }

    #[test]
    fn what_is_there_is_never_overwritten_and_a_machine_without_a_node_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let hosts: Vec<IpAddr> = (1..=5).map(|last| IpAddr::from([10, 9, 0, last])).collect();
        let refused = |target: &Path, hosts: &[IpAddr]| {
            let wanted = Export {
                name: &Name::default(),
                flags: &Flags::default(),
                hosts,
                public_rpc: false,
            };
            export(target, &wanted).unwrap_err().to_string()
        };
        let new = base.path().join("new");
        assert!(refused(base.path(), &hosts[..2]).contains("never overwritten"));
        assert!(refused(&new, &hosts).contains("from 1 to 4"));
        assert!(refused(&new, &[]).contains("from 1 to 4"));
        assert!(!new.exists());
    }
}
