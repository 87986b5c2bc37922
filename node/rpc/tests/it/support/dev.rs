//! The faucet and faults of a development chain.

use super::account;
use light_palisade::Offence;
use palisade_rpc::DevBackend;
use palisade_rpc::backend::{
    DevAccount, DevClock, LinkFault, NodeFault, ReadError, Refused, Rejection, RejectionClass,
};
use primitives::{AccountId, Amount, AssetId, ChainClock, Coin, Epoch, TxId, View};
use std::sync::Mutex;

#[derive(Default)]
pub(crate) struct Faucet {
    pub(crate) funded: Mutex<Vec<(AccountId, Coin)>>,
    faults: Mutex<Vec<LinkFault>>,
    node: Mutex<NodeFault>,
    clock: Mutex<DevClock>,
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

    fn node_fault(&self) -> NodeFault {
        *self.node.lock().unwrap()
    }

    fn set_node_fault(&self, fault: NodeFault) {
        *self.node.lock().unwrap() = fault;
    }

    fn clock(&self) -> Result<DevClock, ReadError> {
        Ok(*self.clock.lock().unwrap())
    }

    fn advance_clock(&self, to: ChainClock) {
        self.clock.lock().unwrap().now = to;
    }

    async fn clear_faults(&self) {
        *self.node.lock().unwrap() = NodeFault::default();
        self.faults.lock().unwrap().clear();
    }
}
