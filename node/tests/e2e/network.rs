//! Links that break, and input that nobody should send.

use crate::world::{Testnet, told};

#[test]
fn a_partition_of_two_and_two_halts_and_healed_it_goes_on() {
    let testnet = Testnet::up("halves");
    testnet.run(&["testnet", "fault", "partition", "0,1/2,3"]);
    // What was under way may still become final; after that nothing does.
    let mut last = 0;
    testnet.wait("finality to stop", || {
        let now = testnet.highest();
        let stopped = now == last;
        last = now;
        std::thread::sleep(std::time::Duration::from_secs(2));
        stopped
    });
    assert_eq!(testnet.highest(), last);
    testnet.run(&["testnet", "fault", "clear"]);
    testnet.wait_for_all(last + 5);
    testnet.assert_equal_at(last + 4);
}

#[test]
fn bad_transactions_are_named_and_the_chain_goes_on() {
    let testnet = Testnet::up("bad-input");
    let refuse = |arguments: &[&str], code: i32, reason: &str| {
        let mut all = arguments.to_vec();
        all.extend(["-o", "json"]);
        let output = testnet.command(&all).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}",
            told(&output)
        );
        assert!(
            told(&output).contains(reason),
            "{arguments:?} without {reason}: {}",
            told(&output)
        );
    };
    // More than bob has: the fee is paid and the transfer fails on chain, with the code for insufficient funds.
    refuse(
        &["tx", "send", "bob", "alice", "900000000pal", "--wait", "--yes"],
        6,
        "bank/1",
    );
    let before = testnet.highest();
    testnet.transfer();
    testnet.wait_for_all(before + 2);
}
