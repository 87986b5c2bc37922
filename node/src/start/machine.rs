//! What the node takes of its machine, read when somebody asks for the metrics.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::path::{Path, PathBuf};

/// Registers memory, processor time, open files, and the room where `data` lies; and which program and chain this is.
pub(super) fn register(registry: &mut Registry, data: PathBuf, chain_id: &str) {
    let labels = [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        (
            "commit",
            option_env!("PALISADE_COMMIT").unwrap_or_default().to_owned(),
        ),
        ("chain_id", chain_id.to_owned()),
    ];
    registry.register("node", "Program and chain", Info::new(labels.to_vec()));
    registry.register_collector(Box::new(Machine { data }));
}

#[derive(Debug)]
struct Machine {
    data: PathBuf,
}

impl Collector for Machine {
    /// What cannot be read is left out.
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut gauge = |name: &str, help: &str, unit: Option<&Unit>, value: u64| {
            let value = ConstGauge::new(value);
            value.encode(encoder.encode_descriptor(name, help, unit, value.metric_type())?)
        };
        if let Some(usage) = testnet::process::usage(std::process::id()) {
            gauge(
                "process_resident_memory",
                "Memory held",
                Some(&Unit::Bytes),
                usage.rss_bytes,
            )?;
        }
        if let Some(files) = open_files() {
            gauge("process_open_fds", "Open files and sockets", None, files)?;
        }
        if let Some((free, size)) = room(&self.data) {
            gauge(
                "disk_free",
                "Room left where the data lies",
                Some(&Unit::Bytes),
                free,
            )?;
            gauge(
                "disk_size",
                "Room in all where the data lies",
                Some(&Unit::Bytes),
                size,
            )?;
        }
        if let Some(usage) = testnet::process::usage(std::process::id()) {
            let value = ConstCounter::new(usage.cpu_seconds);
            let name = "process_cpu";
            let help = "Processor time taken";
            value.encode(encoder.encode_descriptor(
                name,
                help,
                Some(&Unit::Seconds),
                value.metric_type(),
            )?)?;
        }
        Ok(())
    }
}

fn open_files() -> Option<u64> {
    let open = std::fs::read_dir("/proc/self/fd").ok()?.count();
    u64::try_from(open).ok()
}

/// Bytes that the node may still write, and bytes in all.
fn room(folder: &Path) -> Option<(u64, u64)> {
    let found = nix::sys::statvfs::statvfs(folder).ok()?;
    let block = found.fragment_size();
    Some((
        found.blocks_available().saturating_mul(block),
        found.blocks().saturating_mul(block),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::text::encode;

    #[test]
    fn the_page_tells_memory_files_room_and_program() {
        let mut registry = Registry::with_prefix("palisade");
        register(&mut registry, std::env::temp_dir(), "palisade-test-1");
        let mut page = String::new();
        encode(&mut page, &registry).unwrap();
        let value = |name: &str| -> f64 {
            let line = page.lines().find(|line| line.starts_with(&format!("{name} ")));
            line.unwrap_or_else(|| panic!("no {name} in {page}"))
                .rsplit_once(' ')
                .unwrap()
                .1
                .parse()
                .unwrap()
        };
        assert!(value("palisade_process_resident_memory_bytes") > 100_000.0);
        assert!(value("palisade_process_open_fds") >= 3.0);
        assert!(value("palisade_process_cpu_seconds_total") >= 0.0);
        assert!(value("palisade_disk_size_bytes") >= value("palisade_disk_free_bytes"));
        assert!(page.contains("palisade_node_info{") && page.contains("chain_id=\"palisade-test-1\""));
    }
}
