//! Spans to a collector, over OTLP: gRPC without encryption, as collectors take it on the same machine.
//!
//! A collector that does not answer costs spans, never blocks: they wait in a bounded queue and are dropped when it is full.

use crate::config::TelemetrySection;
use crate::logging::Boxed;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use std::time::Duration;
use tracing_subscriber::{EnvFilter, Layer};

/// How long one batch may take.
const EXPORT_WITHIN: Duration = Duration::from_secs(5);
/// How long the last batch may take when the node ends.
const LAST_WITHIN: Duration = Duration::from_secs(2);
/// Spans that wait; more are dropped.
const QUEUE: usize = 4_096;
/// Who carries the spans has none of its own: each export would make the next one.
const CARRIERS: [&str; 5] = ["opentelemetry", "tonic", "h2", "hyper", "tower"];

/// Which spans are exported.
pub(crate) fn filter(section: &TelemetrySection) -> Result<EnvFilter, String> {
    let mut filter = EnvFilter::try_new(&section.spans)
        .map_err(|error| format!("telemetry.spans = \"{}\": {error}", section.spans))?;
    for carrier in CARRIERS {
        let directive = format!("{carrier}=off").parse();
        filter = filter.add_directive(directive.map_err(|error| format!("telemetry.spans: {error}"))?);
    }
    Ok(filter)
}

/// What exports the spans of the node that is called `moniker`; `None` where no collector is named. Inside the runtime that
/// shall send them.
///
/// # Errors
/// What is wrong with the section.
pub(crate) fn layer(
    section: &TelemetrySection,
    moniker: &str,
) -> Result<Option<(Boxed, SdkTracerProvider)>, String> {
    use opentelemetry_otlp::WithTonicConfig;
    if section.otlp.is_empty() {
        return Ok(None);
    }
    let wrong = |error: &dyn std::fmt::Display| format!("telemetry.otlp = \"{}\": {error}", section.otlp);
    let endpoint = tonic::transport::Endpoint::from_shared(section.otlp.clone()).map_err(|e| wrong(&e))?;
    let channel = endpoint
        .timeout(EXPORT_WITHIN)
        .connect_timeout(EXPORT_WITHIN)
        .connect_lazy();
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_channel(channel)
        .with_timeout(EXPORT_WITHIN)
        .build()
        .map_err(|e| wrong(&e))?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_scheduled_delay(Duration::from_secs(1))
        .build();
    let processor = BatchSpanProcessor::builder(exporter)
        .with_batch_config(batches)
        .build();
    let resource = Resource::builder()
        .with_service_name("palisade")
        .with_attribute(KeyValue::new("service.instance.id", moniker.to_owned()))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(processor)
        .with_resource(resource)
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("palisade"))
        .with_filter(filter(section)?)
        .boxed();
    Ok(Some((layer, provider)))
}

/// Sends what is left.
pub(crate) async fn end(provider: SdkTracerProvider) {
    let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(LAST_WITHIN)).await;
    if let Ok(Err(error)) = ended {
        tracing::warn!(%error, "the last spans did not reach the collector");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
        TraceService, TraceServiceServer,
    };
    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
    };
    use tokio::sync::mpsc;
    use tokio_stream::wrappers::TcpListenerStream;
    use tonic::{Request, Response, Status};
    use tracing_subscriber::layer::SubscriberExt;

    struct Collector(mpsc::Sender<ExportTraceServiceRequest>);

    #[tonic::async_trait]
    impl TraceService for Collector {
        async fn export(
            &self,
            request: Request<ExportTraceServiceRequest>,
        ) -> Result<Response<ExportTraceServiceResponse>, Status> {
            self.0.send(request.into_inner()).await.unwrap();
            Ok(Response::new(ExportTraceServiceResponse::default()))
        }
    }

    fn section(otlp: &str) -> TelemetrySection {
        TelemetrySection {
            otlp: otlp.to_owned(),
            ..TelemetrySection::default()
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_collector_receives_the_spans_with_their_fields_and_parents() {
        let (told, mut heard) = mpsc::channel(8);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server =
            tonic::transport::Server::builder().add_service(TraceServiceServer::new(Collector(told)));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));

        let (layer, provider) = layer(&section(&address), "watched").unwrap().unwrap();
        let subscriber = tracing_subscriber::registry().with(vec![layer]);
        tracing::subscriber::with_default(subscriber, || {
            let block = tracing::info_span!("block", height = 7_u64);
            let _inside = block.enter();
            tracing::info_span!("execute", transactions = 3_u64).in_scope(|| tracing::info!("done"));
            tracing::debug_span!("too fine").in_scope(|| {});
            tracing::info_span!(target: "h2::client", "carrier").in_scope(|| {});
        });
        end(provider).await;

        let request = heard.recv().await.unwrap();
        let resource = request.resource_spans[0].resource.clone().unwrap();
        let resource = format!("{resource:?}");
        assert!(
            resource.contains("palisade") && resource.contains("watched"),
            "{resource}"
        );
        let spans = &request.resource_spans[0].scope_spans[0].spans;
        let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
        assert_eq!(names, ["execute", "block"]);
        assert_eq!(spans[0].parent_span_id, spans[1].span_id);
        assert_eq!(spans[0].trace_id, spans[1].trace_id);
        assert_eq!(spans[0].events[0].name, "done");
        let height = spans[1].attributes.iter().find(|one| one.key == "height");
        // The protocol's numbers are signed: what is not goes as text.
        assert!(format!("{height:?}").contains("StringValue(\"7\")"), "{height:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_collector_that_is_not_there_holds_nobody_up() {
        // Taken and given back: nobody listens there.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let (layer, provider) = layer(&section(&address), "alone").unwrap().unwrap();
        let subscriber = tracing_subscriber::registry().with(vec![layer]);
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..2 * QUEUE {
                tracing::info_span!("block").in_scope(|| {});
            }
        });
        let ended = tokio::time::timeout(Duration::from_secs(60), end(provider)).await;
        assert!(ended.is_ok(), "the node would not end");
    }

    #[test]
    fn without_a_collector_nothing_is_exported_and_a_wrong_filter_is_named() {
        assert!(layer(&section(""), "quiet").unwrap().is_none());
        let wrong = TelemetrySection {
            spans: "info,=".to_owned(),
            ..TelemetrySection::default()
        };
        assert!(filter(&wrong).unwrap_err().starts_with("telemetry.spans = "));
    }
}
