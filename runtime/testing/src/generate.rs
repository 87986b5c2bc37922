//! Random traffic, as data that a failing test can print.

use proptest::collection::vec;
use proptest::prelude::*;

/// How much of what is there.
#[derive(Clone, Copy, Debug)]
pub enum Portion {
    /// A few units.
    Units(u16),
    /// Everything that the sender has.
    All,
    /// One more than that.
    TooMuch,
}

/// One message of a transaction, by positions among the test's accounts and assets.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    /// Sends a portion of an asset to somebody.
    Transfer(u8, u8, Portion),
    /// Destroys a portion of an asset.
    Burn(u8, Portion),
}

/// One step of random traffic.
#[derive(Clone, Debug)]
pub enum Step {
    /// A transaction of somebody, with an offer for gas above the base price and a tip.
    Send {
        /// Who sends, by position.
        from: u8,
        /// What.
        ops: Vec<Op>,
        /// What is offered above the base price; below zero it is too low.
        above: i8,
        /// The tip.
        tip: u8,
        /// How far the sequence is off.
        off: i8,
    },
    /// A block of what waits.
    Block,
}

/// Makes random traffic.
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    /// How many steps at most.
    pub steps: usize,
}

impl Generator {
    /// The strategy that draws the steps.
    pub fn strategy(self) -> impl Strategy<Value = Vec<Step>> {
        vec(step(), 1..self.steps.max(2))
    }
}

fn portion() -> impl Strategy<Value = Portion> {
    prop_oneof![
        8 => (1u16..).prop_map(Portion::Units),
        1 => Just(Portion::All),
        1 => Just(Portion::TooMuch),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (any::<u8>(), any::<u8>(), portion()).prop_map(|(to, asset, p)| Op::Transfer(to, asset, p)),
        1 => (any::<u8>(), portion()).prop_map(|(asset, p)| Op::Burn(asset, p)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let off = prop_oneof![12 => Just(0i8), 1 => Just(-1i8), 1 => Just(1i8)];
    let above = prop_oneof![12 => 0i8..40, 1 => Just(-1i8)];
    let send =
        (any::<u8>(), vec(op(), 1..4), above, 0u8..20, off).prop_map(|(from, ops, above, tip, off)| {
            Step::Send {
                from,
                ops,
                above,
                tip,
                off,
            }
        });
    prop_oneof![3 => send, 1 => Just(Step::Block)]
}
