//! Where each setting comes from.

use std::collections::BTreeMap;
use std::fmt;
use toml::{Table, Value};

/// Where a setting's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody has set it.
    Default,
    /// The file, at this line.
    File {
        /// Which.
        path: String,
        /// Where, from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// `--set`.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag => f.write_str("flag --set"),
        }
    }
}

/// Every setting of a table by its dotted name. Lists are settings as a whole.
pub(crate) fn flatten(table: &Table) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    collect("", table, &mut flat);
    flat
}

fn collect(prefix: &str, table: &Table, flat: &mut BTreeMap<String, Value>) {
    for (name, value) in table {
        let name = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        match value.as_table() {
            Some(inner) => collect(&name, inner, flat),
            None => {
                flat.insert(name, value.clone());
            }
        }
    }
}

/// Puts a value at a dotted name, making tables on the way.
pub(crate) fn put(table: &mut Table, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            table.insert(name.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = table
                .entry(first.to_owned())
                .or_insert_with(|| Value::Table(Table::new()));
            if !inner.is_table() {
                *inner = Value::Table(Table::new());
            }
            if let Some(inner) = inner.as_table_mut() {
                put(inner, rest, value);
            }
        }
    }
}

/// On which line of a file each setting stands, from 1.
pub(crate) fn lines(text: &str) -> BTreeMap<String, usize> {
    let mut section = String::new();
    let mut found = BTreeMap::new();
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            name.trim().clone_into(&mut section);
        } else if !content.starts_with('#')
            && let Some((key, _)) = content.split_once('=')
        {
            let key = key.trim();
            let name = if section.is_empty() {
                key.to_owned()
            } else {
                format!("{section}.{key}")
            };
            found.entry(name).or_insert(line);
        }
    }
    found
}
