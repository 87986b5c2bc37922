//! Consensus keys that come from elsewhere, and keys that go.

use super::upkeep::whole;
use super::{Owner, broken};
use crypto::bls::KeyBytes;
use primitives::Epoch;
use rpc::backend::{AdminError, NewKey, TakenKey};
use runtime::View;
use signer::guard::Slot;
use signer::{KeyError, NodeKeys, keystore};

impl Owner {
    /// Takes up a key: it signs nothing of the present epoch and before.
    pub(super) async fn take_key(
        &self,
        content: Vec<u8>,
        history: Option<Vec<u8>>,
    ) -> Result<TakenKey, AdminError> {
        let epoch = self.backend.engine.borrow().epoch;
        self.with_keys(move |own| {
            let wrong = |problem: String| AdminError::Field {
                field: "keystore",
                problem,
            };
            let name = "the keystore";
            let key = keystore::read_consensus(name, &content, &own.protection, own.network);
            let key = key.map_err(|error| wrong(error.to_string()))?;
            let public = key.public_key();
            if own.ring.public_keys().contains(&public) {
                return Err(wrong("the node holds this key already".to_owned()));
            }
            if own.ring.was_given_away(&public).map_err(broken)? {
                return Err(wrong(
                    "this home gave the key away, and never signs with it again".to_owned(),
                ));
            }
            let history = history
                .map(|json| own.history("history_json", &json))
                .transpose()?;
            // Order: what it may not sign is durable before anybody can sign with it.
            own.ring.forbid(&public, Slot::end_of(epoch)).map_err(broken)?;
            if let Some(document) = history {
                own.ring.import(&document).map_err(broken)?;
            }
            let file = NodeKeys::add_consensus(&own.folder, &key, &own.protection, own.network);
            let highest = own.ring.highest(&public).map_err(broken)?;
            let signed = highest.map_or(epoch, |slot| slot.epoch.max(epoch));
            Ok(TakenKey {
                held: NewKey {
                    key: public,
                    possession: key.possession_proof(&own.operator),
                    file: whole(&file.map_err(broken)?),
                },
                from: signed.next().unwrap_or(Epoch::MAX),
            })
        })
        .await
    }

    /// Puts a key aside, and says where its file is.
    pub(super) async fn put_aside(
        &self,
        key: KeyBytes,
        although_it_votes: bool,
    ) -> Result<String, AdminError> {
        if self.is_used(&key) && !although_it_votes {
            return Err(AdminError::Unsuitable(
                "the validator votes with this key, or will from the next epoch on: register another one first with \
                 `palisade validator rotate-key`, and wait until that one votes; or say that it is to go although it votes"
                    .to_owned(),
            ));
        }
        self.with_keys(move |own| {
            let moved = NodeKeys::set_aside(&own.folder, &key, &own.protection, own.network);
            let moved = moved.map_err(|error| match error {
                KeyError::Missing { .. } => AdminError::Field {
                    field: "key",
                    problem: "the node holds no such key".to_owned(),
                },
                KeyError::LastKey { .. } => AdminError::Unsuitable(error.to_string()),
                error => broken(error),
            })?;
            own.ring.remove(&key).map_err(broken)?;
            tracing::warn!(file = %moved.display(), key = hex::encode(key.0), "a consensus key was put aside");
            Ok(whole(&moved))
        })
        .await
    }

    /// Whether the set in force has the key, or the chain knows it as its operator's.
    fn is_used(&self, key: &KeyBytes) -> bool {
        let votes = self
            .backend
            .about_validator()
            .is_some_and(|validator| validator.index.is_some() && validator.key == *key);
        let state = self.backend.snapshots.latest().state.clone();
        let operator = runtime::staking::query::operator_of(&state, key).ok().flatten();
        let registered = operator.and_then(|operator| {
            let block = runtime::Block::default();
            let record = runtime::staking::query::validator(&View::new(&state, &block), &operator);
            record.ok().flatten()
        });
        votes || registered.is_some_and(|validator| validator.consensus_key == *key)
    }
}
