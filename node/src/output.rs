//! What the commands say: data on standard output, everything else on standard error.

mod failure;

pub(crate) use failure::{Exit, Failure};

use serde::Serialize;
use serde_json::Value;
use std::io::{IsTerminal, Write};

/// How data is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// One JSON value.
    Json,
    /// One JSON value a line: each row of a list by itself.
    Jsonl,
}

/// Where and how a command speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) format: Format,
    /// Only ids on standard output, nothing but errors on standard error.
    pub(crate) quiet: bool,
}

/// Something that a command shows.
pub(crate) trait Show: Serialize {
    /// For people.
    fn table(&self) -> String;
    /// With `--quiet`: the id alone, and nothing for what has none.
    fn id(&self) -> Option<String> {
        None
    }
}

impl Output {
    /// Shows one thing.
    pub(crate) fn show(self, data: &impl Show) -> Result<(), Failure> {
        if self.quiet {
            return data.id().map_or(Ok(()), |id| self.line(&id));
        }
        match self.format {
            Format::Table => self.line(data.table().trim_end()),
            Format::Json => self.json(data, true),
            Format::Jsonl => self.json(data, false),
        }
    }

    /// Shows a list: `table` renders all of it for people.
    pub(crate) fn list<T: Serialize>(
        self,
        rows: &[T],
        table: impl FnOnce() -> String,
        id: impl Fn(&T) -> String,
    ) -> Result<(), Failure> {
        if self.quiet {
            return rows.iter().try_for_each(|row| self.line(&id(row)));
        }
        match self.format {
            Format::Table => self.line(table().trim_end()),
            Format::Json => self.json(&rows, true),
            Format::Jsonl => rows.iter().try_for_each(|row| self.json(row, false)),
        }
    }

    /// Writes a value as JSON whatever the format is.
    pub(crate) fn json(self, data: &impl Serialize, pretty: bool) -> Result<(), Failure> {
        let text = if pretty {
            serde_json::to_string_pretty(data)
        } else {
            serde_json::to_string(data)
        };
        self.line(&text.map_err(|error| Failure::unexpected(format!("cannot write JSON: {error}")))?)
    }

    /// Writes a line of data.
    pub(crate) fn line(self, text: &str) -> Result<(), Failure> {
        write_line(&mut std::io::stdout().lock(), text)
    }

    /// Tells people something beside the data; not with `--quiet`.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            // Whoever closed standard error does not want to know.
            write_line(&mut std::io::stderr().lock(), text).unwrap_or_default();
        }
    }

    /// Whether a person sees what is written to standard error.
    pub(crate) fn is_watched(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Whether data is JSON.
    pub(crate) const fn is_json(self) -> bool {
        matches!(self.format, Format::Json | Format::Jsonl)
    }

    /// Says why the command failed, as JSON when data would be.
    pub(crate) fn failure(self, failure: &Failure) {
        let text = if self.is_json() {
            serde_json::to_string(&failure.to_json()).unwrap_or_else(|_| failure.message.clone())
        } else {
            failure.to_text()
        };
        write_line(&mut std::io::stderr().lock(), &text).unwrap_or_default();
    }
}

fn write_line(to: &mut impl Write, text: &str) -> Result<(), Failure> {
    match writeln!(to, "{text}").and_then(|()| to.flush()) {
        Ok(()) => Ok(()),
        // `palisade … | head` is no error: whoever reads has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Failure::broken_pipe()),
        Err(error) => Err(Failure::unexpected(format!("cannot write the output: {error}"))),
    }
}

/// A table without lines: columns as wide as their contents, two spaces between them.
pub(crate) fn columns(head: &[&str], rows: &[Vec<String>]) -> String {
    use comfy_table::{ContentArrangement, Table, presets};
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Names and values, one pair a line.
pub(crate) fn pairs(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    pairs
        .iter()
        .map(|(name, value)| format!("{name:<width$}  {value}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A JSON value as people read it: `a.b` and what is there, one a line.
pub(crate) fn flat(value: &Value) -> String {
    let mut lines = Vec::new();
    flatten("", value, &mut lines);
    let lines: Vec<(&str, String)> = lines
        .iter()
        .map(|(name, text)| (name.as_str(), text.clone()))
        .collect();
    pairs(&lines)
}

fn flatten(prefix: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    let join = |name: &str| {
        if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}.{name}")
        }
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| flatten(&join(name), value, lines)),
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&join(&index.to_string()), item, lines);
            }
        }
        Value::Array(items) => {
            let text: Vec<String> = items.iter().map(scalar).collect();
            lines.push((prefix.to_owned(), text.join(", ")));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            lines.push((prefix.to_owned(), scalar(value)));
        }
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_plain_columns() {
        let text = columns(
            &["NAME", "N"],
            &[vec!["a".into(), "1".into()], vec!["longer".into(), "22".into()]],
        );
        assert_eq!(text, "NAME    N\na       1\nlonger  22");
    }

    #[test]
    fn values_are_flattened_for_people() {
        let value = serde_json::json!({"a": {"b": 1}, "c": ["x", "y"], "d": [{"e": null}]});
        assert_eq!(flat(&value), "a.b    1\nc      x, y\nd.0.e  -");
    }
}
