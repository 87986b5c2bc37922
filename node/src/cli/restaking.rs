//! What the nouns of restaking have in common: who sends, which vault is meant, amounts with symbols, time that is left.

use crate::cli::context::Context;
use crate::cli::tx::{self, SendFlags};
use crate::output::Failure;
use clap::Args;
use client::{Client, amount};
use primitives::address::{AddressKind, Network, format, parse};
use primitives::{Amount, Bps, Digest};
use proto::account::v1::{Asset, ListAssetsRequest};
use proto::ledger::v1::ReadContext;
use proto::tx::v1::message::Message as Kind;
use testnet::Facts;

/// Rows asked for at once.
pub(crate) const PAGE: u32 = 1_000;
/// The whole of a vault, and of a pledge.
pub(crate) const WHOLE: u128 = 1_000_000_000_000_000_000;

/// Who sends, and how.
#[derive(Debug, Args)]
pub(crate) struct Sender {
    /// Whose: a key's name or file.
    #[arg(long, value_name = "KEY")]
    pub(crate) from: String,
    #[command(flatten)]
    pub(crate) flags: SendFlags,
}

impl Sender {
    /// Sends one message.
    pub(crate) async fn send(&self, context: &Context, kind: Kind) -> Result<(), Failure> {
        tx::send_message(context, &self.from, kind, &self.flags).await
    }

    /// Sends messages that take effect together or not at all.
    pub(crate) async fn send_all(&self, context: &Context, kinds: Vec<Kind>) -> Result<(), Failure> {
        tx::send_messages(context, &self.from, kinds, &self.flags).await
    }
}

/// A node and what it says of its chain.
pub(crate) struct Asked {
    pub(crate) client: Client,
    pub(crate) network: Network,
    assets: Vec<Asset>,
}

impl Asked {
    /// Connects, and reads the registry of assets.
    pub(crate) async fn new(context: &Context) -> Result<Self, Failure> {
        let client = context.connect().await?;
        let network = client.chain().await?.network;
        let mut assets: Vec<Asset> = Vec::new();
        let mut page_token = String::new();
        loop {
            let mut service = client.accounts();
            let request = ListAssetsRequest {
                page_size: PAGE,
                page_token,
                ..ListAssetsRequest::default()
            };
            let page = client.unary(service.list_assets(request)).await?;
            assets.extend(page.assets);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        Ok(Self {
            client,
            network,
            assets,
        })
    }

    fn asset(&self, id: u32) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.asset_id == id)
    }

    /// An asset's symbol, or its number.
    pub(crate) fn symbol(&self, id: u32) -> String {
        self.asset(id)
            .map_or_else(|| format!("asset {id}"), |asset| asset.symbol.clone())
    }

    /// How many digits of an asset's amounts stand after the decimal point.
    pub(crate) fn decimals(&self, id: u32) -> u32 {
        self.asset(id).map_or(0, |asset| asset.decimals)
    }

    /// The asset that is named by symbol or number.
    pub(crate) fn asset_id(&self, text: &str) -> Result<u32, Failure> {
        let named =
            |asset: &&Asset| asset.symbol.eq_ignore_ascii_case(text) || asset.asset_id.to_string() == text;
        let found = self.assets.iter().find(named);
        found.map(|asset| asset.asset_id).ok_or_else(|| {
            Failure::usage(format!(
                "`{text}` is no asset of this chain: `palisade query asset` lists them"
            ))
        })
    }

    /// An amount in base units as people read it, with its symbol.
    pub(crate) fn coin(&self, asset: u32, text: &str) -> String {
        let Ok(amount) = text.parse::<Amount>() else {
            return text.to_owned();
        };
        self.asset(asset).map_or_else(
            || format!("{text} base units of asset {asset}"),
            |found| {
                let decimals = u8::try_from(found.decimals).unwrap_or(u8::MAX);
                format!("{} {}", amount::format(amount, decimals), found.symbol)
            },
        )
    }
}

impl Asked {
    /// What one whole of an asset counts for, of a price in npal per base unit times 10^18.
    pub(crate) fn price(&self, asset: u32, text: &str) -> String {
        let whole = self
            .asset(asset)
            .and_then(|found| 10_u128.checked_pow(found.decimals));
        let price = text.parse::<u128>().ok().zip(whole);
        let npal = price.and_then(|(price, whole)| {
            primitives::mul_div(price, whole, WHOLE, primitives::Rounding::Down).ok()
        });
        npal.map_or_else(|| "-".to_owned(), |npal| amount::format_pal(Amount::new(npal)))
    }
}

/// An amount of npal as people read it, without what is below a PAL.
pub(crate) fn value(text: &str) -> String {
    const PAL: u128 = 1_000_000_000;
    text.parse::<Amount>().map_or_else(
        |_| text.to_owned(),
        |npal| {
            let whole = npal.get() - npal.get() % PAL;
            amount::format_pal(Amount::new(if npal.get() < PAL { npal.get() } else { whole }))
        },
    )
}

/// A part of 10^18 as a percentage.
pub(crate) fn share(text: &str) -> String {
    let part: u128 = text.parse().unwrap_or(0);
    let hundredths = part / (WHOLE / 10_000);
    percent(u32::try_from(hundredths).unwrap_or(u32::MAX))
}

/// Basis points as a percentage.
pub(crate) fn percent(bps: u32) -> String {
    let (whole, rest) = (bps / 100, bps % 100);
    match rest {
        0 => format!("{whole}%"),
        rest => format!("{whole}.{}%", format!("{rest:02}").trim_end_matches('0')),
    }
}

/// How long it is from the answer's chain time until a moment: `in 1m 50s`, or `due`.
pub(crate) fn left(context: Option<&ReadContext>, until_ms: u64) -> String {
    let now = context.map_or(0, |context| context.chain_clock_ms);
    match until_ms.checked_sub(now) {
        None | Some(0) => "due".to_owned(),
        Some(ms) => format!("in {}", duration(ms)),
    }
}

/// Milliseconds as people read them, in two units at most.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000);
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest}s"),
        (0, 0, minutes) => format!("{minutes}m {rest}s"),
        (0, hours, minutes) => format!("{hours}h {minutes}m"),
        (days, hours, _) => format!("{days}d {hours}h"),
    }
}

/// A percentage such as `5%` or `2.5%`, or basis points such as `250bps`.
pub(crate) fn parse_bps(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}`: write 5%, 2.5% or 250bps, at most 100%");
    let bps = if let Some(number) = text.strip_suffix("bps") {
        number.parse::<u32>().map_err(|_| wrong())?
    } else {
        let number = text.strip_suffix('%').ok_or_else(wrong)?;
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if part.len() > 2 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        let whole: u32 = whole.parse().map_err(|_| wrong())?;
        let part: u32 = format!("{part:0<2}").parse().map_err(|_| wrong())?;
        whole
            .checked_mul(100)
            .and_then(|bps| bps.checked_add(part))
            .ok_or_else(wrong)?
    };
    if bps > u32::from(Bps::ONE.get()) {
        return Err(wrong());
    }
    Ok(bps)
}

/// The vault that a text names: an address, an id in hex, or v0 and up of the testnet in this folder.
pub(crate) fn vault(context: &Context, network: Network, text: &str) -> Result<Digest, Failure> {
    if let Ok(id) = text.parse::<Digest>() {
        return Ok(id);
    }
    let facts = context
        .testnet(None)
        .ok()
        .and_then(|folder| Facts::load(&folder).ok());
    let known = facts.and_then(|facts| facts.vaults.into_iter().find(|one| one.name == text));
    let address = known.map_or_else(|| text.to_owned(), |one| one.address);
    parse(AddressKind::Vault, network, &address)
        .map(Digest::new)
        .map_err(|error| {
            Failure::usage(format!(
                "{text}: {error}; a vault is an address, an id in hex, or v0 and up of a testnet: `palisade vault list`"
            ))
        })
}

/// A vault's address.
pub(crate) fn vault_text(network: Network, id: &Digest) -> String {
    format(AddressKind::Vault, network, id.as_bytes())
}

/// An operator's address, by address, id or key's name.
pub(crate) fn operator(context: &Context, network: Network, text: &str) -> Result<String, Failure> {
    let id = context.account(text, Some(network))?;
    Ok(format(AddressKind::Operator, network, id.as_bytes()))
}

/// Every page of a list: `next` asks for the one after a token.
pub(crate) async fn pages<T>(
    mut next: impl AsyncFnMut(String) -> Result<(Vec<T>, String), Failure>,
) -> Result<Vec<T>, Failure> {
    let mut all = Vec::new();
    let mut token = String::new();
    loop {
        let (page, after) = next(token).await?;
        all.extend(page);
        token = after;
        if token.is_empty() {
            return Ok(all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_times_are_read_by_people() {
        assert_eq!(percent(6_667), "66.67%");
        assert_eq!(percent(550), "5.5%");
        assert_eq!(share("500000000000000000"), "50%");
        assert_eq!(duration(1), "1s");
        assert_eq!(duration(110_000), "1m 50s");
        assert_eq!(duration(90_000_000), "1d 1h");
        assert_eq!(value("1500000000"), "1 PAL");
        assert_eq!(value("5"), "0.000000005 PAL");
    }

    #[test]
    fn a_part_is_written_in_two_ways() {
        for (text, bps) in [
            ("5%", 500),
            ("2.5%", 250),
            ("0.01%", 1),
            ("250bps", 250),
            ("100%", 10_000),
        ] {
            assert_eq!(parse_bps(text), Ok(bps), "{text}");
        }
        for bad in ["", "5", "101%", "10001bps", "-1%", "1.234%", "x%", "%"] {
            assert!(parse_bps(bad).is_err(), "{bad}");
        }
    }
}
