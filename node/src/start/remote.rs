//! A node whose votes another process signs. That process signs for one node at a time: while it signs for another, this
//! one follows the chain under a name of the moment, and takes over when it may.

use super::{Permissions, Role, StartError, chain_of, run_as};
use crate::config::{Home, NodeConfig};
use signer::remote::{RemoteConfig, RemoteError, RemoteSigner, Standing};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often a signer that does not answer is asked when the node starts, and the pause between.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

/// The remote signer of a validator; `None` when it signs itself.
pub(super) fn config(config: &NodeConfig, home: &Home) -> Result<Option<RemoteConfig>, StartError> {
    if config.node.observer {
        return Ok(None);
    }
    // What is wrong with it, the settings' check has said already.
    let Some((address, tls)) = config.signer.address().ok().flatten() else {
        return Ok(None);
    };
    Ok(Some(RemoteConfig {
        address,
        tls,
        holder: config.node.moniker.clone(),
        chain: chain_of(home)?,
        patience: Duration::from_millis(config.signer.patience_ms),
    }))
}

/// Runs a node that votes through `remote` whenever that signs for it.
pub(super) async fn run(
    config: &NodeConfig,
    home: &Home,
    remote: &RemoteConfig,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let node = |role, stop| run_as(config.clone(), home, Permissions::default(), role, stop);
    let mut voted = false;
    while !stop.is_cancelled() {
        let Some(signer) = connect(remote, voted, &stop).await? else {
            break;
        };
        let mut standing = signer.standing();
        let answered = standing.wait_for(|now| *now != Standing::Asking).await;
        let holds = answered.is_ok_and(|now| *now == Standing::Holding);
        if !holds {
            tracing::warn!(signer = %remote.address, "standing by: following the chain until the signer signs for this node");
            let part = stop.child_token();
            let mut follower = Box::pin(node(Role::Standby, part.clone()));
            tokio::select! {
                ended = &mut follower => return ended,
                taken = async { standing.wait_for(|now| *now == Standing::Holding).await.map(drop) } => {
                    part.cancel();
                    follower.await?;
                    if taken.is_err() {
                        continue;
                    }
                }
            }
            tracing::info!("taking over: votes from here on");
        }
        voted = true;
        let part = stop.child_token();
        let mut voter = Box::pin(node(Role::Remote(signer), part.clone()));
        let lost = async {
            // The signer is gone only with the node, which says why itself.
            if standing
                .wait_for(|now| matches!(now, Standing::Waiting(_)))
                .await
                .is_err()
            {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            ended = &mut voter => return ended,
            () = lost => {
                part.cancel();
                voter.await?;
            }
        }
    }
    Ok(())
}

/// A signer that answers. A node that starts gives up after a while, one that has voted never does; `None`: it was told
/// to stop.
async fn connect(
    remote: &RemoteConfig,
    patient: bool,
    stop: &CancellationToken,
) -> Result<Option<RemoteSigner>, StartError> {
    let mut attempts = 0;
    loop {
        match RemoteSigner::connect(remote.clone()).await {
            Ok(signer) => return Ok(Some(signer)),
            Err(error @ RemoteError::Unreachable { .. }) => {
                attempts += 1;
                if attempts == 1 {
                    tracing::warn!(%error, "waiting for the signer");
                }
                if !patient && attempts >= ATTEMPTS {
                    return Err(error.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(None),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}
