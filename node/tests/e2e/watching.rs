//! What operators watch is what a node tells.

use crate::world::{NODES, Testnet};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// Families with labels that a node cannot know beforehand: told once there is something to tell.
const ONCE_THERE_IS_SOMETHING: [&str; 4] = [
    "palisade_consensus_timeouts",
    "palisade_mempool_rejected_txs",
    "palisade_p2p_dropped_frames",
    "palisade_p2p_peer_pending_send_bytes",
];

/// Every metric that a text names, without what its kind adds to the name.
fn named(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("palisade_"))
        .map(|word| {
            let ends = ["_bucket", "_sum", "_count", "_total", "_info"];
            let end = ends.into_iter().find(|end| word.ends_with(end));
            word.strip_suffix(end.unwrap_or_default()).unwrap().to_owned()
        })
        .collect()
}

/// The names of all spans that nodes sent.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<BTreeSet<String>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        let names = scopes.flat_map(|scope| scope.spans).map(|span| span.name);
        self.0.lock().unwrap().extend(names);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[test]
fn every_metric_of_the_alerts_and_dashboards_is_on_a_nodes_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/observability");
    let mut texts = vec![std::fs::read_to_string(folder.join("rules/palisade.yml")).unwrap()];
    for board in std::fs::read_dir(folder.join("dashboards")).unwrap() {
        texts.push(std::fs::read_to_string(board.unwrap().path()).unwrap());
    }
    assert!(texts.len() >= 5, "the dashboards are missing");
    let wanted: BTreeSet<String> = texts.iter().flat_map(|text| named(text)).collect();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
    let listener = listener.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let collector = Collector::default();
    let server = tonic::transport::Server::builder().add_service(TraceServiceServer::new(collector.clone()));
    runtime.spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let testnet = Testnet::up("watched");
    testnet.run(&["testnet", "node", "stop", NODES[1]]);
    let settings = testnet.home(NODES[1]).join("config.toml");
    let mut text = std::fs::read_to_string(&settings).unwrap();
    text.push_str(&format!(
        "\n[telemetry]\notlp = \"{address}\"\nspans = \"info,palisade_rpc=debug\"\n"
    ));
    std::fs::write(&settings, text).unwrap();
    testnet.run(&["testnet", "node", "restart", NODES[1]]);
    testnet.wait_for_all(testnet.highest() + 2);
    testnet.transfer();
    let page = testnet.metrics(NODES[1]);
    let told: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect();
    let mut missing: Vec<&String> = wanted.difference(&told).collect();
    missing.retain(|name| !ONCE_THERE_IS_SOMETHING.contains(&name.as_str()));
    assert!(missing.is_empty(), "no node tells {missing:?}; it tells {told:?}");
    let sample = |name: &str| -> f64 {
        let line = page.lines().find(|line| line.starts_with(&format!("{name} ")));
        let line = line.unwrap_or_else(|| panic!("no {name} in {page}"));
        line.rsplit_once(' ').unwrap().1.parse().unwrap()
    };
    assert!(sample("palisade_consensus_total_txs_total") >= 1.0);
    assert!(sample("palisade_consensus_finalization_latency_seconds_count") >= 1.0);
    assert!(sample("palisade_consensus_validator_power") > 0.0);
    assert!(sample("palisade_disk_free_bytes") > 0.0);
    let spans = ["build", "verify", "execute", "commit", "call"];
    testnet.wait("the spans of blocks and calls", || {
        let told = collector.0.lock().unwrap();
        spans.iter().all(|name| told.contains(*name))
    });
}
