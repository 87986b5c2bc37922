//! What is decided on is said again, never otherwise: also by a process that was killed in between.

use super::*;
use primitives::{ChainHash, ServiceId};
use signer::{ConsensusKey, ServiceGuard};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Names the guard's folder to the process that is killed.
const FOLDER: &str = "PALISADE_TEST_GUARD";
const CHAIN: ChainHash = ChainHash::new([7; 32]);
const OPERATOR: AccountId = AccountId::new([2; 32]);

fn round() -> Opened {
    Opened {
        height: 3,
        feed: 1,
        round: 4,
        service: ServiceId::new(1),
        decimals: 2,
        least: 1,
        most: 1_000,
        commit_until: ChainClock::new(100),
        reveal_until: ChainClock::new(200),
    }
}

fn task() -> Posted {
    Posted {
        height: 3,
        task: 9,
        service: ServiceId::new(2),
        payload: Digest::new([1; 32]),
        salted: true,
        commit_until: ChainClock::new(100),
        respond_until: ChainClock::new(200),
    }
}

fn signer(folder: &Path) -> ServiceSigner {
    let guard = ServiceGuard::open_in(folder, CHAIN).unwrap();
    ServiceSigner::new(ConsensusKey::from_seed(&[3; 32]), CHAIN, guard)
}

fn commitment_of(job: &Job) -> String {
    match &job.commit {
        Some(Kind::CommitPrice(commit)) => hex::encode(&commit.commitment),
        other => panic!("{other:?}"),
    }
}

/// Run by the test below, in a process of its own: commits to a value, says to what, and is killed.
#[test]
fn a_process_that_commits_and_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let signer = signer(Path::new(&folder));
    decide_value(&signer, &OPERATOR, &round(), 555, ChainClock::ZERO).unwrap();
    let job = round_job(&signer, &round()).unwrap();
    eprintln!("committed {}", commitment_of(&job));
    std::thread::sleep(std::time::Duration::from_secs(60));
}

#[test]
fn a_kill_between_commitment_and_value_makes_no_second_value() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "answer::tests::a_process_that_commits_and_is_killed",
            "--nocapture",
        ])
        .env(FOLDER, folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let said = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("committed ").map(str::to_owned));
    child.kill().unwrap();
    child.wait().unwrap();
    let committed = said.expect("the process commits before it is killed");
    // It comes back, and its source says something else by now.
    let signer = signer(folder.path());
    assert_eq!(quoted(&signer, &round()).unwrap().value, 555);
    let refused = decide_value(&signer, &OPERATOR, &round(), 556, ChainClock::ZERO).unwrap_err();
    assert!(
        matches!(refused, ServiceGuardError::SaidAnother { .. }),
        "{refused}"
    );
    let job = round_job(&signer, &round()).unwrap();
    assert_eq!(commitment_of(&job), committed);
    let Kind::RevealPrice(reveal) = &job.show else {
        panic!("{:?}", job.show);
    };
    let quote = quoted(&signer, &round()).unwrap();
    assert_eq!(reveal.value, "555");
    assert_eq!(
        hex::encode(commitment(&OPERATOR, 1, &quote.hash(), &quote.salt).as_bytes()),
        committed
    );
}

#[test]
fn what_was_not_decided_on_is_not_sent_and_an_answer_is_decided_on_once() {
    let folder = tempfile::tempdir().unwrap();
    let signer = signer(folder.path());
    assert!(round_job(&signer, &round()).is_err() && task_job(&signer, &OPERATOR, &task()).is_err());
    assert!(!is_answered(&signer, &task()));
    decide_answer(&signer, &task(), b"yes".to_vec(), ChainClock::ZERO).unwrap();
    assert!(is_answered(&signer, &task()));
    assert!(decide_answer(&signer, &task(), b"no".to_vec(), ChainClock::ZERO).is_err());
    let job = task_job(&signer, &OPERATOR, &task()).unwrap();
    assert!(matches!(&job.commit, Some(Kind::CommitAnswer(_))));
    let Kind::ShowAnswer(show) = &job.show else {
        panic!("{:?}", job.show);
    };
    assert_eq!(show.answer[..], sha256(&[b"yes"]));
    let open = Posted {
        salted: false,
        ..task()
    };
    assert_eq!(task_job(&signer, &OPERATOR, &open).unwrap().commit, None);
}
