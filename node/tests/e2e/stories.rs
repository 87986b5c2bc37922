//! Restaking as its users meet it: every story is played on real nodes and judged by what the chain says after it.

use crate::world::Testnet;

#[test]
fn stake_is_slashed_paid_and_taken_out_as_the_stories_say() {
    let testnet = Testnet::up("stories");
    for (story, least) in [("exit", 8), ("rewards", 8), ("slashing", 18)] {
        let played = testnet.json(&["testnet", "scenario", "run", story]);
        assert_eq!(played["holds"], true, "{played}");
        assert!(played["steps"].as_array().unwrap().len() >= least, "{played}");
    }
}
