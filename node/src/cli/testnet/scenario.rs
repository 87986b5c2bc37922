//! `palisade testnet scenario`: stories of what happens to a testnet, played and judged.

use crate::cli::context::Context;
use crate::cli::testnet::up::Up;
use crate::cli::testnet::{Which, node};
use crate::output::{Exit, Failure, Show, columns};
use clap::{Args, Parser, Subcommand};
use serde::Serialize;
use std::path::Path;
use testnet::play::{Played, PlayedStep, play};
use testnet::scenario::{BUILT_IN, Scenario, ScenarioError};
use testnet::{Lock, Spec};

/// Validators of the testnet that is started for a story.
const VALIDATORS: usize = 4;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Which stories there are.
    List,
    /// Play one: on the testnet when it runs, otherwise on one that is started for it and deleted afterwards. Exit 1 when
    /// it does not hold.
    Run(Run),
}

/// `palisade testnet scenario run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The name of a built-in one, or a file with steps.
    scenario: String,
    /// Print what came of each step as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    which: Which,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    about: &'static str,
    steps: Vec<String>,
}

impl Verb {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List => list(context),
            Self::Run(run) => run.run(context).await,
        }
    }
}

fn list(context: &Context) -> Result<(), Failure> {
    let rows: Vec<Row> = BUILT_IN
        .into_iter()
        .map(|(name, about, text)| Row {
            name,
            about,
            steps: text.lines().map(str::to_owned).collect(),
        })
        .collect();
    let table = || {
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|row| vec![row.name.to_owned(), row.about.to_owned()])
            .collect();
        columns(&["NAME", "SHOWS"], &lines)
    };
    context.output.list(&rows, table, |row| row.name.to_owned())
}

/// The story of that name, or in that file.
pub(crate) fn find(name: &str, nodes: usize) -> Result<Scenario, Failure> {
    let usage = |error: &ScenarioError| Failure::usage(error.to_string());
    let path = Path::new(name);
    if !path.is_file() {
        return Scenario::built_in(name, nodes).map_err(|error| usage(&error));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    Scenario::parse(name, "", &text, nodes).map_err(|error| usage(&error))
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown(Played);

impl Show for Shown {
    fn table(&self) -> String {
        let word = if self.0.holds { "holds" } else { "does not hold" };
        format!("{}: {word}, {:.1} s", self.0.scenario, self.0.seconds)
    }

    fn id(&self) -> Option<String> {
        Some(self.0.holds.to_string())
    }
}

/// Plays a story on the testnet that runs in `which`, shows what came of it, and fails when it does not hold.
pub(crate) async fn play_on(
    which: &Which,
    scenario: &Scenario,
    as_json: bool,
    context: &Context,
) -> Result<(), Failure> {
    let (folder, spec) = which.spec(context)?;
    let told = |step: &PlayedStep| {
        let mark = if step.holds { "ok " } else { "NOT" };
        let what = step.told.as_ref().map(|told| format!(": {told}"));
        context.output.note(&format!(
            "{mark} {:6.1} s  {}{}",
            step.seconds,
            step.step,
            what.unwrap_or_default()
        ));
    };
    let played = play(&folder, &spec, scenario, told).await;
    let last = played.steps.last().cloned();
    let holds = played.holds;
    if as_json {
        context.output.json(&played, true)?;
    } else {
        context.output.show(&Shown(played))?;
    }
    let instead = last.and_then(|step| step.instead.map(|instead| (step.step, instead)));
    match instead {
        _ if holds => Ok(()),
        Some((step, instead)) => Err(failed(&scenario.name, &step, &instead)),
        None => Err(failed(&scenario.name, "", "")),
    }
}

fn failed(name: &str, step: &str, instead: &str) -> Failure {
    let text = format!("the scenario {name} does not hold: `{step}`: {instead}");
    Failure::new(Exit::Unexpected, "SCENARIO_FAILED", text)
        .with("scenario", name)
        .with("step", step)
}

impl Run {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = self.which.folder(context)?;
        if folder.exists() && Lock::is_held(&folder) {
            let nodes = Spec::load(&folder, Path::new("."))?.validators;
            let scenario = find(&self.scenario, usize::from(nodes))?;
            return play_on(&self.which, &scenario, self.json, context).await;
        }
        if folder.exists() {
            return Err(Failure::usage(format!(
                "testnet \"{0}\" is there and does not run: start it with `palisade testnet up --detach --name {0}`, or \
                 name another with --name for one of its own",
                folder.name()
            )));
        }
        // A mistake is said before anything is started.
        let scenario = find(&self.scenario, VALIDATORS)?;
        Stage::parse_from(["up", "--detach", "--keep-going", "--name", folder.name().as_str()])
            .up
            .quietly(context)
            .await?;
        let outcome = play_on(&self.which, &scenario, self.json, context).await;
        let removed = node::remove(&self.which, true, context).await;
        outcome.and(removed)
    }
}

/// The flags of the testnet that is started for a story.
#[derive(Debug, Parser)]
struct Stage {
    #[command(flatten)]
    up: Up,
}
