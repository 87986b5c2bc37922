//! Links that break.

use crate::world::Testnet;

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
