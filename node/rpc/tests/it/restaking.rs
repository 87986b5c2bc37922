//! VaultService, OperatorService, ServiceRegistryService, SlashingService, EpochService: over the state of a chain that
//! starts with vaults of two operators and a service.

mod power;
mod prices;
mod services;

use crate::support::{Running, check};
use genesis::{
    AcceptedAsset, Address, Charter, FaultClass, Hex, Kind, Member, Operator, Pledge, Service, ServiceKind,
    Stake, Text, Vault, Within,
};
use primitives::address::{AddressKind, Network, format, format_account};
use primitives::codec::decode;
use primitives::{Amount, AssetId, Bps, ChainClock, Digest, Epoch, Millis, ServiceId, Shares};
use proto::epoch::v1::epoch_service_client::EpochServiceClient;
use proto::epoch::v1::{ChangeKind, ListPendingChangesRequest};
use proto::vault::v1::vault_service_client::VaultServiceClient;
use proto::vault::v1::{
    GetPositionRequest, GetVaultRequest, ListPositionsRequest, ListVaultsRequest, ListWithdrawalsRequest,
    PreviewDepositRequest, PreviewWithdrawalRequest,
};
use runtime::Message;
use runtime::vaults::{Msg as VaultMsg, Withdraw};
use testing::{Account, Chain, ValidatorKeys};
use tonic::Code;

const WHOLE: u128 = 1_000_000_000_000_000_000;
const STAKE: u128 = 5_000_000_000_000;

/// A server over the state of a chain, and what the tests name of it.
struct World {
    running: Running,
    chain: Chain,
    vaults: Vec<Digest>,
}

fn bps(value: u16) -> Bps {
    Bps::new(value).unwrap()
}

fn address(account: &Account) -> Address {
    Address::new(Kind::Development, account.id())
}

/// The vault of an operator: alice's stake, pledged to the chain and to the service.
fn vault(operator: &Account) -> Vault {
    let pledge = |service, magnitude| Pledge {
        service: ServiceId::new(service),
        magnitude: Amount::new(magnitude),
    };
    Vault {
        operator: address(operator),
        asset: AssetId::PAL,
        charter: Charter {
            leverage_limit: Amount::new(2 * WHOLE),
            services: Vec::new(),
            any_within: Some(Within {
                objective: Bps::ONE,
                subjective: Bps::ONE,
            }),
        },
        deposit_cap: Some(Amount::new(STAKE * 10)),
        stakes: vec![Stake {
            owner: address(&Account::named("alice")),
            amount: Amount::new(STAKE),
        }],
        pledges: vec![pledge(0, WHOLE), pledge(1, WHOLE / 2)],
    }
}

fn service(operators: &[ValidatorKeys]) -> Service {
    let member = |keys: &ValidatorKeys| {
        let other = keys.rotated(&format!("service of {}", keys.name()));
        Member {
            operator: address(&keys.operator),
            key: Hex(other.consensus_key().0),
            proof_of_possession: Hex(other.possession().0),
        }
    };
    let class = |subjective| FaultClass {
        subjective,
        least: bps(100),
        most: bps(4_000),
        cooldown: Millis::new(1_000),
    };
    Service {
        owner: address(&Account::named("alice")),
        kind: ServiceKind::Attested,
        metadata: Text::from("test: never answer twice"),
        accepted: vec![AcceptedAsset {
            asset: AssetId::PAL,
            haircut: bps(1_000),
        }],
        min_operators: 2,
        max_operators: 4,
        min_stake: Amount::new(1),
        min_self_stake: Amount::ZERO,
        quorum: bps(5_000),
        classes: vec![class(false), class(true)],
        double_answer: Some(0),
        recipient: None,
        slasher: Some(address(&Account::named("alice"))),
        vetoers: vec![address(&Account::named("dave"))],
        profit_cap: Amount::new(1_000),
        program: None,
        feeds: Vec::new(),
        members: operators.iter().map(member).collect(),
        active: true,
    }
}

impl World {
    async fn new() -> Self {
        let operators: Vec<ValidatorKeys> = (0..2)
            .map(|n| ValidatorKeys::named(&format!("node{n}")))
            .collect();
        let chain = Chain::with(|document| {
            for keys in &operators {
                document.operators.push(Operator {
                    account: address(&keys.operator),
                    name: Text::from(keys.name()),
                    uri: Text::default(),
                });
                document.vaults.push(vault(&keys.operator));
            }
            document.services.push(service(&operators));
        });
        let vaults = chain.start.vaults.clone();
        let running = Running::new().await;
        let world = Self {
            running,
            chain,
            vaults,
        };
        world.show();
        world
    }

    /// Lets the server answer from the chain as it is now.
    fn show(&self) {
        let header = self.chain.sealed().last().map(|sealed| &sealed.block.header);
        let (epoch, clock) = header.map_or((Epoch::ZERO, ChainClock::ZERO), |header| {
            (header.epoch, header.chain_clock)
        });
        *self.running.node.state.lock().unwrap() = (self.chain.state().clone(), epoch, clock);
    }

    fn send(&mut self, who: &Account, message: Message) {
        let receipt = self.chain.send(who, vec![message]);
        assert!(receipt.failure.is_none(), "{receipt:?}");
        self.show();
    }

    fn vault(&self, number: usize) -> String {
        format(
            AddressKind::Vault,
            Network::Development,
            self.vaults[number].as_bytes(),
        )
    }
}

fn operator(name: &str) -> String {
    format(
        AddressKind::Operator,
        Network::Development,
        Account::named(name).id().as_bytes(),
    )
}

fn account(name: &str) -> String {
    format_account(Network::Development, &Account::named(name).id())
}

#[tokio::test]
async fn a_vault_says_what_is_in_it_and_what_it_pledges_and_can_be_proven() {
    let world = World::new().await;
    let mut client = VaultServiceClient::new(world.running.channel().await);
    let request = GetVaultRequest {
        vault: world.vault(0),
        prove: true,
        ..GetVaultRequest::default()
    };
    let answer = client.get_vault(request).await.unwrap().into_inner();
    let found = answer.vault.unwrap();
    assert_eq!(
        (found.address, found.operator),
        (world.vault(0), operator("node0"))
    );
    assert_eq!(found.assets, STAKE.to_string());
    assert_eq!(found.value, STAKE.to_string());
    assert_eq!(found.magnitude, WHOLE.to_string());
    let pledged: Vec<(u32, &str, &str)> = found
        .pledges
        .iter()
        .map(|one| (one.service_id, one.slashable.as_str(), one.backing.as_str()))
        .collect();
    assert_eq!(
        pledged,
        [
            (0, "5000000000000", "5000000000000"),
            (1, "2500000000000", "2500000000000")
        ]
    );
    assert!(
        found.pledges.iter().all(|one| one.change.is_none()),
        "bound from the start"
    );
    let root = Digest::from_slice(&answer.context.unwrap().state_root).unwrap();
    assert_eq!(root, world.chain.state().root());
    let entry = &answer.proofs[0];
    let proof: light_palisade::StateProof = decode(&entry.proof.as_ref().unwrap().encoded).unwrap();
    proof.verify(&root, &entry.key, entry.value.as_deref()).unwrap();
    let by_id = GetVaultRequest {
        vault: world.vaults[0].to_string(),
        ..GetVaultRequest::default()
    };
    assert!(client.get_vault(by_id).await.is_ok());
}

#[tokio::test]
async fn a_vault_that_is_not_there_or_is_no_address_is_refused_with_its_reason() {
    let world = World::new().await;
    let mut client = VaultServiceClient::new(world.running.channel().await);
    let ask = |vault: String| GetVaultRequest {
        vault,
        ..GetVaultRequest::default()
    };
    let status = client.get_vault(ask("00".repeat(32))).await.unwrap_err();
    check(&status, Code::NotFound, "VAULT_NOT_FOUND", &[]);
    let status = client.get_vault(ask(account("alice"))).await.unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "BAD_ADDRESS_PREFIX",
        &[("field", "vault")],
    );
    let status = client
        .preview_deposit(PreviewDepositRequest {
            vault: world.vault(0),
            amount: "many".into(),
            ..PreviewDepositRequest::default()
        })
        .await
        .unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "amount")],
    );
}

#[tokio::test]
async fn vaults_are_listed_page_by_page_and_by_operator_and_asset() {
    let world = World::new().await;
    let mut client = VaultServiceClient::new(world.running.channel().await);
    let mut request = ListVaultsRequest {
        page_size: 1,
        ..ListVaultsRequest::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = client.list_vaults(request.clone()).await.unwrap().into_inner();
        seen.extend(page.vaults.into_iter().map(|one| one.address));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let mut all = vec![world.vault(0), world.vault(1)];
    let mut sorted = seen.clone();
    sorted.sort();
    all.sort();
    assert_eq!(sorted, all);
    let of = |operator: String, asset_id| ListVaultsRequest {
        operator,
        asset_id,
        ..ListVaultsRequest::default()
    };
    let own = client
        .list_vaults(of(operator("node1"), None))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(own.vaults.len(), 1);
    assert_eq!(own.vaults[0].address, world.vault(1));
    let none = client
        .list_vaults(of(String::new(), Some(7)))
        .await
        .unwrap()
        .into_inner();
    assert!(none.vaults.is_empty() && none.next_page_token.is_empty());
    let mut other = request.clone();
    other.page_token = "00".into();
    let status = client.list_vaults(other).await.unwrap_err();
    check(&status, Code::InvalidArgument, "PAGE_TOKEN_INVALID", &[]);
}

#[tokio::test]
async fn positions_previews_and_withdrawals_tell_one_story() {
    let mut world = World::new().await;
    let mut client = VaultServiceClient::new(world.running.channel().await);
    let vault = world.vault(0);
    let position = GetPositionRequest {
        vault: vault.clone(),
        account: account("alice"),
        ..GetPositionRequest::default()
    };
    let found = client.get_position(position.clone()).await.unwrap().into_inner();
    let shares = found.position.unwrap().shares;
    let listed = ListPositionsRequest {
        vault: vault.clone(),
        ..ListPositionsRequest::default()
    };
    let listed = client.list_positions(listed).await.unwrap().into_inner();
    assert_eq!(listed.positions.len(), 1);
    assert_eq!(listed.positions[0].shares, shares);
    let preview = |amount: u128| PreviewDepositRequest {
        vault: vault.clone(),
        amount: amount.to_string(),
        ..PreviewDepositRequest::default()
    };
    let good = client.preview_deposit(preview(1_000)).await.unwrap().into_inner();
    assert_eq!((good.shares.as_str(), good.obstacle.as_str()), ("1000000", ""));
    let above = client
        .preview_deposit(preview(STAKE * 10))
        .await
        .unwrap()
        .into_inner();
    assert!(above.obstacle.contains("above its cap"), "{}", above.obstacle);
    let worth = PreviewWithdrawalRequest {
        vault: vault.clone(),
        shares: "1000000".into(),
        ..PreviewWithdrawalRequest::default()
    };
    let worth = client.preview_withdrawal(worth).await.unwrap().into_inner();
    assert_eq!((worth.assets.as_str(), worth.at_once.as_str()), ("1000", "0"));

    let alice = Account::named("alice");
    let withdraw = Withdraw {
        vault: world.vaults[0],
        shares: Shares::new(1_000_000),
        beneficiary: alice.id(),
        min_assets: Amount::ZERO,
    };
    world.send(&alice, Message::Vaults(VaultMsg::Withdraw(withdraw)));
    let leaving = ListWithdrawalsRequest {
        vault: vault.clone(),
        account: account("alice"),
        ..ListWithdrawalsRequest::default()
    };
    let leaving = client.list_withdrawals(leaving).await.unwrap().into_inner();
    let one = &leaving.withdrawals[0];
    assert_eq!((one.shares.as_str(), one.worth.as_str()), ("1000000", "1000"));
    assert_eq!(one.due_ms - one.since_ms, 120_000);
    let after = client
        .get_position(position)
        .await
        .unwrap()
        .into_inner()
        .position
        .unwrap();
    assert_eq!(after.withdrawals, 1);

    let mut epochs = EpochServiceClient::new(world.running.channel().await);
    let changes = epochs
        .list_pending_changes(ListPendingChangesRequest::default())
        .await
        .unwrap()
        .into_inner()
        .changes;
    let change = &changes[0];
    assert_eq!(
        (change.kind(), change.due_ms),
        (ChangeKind::Withdrawal, one.due_ms)
    );
}
