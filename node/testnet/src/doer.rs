//! Does what a story's deeds say, on a running testnet, and looks at what came of it.

mod decide;
mod power;

use crate::deed::Deed;
use crate::name;
use crate::spec::Spec;
use crate::world::restaking::{JUDGED, SERVICE, service_key, token_of};
use crate::world::{self, Person};
use client::transaction::{Builder, Fee, Signing};
use client::wait::{End, Until, Wait};
use client::{Client, SignedTransaction, amount};
use crypto::account::AccountKeys;
use crypto::hash::sha256;
use primitives::address::{AddressKind, Network, format, format_account};
use primitives::{AccountId, Amount, Digest, Height, ServiceId};
use proto::account::v1::ListBalancesRequest;
use proto::ledger::v1::Receipt;
use proto::reward::v1 as reward;
use proto::service::v1 as service;
use proto::slash::v1 as slash;
use proto::tx::v1::message::Message as Kind;
use proto::vault::v1 as vault;
use signer::{DoubleVoter, Ed25519Key};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

type Outcome<T = ()> = Result<T, String>;

/// How long a transaction may take to become final.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a simulation may use.
const SIMULATED_GAS: u64 = 20_000_000;
/// For how many blocks a transaction is good.
const TIMEOUT_BLOCKS: u64 = 600;
/// How long answers are shown, and how long disputed after that, in milliseconds.
const WINDOWS_MS: (u64, u64) = (12_000, 4_000);

/// A signed answer.
#[derive(Clone, Debug)]
struct Said {
    answer: Vec<u8>,
    signature: Vec<u8>,
}

/// What a story goes back to.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// How many transactions were made: no two are the same.
    sent: u64,
    task: Option<u64>,
    epoch: u64,
    payload: [u8; 32],
    said: BTreeMap<usize, Said>,
    slash: Option<u64>,
    proposal: Option<u64>,
    /// Vault → what it held.
    vaults: BTreeMap<String, u128>,
    /// Account and asset → what it held.
    balances: BTreeMap<(String, u32), u128>,
    /// How high the chain was.
    height: u64,
    /// What the power was made of in the epochs that were looked at, in order.
    epochs: Vec<power::Seen>,
}

/// Who does what.
pub(crate) struct Doer<'a> {
    spec: &'a Spec,
    memory: Mutex<Memory>,
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn operator(spec: &Spec, index: usize) -> Outcome<(Ed25519Key, AccountId)> {
    let keys = world::node_keys(spec).into_iter().nth(index);
    let key = keys.ok_or("there is no such node")?.account;
    let id = key.account();
    Ok((key, id))
}

fn operator_text(id: &AccountId) -> String {
    format(AddressKind::Operator, Network::Development, id.as_bytes())
}

impl<'a> Doer<'a> {
    pub(crate) fn new(spec: &'a Spec) -> Self {
        Self {
            spec,
            memory: Mutex::default(),
        }
    }

    fn recall<T>(&self, read: impl FnOnce(&Memory) -> T) -> T {
        read(&self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note<T>(&self, change: impl FnOnce(&mut Memory) -> T) -> T {
        change(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn person(&self, wanted: &str) -> Outcome<Person> {
        let found = world::people(self.spec)
            .into_iter()
            .find(|one| one.name == wanted);
        found.ok_or_else(|| format!("there is no {wanted}"))
    }

    fn vault_name(&self, number: usize) -> Outcome<String> {
        let genesis = world::genesis(self.spec).map_err(said)?;
        let id = genesis.vaults.get(number);
        let id =
            id.ok_or_else(|| format!("there is no v{number}: the last is v{}", genesis.vaults.len() - 1))?;
        Ok(format(AddressKind::Vault, Network::Development, id.as_bytes()))
    }

    /// Does it, or looks whether it is so; in words what came of it.
    pub(crate) async fn carry_out(&self, client: &Client, deed: &Deed) -> Outcome<String> {
        match deed {
            Deed::Remember => self.remember(client).await,
            Deed::Task(text, fee) => self.post(client, text, *fee).await,
            Deed::Answer(nodes, right) => self.answer(client, nodes, *right).await,
            Deed::Prove(node) => self.prove(client, *node).await,
            Deed::Twice(node) => self.twice(client, *node).await,
            Deed::Ask(node, bps) => self.ask(client, *node, *bps).await,
            Deed::Veto => self.veto(client).await,
            Deed::Lost(node, bps) => self.lost(client, *node, *bps).await,
            Deed::Kept(node) => self.lost(client, *node, 0).await,
            Deed::Deposit(who, vaults, much) => self.deposit(client, who, vaults, *much).await,
            Deed::Withdraw(who, vault) => self.withdraw(client, who, *vault).await,
            Deed::Leaving(who, vault) => self.leaving(client, who, *vault).await,
            Deed::Certified(_) => self.certified(client).await,
            Deed::Ended(how, _) => self.ended(client, how).await,
            Deed::Earned(who, vault, _) => self.earned(client, who, *vault).await,
            Deed::Paid(who, vault, _) => self.paid(client, who, *vault).await,
            Deed::Propose(wanted) => self.propose(client, wanted).await,
            Deed::Unfit(reason, wanted) => self.unfit(client, reason, wanted).await,
            Deed::Vote(nodes, choice) => self.vote(client, nodes, choice).await,
            Deed::Decided(how, _) => self.decided(client, how).await,
            Deed::Stands(wanted) => self.stands(client, wanted).await,
            Deed::Halted(subject, wanted, _) => self.halted(client, subject, *wanted).await,
            Deed::Power => self.power(client).await,
            Deed::Moved(from, to, bps) => self.moved(from, to, *bps),
            Deed::Held(asset) => self.held(asset),
            Deed::Rises(asset) => self.paced(asset, true),
            Deed::Decays(asset) => self.paced(asset, false),
            Deed::Steady(views) => self.steady(client, *views).await,
            Deed::Cap(asset, bps) => self.cap(client, asset, *bps).await,
            Deed::Price(asset, priced) => self.price(client, asset, priced).await,
            Deed::Unbond(nodes, much) => self.unbond(client, nodes, *much).await,
        }
    }

    /// Sends one message, and waits until it is final.
    async fn send(&self, client: &Client, key: &Ed25519Key, kind: Kind) -> Outcome<Receipt> {
        let sent = self.offer(client, key, kind).await?;
        settle(client, &sent).await
    }

    /// Sends one message without a sequence, so that nothing else of the account is in its way.
    async fn offer(&self, client: &Client, key: &Ed25519Key, kind: Kind) -> Outcome<SignedTransaction> {
        let chain = client.chain().await.map_err(said)?;
        let height = client.height().await.map_err(said)?;
        let timeout = height.saturating_add(Height::new(TIMEOUT_BLOCKS));
        let prices = client.prices().await.map_err(said)?;
        let number = self.note(|memory| {
            memory.sent += 1;
            memory.sent
        });
        let keys = AccountKeys::single(*key.public_key().as_bytes()).map_err(said)?;
        let draft = |fee: Fee| {
            let body = Builder::new(&keys.id())
                .message(kind.clone())
                .fee(fee)
                .timeout_height(timeout)
                .memo(&format!("{height}-{number}"))
                .unordered()
                .build()?;
            Signing::new(chain.hash, body, keys.clone())
        };
        let tried = draft(prices.fee(SIMULATED_GAS)).map_err(said)?;
        let simulated = client.simulate(&tried).await.map_err(said)?;
        let mut signing = draft(prices.fee(simulated.suggested_gas_limit)).map_err(said)?;
        signing.sign(key).map_err(said)?;
        let signed = signing.finish().map_err(said)?;
        client.broadcast(&signed).await.map_err(said)?;
        Ok(signed)
    }

    async fn vaults(&self, client: &Client, operator: String) -> Outcome<Vec<vault::Vault>> {
        let mut vaults = client.vaults();
        let request = vault::ListVaultsRequest {
            operator,
            page_size: 1_000,
            ..vault::ListVaultsRequest::default()
        };
        let page = client.unary(vaults.list_vaults(request)).await.map_err(said)?;
        Ok(page.vaults)
    }

    async fn balances(&self, client: &Client, id: &AccountId) -> Outcome<BTreeMap<(String, u32), u128>> {
        let mut accounts = client.accounts();
        let address = format_account(Network::Development, id);
        let request = ListBalancesRequest {
            address: address.clone(),
            page_size: 1_000,
            ..ListBalancesRequest::default()
        };
        let page = client
            .unary(accounts.list_balances(request))
            .await
            .map_err(said)?;
        let entry = |one: &proto::account::v1::Balance| {
            let amount = one.amount.parse().unwrap_or(0);
            ((address.clone(), one.asset_id), amount)
        };
        Ok(page.balances.iter().map(entry).collect())
    }

    async fn remember(&self, client: &Client) -> Outcome<String> {
        let vaults = self.vaults(client, String::new()).await?;
        let mut balances = BTreeMap::new();
        for index in 0..usize::from(self.spec.validators) {
            let (_, id) = operator(self.spec, index)?;
            balances.extend(self.balances(client, &id).await?);
        }
        for person in world::people(self.spec) {
            balances.extend(self.balances(client, &person.key.account()).await?);
        }
        let count = vaults.len();
        let height = client.height().await.map_err(said)?;
        self.note(|memory| {
            memory.height = height.get();
            memory.epochs.clear();
            memory.balances = balances;
            memory.vaults = vaults
                .into_iter()
                .map(|one| (one.address, one.assets.parse().unwrap_or(0)))
                .collect();
        });
        Ok(format!("{count} vaults"))
    }

    async fn post(&self, client: &Client, text: &str, fee: Amount) -> Outcome<String> {
        let payload = sha256(&[text.as_bytes()]);
        let message = service::PostTask {
            service_id: SERVICE,
            payload: payload.to_vec().into(),
            fee_asset_id: 0,
            fee: fee.to_string(),
            drawn: 0,
            commit_ms: 0,
            respond_ms: WINDOWS_MS.0,
            challenge_ms: WINDOWS_MS.1,
        };
        let alice = self.person("alice")?;
        let receipt = self.send(client, &alice.key, Kind::PostTask(message)).await?;
        let task = number_in(&receipt, "TaskPosted", "task")?;
        let found = self.task(client, task).await?;
        self.note(|memory| {
            memory.task = Some(task);
            memory.epoch = found.epoch;
            memory.payload = payload;
            memory.said.clear();
        });
        Ok(format!(
            "task {task}, {} of {} operators are to answer",
            found.assigned.len(),
            self.spec.validators
        ))
    }

    async fn task(&self, client: &Client, task_id: u64) -> Outcome<service::Task> {
        let mut services = client.services();
        let request = service::GetTaskRequest {
            task_id,
            ..service::GetTaskRequest::default()
        };
        let answer = client.unary(services.get_task(request)).await.map_err(said)?;
        answer.task.ok_or_else(|| "the node gives no task".to_owned())
    }

    fn present(&self) -> Outcome<u64> {
        self.recall(|memory| memory.task)
            .ok_or_else(|| "no task was posted yet".to_owned())
    }

    /// A node's signed answer to the present task.
    async fn sign(&self, client: &Client, node: usize, answer: Vec<u8>) -> Outcome<Said> {
        let chain = client.chain().await.map_err(said)?.hash;
        let key = service_key(self.spec, u32::try_from(node).unwrap_or(u32::MAX));
        let voter = DoubleVoter::new(&key, chain, Network::Development).ok_or("the key cannot be copied")?;
        let hash = Digest::new(sha256(&[&answer]));
        let signature = voter.say(ServiceId::new(SERVICE), self.present()?, 0, &hash);
        Ok(Said {
            answer,
            signature: signature.0.to_vec(),
        })
    }

    async fn answer(&self, client: &Client, nodes: &[usize], right: bool) -> Outcome<String> {
        let task_id = self.present()?;
        let payload = self.recall(|memory| memory.payload);
        let mut answer = sha256(&[&payload]).to_vec();
        if !right {
            answer.reverse();
        }
        let mut sent = Vec::new();
        for node in nodes {
            let one = self.sign(client, *node, answer.clone()).await?;
            let message = service::ShowAnswer {
                task_id,
                answer: sha256(&[&one.answer]).to_vec().into(),
                salt: vec![0; 32].into(),
                signature: one.signature.clone().into(),
            };
            let (key, _) = operator(self.spec, *node)?;
            sent.push(self.offer(client, &key, Kind::ShowAnswer(message)).await?);
            self.note(|memory| memory.said.insert(*node, one));
        }
        for one in &sent {
            settle(client, one).await?;
        }
        Ok(hex::encode(&answer))
    }

    async fn certified(&self, client: &Client) -> Outcome<String> {
        let task = self.task(client, self.present()?).await?;
        let certificate = task
            .certificate
            .ok_or_else(|| format!("{} of {} have answered", task.answered.len(), task.assigned.len()))?;
        Ok(format!(
            "{} operators worth {} signed one answer",
            certificate.signers.len(),
            pal(&certificate.value)
        ))
    }

    fn accusation(&self, node: usize) -> Outcome<(slash::ProveFault, Said)> {
        let one = self.recall(|memory| memory.said.get(&node).cloned());
        let one = one.ok_or_else(|| format!("{} has answered nothing", name::node(node)))?;
        let (_, id) = operator(self.spec, node)?;
        let message = slash::ProveFault {
            service_id: SERVICE,
            operator: id.as_bytes().to_vec().into(),
            task_id: self.present()?,
            ..slash::ProveFault::default()
        };
        Ok((message, one))
    }

    async fn prove(&self, client: &Client, node: usize) -> Outcome<String> {
        let (mut message, one) = self.accusation(node)?;
        message.answers = vec![slash::SignedAnswer {
            answer: one.answer.into(),
            signature: one.signature.into(),
        }];
        self.accuse(client, message).await
    }

    async fn twice(&self, client: &Client, node: usize) -> Outcome<String> {
        let (mut message, one) = self.accusation(node)?;
        let mut other = one.answer.clone();
        other.rotate_left(1);
        let other = self.sign(client, node, other).await?;
        message.equivocation = Some(slash::Equivocation {
            first_answer: sha256(&[&one.answer]).to_vec().into(),
            first_signature: one.signature.into(),
            second_answer: sha256(&[&other.answer]).to_vec().into(),
            second_signature: other.signature.into(),
        });
        self.accuse(client, message).await
    }

    async fn accuse(&self, client: &Client, message: slash::ProveFault) -> Outcome<String> {
        let carol = self.person("carol")?;
        let receipt = self.send(client, &carol.key, Kind::ProveFault(message)).await?;
        let taken: Vec<String> = receipt
            .events
            .iter()
            .filter(|event| event.module == "slashing" && event.name == "Slashed")
            .map(|event| {
                let asset = attribute(event, "asset").and_then(|text| text.parse().ok());
                let amount = attribute(event, "taken").unwrap_or_default();
                in_words(asset.unwrap_or(0), &amount)
            })
            .collect();
        if taken.is_empty() {
            return Err("the proof convicted nobody, or nothing was taken".to_owned());
        }
        Ok(format!("taken in the same transaction: {}", taken.join(", ")))
    }

    async fn ask(&self, client: &Client, node: usize, bps: u32) -> Outcome<String> {
        let (_, id) = operator(self.spec, node)?;
        let message = slash::RequestSlash {
            service_id: SERVICE,
            operator: id.as_bytes().to_vec().into(),
            class: JUDGED,
            epoch: self.recall(|memory| memory.epoch),
            fraction_bps: bps,
            reason: sha256(&[b"a story"]).to_vec().into(),
        };
        let alice = self.person("alice")?;
        let receipt = self.send(client, &alice.key, Kind::RequestSlash(message)).await?;
        let number = number_in(&receipt, "Requested", "request")?;
        self.note(|memory| memory.slash = Some(number));
        Ok(format!("slash {number}, bonded; it may be vetoed for a while"))
    }

    fn asked(&self) -> Outcome<u64> {
        self.recall(|memory| memory.slash)
            .ok_or_else(|| "no slash was asked for yet".to_owned())
    }

    async fn veto(&self, client: &Client) -> Outcome<String> {
        let request_id = self.asked()?;
        let dave = self.person("dave")?;
        let message = slash::VetoSlash { request_id };
        self.send(client, &dave.key, Kind::VetoSlash(message)).await?;
        Ok(format!("slash {request_id} is stopped, its bond forfeit"))
    }

    async fn ended(&self, client: &Client, how: &str) -> Outcome<String> {
        let mut slashing = client.slashing();
        let slash_id = self.asked()?;
        let request = slash::GetPendingSlashRequest {
            slash_id,
            ..slash::GetPendingSlashRequest::default()
        };
        let answer = client
            .unary(slashing.get_pending_slash(request))
            .await
            .map_err(said)?;
        let found = answer.pending_slash.ok_or("the node gives no slash")?;
        let ending = found.ending();
        let wanted = match how {
            "vetoed" => slash::SlashEnding::Vetoed,
            _ => slash::SlashEnding::Executed,
        };
        if ending == wanted {
            Ok(format!("slash {slash_id} is {how}"))
        } else {
            Err(format!("slash {slash_id} is {}", ending.as_str_name()))
        }
    }

    /// Every vault that a node pledges to the service holds less than remembered by this part, give or take a unit of
    /// rounding and what leverage shares with others.
    async fn lost(&self, client: &Client, node: usize, bps: u32) -> Outcome<String> {
        let (_, id) = operator(self.spec, node)?;
        let mut told = Vec::new();
        for one in self.vaults(client, operator_text(&id)).await? {
            if !one.pledges.iter().any(|pledge| pledge.service_id == SERVICE) {
                continue;
            }
            let before = self.recall(|memory| memory.vaults.get(&one.address).copied());
            let before = before.ok_or_else(|| format!("{} was not remembered", one.address))?;
            let now: u128 = one.assets.parse().map_err(said)?;
            let gone = before.saturating_sub(now);
            let due = before * u128::from(bps) / 10_000;
            if now > before || gone.abs_diff(due) > 1 {
                return Err(format!(
                    "{} of {} are gone, where {} should be",
                    in_words(one.asset_id, &gone.to_string()),
                    in_words(one.asset_id, &before.to_string()),
                    in_words(one.asset_id, &due.to_string())
                ));
            }
            told.push(format!(
                "{} left of {}",
                in_words(one.asset_id, &one.assets),
                in_words(one.asset_id, &before.to_string())
            ));
        }
        Ok(told.join(", "))
    }

    async fn earned(&self, client: &Client, who: &str, number: usize) -> Outcome<String> {
        let person = self.person(who)?;
        let address = self.vault_name(number)?;
        let found = self.one(client, &address).await?;
        let mut rewards = client.rewards();
        let request = reward::GetClaimableRewardsRequest {
            vault: address,
            account: format_account(Network::Development, &person.key.account()),
            ..reward::GetClaimableRewardsRequest::default()
        };
        let answer = client
            .unary(rewards.get_claimable_rewards(request))
            .await
            .map_err(said)?;
        if answer.claimable.is_empty() {
            return Err(format!("the shares of {who} have earned nothing yet"));
        }
        let message = reward::ClaimVaultRewards { vault: found.id };
        let receipt = self
            .send(client, &person.key, Kind::ClaimVaultRewards(message))
            .await?;
        let paid = receipt.events.iter().find(|event| event.name == "Claimed");
        let paid = paid.ok_or("the receipt says nothing of a payment")?;
        let asset = attribute(paid, "asset").and_then(|text| text.parse().ok());
        let amount = attribute(paid, "amount").unwrap_or_default();
        Ok(format!("{who} got {}", in_words(asset.unwrap_or(0), &amount)))
    }

    async fn one(&self, client: &Client, address: &str) -> Outcome<vault::Vault> {
        let mut vaults = client.vaults();
        let request = vault::GetVaultRequest {
            vault: address.to_owned(),
            ..vault::GetVaultRequest::default()
        };
        let answer = client.unary(vaults.get_vault(request)).await.map_err(said)?;
        answer.vault.ok_or_else(|| "the node gives no vault".to_owned())
    }

    async fn position(
        &self,
        client: &Client,
        address: &str,
        account: &AccountId,
    ) -> Outcome<vault::Position> {
        let mut vaults = client.vaults();
        let request = vault::GetPositionRequest {
            vault: address.to_owned(),
            account: format_account(Network::Development, account),
            ..vault::GetPositionRequest::default()
        };
        let answer = client.unary(vaults.get_position(request)).await.map_err(said)?;
        answer
            .position
            .ok_or_else(|| "the node gives no position".to_owned())
    }

    async fn deposit(&self, client: &Client, who: &str, vaults: &[usize], much: u128) -> Outcome<String> {
        let person = self.person(who)?;
        let mut sent = Vec::new();
        let mut told = Vec::new();
        for number in vaults {
            let address = self.vault_name(*number)?;
            let found = self.one(client, &address).await?;
            let token = token_of(found.asset_id).ok_or("the vault holds an asset of another testnet")?;
            let message = vault::Deposit {
                vault: found.id,
                amount: token.thousandths(much).to_string(),
                min_shares: "0".to_owned(),
                max_open_slash_bps: 0,
            };
            sent.push(self.offer(client, &person.key, Kind::Deposit(message)).await?);
            told.push((token.id, address));
        }
        for one in &sent {
            settle(client, one).await?;
        }
        let mut owned = Vec::new();
        for (asset, address) in told {
            let position = self.position(client, &address, &person.key.account()).await?;
            owned.push(in_words(asset, &position.worth));
        }
        Ok(format!("{who} owns {} of them", owned.join(", ")))
    }

    async fn withdraw(&self, client: &Client, who: &str, number: usize) -> Outcome<String> {
        let person = self.person(who)?;
        let address = self.vault_name(number)?;
        let found = self.one(client, &address).await?;
        let id = person.key.account();
        let position = self.position(client, &address, &id).await?;
        let balances = self.balances(client, &id).await?;
        self.note(|memory| memory.balances.extend(balances));
        let message = vault::Withdraw {
            vault: found.id,
            shares: position.shares,
            beneficiary: id.as_bytes().to_vec().into(),
            min_assets: "0".to_owned(),
        };
        self.send(client, &person.key, Kind::Withdraw(message)).await?;
        Ok(format!(
            "{} are on their way out",
            in_words(found.asset_id, &position.worth)
        ))
    }

    async fn leaving(&self, client: &Client, who: &str, number: usize) -> Outcome<String> {
        let person = self.person(who)?;
        let address = self.vault_name(number)?;
        let position = self.position(client, &address, &person.key.account()).await?;
        let found = self.one(client, &address).await?;
        if position.withdrawals == 0 || position.shares != "0" {
            return Err(format!("{} withdrawals are under way", position.withdrawals));
        }
        Ok(format!(
            "{} of {} in it still count",
            in_words(found.asset_id, &found.staying_assets),
            in_words(found.asset_id, &found.assets)
        ))
    }

    async fn paid(&self, client: &Client, who: &str, number: usize) -> Outcome<String> {
        let person = self.person(who)?;
        let address = self.vault_name(number)?;
        let id = person.key.account();
        let found = self.one(client, &address).await?;
        let position = self.position(client, &address, &id).await?;
        if position.withdrawals > 0 {
            return Err(format!("{} withdrawals are under way", position.withdrawals));
        }
        let key = (format_account(Network::Development, &id), found.asset_id);
        let before = self.recall(|memory| memory.balances.get(&key).copied().unwrap_or(0));
        let now = self.balances(client, &id).await?.get(&key).copied().unwrap_or(0);
        if now <= before {
            return Err(format!("{who} holds what it did"));
        }
        Ok(format!(
            "{who} got {}",
            in_words(found.asset_id, &(now - before).to_string())
        ))
    }
}

/// Waits until a transaction is final.
async fn settle(client: &Client, sent: &SignedTransaction) -> Outcome<Receipt> {
    let wait = Wait {
        id: sent.id,
        timeout_height: sent.timeout_height,
        until: Until::Finalized,
        patience: PATIENCE,
    };
    match client.wait(&wait).await.map_err(said)? {
        End::Finalized(place, _) => Ok(place.receipt),
        End::Failed(place, _) => Err(format!(
            "the transaction had no effect: {}",
            client::describe::receipt(&place.receipt)["result"]
        )),
        other @ (End::Included(_) | End::Expired(_) | End::Evicted(_)) => {
            Err(format!("the transaction ended as {other:?}"))
        }
    }
}

fn attribute(event: &proto::ledger::v1::Event, key: &str) -> Option<String> {
    let found = event.attributes.iter().find(|one| one.key == key);
    found.map(|one| one.value.clone())
}

fn number_in(receipt: &Receipt, event: &str, key: &str) -> Outcome<u64> {
    let found = receipt.events.iter().find(|one| one.name == event);
    found
        .and_then(|one| attribute(one, key))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("the receipt has no {event}"))
}

fn pal(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), amount::format_pal)
}

fn in_words(asset: u32, text: &str) -> String {
    match (token_of(asset), text.parse()) {
        (Some(token), Ok(value)) => format!("{} {}", amount::format(value, token.decimals), token.symbol),
        (None, _) | (_, Err(_)) => pal(text),
    }
}
