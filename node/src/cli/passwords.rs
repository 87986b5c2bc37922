//! Passwords: from files and descriptors, never from flags or prompts that end up in a history.

use crate::output::Failure;
use clap::Args;
use signer::{Password, Protection};
use std::path::{Path, PathBuf};

/// Where a key's password is.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PasswordFlags {
    /// The file that holds the key's password, readable by its owner alone.
    #[arg(
        long,
        env = "PALISADE_PASSWORD_FILE",
        value_name = "FILE",
        conflicts_with = "password_fd"
    )]
    password_file: Option<PathBuf>,
    /// The open descriptor that gives the key's password.
    #[arg(long, value_name = "N")]
    password_fd: Option<u32>,
}

impl PasswordFlags {
    /// The file, when the password is in one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.password_file.as_deref()
    }

    /// The password, where one is named.
    pub(crate) fn given(&self) -> Result<Option<Protection>, Failure> {
        if self.password_file.is_none() && self.password_fd.is_none() {
            return Ok(None);
        }
        self.protection().map(Some)
    }

    /// How the key is protected: plain when no password is named, which only development chains accept.
    pub(crate) fn protection(&self) -> Result<Protection, Failure> {
        Ok(match (&self.password_file, self.password_fd) {
            (Some(path), _) => Protection::Password(Password::from_file(path)?),
            (None, Some(number)) => Protection::Password(Password::from_descriptor(number)?),
            (None, None) => Protection::DevelopmentPlaintext,
        })
    }
}
