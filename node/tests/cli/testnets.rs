use crate::Place;
use std::net::TcpListener;

#[test]
fn a_testnet_that_is_not_there_ends_with_7() {
    let place = Place::new();
    for verb in ["status", "down", "env", "logs", "bench"] {
        place
            .run(&["testnet", verb])
            .failed(7, "there is no testnet \"default\"");
    }
    place
        .run(&["testnet", "node", "kill", "node0", "--name", "x"])
        .failed(7, "palisade testnet up --name x");
    assert!(
        place
            .run(&["testnet", "list"])
            .succeeded()
            .out
            .contains("no testnets")
    );
    place
        .run(&["testnet", "status", "--name", "A B"])
        .failed(2, "is not a testnet's name");
}

#[test]
fn a_taken_port_is_named_with_its_holder_and_the_flag() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ran = place.run(&[
        "testnet",
        "up",
        "--validators",
        "1",
        "--base-port",
        &port.to_string(),
    ]);
    let ran = ran.failed(
        3,
        &format!(
            "port {port} (node0 gRPC) is taken by process {}",
            std::process::id()
        ),
    );
    assert!(ran.err.contains("--base-port"), "{}", ran.err);
    place
        .run(&["testnet", "up", "--base-port", "80"])
        .failed(2, "--base-port");
}

#[test]
fn sizes_and_money_that_make_no_sense_are_refused() {
    let place = Place::new();
    place
        .run(&["testnet", "up", "--validators", "0"])
        .failed(2, "1 to 64 validators");
    place
        .run(&["testnet", "up", "--block-time", "1ms"])
        .failed(2, "10ms to 60s");
    place
        .run(&["testnet", "up", "--fund", "bob"])
        .failed(2, "ADDRESS:AMOUNT");
    place
        .run(&["testnet", "up", "--epoch", "0blocks"])
        .failed(2, "epoch");
    place.run(&["testnet", "rm"]).failed(2, "--yes");
    place.run(&["testnet", "rm", "--yes"]).failed(7, "no testnet");
}
