//! Cursors: where a stream stands. Text, so that a client can keep it in a file.

use crate::refusal::Refusal;
use primitives::Height;

/// Where a stream of blocks stands: `b<height>`.
pub(crate) fn block(height: Height) -> String {
    format!("b{height}")
}

/// The height of a block cursor.
pub(crate) fn parse_block(cursor: &str) -> Result<Height, Refusal> {
    cursor
        .strip_prefix('b')
        .and_then(number)
        .map(Height::new)
        .ok_or_else(Refusal::cursor)
}

/// Where a stream of events or transactions stands: `e<height>.<index of the event in its block>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EventPlace {
    pub(crate) height: Height,
    pub(crate) index: u32,
}

impl EventPlace {
    /// The first event of a block.
    pub(crate) const fn start(height: Height) -> Self {
        Self { height, index: 0 }
    }

    pub(crate) fn cursor(self) -> String {
        format!("e{}.{}", self.height, self.index)
    }

    /// The same place as a transaction's: `t<height>.<index of the transaction in its block>`.
    pub(crate) fn transaction_cursor(self) -> String {
        format!("t{}.{}", self.height, self.index)
    }

    pub(crate) fn parse(cursor: &str) -> Result<Self, Refusal> {
        Self::parse_after('e', cursor)
    }

    pub(crate) fn parse_transaction(cursor: &str) -> Result<Self, Refusal> {
        Self::parse_after('t', cursor)
    }

    fn parse_after(kind: char, cursor: &str) -> Result<Self, Refusal> {
        let parsed = || {
            let (height, index) = cursor.strip_prefix(kind)?.split_once('.')?;
            let index = u32::try_from(number(index)?).ok()?;
            Some(Self {
                height: Height::new(number(height)?),
                index,
            })
        };
        parsed().ok_or_else(Refusal::cursor)
    }
}

/// Canonical decimal only: one cursor, one text.
fn number(text: &str) -> Option<u64> {
    text.parse::<Height>().ok().map(Height::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_and_those_of_another_stream_do_not() {
        assert_eq!(parse_block(&block(Height::new(7))), Ok(Height::new(7)));
        let place = EventPlace {
            height: Height::new(7),
            index: 3,
        };
        assert_eq!(EventPlace::parse(&place.cursor()), Ok(place));
        for wrong in ["", "7", "b", "b07", "e7.3", "b-1", "b18446744073709551616"] {
            assert!(parse_block(wrong).is_err(), "{wrong}");
        }
        for wrong in ["b7", "e7", "e7.", "e.3", "e7.4294967296", "e7.3.1", "e7.03"] {
            assert!(EventPlace::parse(wrong).is_err(), "{wrong}");
        }
    }
}
