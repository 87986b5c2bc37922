//! grpc.health.v1: whether the node lives, and whether each service can be relied on.

use crate::backend::Tip;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::server::{HealthReporter, HealthService};

/// Tells the health service how the node does.
pub(crate) struct Reporter {
    health: HealthReporter,
    services: Vec<&'static str>,
}

/// The health service for `services`, none of which is ready until the reporter has said so.
pub(crate) async fn service(services: Vec<&'static str>) -> (HealthServer<impl Health>, Reporter) {
    let health = HealthReporter::new();
    let server = HealthServer::new(HealthService::from_health_reporter(health.clone()));
    let reporter = Reporter { health, services };
    reporter.set(ServingStatus::NotServing).await;
    (server, reporter)
}

impl Reporter {
    async fn set(&self, status: ServingStatus) {
        for service in &self.services {
            self.health.set_service_status(service, status).await;
        }
    }

    /// Services are ready while the node is not catching up; the node itself, named "", lives until it shuts down.
    pub(crate) async fn follow(self, mut tip: watch::Receiver<Tip>, shutdown: CancellationToken) {
        let mut syncing = None;
        loop {
            let now = tip.borrow_and_update().syncing;
            if syncing != Some(now) {
                syncing = Some(now);
                self.set(if now {
                    ServingStatus::NotServing
                } else {
                    ServingStatus::Serving
                })
                .await;
            }
            tokio::select! {
                changed = tip.changed() => if changed.is_err() { break },
                () = shutdown.cancelled() => break,
            }
        }
        self.set(ServingStatus::NotServing).await;
        self.health
            .set_service_status("", ServingStatus::NotServing)
            .await;
    }
}
