//! What a testnet is made from: written once, and held against the flags of every later `up`.

use crate::error::Error;
use crate::folder::Folder;
use crate::name::Name;
use crate::span::{EpochLength, Span};
use primitives::{AccountId, Amount};
use serde::{Deserialize, Serialize};
use std::fs;

/// The most nodes that one machine is asked to run.
pub(crate) const MAX_VALIDATORS: u16 = 64;

/// Money that an account has from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Funding {
    /// Whose.
    pub account: AccountId,
    /// How much, in npal.
    pub amount: Amount,
}

/// What a testnet is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Its name.
    pub name: Name,
    /// How many validators it has.
    pub validators: u16,
    /// Time from one block to the next when there is nothing to do.
    pub block_time: Span,
    /// How long an epoch is.
    pub epoch: EpochLength,
    /// Every key comes from it.
    pub seed: u64,
    /// Accounts that have money besides the well-known ones.
    pub fund: Vec<Funding>,
    /// When genesis was made, in milliseconds since the Unix epoch. The same in every testnet: the same seed and
    /// flags give the same chain.
    pub genesis_time_ms: u64,
    /// The first port, as last used.
    pub base_port: u16,
}

/// What the flags of `up` say. `None`: not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--validators`.
    pub validators: Option<u16>,
    /// `--block-time`.
    pub block_time: Option<Span>,
    /// `--epoch`.
    pub epoch: Option<EpochLength>,
    /// `--seed`.
    pub seed: Option<u64>,
    /// `--fund`, as often as given.
    pub fund: Vec<Funding>,
    /// `--base-port`.
    pub base_port: Option<u16>,
}

/// Genesis of every testnet: 2026-01-01T00:00:00Z. Chain time starts at zero whatever this is.
const GENESIS_TIME_MS: u64 = 1_767_225_600_000;

/// Twenty blocks, and a second at least: exits take two minutes, which may be no more than 256 epochs.
fn usual_epoch(block_time: Span) -> EpochLength {
    EpochLength::Blocks((1_000 / block_time.millis().max(1)).max(20))
}

impl Spec {
    /// What a new testnet is made from.
    ///
    /// # Errors
    /// [`Error::Flag`] names a flag whose value makes no sense.
    pub fn new(name: &Name, flags: &Flags, base_port: u16) -> Result<Self, Error> {
        let validators = flags.validators.unwrap_or(4);
        if validators == 0 || validators > MAX_VALIDATORS {
            return Err(Error::Flag {
                flag: "--validators",
                value: validators.to_string(),
                hint: format!("a testnet has 1 to {MAX_VALIDATORS} validators"),
            });
        }
        let block_time = flags.block_time.unwrap_or(Span::from_millis(500));
        if !(10..=60_000).contains(&block_time.millis()) {
            return Err(Error::Flag {
                flag: "--block-time",
                value: block_time.to_string(),
                hint: "from 10ms to 60s".into(),
            });
        }
        Ok(Self {
            name: name.clone(),
            validators,
            block_time,
            epoch: flags.epoch.unwrap_or_else(|| usual_epoch(block_time)),
            seed: flags.seed.unwrap_or(1),
            fund: flags.fund.clone(),
            genesis_time_ms: GENESIS_TIME_MS,
            base_port,
        })
    }

    /// Holds the flags of a later `up` against what the testnet was made with.
    ///
    /// # Errors
    /// [`Error::Conflict`] names the first flag that says something else.
    pub fn check(&self, flags: &Flags) -> Result<(), Error> {
        let conflict = |flag, have: String, asked: String| {
            Err(Error::Conflict {
                name: self.name.to_string(),
                flag,
                have,
                asked,
            })
        };
        if let Some(asked) = flags.validators.filter(|v| *v != self.validators) {
            return conflict("--validators", self.validators.to_string(), asked.to_string());
        }
        if let Some(asked) = flags.block_time.filter(|v| *v != self.block_time) {
            return conflict("--block-time", self.block_time.to_string(), asked.to_string());
        }
        if let Some(asked) = flags.epoch.filter(|v| *v != self.epoch) {
            return conflict("--epoch", self.epoch.to_string(), asked.to_string());
        }
        if let Some(asked) = flags.seed.filter(|v| *v != self.seed) {
            return conflict("--seed", self.seed.to_string(), asked.to_string());
        }
        let new = flags.fund.iter().find(|funding| !self.fund.contains(funding));
        if let Some(asked) = new {
            let have = format!("for {} accounts", self.fund.len());
            return conflict("--fund", have, format!("{}:{}npal", asked.account, asked.amount));
        }
        Ok(())
    }

    /// The bytes that every key of the testnet is derived from.
    #[must_use]
    pub fn key_seed(&self) -> [u8; 8] {
        self.seed.to_be_bytes()
    }

    /// Reads what the testnet in `folder` was made from.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is none, [`Error::Damaged`].
    pub fn load(folder: &Folder, base: &std::path::Path) -> Result<Self, Error> {
        let path = folder.spec();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::Unknown {
                    name: folder.name().to_string(),
                    base: base.to_owned(),
                });
            }
            Err(error) => return Err(Error::io(&path, "read", error)),
        };
        serde_json::from_str(&text).map_err(|error| Error::Damaged {
            path,
            reason: error.to_string(),
        })
    }

    /// Writes it down.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, folder: &Folder) -> Result<(), Error> {
        crate::files::write_json(&folder.spec(), self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_that_contradict_the_testnet_name_reset() {
        let spec = Spec::new(&Name::default(), &Flags::default(), 26_600).unwrap();
        assert!(spec.check(&Flags::default()).is_ok());
        let same = Flags {
            validators: Some(4),
            seed: Some(1),
            ..Flags::default()
        };
        assert!(spec.check(&same).is_ok());
        let cases = [
            Flags {
                validators: Some(5),
                ..Flags::default()
            },
            Flags {
                seed: Some(2),
                ..Flags::default()
            },
            Flags {
                block_time: "2s".parse().ok(),
                ..Flags::default()
            },
            Flags {
                epoch: "7blocks".parse().ok(),
                ..Flags::default()
            },
            Flags {
                fund: vec![Funding {
                    account: AccountId::new([1; 32]),
                    amount: Amount::new(1),
                }],
                ..Flags::default()
            },
        ];
        for flags in cases {
            let text = spec.check(&flags).unwrap_err().to_string();
            assert!(text.contains("--reset"), "{text}");
        }
    }

    #[test]
    fn sizes_that_make_no_sense_are_refused() {
        for validators in [0, 65] {
            let flags = Flags {
                validators: Some(validators),
                ..Flags::default()
            };
            assert!(matches!(
                Spec::new(&Name::default(), &flags, 1),
                Err(Error::Flag { .. })
            ));
        }
        let flags = Flags {
            block_time: "5ms".parse().ok(),
            ..Flags::default()
        };
        assert!(matches!(
            Spec::new(&Name::default(), &flags, 1),
            Err(Error::Flag { .. })
        ));
    }
}
