//! The public halves that registering needs, wherever the consensus key is.

use crate::cli::context::Context;
use crate::cli::passwords::PasswordFlags;
use crate::output::{Exit, Failure};
use crypto::bls::{KeyBytes, SignatureBytes};
use primitives::AccountId;
use primitives::address::Network;
use signer::keystore::load_ed25519;
use signer::remote::Connection;
use signer::{NodeKeys, PublicKeys};
use std::time::Duration;

/// The remote signer of the home's settings; `None` when the node signs itself.
pub(super) fn remote(context: &Context) -> Result<Option<Connection>, Failure> {
    let set = context.settings(&[], false)?.config.signer;
    let address = set
        .address()
        .map_err(|reason| Failure::new(Exit::Config, "CONFIG_INVALID", reason))?;
    let Some((address, tls)) = address else {
        return Ok(None);
    };
    let patience = Duration::from_millis(set.patience_ms.max(1_000));
    Ok(Some(Connection::new(&address, tls.as_ref(), patience)?))
}

/// The newest key that a remote signer holds, and the proof of its possession for `operator`.
pub(super) async fn newest(
    signer: &Connection,
    operator: &AccountId,
) -> Result<(KeyBytes, SignatureBytes), Failure> {
    let held = signer.keys().await?;
    let key = held.keys.last().ok_or_else(|| {
        Failure::key("the signer holds no consensus key: make one with `palisade signer new-key` there")
    })?;
    Ok((*key, signer.possession_proof(key, operator).await?))
}

/// All three of the home's public keys; the consensus key is the remote signer's where there is one.
pub(super) async fn public(
    context: &Context,
    password: &PasswordFlags,
    network: Network,
) -> Result<PublicKeys, Failure> {
    let folder = context.home()?.keys();
    let protection = password.protection()?;
    let Some(signer) = remote(context)? else {
        return Ok(NodeKeys::load(&folder, &protection, network)?.public());
    };
    let account = load_ed25519(&folder.join("account.pem"), &protection, network)?;
    let p2p = NodeKeys::load_p2p(&folder, &protection, network)?;
    let (consensus, possession) = newest(&signer, &account.account()).await?;
    Ok(PublicKeys {
        account: account.account(),
        account_key: *account.public_key().as_bytes(),
        consensus,
        possession,
        p2p: *p2p.public_key().as_bytes(),
    })
}
