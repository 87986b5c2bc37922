//! `palisade testnet up`: in the foreground, or as a supervisor of its own.

use crate::cli::context::Context;
use crate::cli::testnet::{facts, scenario};
use crate::output::{Failure, Output};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use primitives::address::Network;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testnet::provision::{Prepared, prepare};
use testnet::{
    EpochLength, Error, Facts, Flags, Folder, Funding, Lock, Name, Options, Report, Span, Spec, Status,
    Supervisor,
};

/// How often a detached supervisor's progress is looked at.
const LOOK: Duration = Duration::from_millis(30);
/// How long a detached supervisor may take before it is ready.
const READY_WITHIN: Duration = Duration::from_secs(75);

/// Until when `up --detach` waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WaitFor {
    /// Until the nodes are started.
    Started,
    /// Until every node holds a final block.
    Finalized,
}

/// What a testnet is made from.
#[derive(Debug, Args)]
pub(crate) struct Shape {
    /// How many validators, 1 to 64 [default: 4].
    #[arg(long, value_name = "N")]
    validators: Option<u16>,
    /// Time between blocks when there is nothing to do [default: 500ms].
    #[arg(long, value_name = "DURATION")]
    block_time: Option<Span>,
    /// How long an epoch is: 20blocks, 30s [default: 20blocks, and a second at least].
    #[arg(long, value_name = "LENGTH")]
    epoch: Option<EpochLength>,
    /// What every key comes from: the same seed gives the same keys and the same chain [default: 1].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Give an account money from the start: ADDRESS:AMOUNT. May be given several times.
    #[arg(long, value_name = "ADDRESS:AMOUNT", value_parser = parse_fund)]
    fund: Vec<Funding>,
    /// The first of ten ports for each node [default: by the testnet's name, moved when something is in the way].
    #[arg(long, value_name = "PORT")]
    base_port: Option<u16>,
}

impl Shape {
    pub(crate) fn flags(&self) -> Flags {
        Flags {
            validators: self.validators,
            block_time: self.block_time,
            epoch: self.epoch,
            seed: self.seed,
            fund: self.fund.clone(),
            base_port: self.base_port,
        }
    }
}

/// `palisade testnet up`.
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    which: super::Which,
    #[command(flatten)]
    shape: Shape,
    /// With --detach: play a story on it once it is ready, one of `testnet scenario list` or a file; exit 1 when it does
    /// not hold. The testnet goes on either way.
    #[arg(long, value_name = "NAME|FILE", requires = "detach")]
    scenario: Option<String>,
    /// Leave it running in the background.
    #[arg(long)]
    detach: bool,
    /// With --detach: until when to wait.
    #[arg(long, value_enum, default_value = "finalized", value_name = "UNTIL")]
    wait: WaitFor,
    /// Print what testnet.json holds.
    #[arg(long)]
    json: bool,
    /// Delete the chain that is there, and start anew.
    #[arg(long)]
    reset: bool,
    /// Go on when a node ends by itself.
    #[arg(long)]
    keep_going: bool,
}

fn parse_fund(text: &str) -> Result<Funding, String> {
    let (account, amount) = text
        .rsplit_once(':')
        .ok_or("write ADDRESS:AMOUNT, like paldev1…:100pal")?;
    let named = client::address::parse(account).map_err(|error| format!("{account}: {error}"))?;
    if named.network == Some(Network::Live) {
        return Err(format!(
            "{account} is an address of a live chain: those of a testnet start with paldev1"
        ));
    }
    let amount = client::amount::parse_pal(amount).map_err(|error| error.to_string())?;
    Ok(Funding {
        account: named.id,
        amount,
    })
}

impl Up {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let output = context.output;
        let folder = self.which.folder(context)?;
        let flags = self.shape.flags();
        // A mistake in it is said before anything is started.
        let nodes = usize::from(flags.validators.unwrap_or(4));
        let scenario = self.scenario.as_deref().map(|name| scenario::find(name, nodes));
        let scenario = scenario.transpose()?;
        let prepared = match prepare(Path::new(""), folder.name(), &flags, self.reset) {
            // Asking for what is there already is no mistake, as long as it is the same.
            Err(Error::Running { .. }) if self.detach && !self.reset => {
                Spec::load(&folder, Path::new("."))?.check(&flags)?;
                output.note(&format!("testnet \"{}\" is running already", folder.name()));
                return self.wait_and_show(output, &folder, None).await;
            }
            other => other?,
        };
        if let Some((port, what, holder)) = &prepared.moved {
            output.note(&format!(
                "port {port} ({what}) is taken by {holder}: all ports moved to {} and up (--base-port chooses others)",
                prepared.spec.base_port
            ));
        }
        if self.detach {
            drop(prepared.lock);
            let supervisor = spawn_supervisor(&folder, self.keep_going)?;
            self.wait_and_show(output, &folder, Some(supervisor)).await?;
            match scenario {
                Some(scenario) => scenario::play_on(&self.which, &scenario, self.json, context).await,
                None => Ok(()),
            }
        } else {
            self.supervise(output, prepared).await
        }
    }

    /// Starts a testnet in the background and waits until it is ready, without a word.
    pub(crate) async fn quietly(&self, context: &Context) -> Result<(), Failure> {
        let folder = self.which.folder(context)?;
        let prepared = prepare(Path::new(""), folder.name(), &self.shape.flags(), self.reset)?;
        drop(prepared.lock);
        let supervisor = spawn_supervisor(&folder, self.keep_going)?;
        self.wait(&folder, Some(supervisor)).await.map(drop)
    }

    /// Runs the testnet here, until Ctrl-C.
    async fn supervise(&self, output: Output, prepared: Prepared) -> Result<(), Failure> {
        let name = prepared.spec.name.to_string();
        let epoch_ms = prepared.spec.epoch.chain_time(prepared.spec.block_time).millis();
        let supervisor = start(prepared, self.keep_going)?;
        let line = LiveLine::new(output);
        line.say(&format!("starting testnet \"{name}\""));
        let as_json = self.json || output.is_json();
        let mut outcome = Ok(());
        let run = supervisor.run(|report| match report {
            Report::Ready(ready) => {
                outcome = line.around(|| show(output, as_json, ready));
                line.begin();
            }
            Report::Tick(status) => line.say(&live_text(status, epoch_ms)),
            Report::NodeEnded { node, how } => {
                line.note(
                    output,
                    &format!("{node} ended by itself ({how}); going on without it"),
                );
            }
        });
        let ended = run.await;
        line.finish();
        ended?;
        outcome?;
        output.note(&format!(
            "testnet \"{name}\" stopped; its chain is kept, `palisade testnet rm --yes` deletes it"
        ));
        Ok(())
    }

    /// Waits for a supervisor in the background, and shows what it runs.
    async fn wait_and_show(
        &self,
        output: Output,
        folder: &Folder,
        supervisor: Option<std::process::Child>,
    ) -> Result<(), Failure> {
        match self.wait(folder, supervisor).await? {
            Some(facts) => show(output, self.json || output.is_json(), &facts),
            None => Ok(()),
        }
    }

    /// Waits for a supervisor in the background; what it runs, when that was waited for.
    async fn wait(
        &self,
        folder: &Folder,
        mut supervisor: Option<std::process::Child>,
    ) -> Result<Option<Facts>, Failure> {
        let began = Instant::now();
        let wanted = |facts: Result<Facts, Error>| match (self.wait, facts) {
            (_, Ok(facts)) => Some(Some(facts)),
            (WaitFor::Started, Err(_)) if folder.socket().exists() => Some(None),
            (_, Err(_)) => None,
        };
        loop {
            if let Some(found) = wanted(Facts::load(folder)) {
                return Ok(found);
            }
            if let Some(child) = &mut supervisor
                && let Ok(Some(status)) = child.try_wait()
            {
                return Err(ended_early(folder, status.code()));
            }
            if began.elapsed() > READY_WITHIN {
                return Err(Error::NotReady {
                    name: folder.name().to_string(),
                    seconds: READY_WITHIN.as_secs(),
                    state: "the supervisor goes on".to_owned(),
                }
                .into());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Shows a testnet that is ready.
fn show(output: Output, as_json: bool, ready: &Facts) -> Result<(), Failure> {
    if as_json {
        output.json(ready, true)
    } else if output.quiet {
        output.line(&ready.name)
    } else {
        output.line(&facts::banner(ready))
    }
}

/// What a supervisor said before it ended.
fn ended_early(folder: &Folder, code: Option<i32>) -> Failure {
    let log = folder.supervisor_log();
    let tail = testnet::logs::tail(&log, 30).unwrap_or_default().join("\n");
    let tail = tail.trim_start_matches("error: ");
    let failure = Failure::unexpected(format!("the testnet did not come up: {tail}"));
    failure
        .with("exit_code", code.unwrap_or_default())
        .with("log", log.display())
}

/// This very program.
fn binary() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::unexpected(format!("cannot find this program's file: {error}")))
}

fn start(prepared: Prepared, keep_going: bool) -> Result<Supervisor, Failure> {
    let options = Options {
        binary: binary()?,
        keep_going,
        resumed: prepared.resumed,
    };
    Ok(Supervisor::start(
        prepared.folder,
        prepared.spec,
        options,
        prepared.lock,
    )?)
}

/// Starts the supervisor as a process of its own; it leaves this session by itself.
fn spawn_supervisor(folder: &Folder, keep_going: bool) -> Result<std::process::Child, Failure> {
    let path = folder.supervisor_log();
    let log = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .open(&path);
    let failed =
        |error: std::io::Error| Failure::unexpected(format!("cannot write {}: {error}", path.display()));
    let log = log.map_err(failed)?;
    let errors = log.try_clone().map_err(failed)?;
    let mut command = Command::new(binary()?);
    command.args(["testnet", "supervise", "--name", folder.name().as_str()]);
    if keep_going {
        command.arg("--keep-going");
    }
    command
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .map_err(|error| Failure::unexpected(format!("cannot start the supervisor: {error}")))
}

/// `palisade testnet supervise`: what `up --detach` leaves behind.
#[derive(Debug, Args)]
pub(crate) struct Supervise {
    #[arg(long)]
    name: Name,
    #[arg(long)]
    keep_going: bool,
}

impl Supervise {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        // A group's leader, as which a shell starts it, cannot leave its session. What `up` starts is none.
        if let Err(error) = nix::unistd::setsid()
            && error != nix::errno::Errno::EPERM
        {
            return Err(Failure::unexpected(format!(
                "cannot leave the terminal's session: {error}"
            )));
        }
        let folder = Folder::new(Path::new(""), &self.name);
        let lock = Lock::take(&folder)?;
        let spec = Spec::load(&folder, Path::new("."))?;
        let prepared = Prepared {
            // A chain that has no store yet has never run.
            resumed: folder.home("node0").join("data").is_dir(),
            folder,
            spec,
            moved: None,
            lock,
        };
        Ok(start(prepared, self.keep_going)?.run(|_| {}).await?)
    }
}

/// One line at the terminal that changes, while there is one.
struct LiveLine {
    bar: ProgressBar,
}

impl LiveLine {
    fn new(output: Output) -> Self {
        let target = if output.is_watched() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise}  {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar }
    }

    fn say(&self, text: &str) {
        self.bar.set_message(text.to_owned());
    }

    /// From here on the time counts.
    fn begin(&self) {
        self.bar.reset_elapsed();
    }

    /// Takes the line away while something else is written.
    fn around<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    fn note(&self, output: Output, text: &str) {
        self.bar.suspend(|| output.note(text));
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// `height 82  finalized 82  epoch 4  4/4 running  view 3  peers 3/3/3/3`.
fn live_text(status: &Status, epoch_ms: u64) -> String {
    let best = |value: fn(&testnet::NodeStatus) -> u64| status.nodes.iter().map(value).max().unwrap_or(0);
    let (height, finalized) = (best(|node| node.height), best(|node| node.finalized_height));
    let slowest = status
        .nodes
        .iter()
        .filter(|node| node.running)
        .map(|node| node.finalized_height)
        .min();
    let running = status
        .nodes
        .iter()
        .filter(|node| node.running && !node.paused)
        .count();
    let peers: Vec<String> = status.nodes.iter().map(|node| node.peers.to_string()).collect();
    format!(
        "height {height}  finalized {finalized}  epoch {} ({} s)  {running}/{} running  view {}  lag {}  peers {}",
        best(|node| node.epoch),
        epoch_ms / 1_000,
        status.nodes.len(),
        best(|node| node.view),
        finalized.saturating_sub(slowest.unwrap_or(finalized)),
        peers.join("/"),
    )
}
