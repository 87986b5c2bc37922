//! VaultService.

use crate::api::Api;
use crate::convert::{address, vault as convert};
use crate::page::{self, Asked};
use crate::reading::Reading;
use crate::refusal::Refusal;
use primitives::{AccountId, Amount, AssetId, Rounding, Shares};
use proto::vault::v1::vault_service_server::VaultService;
use proto::vault::v1::{
    GetPositionRequest, GetPositionResponse, GetVaultRequest, GetVaultResponse, ListPositionsRequest,
    ListPositionsResponse, ListVaultsRequest, ListVaultsResponse, ListWithdrawalsRequest,
    ListWithdrawalsResponse, PreviewDepositRequest, PreviewDepositResponse, PreviewWithdrawalRequest,
    PreviewWithdrawalResponse,
};
use runtime::vaults::{self, Custody, Vault, VaultId, query};
use runtime::{assets, slashing};
use tonic::{Request, Response, Status};

/// Vaults that are looked at for one page, at most.
const MOST_SCANNED: usize = 10_000;

pub(crate) struct VaultApi(pub(crate) Api);

/// The vault of this name, which must be there.
pub(crate) fn known(reading: &Reading, id: &VaultId) -> Result<Vault, Refusal> {
    vaults::vault(reading.state(), id)?.ok_or_else(|| {
        let name = reading.vault(id);
        let message = format!("there is no vault {name}");
        Refusal::not_found("VAULT_NOT_FOUND", "vault", &name, message)
    })
}

impl VaultApi {
    fn id(&self, text: &str) -> Result<VaultId, Refusal> {
        address::vault("vault", self.0.network(), text)
    }

    fn account(&self, text: &str) -> Result<AccountId, Refusal> {
        address::account("account", self.0.network(), text)
    }
}

/// Some vaults, and where the search for them stopped without having come to the end.
type Found = (Vec<(VaultId, Vault)>, Option<VaultId>);

/// Vaults in order from the first after `after`, those of an operator or of an asset where that is asked for; and where
/// the search stopped without having come to the end.
fn search(
    reading: &Reading,
    operator: Option<AccountId>,
    asset: Option<AssetId>,
    (after, size): (Option<VaultId>, usize),
) -> Result<Found, Refusal> {
    let state = reading.state();
    let fits = |vault: &Vault| {
        asset.is_none_or(|asset| vault.asset == asset)
            && operator.is_none_or(|operator| vault.operator == operator)
    };
    if let Some(operator) = operator {
        let mut own = query::vaults_of(state, &operator)?;
        own.sort_unstable();
        own.retain(|id| after.is_none_or(|after| *id > after));
        let mut found = Vec::new();
        for id in own {
            found.extend(vaults::vault(state, &id)?.filter(&fits).map(|vault| (id, vault)));
        }
        let more = found.len() > size;
        found.truncate(size);
        let last = found.last().map(|(id, _)| *id).filter(|_| more);
        return Ok((found, last));
    }
    let (mut found, mut place, mut scanned) = (Vec::new(), after, 0);
    while scanned < MOST_SCANNED {
        let page = query::vaults(state, place.as_ref(), page::MAX_SIZE)?;
        if page.is_empty() {
            return Ok((found, None));
        }
        for (id, vault) in page {
            scanned += 1;
            place = Some(id);
            if fits(&vault) {
                found.push((id, vault));
            }
            if found.len() == size {
                return Ok((found, place));
            }
        }
    }
    Ok((found, place))
}

/// Why a deposit would be refused, as far as the vault and the asset's terms say.
fn obstacle(reading: &Reading, vault: &Vault, amount: Amount) -> Result<String, Refusal> {
    let after = vault.pool.assets.checked_add(amount)?;
    let limits = &vault.limits;
    Ok(if vault.custody == Custody::Beacon {
        "what it holds lies on the beacon chain, and is proven instead".to_owned()
    } else if vault.pool.closed().is_some() {
        "the vault is closed until it is started anew".to_owned()
    } else if amount < limits.min_deposit {
        format!(
            "at least {} base units are deposited at a time",
            limits.min_deposit
        )
    } else if limits.deposit_cap.is_some_and(|cap| after > cap) {
        format!("the vault would hold {after} base units, above its cap")
    } else if assets::terms(reading.state(), vault.asset)?.is_none() {
        "the asset may not be restaked".to_owned()
    } else if limits.allow_listed {
        "only those may deposit whom its operator has allowed".to_owned()
    } else {
        String::new()
    })
}

/// What the buffer would pay at once for shares: zero where it cannot.
fn at_once(reading: &Reading, id: &VaultId, vault: &Vault, shares: Shares) -> Result<Amount, Refusal> {
    let open = slashing::open_of(reading.state(), id, reading.now())?;
    if vault.custody == Custody::Beacon || open.requests > 0 {
        return Ok(Amount::ZERO);
    }
    let params = query::params(reading.state())?;
    let retained = params.buffer_retained.of(shares.get(), Rounding::Up)?;
    let worth = vault
        .pool
        .worth(shares.checked_sub(Shares::new(retained)).unwrap_or_default())?;
    let buffer = query::buffer(reading.state(), id)?;
    let before = vault.pool.worth(buffer.claims)?;
    let fee = buffer.fee((params.buffer_fee_least, params.buffer_fee_most), before, worth)?;
    let price = worth.saturating_sub(Amount::new(fee.of(worth.get(), Rounding::Up)?));
    Ok(if price <= buffer.cash { price } else { Amount::ZERO })
}

#[tonic::async_trait]
impl VaultService for VaultApi {
    async fn get_vault(
        &self,
        request: Request<GetVaultRequest>,
    ) -> Result<Response<GetVaultResponse>, Status> {
        let request = request.into_inner();
        let id = self.id(&request.vault)?;
        let reading = self.0.reading(request.height, request.prove).await?;
        let vault = known(&reading, &id)?;
        Ok(Response::new(GetVaultResponse {
            context: reading.context(),
            vault: Some(convert::vault(&reading, &id, &vault)?),
            proofs: reading.proofs([query::vault_key(&id)])?,
        }))
    }

    async fn list_vaults(
        &self,
        request: Request<ListVaultsRequest>,
    ) -> Result<Response<ListVaultsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<VaultId>::new("ListVaults", &request, size, &token, page::MAX_SIZE)?;
        let operator = if request.operator.is_empty() {
            None
        } else {
            Some(address::operator(
                "operator",
                self.0.network(),
                &request.operator,
            )?)
        };
        let reading = self
            .0
            .reading_page(request.height, request.prove, asked.height)
            .await?;
        let asset = request.asset_id.map(AssetId::new);
        let (found, last) = search(&reading, operator, asset, (asked.after, asked.size))?;
        let vaults = found
            .iter()
            .map(|(id, vault)| convert::vault(&reading, id, vault));
        Ok(Response::new(ListVaultsResponse {
            context: reading.context(),
            vaults: vaults.collect::<Result<_, _>>()?,
            proofs: reading.proofs(found.iter().map(|(id, _)| query::vault_key(id)))?,
            next_page_token: last
                .map(|last| asked.token(reading.height(), &last))
                .unwrap_or_default(),
        }))
    }

    async fn get_position(
        &self,
        request: Request<GetPositionRequest>,
    ) -> Result<Response<GetPositionResponse>, Status> {
        let request = request.into_inner();
        let (id, account) = (self.id(&request.vault)?, self.account(&request.account)?);
        let reading = self.0.reading(request.height, request.prove).await?;
        known(&reading, &id)?;
        let found = query::position(reading.state(), &id, &account).map_err(Refusal::from)?;
        let (position, worth) = found.unwrap_or_default();
        Ok(Response::new(GetPositionResponse {
            context: reading.context(),
            position: Some(convert::position(&reading, &account, &position, worth)),
            proofs: reading.proofs([query::vault_key(&id), query::position_key(&id, &account)])?,
        }))
    }

    async fn list_positions(
        &self,
        request: Request<ListPositionsRequest>,
    ) -> Result<Response<ListPositionsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<AccountId>::new("ListPositions", &request, size, &token, page::MAX_SIZE)?;
        let id = self.id(&request.vault)?;
        let reading = self
            .0
            .reading_page(request.height, request.prove, asked.height)
            .await?;
        let vault = known(&reading, &id)?;
        let found = query::owners(reading.state(), &id, asked.after.as_ref(), asked.size);
        let found = found.map_err(Refusal::from)?;
        let positions = found.iter().map(|(owner, position)| {
            let position = position.in_round(vault.round);
            let worth = vault.pool.worth(position.shares)?;
            Ok(convert::position(&reading, owner, &position, worth))
        });
        let keys = found.iter().map(|(owner, _)| query::position_key(&id, owner));
        Ok(Response::new(ListPositionsResponse {
            context: reading.context(),
            positions: positions.collect::<Result<_, Refusal>>()?,
            proofs: reading.proofs(keys.chain([query::vault_key(&id)]))?,
            next_page_token: asked.next(reading.height(), &found, |(owner, _)| *owner),
        }))
    }

    async fn list_withdrawals(
        &self,
        request: Request<ListWithdrawalsRequest>,
    ) -> Result<Response<ListWithdrawalsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<u64>::new("ListWithdrawals", &request, size, &token, page::MAX_SIZE)?;
        let (id, account) = (self.id(&request.vault)?, self.account(&request.account)?);
        let reading = self.0.reading_page(request.height, false, asked.height).await?;
        let vault = known(&reading, &id)?;
        let found = query::withdrawals_of(reading.state(), &id, &account, asked.after, asked.size);
        let found = found.map_err(Refusal::from)?;
        let withdrawals = found
            .iter()
            .map(|(number, entry)| convert::withdrawal(&reading, &vault, *number, entry));
        Ok(Response::new(ListWithdrawalsResponse {
            context: reading.context(),
            withdrawals: withdrawals.collect::<Result<_, _>>()?,
            next_page_token: asked.next(reading.height(), &found, |(number, _)| *number),
        }))
    }

    async fn preview_deposit(
        &self,
        request: Request<PreviewDepositRequest>,
    ) -> Result<Response<PreviewDepositResponse>, Status> {
        let request = request.into_inner();
        let id = self.id(&request.vault)?;
        let amount: Amount = decimal("amount", &request.amount)?;
        let reading = self.0.reading(request.height, false).await?;
        let vault = known(&reading, &id)?;
        let too_large = |_| Refusal::field("amount", "larger than any vault can hold");
        let mut pool = vault.pool;
        let shares = pool.deposit(amount).map_err(too_large)?;
        let open = slashing::open_of(reading.state(), &id, reading.now()).map_err(Refusal::from)?;
        Ok(Response::new(PreviewDepositResponse {
            context: reading.context(),
            shares: shares.to_string(),
            worth: pool.worth(shares).map_err(too_large)?.to_string(),
            open_slash_bps: u32::from(open.fraction.get()),
            obstacle: obstacle(&reading, &vault, amount)?,
        }))
    }

    async fn preview_withdrawal(
        &self,
        request: Request<PreviewWithdrawalRequest>,
    ) -> Result<Response<PreviewWithdrawalResponse>, Status> {
        let request = request.into_inner();
        let id = self.id(&request.vault)?;
        let shares: Shares = decimal("shares", &request.shares)?;
        let reading = self.0.reading(request.height, false).await?;
        let vault = known(&reading, &id)?;
        if shares > vault.pool.shares {
            let problem = format!("the vault has {} shares in all", vault.pool.shares);
            return Err(Refusal::field("shares", problem).into());
        }
        let params = query::params(reading.state()).map_err(Refusal::from)?;
        let open = slashing::open_of(reading.state(), &id, reading.now()).map_err(Refusal::from)?;
        Ok(Response::new(PreviewWithdrawalResponse {
            context: reading.context(),
            assets: vault.pool.worth(shares).map_err(Refusal::from)?.to_string(),
            due_ms: reading.now().after(params.withdrawal_delay).get(),
            at_once: at_once(&reading, &id, &vault, shares)?.to_string(),
            open_slash_bps: u32::from(open.fraction.get()),
        }))
    }
}

/// A decimal in a field.
fn decimal<T: std::str::FromStr<Err: std::fmt::Display>>(
    field: &'static str,
    text: &str,
) -> Result<T, Refusal> {
    text.parse()
        .map_err(|error| Refusal::field(field, format!("`{text}` is no decimal: {error}")))
}
