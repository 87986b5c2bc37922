//! Durations and epochs as flags spell them: `500ms`, `2s`, `1m`, `30d`, `20blocks`.

use std::fmt;
use std::str::FromStr;

/// A duration in whole milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(u64);

/// How long an epoch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum EpochLength {
    /// As long as this many idle blocks take.
    Blocks(u64),
    /// So much chain time.
    Time(Span),
}

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind}: expected something like {example}")]
pub struct SpanError {
    text: String,
    kind: &'static str,
    example: &'static str,
}

fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, unit))
}

impl Span {
    /// The duration of `ms` milliseconds.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// For the standard library.
    #[must_use]
    pub const fn duration(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0)
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let factor = |unit: &str| match unit {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            "d" => Some(86_400_000),
            _ => None,
        };
        split(text)
            .and_then(|(number, unit)| number.checked_mul(factor(unit)?))
            .filter(|ms| *ms > 0)
            .map(Self)
            .ok_or_else(|| SpanError {
                text: text.to_owned(),
                kind: "a duration",
                example: "500ms, 2s, 1m",
            })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_multiple_of(60_000) {
            write!(f, "{}m", self.0 / 60_000)
        } else if self.0.is_multiple_of(1_000) {
            write!(f, "{}s", self.0 / 1_000)
        } else {
            write!(f, "{}ms", self.0)
        }
    }
}

impl TryFrom<String> for Span {
    type Error = SpanError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl FromStr for EpochLength {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let blocks = split(text)
            .filter(|(number, unit)| *number > 0 && matches!(*unit, "block" | "blocks"))
            .map(|(number, _)| Self::Blocks(number));
        blocks
            .or_else(|| text.parse().ok().map(Self::Time))
            .ok_or_else(|| SpanError {
                text: text.to_owned(),
                kind: "an epoch's length",
                example: "20blocks, 30s",
            })
    }
}

impl fmt::Display for EpochLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocks(blocks) => write!(f, "{blocks}blocks"),
            Self::Time(span) => span.fmt(f),
        }
    }
}

impl TryFrom<String> for EpochLength {
    type Error = SpanError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<EpochLength> for String {
    fn from(length: EpochLength) -> Self {
        length.to_string()
    }
}

impl EpochLength {
    /// The epoch's length in chain time when an idle block comes every `block_time`.
    #[must_use]
    pub fn chain_time(self, block_time: Span) -> Span {
        match self {
            Self::Blocks(blocks) => Span(blocks.saturating_mul(block_time.0)),
            Self::Time(span) => span,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, ms) in [("500ms", 500), ("2s", 2_000), ("1m", 60_000), ("1h", 3_600_000)] {
            assert_eq!(text.parse::<Span>().map(Span::millis), Ok(ms));
        }
        assert_eq!(Span::from_millis(1_500).to_string(), "1500ms");
        assert_eq!(Span::from_millis(90_000).to_string(), "90s");
        for bad in [
            "",
            "500",
            "ms",
            "0s",
            "-1s",
            "1.5s",
            "1 s",
            "9999999999999999999h",
        ] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn epochs_are_counted_in_blocks_or_time() {
        let blocks: EpochLength = "20blocks".parse().unwrap();
        assert_eq!(
            blocks.chain_time(Span::from_millis(500)),
            Span::from_millis(10_000)
        );
        let time: EpochLength = "30s".parse().unwrap();
        assert_eq!(time.chain_time(Span::from_millis(500)), Span::from_millis(30_000));
        assert_eq!(
            (blocks.to_string(), time.to_string()),
            ("20blocks".into(), "30s".into())
        );
        assert!("0blocks".parse::<EpochLength>().is_err());
    }
}
