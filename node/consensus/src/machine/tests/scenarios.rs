//! Several cores together: what others' production taught (consensus.md, 1.4), by name.

use super::net::Net;

#[test]
fn four_validators_finalize_a_block_per_idle_interval_through_epochs() {
    let mut net = Net::new(&[1, 1, 1, 1], 5_000);
    net.run(30_000);
    net.assert_agreement();
    let heights = net.heights();
    eprintln!("{heights:?} {:?}", net.nodes[0].core.position());
    assert!(
        heights.iter().all(|height| (25..=40).contains(height)),
        "{heights:?}"
    );
    assert!(net.nodes.iter().all(|node| node.core.position().0.get() >= 4));
}
