//! Restaking as its users meet it: every story is played on real nodes and judged by what the chain says after it.

use crate::world::Testnet;

#[test]
fn stake_is_slashed_paid_and_taken_out_as_the_stories_say() {
    let testnet = Testnet::up("stories");
    for (story, least) in [("exit", 8), ("rewards", 8), ("slashing", 18)] {
        play(&testnet, story, least);
    }
}

#[test]
fn changes_are_decided_as_the_story_says() {
    play(&Testnet::up("decisions"), "governance", 20);
}

#[test]
fn power_goes_from_one_asset_to_another_and_prices_move_it_as_far_as_they_may() {
    let testnet = Testnet::up("power");
    for (story, least) in [("shift", 25), ("price", 15)] {
        play(&testnet, story, least);
    }
}

fn play(testnet: &Testnet, story: &str, least: usize) {
    let played = testnet.json(&["testnet", "scenario", "run", story]);
    assert_eq!(played["holds"], true, "{played}");
    assert!(played["steps"].as_array().unwrap().len() >= least, "{played}");
}
