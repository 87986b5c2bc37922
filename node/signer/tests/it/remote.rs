//! A signer and its nodes over real sockets: one signs at a time, and whatever dies, nothing is signed twice.

use crate::property::slashable;
use crate::{CHAIN, finalize, initialise, notarize, nullify, open};
use crypto::bls::{PublicKey, Signature, SignatureBytes};
use light_palisade::Statement;
use palisade_signer::guard::{Guard, Refusal, Slot};
use palisade_signer::remote::{
    Address, Connection, RemoteConfig, RemoteError, RemoteSigner, ServerConfig, Standing, TlsFiles, issue,
    listen,
};
use palisade_signer::{ConsensusKey, KeyRing, Signer};
use primitives::{AccountId, ChainHash, Epoch, View};
use proto::signer::v1::remote_signer_service_client::RemoteSignerServiceClient;
use proto::signer::v1::{AcquireLeaseRequest, SignProposalRequest, SignVoteRequest, VoteKind, VoteStatement};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use wal::faulty::{Faulty, Survival};

const LONG: Duration = Duration::from_secs(60);

fn key() -> ConsensusKey {
    ConsensusKey::development(b"remote", 0)
}

/// A guard that knows the key.
fn provisioned() -> Faulty {
    let medium = Faulty::new();
    initialise(&medium)
        .register(key().public_key(), Slot::FIRST)
        .unwrap();
    medium
}

/// A signer process: what runs of it in this one.
struct Process {
    ring: Arc<KeyRing>,
    address: Address,
    stop: CancellationToken,
    served: JoinHandle<Result<(), RemoteError>>,
}

impl Process {
    async fn start(guard: Guard, at: &Address, tls: Option<TlsFiles>, lease: Duration) -> Self {
        let ring = Arc::new(KeyRing::new(Arc::new(Mutex::new(guard))));
        ring.add(key(), Slot::LAST).unwrap();
        let config = ServerConfig {
            listen: at.clone(),
            tls,
            lease,
        };
        let listening = listen(ring.clone(), &config).await.unwrap();
        let address = listening.address().clone();
        let stop = CancellationToken::new();
        let served = tokio::spawn(listening.serve(stop.clone()));
        Self {
            ring,
            address,
            stop,
            served,
        }
    }

    async fn on_socket(medium: &Faulty, folder: &Path, lease: Duration) -> Self {
        let address = Address::Unix(folder.join("signer.sock"));
        Self::start(open(medium).unwrap(), &address, None, lease).await
    }

    /// The connections are cut, nobody is told.
    async fn kill(self) {
        self.served.abort();
        drop(self.served.await);
        drop(self.ring);
    }

    async fn end(self) -> Result<(), RemoteError> {
        self.stop.cancel();
        self.served.await.unwrap()
    }
}

fn config(address: &Address, tls: Option<TlsFiles>, holder: &str) -> RemoteConfig {
    RemoteConfig {
        address: address.clone(),
        tls,
        holder: holder.to_owned(),
        chain: CHAIN,
        patience: Duration::from_secs(20),
    }
}

async fn node(address: &Address, name: &str) -> RemoteSigner {
    RemoteSigner::connect(config(address, None, name)).await.unwrap()
}

async fn until(signer: &RemoteSigner, wanted: impl FnMut(&Standing) -> bool) {
    signer.standing().wait_for(wanted).await.unwrap();
}

fn is_waiting(standing: &Standing) -> bool {
    matches!(standing, Standing::Waiting(_))
}

/// A node whose process can end without a word, unlike a `RemoteSigner`, which gives its lease back.
async fn bare(address: &Address) -> RemoteSignerServiceClient<Channel> {
    let Address::Unix(path) = address else {
        panic!("{address} is no socket");
    };
    let endpoint = Endpoint::from_shared(format!("unix://{}", path.display())).unwrap();
    RemoteSignerServiceClient::new(endpoint.connect().await.unwrap())
}

fn lease(holder: &str, token: u64) -> AcquireLeaseRequest {
    AcquireLeaseRequest {
        chain_hash: CHAIN.as_bytes().to_vec().into(),
        holder: holder.to_owned(),
        token,
    }
}

fn vote(token: u64, view: u64, block: u8) -> SignVoteRequest {
    SignVoteRequest {
        token,
        public_key: key().public_key().0.to_vec().into(),
        statements: vec![VoteStatement {
            kind: VoteKind::Notarize.into(),
            epoch: 1,
            view,
            parent_view: view - 1,
            block_hash: vec![block; 32].into(),
        }],
    }
}

fn verify(statement: &Statement, signature: &SignatureBytes) {
    let public = PublicKey::new(&key().public_key()).unwrap();
    let signature = Signature::new(signature).unwrap();
    assert!(signature.verify(&public, &statement.sign_bytes(&CHAIN)).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_signs_over_a_socket_as_if_the_key_were_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let medium = provisioned();
    let process = Process::on_socket(&medium, folder.path(), LONG).await;
    let socket = std::fs::metadata(folder.path().join("signer.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);

    let mut node = node(&process.address, "a").await;
    until(&node, |standing| *standing == Standing::Holding).await;
    assert_eq!(node.public_key(), key().public_key());
    let statements = [notarize(1, 1), finalize(1, 1), nullify(1), nullify(2)];
    let signed = node.sign(&statements).unwrap();
    assert_eq!(signed[2], Err(Refusal::NullifyAfterFinalize));
    for at in [0, 1, 3] {
        verify(&statements[at], &signed[at].unwrap());
    }
    assert_eq!(node.sign(&statements[..2]).unwrap(), signed[..2]);
    let statistics = node.statistics();
    assert_eq!((statistics.signed, statistics.syncs), (5, 1));
    assert!(node.sign_seed(Epoch::new(1), View::new(3)).unwrap().is_ok());

    let direct = Connection::new(&process.address, None, LONG).unwrap();
    let (watermark, highest) = direct.watermark(&key().public_key()).await.unwrap();
    assert_eq!(watermark, Slot::FIRST);
    assert_eq!(highest, Slot::new(Epoch::new(1), View::new(2)));
    let operator = AccountId::new([9; 32]);
    let proof = direct.possession_proof(&key().public_key(), &operator).await;
    assert_eq!(proof.unwrap(), key().possession_proof(&operator));
    drop(node);
    process.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_node_waits_until_the_first_has_gone_and_the_first_ones_late_vote_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let medium = provisioned();
    let process = Process::on_socket(&medium, folder.path(), LONG).await;
    let mut first = node(&process.address, "first").await;
    until(&first, |standing| *standing == Standing::Holding).await;
    let mut second = node(&process.address, "second").await;
    until(
        &second,
        |standing| matches!(standing, Standing::Waiting(why) if why.contains("\"first\"")),
    )
    .await;
    assert_eq!(second.sign(&[notarize(1, 2)]).unwrap(), [Err(Refusal::NotHolder)]);
    assert_eq!(
        second.sign_seed(Epoch::new(1), View::new(1)).unwrap(),
        Err(Refusal::NotHolder)
    );
    assert!(first.sign(&[notarize(1, 1)]).unwrap()[0].is_ok());
    // Ended in order, the first gives its lease back.
    drop(first);
    until(&second, |standing| *standing == Standing::Holding).await;
    assert_eq!(
        second.sign(&[notarize(1, 2), notarize(2, 2)]).unwrap()[0],
        Err(Refusal::AnotherNotarized)
    );
    // A vote that the first had asked for arrives now: the second's lease has a higher number.
    let mut late = bare(&process.address).await;
    let refused = late.sign_vote(vote(1, 3, 1)).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Aborted, "{refused}");
    let seed = SignProposalRequest {
        token: 1,
        public_key: key().public_key().0.to_vec().into(),
        epoch: 1,
        view: 3,
    };
    assert!(late.sign_proposal(seed).await.is_err());
    assert!(second.sign(&[notarize(3, 2)]).unwrap()[0].is_ok());
    process.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_without_a_word_is_followed_by_another_when_its_lease_has_run_out() {
    let folder = tempfile::tempdir().unwrap();
    let medium = provisioned();
    let process = Process::on_socket(&medium, folder.path(), Duration::from_millis(300)).await;
    let mut dies = bare(&process.address).await;
    let token = dies
        .acquire_lease(lease("dies", 0))
        .await
        .unwrap()
        .into_inner()
        .token;
    assert!(dies.acquire_lease(lease("other", 0)).await.is_err());
    dies.sign_vote(vote(token, 1, 1)).await.unwrap();
    drop(dies);
    let mut next = node(&process.address, "next").await;
    until(&next, |standing| *standing == Standing::Holding).await;
    assert_eq!(
        next.sign(&[notarize(1, 2)]).unwrap(),
        [Err(Refusal::AnotherNotarized)]
    );
    assert!(next.sign(&[notarize(2, 2)]).unwrap()[0].is_ok());
    // It was only frozen, and wakes up: too late.
    let mut woke = bare(&process.address).await;
    assert!(woke.sign_vote(vote(token, 4, 1)).await.is_err());
    assert!(woke.acquire_lease(lease("dies", token)).await.is_err());
    drop(next);
    process.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signer_that_comes_back_goes_on_with_the_node_that_it_served() {
    let folder = tempfile::tempdir().unwrap();
    let medium = provisioned();
    let process = Process::on_socket(&medium, folder.path(), LONG).await;
    // The connections of the one that died stay open and silent: only the deadline tells.
    let impatient = RemoteConfig {
        patience: Duration::from_secs(2),
        ..config(&process.address, None, "first")
    };
    let mut first = RemoteSigner::connect(impatient).await.unwrap();
    until(&first, |standing| *standing == Standing::Holding).await;
    assert!(first.sign(&[notarize(1, 1)]).unwrap()[0].is_ok());
    process.kill().await;
    medium.kill();
    assert_eq!(
        first.sign(&[notarize(2, 1)]).unwrap(),
        [Err(Refusal::Unreachable)]
    );
    // Nobody waits for a signer that is known to be away.
    assert_eq!(
        first.sign(&[notarize(2, 1)]).unwrap(),
        [Err(Refusal::Unreachable)]
    );

    let process = Process::on_socket(&medium, folder.path(), LONG).await;
    let second = node(&process.address, "second").await;
    until(&second, is_waiting).await;
    until(&first, |standing| *standing == Standing::Holding).await;
    assert!(first.sign(&[notarize(2, 1)]).unwrap()[0].is_ok());
    assert_eq!(
        first.sign(&[notarize(1, 2)]).unwrap(),
        [Err(Refusal::AnotherNotarized)]
    );
    drop((first, second));
    process.end().await.unwrap();
}

/// Everything that any node was ever given, over all lives of the signer.
#[derive(Default)]
struct Given(Vec<Statement>);

impl Given {
    fn take(&mut self, statements: &[Statement], answers: &[Result<SignatureBytes, Refusal>]) {
        for (statement, answer) in statements.iter().zip(answers) {
            if let Ok(signature) = answer {
                verify(statement, signature);
                self.0.push(*statement);
            }
        }
    }

    fn is_clean(&self) -> bool {
        let pairs = |a: &Statement| self.0.iter().all(|b| !slashable(a, b));
        self.0.iter().all(pairs)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_step_the_signer_dies_at_two_nodes_never_get_a_slashable_pair() {
    // One node votes for block 1, the other, after the death, for block 2 of the same views.
    for survival in [Survival::Nothing, Survival::Everything, Survival::Torn(5)] {
        let mut stops = 0;
        for at in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let medium = provisioned();
            let mut given = Given::default();
            let process = Process::on_socket(&medium, folder.path(), LONG).await;
            medium.stop_after(at);
            let mut first = node(&process.address, "first").await;
            until(&first, |standing| {
                matches!(standing, Standing::Holding | Standing::Unreachable(_))
            })
            .await;
            for statements in [
                vec![notarize(1, 1)],
                vec![finalize(1, 1), notarize(2, 1)],
                vec![nullify(3)],
            ] {
                given.take(&statements, &first.sign(&statements).unwrap());
            }
            // It ends by itself when its guard fails; another death is as sudden.
            let died = process.served.is_finished() || first.sign(&[notarize(9, 1)]).unwrap()[0].is_err();
            process.kill().await;
            medium.crash(survival);
            drop(first);

            let process = Process::on_socket(&medium, folder.path(), Duration::from_millis(1)).await;
            let mut second = node(&process.address, "second").await;
            until(&second, |standing| *standing == Standing::Holding).await;
            for statements in [
                vec![notarize(1, 2), finalize(1, 2)],
                vec![nullify(1), nullify(2), notarize(3, 2), finalize(3, 2)],
                vec![notarize(2, 2)],
            ] {
                given.take(&statements, &second.sign(&statements).unwrap());
            }
            assert!(given.is_clean(), "{survival:?}, step {at}: {:?}", given.0);
            drop(second);
            process.end().await.unwrap();
            if !died {
                break;
            }
            stops += 1;
        }
        assert!(stops > 4, "{survival:?}: only {stops} steps");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_that_cannot_be_written_ends_the_signer() {
    let folder = tempfile::tempdir().unwrap();
    let medium = provisioned();
    let process = Process::on_socket(&medium, folder.path(), LONG).await;
    let mut node = node(&process.address, "a").await;
    until(&node, |standing| *standing == Standing::Holding).await;
    medium.fail_sync_after(0);
    assert_eq!(node.sign(&[notarize(1, 1)]).unwrap(), [Err(Refusal::Unreachable)]);
    assert!(matches!(
        process.served.await.unwrap(),
        Err(RemoteError::Signer(_))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tcp_both_sides_show_certificates_of_one_authority() {
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("ours");
    let others = folder.path().join("others");
    for tls in [&ours, &others] {
        issue(tls, &["node".to_owned()]).unwrap();
    }
    assert!(issue(&ours, &["node".to_owned()]).is_err());
    let medium = provisioned();
    let any_port: Address = "127.0.0.1:0".parse().unwrap();
    let server = TlsFiles::signer_in(&ours);
    let process = Process::start(open(&medium).unwrap(), &any_port, Some(server.clone()), LONG).await;
    let ask = |tls: Option<TlsFiles>| RemoteSigner::connect(config(&process.address, tls, "node"));

    let mut node = ask(Some(TlsFiles::node_in(&ours))).await.unwrap();
    until(&node, |standing| *standing == Standing::Holding).await;
    assert!(node.sign(&[notarize(1, 1)]).unwrap()[0].is_ok());
    assert!(matches!(ask(None).await, Err(RemoteError::NeedsTls(_))));
    let stranger = ask(Some(TlsFiles::node_in(&others))).await;
    assert!(
        matches!(stranger, Err(RemoteError::Unreachable { .. })),
        "{stranger:?}"
    );
    // The right authority for the server, but a certificate that another signed.
    let mixed = TlsFiles {
        authority: ours.join("authority.pem"),
        ..TlsFiles::node_in(&others)
    };
    assert!(matches!(
        ask(Some(mixed)).await,
        Err(RemoteError::Unreachable { .. })
    ));
    // A signer's certificate is for serving alone.
    assert!(matches!(
        ask(Some(server)).await,
        Err(RemoteError::Unreachable { .. })
    ));
    drop(node);
    process.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signer_that_is_away_of_another_chain_or_there_already_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let medium = provisioned();
    let nowhere: Address = Address::Unix(folder.path().join("none.sock"));
    let error = RemoteSigner::connect(config(&nowhere, None, "a"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("palisade signer run"), "{error}");
    let process = Process::on_socket(&medium, folder.path(), LONG).await;
    let elsewhere = RemoteConfig {
        chain: ChainHash::new([8; 32]),
        ..config(&process.address, None, "a")
    };
    let error = RemoteSigner::connect(elsewhere).await.unwrap_err();
    assert!(matches!(error, RemoteError::AnotherChain { .. }), "{error}");

    // A second signer does not take the socket away.
    let again = ServerConfig {
        listen: process.address.clone(),
        tls: None,
        lease: LONG,
    };
    assert!(matches!(
        listen(process.ring.clone(), &again).await,
        Err(RemoteError::Listen { .. })
    ));
    process.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_make_no_sense_are_refused_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::on_socket(&provisioned(), folder.path(), LONG).await;
    let mut bare = bare(&process.address).await;
    let wrong_chain = AcquireLeaseRequest {
        chain_hash: vec![8; 32].into(),
        ..lease("a", 0)
    };
    let code = |answer: Result<_, tonic::Status>| answer.map(drop).unwrap_err().code();
    assert_eq!(
        code(bare.acquire_lease(wrong_chain).await.map(drop)),
        tonic::Code::FailedPrecondition
    );
    let token = bare
        .acquire_lease(lease("a", 0))
        .await
        .unwrap()
        .into_inner()
        .token;
    let stranger = SignVoteRequest {
        public_key: vec![7; 96].into(),
        ..vote(token, 1, 1)
    };
    assert_eq!(
        code(bare.sign_vote(stranger).await.map(drop)),
        tonic::Code::NotFound
    );
    let cut = SignVoteRequest {
        public_key: vec![7; 95].into(),
        ..vote(token, 1, 1)
    };
    assert_eq!(
        code(bare.sign_vote(cut).await.map(drop)),
        tonic::Code::InvalidArgument
    );
    let mut many = vote(token, 1, 1);
    many.statements = vec![many.statements[0].clone(); 1_025];
    assert_eq!(
        code(bare.sign_vote(many).await.map(drop)),
        tonic::Code::InvalidArgument
    );
    let mut kindless = vote(token, 1, 1);
    kindless.statements[0].kind = 0;
    assert_eq!(
        code(bare.sign_vote(kindless).await.map(drop)),
        tonic::Code::InvalidArgument
    );
    drop(bare);
    process.end().await.unwrap();
}
