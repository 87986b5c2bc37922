//! `palisade service register`.

use crate::cli::context::Context;
use crate::cli::restaking::{Asked, PAGE, Sender, pages, parse_bps};
use crate::output::Failure;
use clap::Args;
use client::amount::Written;
use proto::service::v1 as wire;
use proto::tx::v1::message::Message as Kind;
use std::path::{Path, PathBuf};
use testnet::Span;

/// What a service asks, and what it costs.
#[derive(Debug, Args)]
pub(crate) struct Register {
    /// Name and slashing conditions in words: what an operator agrees to.
    #[arg(long, value_name = "TEXT")]
    metadata: String,
    /// The program that judges answers: WebAssembly, as .wasm or as .wat text. It never changes.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// An asset that counts as stake, with what of its value does not count: ETH, or WBTC:10%. May be given several
    /// times.
    #[arg(long = "accept", value_name = "ASSET[:HAIRCUT]", required = true)]
    accept: Vec<String>,
    /// How many operators it needs.
    #[arg(long, default_value_t = 1)]
    min_operators: u32,
    /// How many it admits, at most 128.
    #[arg(long, default_value_t = 128)]
    max_operators: u32,
    /// The least value of an operator's stake.
    #[arg(long, default_value = "0pal", value_name = "AMOUNT")]
    min_stake: Written,
    /// The least value of an operator's own stake.
    #[arg(long, default_value = "0pal", value_name = "AMOUNT")]
    min_self_stake: Written,
    /// The least part of its tasks that an operator must have answered rightly.
    #[arg(long, value_parser = parse_bps, default_value = "0%")]
    min_reputation: u32,
    /// The part of the value of all who are asked that a certificate needs.
    #[arg(long, value_parser = parse_bps, default_value = "66.67%")]
    quorum: u32,
    /// A class of faults, numbered from 0 as given: KIND:LEAST:MOST:COOLDOWN, where KIND is proof or word, such as
    /// proof:5%:50%:5s. May be given several times.
    #[arg(long = "fault", value_name = "KIND:LEAST:MOST:COOLDOWN", value_parser = parse_fault)]
    faults: Vec<Fault>,
    /// The class of signing two answers for one task [default: that is no fault].
    #[arg(long, value_name = "CLASS")]
    double_answer: Option<u32>,
    /// Who gets what is slashed [default: nobody, it is destroyed].
    #[arg(long, value_name = "ACCOUNT")]
    recipient: Option<String>,
    /// Whose word shows the faults of kind `word`.
    #[arg(long, value_name = "ACCOUNT")]
    slasher: Option<String>,
    /// Who may veto what is asked for by word. May be given several times.
    #[arg(long = "vetoer", value_name = "ACCOUNT")]
    vetoers: Vec<String>,
    /// What corrupting the service would yield at most.
    #[arg(long, default_value = "0pal", value_name = "AMOUNT")]
    profit_cap: Written,
    #[command(flatten)]
    sender: Sender,
}

/// A class of faults as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fault {
    subjective: bool,
    least: u32,
    most: u32,
    cooldown_ms: u64,
}

fn parse_fault(text: &str) -> Result<Fault, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let [kind, least, most, cooldown] = parts.as_slice() else {
        return Err(format!("`{text}`: write proof:5%:50%:5s or word:0%:10%:5s"));
    };
    let subjective = match *kind {
        "proof" => false,
        "word" => true,
        other => return Err(format!("`{other}` is neither proof nor word")),
    };
    let cooldown: Span = cooldown
        .parse()
        .map_err(|error: testnet::SpanError| error.to_string())?;
    Ok(Fault {
        subjective,
        least: parse_bps(least)?,
        most: parse_bps(most)?,
        cooldown_ms: cooldown.millis(),
    })
}

/// A fault program's bytes; text is translated here.
fn program(file: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |error: String| Failure::usage(format!("--program {}: {error}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let bytes = wat::parse_bytes(&bytes)
        .map_err(|error| wrong(error.to_string()))?
        .into_owned();
    // Said here, with what is wrong, rather than by a failed transaction.
    runtime::attested::program::check(&bytes).map_err(|error| wrong(error.to_string()))?;
    Ok(bytes)
}

fn npal(written: &Written) -> Result<String, Failure> {
    let amount = written
        .pal()
        .ok_or_else(|| Failure::usage(format!("`{}`: values are in pal or npal", written.unit)))??;
    Ok(amount.to_string())
}

impl Register {
    fn accepted(&self, asked: &Asked) -> Result<Vec<wire::AcceptedAsset>, Failure> {
        let mut accepted = Vec::new();
        for text in &self.accept {
            let (asset, haircut) = text.split_once(':').unwrap_or((text, "0%"));
            accepted.push(wire::AcceptedAsset {
                asset_id: asked.asset_id(asset)?,
                haircut_bps: parse_bps(haircut).map_err(Failure::usage)?,
            });
        }
        accepted.sort_by_key(|one| one.asset_id);
        Ok(accepted)
    }

    fn message(&self, context: &Context, asked: &Asked) -> Result<wire::RegisterService, Failure> {
        let account = |text: &String| {
            let id = context.account(text, Some(asked.network))?;
            Ok::<_, Failure>(bytes::Bytes::copy_from_slice(id.as_bytes()))
        };
        let optional = |text: &Option<String>| text.as_ref().map(account).transpose();
        let mut vetoers = self.vetoers.iter().map(account).collect::<Result<Vec<_>, _>>()?;
        vetoers.sort();
        Ok(wire::RegisterService {
            kind: wire::ServiceKind::Attested.into(),
            accepted: self.accepted(asked)?,
            min_operators: self.min_operators,
            max_operators: self.max_operators,
            min_stake: npal(&self.min_stake)?,
            min_self_stake: npal(&self.min_self_stake)?,
            min_reputation_bps: self.min_reputation,
            quorum_bps: self.quorum,
            classes: self
                .faults
                .iter()
                .map(|one| wire::FaultClass {
                    subjective: one.subjective,
                    least_bps: one.least,
                    most_bps: one.most,
                    cooldown_ms: one.cooldown_ms,
                })
                .collect(),
            double_answer: self
                .double_answer
                .map(|fault_class| wire::DoubleAnswer { fault_class }),
            recipient: optional(&self.recipient)?.unwrap_or_default(),
            slasher: optional(&self.slasher)?.unwrap_or_default(),
            vetoers,
            profit_cap: npal(&self.profit_cap)?,
            metadata: self.metadata.clone(),
        })
    }

    /// The number that the next service gets: were another registered first, nothing would take effect.
    async fn number(asked: &Asked) -> Result<u32, Failure> {
        let all = pages(async |page_token| {
            let mut service = asked.client.services();
            let request = wire::ListServicesRequest {
                page_size: PAGE,
                page_token,
                ..wire::ListServicesRequest::default()
            };
            let page = asked.client.unary(service.list_services(request)).await?;
            Ok((page.services, page.next_page_token))
        })
        .await?;
        Ok(all.last().map_or(0, |last| last.service_id) + 1)
    }

    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let code = self.program.as_deref().map(program).transpose()?;
        let asked = Asked::new(context).await?;
        let mut kinds = vec![Kind::RegisterService(self.message(context, &asked)?)];
        let service_id = Self::number(&asked).await?;
        if let Some(code) = code {
            context.output.note(&format!(
                "service {service_id}; its program has {} bytes, SHA-256 {}",
                code.len(),
                hex::encode(crypto::hash::sha256(&[&code]))
            ));
            kinds.push(Kind::SetFaultProgram(wire::SetFaultProgram {
                service_id,
                program: code.into(),
            }));
        } else {
            context.output.note(&format!("service {service_id}"));
        }
        self.sender.send_all(context, kinds).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_of_faults_is_read_and_nonsense_is_named() {
        let fault = parse_fault("proof:5%:50%:5s").unwrap();
        assert_eq!(
            (fault.subjective, fault.least, fault.most, fault.cooldown_ms),
            (false, 500, 5_000, 5_000)
        );
        for (bad, part) in [
            ("proof:5%:50%", "write proof"),
            ("rumour:5%:50%:5s", "neither proof nor word"),
            ("word:5:50%:5s", "write 5%"),
            ("word:5%:50%:soon", "soon"),
        ] {
            let error = parse_fault(bad).unwrap_err();
            assert!(error.contains(part), "{bad}: {error}");
        }
    }

    #[test]
    fn a_file_that_is_no_fault_program_is_refused_with_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("empty.wat");
        std::fs::write(&file, "(module)").unwrap();
        let error = program(&file).unwrap_err();
        assert!(error.message.contains("exports no function"), "{}", error.message);
        std::fs::write(&file, "(modul").unwrap();
        assert!(program(&file).is_err());
        assert!(program(&folder.path().join("none.wasm")).is_err());
    }
}
