//! The faucet and faults of a development chain.

use super::account;
use light_palisade::Offence;
use palisade_rpc::DevBackend;
use palisade_rpc::backend::{DevAccount, LinkFault, ReadError, Refused, Rejection, RejectionClass};
use primitives::{AccountId, Amount, AssetId, Coin, Epoch, TxId, View};
use std::sync::Mutex;

#[derive(Default)]
pub(crate) struct Faucet {
    pub(crate) funded: Mutex<Vec<(AccountId, Coin)>>,
    faults: Mutex<Vec<LinkFault>>,
}

#[tonic::async_trait]
impl DevBackend for Faucet {
    async fn fund(
        &self,
        to: AccountId,
        asset: AssetId,
        amount: Option<Amount>,
    ) -> Result<(TxId, Coin), Refused> {
        let coin = Coin {
            asset,
            amount: amount.unwrap_or(Amount::new(100)),
        };
        if asset != super::asset(0) {
            return Err(Refused::Rejected(Rejection {
                class: RejectionClass::Precondition,
                reason: "INSUFFICIENT_FUNDS",
                message: "the faucet has nothing of that asset".into(),
                metadata: vec![("asset", asset.to_string())],
            }));
        }
        self.funded.lock().unwrap().push((to, coin));
        Ok((TxId::new([6; 32]), coin))
    }

    fn accounts(&self) -> Vec<DevAccount> {
        vec![DevAccount {
            name: "alice".into(),
            id: account(1),
        }]
    }

    fn link_faults(&self) -> Vec<LinkFault> {
        self.faults.lock().unwrap().clone()
    }

    async fn set_link_fault(&self, fault: LinkFault) -> Result<(), ReadError> {
        self.faults.lock().unwrap().push(fault);
        Ok(())
    }

    async fn misbehave(&self, offence: Offence) -> Result<(Epoch, View), ReadError> {
        match offence {
            Offence::DoubleNotarize => Ok((Epoch::new(4), View::new(9))),
            Offence::DoubleFinalize | Offence::NullifyFinalize | Offence::NotarizeFinalize => {
                Err(ReadError::Unavailable("this node votes with no key".into()))
            }
        }
    }

    async fn clear_faults(&self) {
        self.faults.lock().unwrap().clear();
    }
}
