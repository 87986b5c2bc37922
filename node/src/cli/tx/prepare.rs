//! From what was asked for to a body: amounts looked up, sequence, timeout and fee filled in.

use crate::cli::context::Context;
use crate::output::{Exit, Failure};
use clap::Args;
use client::Client;
use client::amount::{AmountError, Written, format_pal};
use client::prepare::{ChainInfo, Prices};
use client::transaction::{Builder, Fee, Signing};
use crypto::account::AccountKeys;
use primitives::address::Network;
use primitives::{Amount, AssetId, Coin, Height};
use proto::account::v1::ListAssetsRequest;
use proto::tx::v1::SimulateTransactionResponse;
use proto::tx::v1::message::Message as Kind;
use signer::Ed25519Key;

/// For how many blocks a transaction is good when nothing else is said.
const TIMEOUT_BLOCKS: u64 = 600;
/// What a simulation may use when no limit is known yet.
const SIMULATED_GAS: u64 = 10_000_000;
/// Assets asked for at once.
const PAGE: u32 = 1_000;

/// What a transaction has besides its messages.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Extras {
    /// Free text in the transaction, at most 256 bytes.
    #[arg(long, default_value = "")]
    pub(crate) memo: String,
    /// The most gas it may use [default: what a simulation suggests].
    #[arg(long, value_name = "GAS")]
    pub(crate) gas: Option<u64>,
    /// The most that it costs in all, such as 0.01pal; or auto: the node's estimate, with room for the base price to
    /// double. The figure is shown.
    #[arg(long, value_name = "auto|AMOUNT", default_value = "auto")]
    pub(crate) fee: FeeFlag,
    /// The most it pays for a unit of gas, tip included, in npal [default: as --fee says].
    #[arg(long, value_name = "NPAL", conflicts_with = "fee")]
    pub(crate) max_price: Option<Amount>,
    /// What of that goes to the proposer, in npal for a unit of gas [default: the node's estimate].
    #[arg(long, value_name = "NPAL")]
    pub(crate) tip: Option<Amount>,
    /// How many transactions the sender has sent before [default: ask the node].
    #[arg(long, value_name = "N", conflicts_with = "unordered")]
    pub(crate) sequence: Option<u64>,
    /// Let it stand anywhere among the sender's transactions, once, without a sequence: several can be sent at the
    /// same time, in any order.
    #[arg(long)]
    pub(crate) unordered: bool,
    /// The last height whose block may hold it; at most 2,400 blocks from now with --unordered [default: 600 blocks
    /// from now].
    #[arg(long, value_name = "HEIGHT")]
    pub(crate) timeout_height: Option<u64>,
}

/// How the price of gas is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum FeeFlag {
    /// As the node estimates.
    #[default]
    Auto,
    /// At most this in all, in npal.
    Most(Amount),
}

impl std::str::FromStr for FeeFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let written: Written = text.parse().map_err(|error: AmountError| error.to_string())?;
        let amount = written.pal().ok_or("a fee is paid in pal or npal")?;
        amount.map(Self::Most).map_err(|error| error.to_string())
    }
}

impl FeeFlag {
    /// The fee for `gas_limit`, at the node's prices.
    fn price(self, mut fee: Fee, prices: &Prices) -> Result<Fee, Failure> {
        let Self::Most(most) = self else {
            return Ok(fee);
        };
        // Rounding: never more than was allowed.
        let price = most.get().checked_div(u128::from(fee.gas_limit)).unwrap_or(0);
        if price < prices.base.get() {
            let need = prices.base.get().saturating_mul(u128::from(fee.gas_limit));
            let message = format!(
                "--fee {}: {} gas cost at least {} now",
                format_pal(most),
                fee.gas_limit,
                format_pal(Amount::new(need))
            );
            return Err(Failure::new(Exit::Rejected, "FEE_TOO_LOW", message).with("need", need));
        }
        fee.max_price = Amount::new(price);
        let spare = price.saturating_sub(prices.base.get());
        fee.tip = fee.tip.min(Amount::new(spare));
        Ok(fee)
    }
}

/// What the person wants.
#[derive(Debug, Clone)]
pub(crate) enum Want {
    /// To move an amount.
    Transfer {
        /// To whom.
        to: String,
        /// How much.
        amount: Written,
    },
    /// To destroy an amount.
    Burn {
        /// How much.
        amount: Written,
    },
}

impl Want {
    /// The message, with names and symbols looked up.
    pub(crate) async fn resolve(
        &self,
        context: &Context,
        client: &Client,
        network: Network,
    ) -> Result<Kind, Failure> {
        let amount = match self {
            Self::Transfer { amount, .. } | Self::Burn { amount } => amount,
        };
        let coin = coin(client, amount).await?;
        self.message(context, coin, network)
    }

    /// As [`Want::resolve`] without a node: PAL alone.
    pub(crate) fn resolve_offline(&self, context: &Context, network: Network) -> Result<Kind, Failure> {
        let written = match self {
            Self::Transfer { amount, .. } | Self::Burn { amount } => amount,
        };
        let amount = written.pal().ok_or_else(|| {
            Failure::usage(format!(
                "`{}`: without a node only pal and npal are known",
                written.unit
            ))
        })??;
        let coin = Coin {
            asset: AssetId::PAL,
            amount,
        };
        self.message(context, coin, network)
    }

    fn message(&self, context: &Context, coin: Coin, network: Network) -> Result<Kind, Failure> {
        if coin.amount.is_zero() {
            return Err(Failure::usage("the amount must be above zero"));
        }
        let (asset_id, amount) = (coin.asset.get(), coin.amount.to_string());
        Ok(match self {
            Self::Transfer { to, .. } => {
                let recipient = context.account(to, Some(network))?;
                Kind::Transfer(proto::bank::v1::Transfer {
                    recipient: recipient.as_bytes().to_vec().into(),
                    asset_id,
                    amount,
                })
            }
            Self::Burn { .. } => Kind::Burn(proto::bank::v1::Burn { asset_id, amount }),
        })
    }
}

/// An amount in base units, its symbol looked up in the chain's registry.
pub(crate) async fn coin(client: &Client, written: &Written) -> Result<Coin, Failure> {
    if let Some(amount) = written.pal() {
        return Ok(Coin {
            asset: AssetId::PAL,
            amount: amount?,
        });
    }
    let mut accounts = client.accounts();
    let mut page_token = String::new();
    loop {
        let request = ListAssetsRequest {
            page_size: PAGE,
            page_token,
            ..Default::default()
        };
        let page = client.unary(accounts.list_assets(request)).await?;
        if let Some(asset) = page
            .assets
            .iter()
            .find(|asset| asset.symbol.eq_ignore_ascii_case(&written.unit))
        {
            let decimals = u8::try_from(asset.decimals).unwrap_or(u8::MAX);
            return Ok(Coin {
                asset: AssetId::new(asset.asset_id),
                amount: written.in_base_units(decimals)?,
            });
        }
        if page.next_page_token.is_empty() {
            return Err(Failure::usage(format!(
                "`{}` is neither pal nor an asset of this chain: `palisade query asset` lists them",
                written.unit
            )));
        }
        page_token = page.next_page_token;
    }
}

/// A transaction that only needs its signature, and what its simulation said where one was needed.
pub(crate) async fn online(
    client: &Client,
    chain: &ChainInfo,
    key: &Ed25519Key,
    kinds: Vec<Kind>,
    extras: &Extras,
) -> Result<(Signing, Option<SimulateTransactionResponse>), Failure> {
    let keys =
        AccountKeys::single(*key.public_key().as_bytes()).map_err(|error| Failure::key(error.to_string()))?;
    online_for(client, chain, keys, kinds, extras).await
}

/// As [`online`] for an account of any keys.
pub(crate) async fn online_for(
    client: &Client,
    chain: &ChainInfo,
    keys: AccountKeys,
    kinds: Vec<Kind>,
    extras: &Extras,
) -> Result<(Signing, Option<SimulateTransactionResponse>), Failure> {
    let sequence = match extras.sequence {
        Some(sequence) => sequence,
        None if extras.unordered => 0,
        None => client.account(chain.network, &keys.id()).await?.next_sequence,
    };
    let timeout = match extras.timeout_height {
        Some(height) => Height::new(height),
        None => client.height().await?.saturating_add(Height::new(TIMEOUT_BLOCKS)),
    };
    let estimate = client.prices().await?;
    let mut fee = Fee {
        gas_limit: extras.gas.unwrap_or(SIMULATED_GAS),
        max_price: extras.max_price.unwrap_or(estimate.max),
        tip: extras.tip.unwrap_or(estimate.tip),
    };
    let build = |fee: Fee| {
        let builder = kinds
            .iter()
            .cloned()
            .fold(Builder::new(&keys.id()), Builder::message);
        let body = builder
            .fee(fee)
            .sequence(sequence)
            .timeout_height(timeout)
            .memo(&extras.memo);
        let body = if extras.unordered {
            body.unordered().build()?
        } else {
            body.build()?
        };
        Signing::new(chain.hash, body, keys.clone())
    };
    if extras.gas.is_some() {
        return Ok((build(extras.fee.price(fee, &estimate)?)?, None));
    }
    let simulated = client.simulate(&build(fee)?).await?;
    fee.gas_limit = simulated.suggested_gas_limit;
    Ok((build(extras.fee.price(fee, &estimate)?)?, Some(simulated)))
}

/// What a body may cost, in words.
pub(crate) fn fee_in_words(signing: &Signing) -> String {
    let fee = signing.body().message().fee.clone().unwrap_or_default();
    let price: u128 = fee.max_price.parse().unwrap_or(0);
    let most = Amount::new(price.saturating_mul(u128::from(fee.gas_limit)));
    format!(
        "fee: at most {} ({} gas at up to {} npal, {} of them tip); what is not used stays yours",
        format_pal(most),
        fee.gas_limit,
        fee.max_price,
        fee.tip
    )
}
