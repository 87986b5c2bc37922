//! Transactions as files: built, signed by one after the other, put together, looked at. Signing needs no node.

use crate::cli::context::Context;
use crate::cli::key;
use crate::cli::key::multisig::{self, Multisig};
use crate::cli::passwords::PasswordFlags;
use crate::cli::tx::prepare::{Extras, Want, fee_in_words, online_for};
use crate::output::{Exit, Failure, Show, flat};
use clap::Args;
use client::amount::Written;
use client::envelope::{Envelope, EnvelopeError};
use client::transaction::{Builder, Fee, Signing};
use crypto::account::AccountKeys;
use primitives::address::Network;
use primitives::{Amount, ChainHash, Height};
use proto::tx::v1::message::Message as Kind;
use serde::Serialize;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most of a file that is read: an envelope is a few times its transaction.
const MAX_FILE: u64 = 1 << 20;

/// `palisade tx build`.
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Who sends: a key's name or file. Leave it out with --public-key.
    from: Option<String>,
    /// Move an amount: RECIPIENT:AMOUNT. May be given several times.
    #[arg(long, value_name = "TO:AMOUNT", value_parser = parse_send)]
    send: Vec<(String, Written)>,
    /// Destroy an amount. May be given several times.
    #[arg(long, value_name = "AMOUNT")]
    burn: Vec<Written>,
    /// One of several keys of the sender, in hex. May be given up to 16 times.
    #[arg(long, value_name = "HEX", conflicts_with = "from")]
    public_key: Vec<String>,
    /// How many of those keys must sign.
    #[arg(long, default_value_t = 1, value_name = "K")]
    threshold: u8,
    /// What signatures bind, in hex: without it a node is asked.
    #[arg(long, value_name = "HEX")]
    chain_hash: Option<ChainHash>,
    /// The chain's name, for people.
    #[arg(long, default_value = "", value_name = "NAME")]
    chain_id: String,
    /// With --chain-hash: it is a development chain.
    #[arg(long)]
    dev: bool,
    #[command(flatten)]
    extras: Extras,
    /// Where to write it [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn parse_send(text: &str) -> Result<(String, Written), String> {
    let (to, amount) = text
        .rsplit_once(':')
        .ok_or("write RECIPIENT:AMOUNT, like bob:10pal")?;
    Ok((
        to.to_owned(),
        amount
            .parse()
            .map_err(|error: client::amount::AmountError| error.to_string())?,
    ))
}

impl Build {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let keys = self.keys(context)?;
        let wants = self.wants();
        if wants.is_empty() {
            return Err(Failure::usage(
                "nothing to do: add --send TO:AMOUNT or --burn AMOUNT",
            ));
        }
        let envelope = match self.chain_hash {
            Some(hash) => self.offline(context, keys, hash, &wants)?,
            None => {
                let client = context.connect().await?;
                let chain = client.chain().await?;
                let mut kinds = Vec::with_capacity(wants.len());
                for want in &wants {
                    kinds.push(want.resolve(context, &client, chain.network).await?);
                }
                let (signing, _) = online_for(&client, &chain, keys, kinds, &self.extras).await?;
                context.output.note(&fee_in_words(&signing));
                Envelope::new(&chain.id, chain.network, &signing)
            }
        };
        let named = multisig::names(context).into_iter();
        let envelope = envelope.with_names(named.map(|one| (one.public_key, one.name)));
        write(context, &envelope, self.out.as_deref())
    }

    fn wants(&self) -> Vec<Want> {
        let sends = self.send.iter().map(|(to, amount)| Want::Transfer {
            to: to.clone(),
            amount: amount.clone(),
        });
        let burns = self.burn.iter().map(|amount| Want::Burn {
            amount: amount.clone(),
        });
        sends.chain(burns).collect()
    }

    fn keys(&self, context: &Context) -> Result<AccountKeys, Failure> {
        let wrong = |error: crypto::account::AccountError| Failure::usage(error.to_string());
        if self.public_key.is_empty() {
            let from = self
                .from
                .as_ref()
                .ok_or_else(|| Failure::usage("who sends? name a key, or give --public-key HEX"))?;
            let path = context.key_file(from)?;
            if multisig::is_multisig(&path) {
                return Multisig::load(&path)?.keys();
            }
            return AccountKeys::single(key::public_key(&path)?).map_err(wrong);
        }
        let mut keys = self
            .public_key
            .iter()
            .map(|text| {
                let mut bytes = [0; 32];
                hex::decode_to_slice(text, &mut bytes)
                    .map(|()| bytes)
                    .map_err(|error| {
                        Failure::usage(format!("--public-key {text}: 64 hexadecimal digits: {error}"))
                    })
            })
            .collect::<Result<Vec<_>, _>>()?;
        keys.sort_unstable();
        AccountKeys::new(self.threshold, &keys).map_err(wrong)
    }

    fn offline(
        &self,
        context: &Context,
        keys: AccountKeys,
        chain: ChainHash,
        wants: &[Want],
    ) -> Result<Envelope, Failure> {
        let network = if self.dev {
            Network::Development
        } else {
            Network::Live
        };
        let need = |what: &str| Failure::usage(format!("without a node {what} must be given"));
        let extras = &self.extras;
        let fee = Fee {
            gas_limit: extras.gas.ok_or_else(|| need("--gas"))?,
            max_price: extras.max_price.ok_or_else(|| need("--max-price"))?,
            tip: extras.tip.unwrap_or(Amount::ZERO),
        };
        let sequence = match extras.sequence {
            None if extras.unordered => 0,
            given => given.ok_or_else(|| need("--sequence or --unordered"))?,
        };
        let timeout = extras.timeout_height.ok_or_else(|| need("--timeout-height"))?;
        let kinds = wants
            .iter()
            .map(|want| want.resolve_offline(context, network))
            .collect::<Result<Vec<Kind>, _>>()?;
        let builder = kinds.into_iter().fold(Builder::new(&keys.id()), Builder::message);
        let body = builder
            .fee(fee)
            .sequence(sequence)
            .timeout_height(Height::new(timeout))
            .memo(&extras.memo);
        let body = if extras.unordered {
            body.unordered().build()?
        } else {
            body.build()?
        };
        Ok(Envelope::new(
            &self.chain_id,
            network,
            &Signing::new(chain, body, keys)?,
        ))
    }
}

/// `palisade tx sign`.
#[derive(Debug, Args)]
pub(crate) struct SignFile {
    /// The written transaction; `-` is standard input.
    file: PathBuf,
    /// Who signs: a key's name or file.
    #[arg(long, value_name = "KEY")]
    key: String,
    #[command(flatten)]
    password: PasswordFlags,
    /// Where to write it with the signature [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl SignFile {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let envelope = read(&self.file)?;
        let mut signing = envelope.signing().map_err(wrong(&self.file))?;
        let network = envelope.network();
        // What is signed is shown from the body itself, whatever the file says of it.
        context
            .output
            .note(&flat(&client::describe::body(network, signing.body())));
        let protection = self.password.protection()?;
        let key = key::open_account(context, &self.key, &protection, network)?;
        signing.sign(&key)?;
        let signed = Envelope::new(&envelope.chain_id, network, &signing).with_names(envelope.names);
        tell_missing(context, &signed, &signing);
        write(context, &signed, self.out.as_deref())
    }
}

/// `palisade tx combine`.
#[derive(Debug, Args)]
pub(crate) struct Combine {
    /// Copies of one transaction, signed by different keys.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where to write it [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Combine {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let mut combined: Option<(Envelope, Signing)> = None;
        for file in &self.files {
            let envelope = read(file)?;
            let signing = envelope.signing().map_err(wrong(file))?;
            match &mut combined {
                None => combined = Some((envelope, signing)),
                Some((_, all)) => {
                    if all.id() != signing.id() {
                        return Err(Failure::usage(format!(
                            "{} is transaction {}, the others are {}",
                            file.display(),
                            signing.id(),
                            all.id()
                        )));
                    }
                    for (key, signature) in signing.signatures() {
                        all.add(*key, *signature)?;
                    }
                }
            }
        }
        let (envelope, signing) = combined.ok_or_else(|| Failure::usage("no files"))?;
        let signed =
            Envelope::new(&envelope.chain_id, envelope.network(), &signing).with_names(envelope.names);
        tell_missing(context, &signed, &signing);
        write(context, &signed, self.out.as_deref())
    }
}

fn tell_missing(context: &Context, envelope: &Envelope, signing: &Signing) {
    let (missing, need) = signing.missing();
    let have = signing.signatures().len();
    let threshold = signing.keys().threshold();
    if need == 0 {
        context
            .output
            .note(&format!("{have} of {threshold} signatures: complete"));
    } else {
        let missing: Vec<&str> = missing.iter().map(|key| envelope.name(key)).collect();
        context.output.note(&format!(
            "{have} of {threshold} signatures, missing {}",
            missing.join(", ")
        ));
    }
}

/// `palisade tx decode`.
#[derive(Debug, Args)]
pub(crate) struct Decode {
    /// A written transaction (`-` is standard input), or an encoded one in hex.
    transaction: String,
    /// What signatures bind, in hex: for a transaction in hex, to check its signatures and name its id.
    #[arg(long, value_name = "HEX")]
    chain_hash: Option<ChainHash>,
    /// For a transaction in hex: it is of a development chain.
    #[arg(long)]
    dev: bool,
}

/// What a transaction says.
#[derive(Debug, Serialize)]
struct Decoded {
    /// Absent when no chain was named.
    tx_hash: Option<String>,
    chain_hash: Option<String>,
    threshold: u8,
    public_keys: Vec<String>,
    /// Keys whose signatures hold; absent when no chain was named.
    signed_by: Option<Vec<String>>,
    body: Value,
}

impl Show for Decoded {
    fn table(&self) -> String {
        flat(&serde_json::to_value(self).unwrap_or_default())
    }

    fn id(&self) -> Option<String> {
        self.tx_hash.clone()
    }
}

impl Decode {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let decoded = match hex::decode(&self.transaction) {
            Ok(bytes) if !bytes.is_empty() => self.encoded(&bytes)?,
            _ => {
                let path = Path::new(&self.transaction);
                let envelope = read(path)?;
                let signing = envelope.signing().map_err(wrong(path))?;
                describe(&signing, envelope.network())
            }
        };
        context.output.show(&decoded)
    }

    fn encoded(&self, bytes: &[u8]) -> Result<Decoded, Failure> {
        let network = if self.dev {
            Network::Development
        } else {
            Network::Live
        };
        if let Some(chain) = &self.chain_hash {
            return Ok(describe(&client::transaction::open(chain, bytes)?, network));
        }
        let (body, keys) = client::transaction::peek(bytes)?;
        Ok(Decoded {
            tx_hash: None,
            chain_hash: None,
            threshold: keys.threshold(),
            public_keys: keys
                .keys()
                .iter()
                .map(|key| hex::encode(key.as_bytes()))
                .collect(),
            signed_by: None,
            body: client::describe::body(network, &body),
        })
    }
}

fn describe(signing: &Signing, network: Network) -> Decoded {
    Decoded {
        tx_hash: Some(signing.id().to_string()),
        chain_hash: Some(signing.chain().to_string()),
        threshold: signing.keys().threshold(),
        public_keys: signing
            .keys()
            .keys()
            .iter()
            .map(|key| hex::encode(key.as_bytes()))
            .collect(),
        signed_by: Some(signing.signatures().keys().map(hex::encode).collect()),
        body: client::describe::body(network, signing.body()),
    }
}

/// Reads a written transaction.
pub(crate) fn read(file: &Path) -> Result<Envelope, Failure> {
    let mut text = String::new();
    let outcome = if file == Path::new("-") {
        std::io::stdin().lock().take(MAX_FILE).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MAX_FILE).read_to_string(&mut text))
    };
    outcome.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::not_found(format!("{}: there is no such file", file.display()))
        }
        _ => Failure::unexpected(format!("{}: cannot read it: {error}", file.display())),
    })?;
    Envelope::parse(&text).map_err(wrong(file))
}

/// Names the file that something is wrong with.
pub(crate) fn wrong(file: &Path) -> impl Fn(EnvelopeError) -> Failure + '_ {
    move |error| {
        Failure::new(
            Exit::Rejected,
            "TRANSACTION_INVALID",
            format!("{}: {error}", file.display()),
        )
    }
}

fn write(context: &Context, envelope: &Envelope, to: Option<&Path>) -> Result<(), Failure> {
    match to {
        None => context.output.json(envelope, true),
        Some(path) => {
            let mut text = serde_json::to_string_pretty(envelope)
                .map_err(|error| Failure::unexpected(format!("cannot write JSON: {error}")))?;
            text.push('\n');
            std::fs::write(path, text)
                .map_err(|error| Failure::unexpected(format!("cannot write {}: {error}", path.display())))?;
            context.output.note(&format!("wrote {}", path.display()));
            Ok(())
        }
    }
}
