//! Operators of services at work as their owners run them: prices are stated from a file, a command and an endpoint, and tasks
//! are answered, whatever is killed.

use crate::beside::Running;
use crate::world::{Testnet, told};
use crypto::hash::sha256;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// The feed of ether, and its digits after the point.
const FEED: &str = "0";
const UNIT: u64 = 1_000_000;
const HALF: u64 = 500_000;
/// What an operator writes of a round in its log, up to the round's number.
const ROUND: &str = "Round(0, ";

/// Answers every request with a price in JSON, as long as the test runs; gives the address.
fn endpoint(price: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1/spot#/data/ether", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            // A client that goes away is no concern of the endpoint's.
            while lines
                .next()
                .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
            {}
            let body = format!(r#"{{"data":{{"ether":"{price}"}}}}"#);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).unwrap_or_default();
        }
    });
    address
}

/// An operator of the testnet at work beside its node.
struct Operator<'a> {
    testnet: &'a Testnet,
    node: &'static str,
    service: &'static str,
    /// What it states or answers, as the flag says it.
    flags: [String; 2],
}

impl Operator<'_> {
    fn folder(&self) -> PathBuf {
        self.testnet
            .path()
            .join(format!("{}-{}", self.node, self.service))
    }

    fn arguments(&self) -> Vec<String> {
        let key = format!("{}-{}", self.node, self.service);
        let guard = self.folder().display().to_string();
        let url = self.testnet.grpc(self.node);
        let fixed = [
            "operator",
            "run",
            "--services",
            self.service,
            "--from",
            self.node,
            "--key",
            &key,
            "--guard",
            &guard,
            "--node",
            &url,
        ];
        let all = fixed.into_iter().map(str::to_owned);
        all.chain(self.flags.clone()).collect()
    }

    fn start(&self, name: &str) -> Running {
        let arguments = self.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let log = self.testnet.path().join(format!("{name}.log"));
        Running::start(self.testnet, &log, &arguments)
    }
}

fn oracle<'a>(testnet: &'a Testnet, node: &'static str, source: &str) -> Operator<'a> {
    Operator {
        testnet,
        node,
        service: "oracle",
        flags: ["--source".to_owned(), format!("{FEED}={source}")],
    }
}

/// The feed's last price.
fn price(testnet: &Testnet) -> Option<u64> {
    let feed = testnet.json(&["service", "feed", FEED]);
    feed["price"]["value"].as_str()?.parse().ok()
}

fn rounds(testnet: &Testnet) -> Vec<Value> {
    let rounds = testnet.json(&["service", "rounds", FEED]);
    rounds.as_array().unwrap().clone()
}

/// What came of a round: its price, who showed a value, and how many were near.
fn outcome(testnet: &Testnet, number: u64) -> Option<Value> {
    let all = rounds(testnet);
    let found = all.iter().find(|one| one["round"] == number)?;
    Some(found["outcome"].clone()).filter(|outcome| !outcome.is_null())
}

/// Whether a round closed, after `number`, in which three showed a value.
fn three_since(testnet: &Testnet, number: u64) -> bool {
    let all = rounds(testnet);
    let mut later = all.iter().filter(|one| one["round"].as_u64() > Some(number));
    later.any(|one| one["outcome"]["shown"] == 3)
}

fn last_round(testnet: &Testnet) -> u64 {
    let all = rounds(testnet);
    all.iter()
        .filter_map(|one| one["round"].as_u64())
        .max()
        .unwrap_or(0)
}

/// The last round that an operator has committed to and not shown, as its log says.
fn committed(operator: &Running) -> Option<u64> {
    let said = operator.said();
    let line = said.lines().rfind(|line| line.contains(ROUND))?;
    let number = line.split(ROUND).nth(1)?.split(')').next()?;
    let committing = line.contains("Committing") && line.contains("sent");
    number.parse().ok().filter(|_| committing)
}

/// Kills an operator once it has committed to a value, lets its source say another, and starts it again: what it shows is what it
/// committed to. A machine that is too slow for that in one round is given others.
fn killed_in_between<'a>(
    testnet: &'a Testnet,
    operator: &Operator<'a>,
    mut running: Running,
    file: &Path,
) -> Running {
    for attempt in 0..10 {
        fs::write(file, "2500\n").unwrap();
        let before = last_round(testnet);
        let mut round = before;
        testnet.wait("a commitment", || {
            committed(&running)
                .filter(|number| *number > before)
                .is_some_and(|number| {
                    round = number;
                    true
                })
        });
        running.kill();
        fs::write(file, "9000\n").unwrap();
        running = operator.start(&format!("again-{attempt}"));
        testnet.wait("the round to close", || outcome(testnet, round).is_some());
        let outcome = outcome(testnet, round).unwrap();
        if outcome["shown"] == 3 {
            // Had it said 9,000, the endpoint's value would lie in the middle.
            assert_eq!(outcome["price"], (2_500 * UNIT).to_string(), "{outcome}");
            assert!(running.said().contains("decided before"), "{}", running.said());
            return running;
        }
    }
    panic!("not once was it back in time: {}", running.said());
}

#[test]
fn operators_agree_on_a_price_and_answer_tasks_whatever_is_killed() {
    let testnet = Testnet::up("operators");
    let file = testnet.path().join("price.txt");
    fs::write(&file, "2500\n").unwrap();
    let first = oracle(&testnet, "node0", &format!("file:{}", file.display()));
    let second = oracle(&testnet, "node1", "cmd:echo 2490");
    let third = oracle(&testnet, "node2", &endpoint("2510.5"));
    let running = first.start("first");
    let _second = second.start("second");
    let _third = third.start("third");

    // The median of what three of four say, by a quarter of the power each.
    testnet.run(&[
        "service", "follow", "ETH", "feed:0", "--from", "alice", "--wait", "--yes",
    ]);
    testnet.wait("a price", || price(&testnet).is_some());
    assert_eq!(price(&testnet), Some(2_500 * UNIT));
    testnet.wait("the valuation to follow", || {
        let all = testnet.json(&["service", "valuations"]);
        let ether = all.as_array().unwrap().iter().find(|one| one["asset_id"] == 1);
        // 2,500 PAL are 2.5 · 10^12 npal for 10^18 base units.
        ether.is_some_and(|one| one["price"] == "2500000000000" && one["source"]["feed_id"] == 0)
    });

    // One key, one guard: a second program with it does not start.
    let twin = first.arguments();
    let twin: Vec<&str> = twin.iter().map(String::as_str).collect();
    let refused = testnet.command(&twin).output().unwrap();
    assert!(!refused.status.success(), "{}", told(&refused));
    assert!(told(&refused).contains("already open"), "{}", told(&refused));

    let _first = killed_in_between(&testnet, &first, running, &file);
    // From the next round on it says what its source does: far off, it is not near, and the median is another.
    testnet.wait("the median to move", || {
        price(&testnet) == Some(2_510 * UNIT + HALF)
    });

    // A node that dies takes its operator out of a round or two, not more.
    testnet.run(&["testnet", "node", "kill", "node1"]);
    testnet.run(&["testnet", "node", "restart", "node1"]);
    let now = last_round(&testnet);
    testnet.wait("all three to show a value again", || three_since(&testnet, now));

    // Three others work for the service of tasks.
    let answer = testnet.path().join("answer");
    fs::write(&answer, sha256(&[&sha256(&[b"work"])])).unwrap();
    let command = format!("1=cat {}", answer.display());
    let workers = ["node0", "node1", "node2"].map(|node| Operator {
        testnet: &testnet,
        node,
        service: "attested",
        flags: ["--answer".to_owned(), command.clone()],
    });
    let _working: Vec<Running> = workers.iter().map(|one| one.start(one.node)).collect();
    testnet.run(&[
        "service",
        "post",
        "1",
        "--text",
        "work",
        "--pay",
        "3pal",
        "--respond",
        "15s",
        "--from",
        "alice",
        "--wait",
        "--yes",
    ]);
    testnet.wait("the task to be certified", || {
        let tasks = testnet.json(&["service", "tasks", "--service", "1"]);
        tasks[0]["signers"].as_array().map(Vec::len) == Some(3)
    });
}
