//! What a running testnet is, for people and for shells.

use crate::cli::context::Context;
use crate::cli::testnet::Which;
use crate::output::{Failure, columns};
use testnet::provision::account_rows;
use testnet::{Facts, Spec};

/// Where the owner of the nodes talks to them, and how a shell is told of the testnet.
fn surroundings(facts: &Facts, name: &str) -> String {
    let owner = facts.nodes.first().map_or("", |node| node.status.admin.as_str());
    format!(
        "\n\nADMIN {owner}   for its owner alone, so for each node\nENV   eval $(palisade testnet env{name})\n"
    )
}

/// What `up` prints when the testnet is ready.
pub(crate) fn banner(facts: &Facts) -> String {
    let seconds = facts.ready_ms / 1_000;
    let tenths = facts.ready_ms % 1_000 / 100;
    let mut text = format!(
        "palisade {} ({})  testnet \"{}\"  chain {}  ready in {seconds}.{tenths}s\n\n",
        facts.version,
        crate::cli::commit(),
        facts.name,
        facts.chain_id,
    );
    let name = if facts.name == testnet::name::DEFAULT {
        String::new()
    } else {
        format!(" --name {}", facts.name)
    };
    let share = 100.0 / f64::from(facts.validators.max(1));
    let nodes: Vec<Vec<String>> = facts
        .nodes
        .iter()
        .map(|node| {
            vec![
                node.status.name.clone(),
                node.status.grpc.clone(),
                node.status.metrics.clone(),
                node.status.p2p.rsplit(':').next().unwrap_or_default().to_owned(),
                format!("{share:.0}%"),
                format!("palisade testnet logs {}{name} -f", node.status.name),
            ]
        })
        .collect();
    text.push_str(&columns(
        &["NODE", "gRPC+web+explorer", "METRICS", "P2P", "POWER", "LOG"],
        &nodes,
    ));
    text.push_str("\n\n");
    let accounts: Vec<Vec<String>> = account_rows(facts).into_iter().map(|row| row.to_vec()).collect();
    text.push_str(&columns(
        &[
            "ACCOUNT",
            "ADDRESS",
            "BALANCE",
            "ROLE (keys from the seed: public, never fund them elsewhere)",
        ],
        &accounts,
    ));
    text.push_str(&restaked(facts));
    text.push_str(&surroundings(facts, &name));
    text.push_str("Try   palisade tx send alice bob 10pal --wait\n");
    text.push_str("      palisade vault list; palisade operator list; palisade service show 1\n");
    let last = facts.nodes.last().map_or("node0", |n| n.status.name.as_str());
    text.push_str(&format!("      palisade testnet node kill{name} {last}\n"));
    text.push_str(&format!(
        "      palisade testnet bench{name} --rate 500 --duration 10s\n"
    ));
    text.push_str(&format!(
        "Stop  palisade testnet down{name}, or Ctrl-C where it runs in the foreground\n"
    ));
    text.push_str(&format!(
        "      (its chain is kept; `palisade testnet rm --yes{name}` deletes it)"
    ));
    text
}

/// The vaults and the services that there were at genesis.
fn restaked(facts: &Facts) -> String {
    let serves = |numbers: &[u32]| {
        let name = |number: &u32| match facts.services.iter().find(|one| one.service == *number) {
            Some(service) => format!("{} ({number})", service.name),
            None => "the chain (0)".to_owned(),
        };
        numbers.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    let vaults: Vec<Vec<String>> = facts
        .vaults
        .iter()
        .map(|one| {
            vec![
                one.name.clone(),
                one.operator.clone(),
                one.staked.clone(),
                serves(&one.serves),
                one.address.clone(),
            ]
        })
        .collect();
    let services: Vec<Vec<String>> = facts
        .services
        .iter()
        .map(|one| {
            vec![
                one.service.to_string(),
                one.name.clone(),
                format!("{} operators", one.operators),
                one.slashable.join(", "),
            ]
        })
        .collect();
    let mut text = String::new();
    if !vaults.is_empty() {
        text.push_str("\n\n");
        text.push_str(&columns(
            &["VAULT", "OPERATOR", "STAKED", "SERVES", "ADDRESS"],
            &vaults,
        ));
    }
    if !services.is_empty() {
        text.push_str("\n\n");
        text.push_str(&columns(
            &["SERVICE", "NAME", "OPERATOR SET", "SLASHABLE"],
            &services,
        ));
    }
    text
}

/// `palisade testnet env`: one `export` a line.
pub(crate) fn env(which: &Which, context: &Context) -> Result<(), Failure> {
    let (folder, _): (_, Spec) = which.spec(context)?;
    let facts = Facts::load(&folder)?;
    if context.output.is_json() {
        return context.output.json(&facts.env, true);
    }
    let lines: Vec<String> = facts
        .env
        .iter()
        .map(|(name, value)| format!("export {name}={}", quoted(value)))
        .collect();
    context.output.line(&lines.join("\n"))
}

/// A text as a shell takes it literally.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_take_values_literally() {
        assert_eq!(quoted("/a b/it's"), "'/a b/it'\\''s'");
    }
}
