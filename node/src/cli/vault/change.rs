//! What an operator changes about a vault, and leaving its buffer.

use super::{bytes, named, of_vault, optional, show};
use crate::cli::context::Context;
use crate::cli::restaking::{Asked, Sender, WHOLE, parse_bps};
use crate::output::Failure;
use clap::Args;
use client::amount::Written;
use primitives::{Amount, Digest};
use proto::tx::v1::message::Message as Kind;
use proto::vault::v1 as wire;

/// A change of what services may do with a vault. What is not named stays.
#[derive(Debug, Args)]
pub(crate) struct Amend {
    /// Which vault.
    vault: String,
    /// How often each unit may be pledged: 1 is at most once, 32 the most.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=32))]
    leverage: Option<u8>,
    /// The services that it may serve, such as 0,1.
    #[arg(long, value_delimiter = ',', value_name = "SERVICES", conflicts_with_all = ["objective", "subjective"])]
    serves: Option<Vec<u32>>,
    /// Instead: any service by whose proofs at most this is taken per incident.
    #[arg(long, value_parser = parse_bps)]
    objective: Option<u32>,
    /// And by whose committee's word at most this.
    #[arg(long, value_parser = parse_bps)]
    subjective: Option<u32>,
    #[command(flatten)]
    sender: Sender,
}

impl Amend {
    /// The charter with what is named in place of what stands.
    fn charter(&self, standing: wire::Charter) -> wire::Charter {
        let mut charter = standing;
        if let Some(leverage) = self.leverage {
            charter.leverage_limit = (u128::from(leverage) * WHOLE).to_string();
        }
        if let Some(serves) = &self.serves {
            charter.services.clone_from(serves);
            charter.any_within = None;
        }
        if self.objective.is_some() || self.subjective.is_some() {
            let within = charter.any_within.unwrap_or_default();
            charter.services = Vec::new();
            charter.any_within = Some(wire::FaultClasses {
                objective_bps: self.objective.unwrap_or(within.objective_bps),
                subjective_bps: self.subjective.unwrap_or(within.subjective_bps),
            });
        }
        charter
    }

    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let message = async |asked: &Asked, id: &Digest| {
            let found = show::fetch(asked, id).await?;
            // A wider charter that waits is what a further change goes on from.
            let standing = found.next_charter.or(found.charter).unwrap_or_default();
            let charter = self.charter(standing.clone());
            if charter == standing {
                return Err(Failure::usage("the charter is so already: name what changes"));
            }
            Ok(Kind::AmendCharter(wire::AmendCharter {
                vault: bytes(id),
                charter: Some(charter),
            }))
        };
        named(context, &self.vault, &self.sender, message).await
    }
}

/// A change of what binds deposits. What is not named stays.
#[derive(Debug, Args)]
pub(crate) struct Limits {
    /// Which vault.
    vault: String,
    /// The most that it holds after a deposit.
    #[arg(long, value_name = "AMOUNT", conflicts_with = "no_cap")]
    cap: Option<Written>,
    /// It may hold any amount.
    #[arg(long)]
    no_cap: bool,
    /// The least that is deposited at a time.
    #[arg(long, value_name = "AMOUNT")]
    least: Option<Written>,
    /// Whether only those may deposit whom the operator allows.
    #[arg(long, value_name = "BOOL")]
    allow_listed: Option<bool>,
    #[command(flatten)]
    sender: Sender,
}

impl Limits {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let message = async |asked: &Asked, id: &Digest| {
            let standing = show::fetch(asked, id).await?.limits.unwrap_or_default();
            let mut limits = standing.clone();
            if self.no_cap {
                limits.deposit_cap = String::new();
            }
            if let Some(cap) = &self.cap {
                limits.deposit_cap = of_vault(asked, id, cap).await?;
            }
            if let Some(least) = &self.least {
                limits.min_deposit = of_vault(asked, id, least).await?;
            }
            limits.allow_listed = self.allow_listed.unwrap_or(standing.allow_listed);
            if limits == standing {
                return Err(Failure::usage("the limits are so already: name what changes"));
            }
            Ok(Kind::SetVaultLimits(wire::SetVaultLimits {
                vault: bytes(id),
                limits: Some(limits),
            }))
        };
        named(context, &self.vault, &self.sender, message).await
    }
}

/// Cash that is taken out of a buffer.
#[derive(Debug, Args)]
pub(crate) struct LeaveBuffer {
    /// Which vault's.
    vault: String,
    /// How many shares of the buffer, as funding it gave.
    shares: Amount,
    /// The least to take for them.
    #[arg(long, value_name = "AMOUNT")]
    least: Option<Written>,
    #[command(flatten)]
    sender: Sender,
}

impl LeaveBuffer {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let message = async |asked: &Asked, id: &Digest| {
            Ok(Kind::LeaveBuffer(wire::LeaveBuffer {
                vault: bytes(id),
                shares: self.shares.to_string(),
                min_assets: optional(asked, id, self.least.as_ref()).await?,
            }))
        };
        named(context, &self.vault, &self.sender, message).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        amend: Amend,
    }

    fn amend(flags: &[&str]) -> Amend {
        let line = ["palisade", "v0", "--from", "node0"];
        Line::parse_from(line.iter().chain(flags)).amend
    }

    #[test]
    fn what_is_not_named_of_a_charter_stays() {
        let listed = wire::Charter {
            leverage_limit: WHOLE.to_string(),
            services: vec![0, 1],
            any_within: None,
        };
        let doubled = amend(&["--leverage", "2"]).charter(listed.clone());
        assert_eq!(doubled.leverage_limit, (2 * WHOLE).to_string());
        assert_eq!(doubled.services, [0, 1]);
        let open = amend(&["--objective", "20%"]).charter(listed.clone());
        let within = wire::FaultClasses {
            objective_bps: 2_000,
            subjective_bps: 0,
        };
        assert_eq!((open.services.len(), open.any_within), (0, Some(within)));
        let closed = amend(&["--serves", "0"]).charter(open);
        assert_eq!((closed.services, closed.any_within), (vec![0], None));
        assert_eq!(amend(&[]).charter(listed.clone()), listed);
    }
}
