//! `palisade doctor`: what is wrong with a node and its machine, and what to do about it. It changes nothing unless it is
//! told to, and then only who may read and write the home.

mod home;
mod machine;
mod running;

use crate::cli::context::Context;
use crate::config::{Home, NodeConfig};
use crate::output::{Exit, Failure, Show, columns};
use clap::Args;
use serde::Serialize;

/// `palisade doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Set a field of the settings, as `start` would. May be given several times.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Take from others what they should not have: reading keys, writing into the home.
    #[arg(long)]
    fix: bool,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Verdict {
    Pass,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    /// What was found.
    found: String,
    /// What to do, where something is to be done.
    todo: String,
}

impl Finding {
    fn pass(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, Verdict::Pass, found, "")
    }

    fn warn(check: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self::new(check, Verdict::Warn, found, todo)
    }

    fn fail(check: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self::new(check, Verdict::Fail, found, todo)
    }

    fn new(check: &'static str, verdict: Verdict, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self {
            check,
            verdict,
            found: found.into(),
            todo: todo.into(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Report {
    home: String,
    findings: Vec<Finding>,
}

impl Report {
    fn worst(&self) -> Verdict {
        let verdicts = self.findings.iter().map(|finding| finding.verdict);
        verdicts.max().unwrap_or(Verdict::Pass)
    }

    fn count(&self, verdict: Verdict) -> usize {
        let found = self.findings.iter().filter(|finding| finding.verdict == verdict);
        found.count()
    }
}

impl Show for Report {
    fn table(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .findings
            .iter()
            .map(|finding| {
                let verdict = match finding.verdict {
                    Verdict::Pass => "PASS",
                    Verdict::Warn => "WARN",
                    Verdict::Fail => "FAIL",
                };
                let mut text = finding.found.clone();
                if !finding.todo.is_empty() {
                    text.push_str("\n→ ");
                    text.push_str(&finding.todo);
                }
                vec![verdict.to_owned(), finding.check.to_owned(), text]
            })
            .collect();
        columns(&["", "CHECK", "FOUND"], &rows)
    }
}

impl Doctor {
    pub(crate) async fn run(&self, context: &Context) -> Result<(), Failure> {
        let home = context.home()?;
        let mut findings = Vec::new();
        if self.fix {
            for done in home::mend(&home)? {
                context.output.note(&done);
            }
        }
        match context.settings(&self.set, true) {
            Ok(loaded) => {
                findings.push(Finding::pass("settings", home.config().display().to_string()));
                look(&home, &loaded.config, &mut findings).await;
            }
            Err(failure) => findings.push(Finding::fail(
                "settings",
                failure.message,
                "correct the file; `palisade config default` shows every setting",
            )),
        }
        machine::look(&home, &mut findings);
        let report = Report {
            home: home.path().display().to_string(),
            findings,
        };
        context.output.show(&report)?;
        let (failed, warned) = (report.count(Verdict::Fail), report.count(Verdict::Warn));
        if report.worst() == Verdict::Fail {
            let text = format!("{failed} checks failed, {warned} gave a warning");
            return Err(Failure::new(Exit::Unexpected, "UNHEALTHY", text)
                .with("failed", failed)
                .with("warned", warned));
        }
        Ok(())
    }
}

async fn look(home: &Home, config: &NodeConfig, findings: &mut Vec<Finding>) {
    home::look(home, config, findings);
    running::look(home, config, findings).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_decides_and_each_says_what_to_do() {
        let mut report = Report {
            home: String::new(),
            findings: vec![Finding::pass("a", "fine")],
        };
        assert_eq!(report.worst(), Verdict::Pass);
        report.findings.push(Finding::warn("b", "odd", "look"));
        report.findings.push(Finding::fail("c", "bad", "mend it"));
        assert_eq!(report.worst(), Verdict::Fail);
        let table = report.table();
        assert!(table.contains("→ mend it") && table.contains("FAIL"), "{table}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["findings"][2]["verdict"], "FAIL");
    }
}
