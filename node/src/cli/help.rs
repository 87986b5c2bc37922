//! Completions and manual pages, made from the command line itself.

use crate::output::{Failure, Output};
use clap::Command;
use clap_complete::Shell;
use std::io::Write;
use std::path::Path;

/// Writes completions for `shell` to standard output.
pub(crate) fn completions(shell: Shell, mut command: Command) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "palisade", &mut text);
    match std::io::stdout().lock().write_all(&text) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Failure::broken_pipe()),
        other => other.map_err(|error| Failure::unexpected(format!("cannot write the output: {error}"))),
    }
}

/// Writes a manual page for every command into `folder`.
pub(crate) fn pages(folder: &Path, command: Command, output: Output) -> Result<(), Failure> {
    let wrong = |error: std::io::Error| Failure::unexpected(format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(wrong)?;
    let command = command.disable_help_subcommand(true);
    clap_mangen::generate_to(command, folder).map_err(wrong)?;
    output.note(&format!(
        "wrote manual pages into {}; read one with `man -l {}`",
        folder.display(),
        folder.join("palisade.1").display()
    ));
    Ok(())
}
