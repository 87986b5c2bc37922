//! `palisade vault`: what is restaked: make vaults, put in, take out, look at them.

mod change;
mod show;

use crate::cli::context::Context;
use crate::cli::restaking::{Asked, PAGE, Sender, WHOLE, parse_bps, vault, vault_text};
use crate::cli::tx;
use crate::output::Failure;
use clap::{Args, Subcommand};
use client::amount::Written;
use primitives::{Amount, Digest};
use proto::tx::v1::message::Message as Kind;
use proto::vault::v1 as wire;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Vaults, or those of one operator or asset.
    List {
        /// Only this operator's: an address, an id in hex, or a key's name.
        #[arg(long)]
        operator: Option<String>,
        /// Only of this asset: its symbol or number.
        #[arg(long)]
        asset: Option<String>,
    },
    /// One vault, with what it pledges.
    Show {
        /// Its address, its id in hex, or v0 and up of a testnet.
        vault: String,
    },
    /// Who owns a vault.
    Positions {
        /// Which.
        vault: String,
        /// Only this account.
        #[arg(long)]
        account: Option<String>,
    },
    /// What an account has on its way out of a vault.
    Withdrawals {
        /// Which.
        vault: String,
        /// Whose.
        account: String,
    },
    /// What a deposit would give, or shares be worth.
    Preview {
        /// Which.
        vault: String,
        /// How much would be put in, such as 1.5eth.
        #[arg(required_unless_present = "shares")]
        amount: Option<Written>,
        /// Instead: how many shares would be withdrawn.
        #[arg(long, conflicts_with = "amount")]
        shares: Option<Amount>,
    },
    /// Make a vault of the sender, who is an operator.
    Create(Create),
    /// Put assets into a vault, for shares.
    Deposit(Deposit),
    /// Start to withdraw shares; they stay liable until they are paid.
    Withdraw(Withdraw),
    /// Pay a withdrawal that is due.
    Claim {
        /// Its number.
        withdrawal: u64,
        #[command(flatten)]
        sender: Sender,
    },
    /// Sell shares to the vault's buffer at once.
    Sell {
        /// Of which vault.
        vault: String,
        /// How many shares.
        shares: Amount,
        /// The least to take at once.
        #[arg(long, value_name = "AMOUNT")]
        least: Option<Written>,
        #[command(flatten)]
        sender: Sender,
    },
    /// Put cash into a vault's buffer, for shares of the buffer.
    FundBuffer {
        /// Which vault's.
        vault: String,
        /// How much.
        amount: Written,
        #[command(flatten)]
        sender: Sender,
    },
    /// Take cash out of a vault's buffer, for shares of the buffer.
    LeaveBuffer(change::LeaveBuffer),
    /// Change what services may do with a vault of the sender: less at once, more after a delay.
    Amend(change::Amend),
    /// Change what binds deposits into a vault of the sender.
    Limits(change::Limits),
    /// Allow an account to deposit into a vault that asks for it, or no more.
    Allow {
        /// Which vault.
        vault: String,
        /// Who.
        account: String,
        /// No more.
        #[arg(long)]
        no_more: bool,
        #[command(flatten)]
        sender: Sender,
    },
    /// Start a vault anew that slashes have worn down and nobody uses.
    Rebase {
        /// Which.
        vault: String,
        #[command(flatten)]
        sender: Sender,
    },
}

/// What a new vault is to be.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What it holds: an asset's symbol or number.
    asset: String,
    /// How often each unit may be pledged: 1 is at most once, 32 the most.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=32))]
    leverage: u8,
    /// The services that it may serve, such as 0,1 [default: any within the bounds below].
    #[arg(long, value_delimiter = ',', value_name = "SERVICES")]
    serves: Vec<u32>,
    /// The most that a proof may take per incident.
    #[arg(long, value_parser = parse_bps, default_value = "100%", conflicts_with = "serves")]
    objective: u32,
    /// The most that a committee's word may take per incident.
    #[arg(long, value_parser = parse_bps, default_value = "0%", conflicts_with = "serves")]
    subjective: u32,
    /// The most that it holds after a deposit.
    #[arg(long, value_name = "AMOUNT")]
    cap: Option<Written>,
    /// The least that is deposited at a time.
    #[arg(long, value_name = "AMOUNT")]
    least: Option<Written>,
    /// Only those may deposit whom the operator allows.
    #[arg(long)]
    allow_listed: bool,
    #[command(flatten)]
    sender: Sender,
}

/// What is put in.
#[derive(Debug, Args)]
pub(crate) struct Deposit {
    /// Which vault.
    vault: String,
    /// How much, such as 1.5eth.
    amount: Written,
    /// The fewest shares to take for it.
    #[arg(long, default_value = "0")]
    min_shares: Amount,
    /// Go on although slashes of so much of it are asked for and not decided.
    #[arg(long, value_parser = parse_bps, default_value = "0%")]
    max_open_slash: u32,
    #[command(flatten)]
    sender: Sender,
}

/// What is taken out.
#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    /// Of which vault.
    vault: String,
    /// How many shares, or `all`.
    shares: String,
    /// Who is paid [default: the sender].
    #[arg(long, value_name = "ACCOUNT")]
    to: Option<String>,
    /// The least that they must be worth now.
    #[arg(long, value_name = "AMOUNT")]
    least: Option<Written>,
    #[command(flatten)]
    sender: Sender,
}

fn bytes(id: &Digest) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(id.as_bytes())
}

/// An amount of the vault's asset in base units.
async fn of_vault(asked: &Asked, id: &Digest, written: &Written) -> Result<String, Failure> {
    let coin = tx::coin(&asked.client, written).await?;
    let asset = show::fetch(asked, id).await?.asset_id;
    if coin.asset.get() != asset {
        return Err(Failure::usage(format!(
            "the vault holds {}, not {}",
            asked.symbol(asset),
            written.unit
        )));
    }
    Ok(coin.amount.to_string())
}

async fn optional(asked: &Asked, id: &Digest, written: Option<&Written>) -> Result<String, Failure> {
    match written {
        Some(written) => of_vault(asked, id, written).await,
        None => Ok("0".to_owned()),
    }
}

impl Create {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = Asked::new(context).await?;
        let asset_id = asked.asset_id(&self.asset)?;
        let in_asset = async |written: &Option<Written>| match written {
            None => Ok(String::new()),
            Some(written) => {
                let coin = tx::coin(&asked.client, written).await?;
                if coin.asset.get() == asset_id {
                    Ok(coin.amount.to_string())
                } else {
                    Err(Failure::usage(format!(
                        "the vault is to hold {}, not {}",
                        self.asset, written.unit
                    )))
                }
            }
        };
        let least = in_asset(&self.least).await?;
        let limits = wire::Limits {
            deposit_cap: in_asset(&self.cap).await?,
            min_deposit: if least.is_empty() { "0".to_owned() } else { least },
            allow_listed: self.allow_listed,
        };
        let any_within = self.serves.is_empty().then_some(wire::FaultClasses {
            objective_bps: self.objective,
            subjective_bps: self.subjective,
        });
        let charter = wire::Charter {
            leverage_limit: (u128::from(self.leverage) * WHOLE).to_string(),
            services: self.serves,
            any_within,
        };
        let message = wire::CreateVault {
            asset_id,
            charter: Some(charter),
            limits: Some(limits),
        };
        self.sender.send(context, Kind::CreateVault(message)).await
    }
}

impl Deposit {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = Asked::new(context).await?;
        let id = vault(context, asked.network, &self.vault)?;
        let message = wire::Deposit {
            vault: bytes(&id),
            amount: of_vault(&asked, &id, &self.amount).await?,
            min_shares: self.min_shares.to_string(),
            max_open_slash_bps: self.max_open_slash,
        };
        self.sender.send(context, Kind::Deposit(message)).await
    }
}

impl Withdraw {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = Asked::new(context).await?;
        let id = vault(context, asked.network, &self.vault)?;
        let owner = context.account(&self.sender.from, Some(asked.network))?;
        let shares = if self.shares == "all" {
            show::shares_of(&asked, &id, &owner).await?
        } else {
            self.shares
                .parse::<Amount>()
                .map_err(|_| Failure::usage(format!("`{}`: write a number of shares, or all", self.shares)))?
                .to_string()
        };
        let beneficiary = match &self.to {
            Some(account) => context.account(account, Some(asked.network))?,
            None => owner,
        };
        let message = wire::Withdraw {
            vault: bytes(&id),
            shares,
            beneficiary: beneficiary.as_bytes().to_vec().into(),
            min_assets: optional(&asked, &id, self.least.as_ref()).await?,
        };
        self.sender.send(context, Kind::Withdraw(message)).await
    }
}

async fn list(context: &Context, operator: Option<&str>, asset: Option<&str>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let operator = match operator {
        Some(text) => crate::cli::restaking::operator(context, asked.network, text)?,
        None => String::new(),
    };
    let asset_id = asset.map(|asset| asked.asset_id(asset)).transpose()?;
    let request = wire::ListVaultsRequest {
        operator,
        asset_id,
        page_size: PAGE,
        ..wire::ListVaultsRequest::default()
    };
    show::list(context, &asked, request).await
}

/// What is sent of a vault that is named.
async fn named(
    context: &Context,
    text: &str,
    sender: &Sender,
    message: impl AsyncFnOnce(&Asked, &Digest) -> Result<Kind, Failure>,
) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let id = vault(context, asked.network, text)?;
    let kind = message(&asked, &id).await?;
    sender.send(context, kind).await
}

async fn sell(
    context: &Context,
    text: &str,
    shares: Amount,
    least: Option<&Written>,
    sender: &Sender,
) -> Result<(), Failure> {
    let message = async |asked: &Asked, id: &Digest| {
        Ok(Kind::InstantWithdraw(wire::InstantWithdraw {
            vault: bytes(id),
            shares: shares.to_string(),
            min_assets: optional(asked, id, least).await?,
        }))
    };
    named(context, text, sender, message).await
}

async fn fund(context: &Context, text: &str, amount: &Written, sender: &Sender) -> Result<(), Failure> {
    let message = async |asked: &Asked, id: &Digest| {
        Ok(Kind::FundBuffer(wire::FundBuffer {
            vault: bytes(id),
            amount: of_vault(asked, id, amount).await?,
            min_shares: "0".to_owned(),
        }))
    };
    named(context, text, sender, message).await
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::List { operator, asset } => list(context, operator.as_deref(), asset.as_deref()).await,
        Verb::Show { vault } => show::one(context, &vault).await,
        Verb::Positions { vault, account } => show::positions(context, &vault, account.as_deref()).await,
        Verb::Withdrawals { vault, account } => show::withdrawals(context, &vault, &account).await,
        Verb::Preview {
            vault,
            amount,
            shares,
        } => show::preview(context, &vault, amount.as_ref(), shares).await,
        Verb::Create(create) => create.run(context).await,
        Verb::Deposit(deposit) => deposit.run(context).await,
        Verb::Withdraw(withdraw) => withdraw.run(context).await,
        Verb::Claim { withdrawal, sender } => {
            let message = wire::ClaimWithdrawal { withdrawal };
            sender.send(context, Kind::ClaimWithdrawal(message)).await
        }
        Verb::Sell {
            vault,
            shares,
            least,
            sender,
        } => sell(context, &vault, shares, least.as_ref(), &sender).await,
        Verb::FundBuffer {
            vault,
            amount,
            sender,
        } => fund(context, &vault, &amount, &sender).await,
        Verb::LeaveBuffer(leave) => leave.run(context).await,
        Verb::Amend(amend) => amend.run(context).await,
        Verb::Limits(limits) => limits.run(context).await,
        Verb::Allow {
            vault,
            account,
            no_more,
            sender,
        } => {
            let message = async |asked: &Asked, id: &Digest| {
                let account = context.account(&account, Some(asked.network))?;
                Ok(Kind::AllowDepositor(wire::AllowDepositor {
                    vault: bytes(id),
                    account: account.as_bytes().to_vec().into(),
                    allowed: !no_more,
                }))
            };
            named(context, &vault, &sender, message).await
        }
        Verb::Rebase { vault, sender } => {
            let message =
                async |_: &Asked, id: &Digest| Ok(Kind::RebaseVault(wire::RebaseVault { vault: bytes(id) }));
            named(context, &vault, &sender, message).await
        }
    }
}

/// The address that requests name a vault by.
fn address(asked: &Asked, id: &Digest) -> String {
    vault_text(asked.network, id)
}
