//! Loading: flags over environment over file over defaults, each mistake named with where it was made.

use crate::config::NodeConfig;
use crate::config::home::Home;
use crate::config::origin::{self, Origin};
use std::collections::BTreeMap;
use std::path::PathBuf;
use toml::{Table, Value};

/// What starts the name of an environment variable that sets a field: `PALISADE_RPC__LISTEN` is `rpc.listen`.
const PREFIX: &str = "PALISADE_";
/// What stands for a dot in such a name.
const DOT: &str = "__";

/// Why the settings cannot be used. Every command that meets one ends with exit code 3.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    /// There is no file where one must be.
    #[error("{}: there is no such file: make one with `palisade init`, or name its folder with --home", .0.display())]
    Missing(PathBuf),
    /// The file cannot be read.
    #[error("{}: cannot read it: {reason}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file is no TOML, or has an unknown field or a value of the wrong kind.
    #[error("{}:{line}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// An environment variable or a flag has an unknown name or a wrong value.
    #[error("{origin} sets {field} = {value}: {reason}")]
    Override {
        /// Which of the two.
        origin: String,
        /// What it sets.
        field: String,
        /// To what.
        value: String,
        /// What is wrong.
        reason: String,
    },
    /// Values that do not fit each other.
    #[error("{0}")]
    Invalid(String),
}

/// Settings given beside the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overrides {
    /// Environment variables, by name.
    pub(crate) environment: Vec<(String, String)>,
    /// `--set name=value`, in order.
    pub(crate) flags: Vec<(String, String)>,
}

impl Overrides {
    /// What the environment says, and these flags.
    pub(crate) fn from_environment(flags: Vec<(String, String)>) -> Self {
        let mut environment: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with(PREFIX) && name.contains(DOT))
            .collect();
        environment.sort();
        Self { environment, flags }
    }
}

/// Settings, and where each comes from.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    /// The settings.
    pub(crate) config: NodeConfig,
    /// Every field by its dotted name: its value, and where it was set.
    pub(crate) fields: BTreeMap<String, (Value, Origin)>,
}

/// Loads the settings of a home. Without `required`, a missing file is an empty one.
pub(crate) fn load(home: &Home, overrides: &Overrides, required: bool) -> Result<Loaded, ConfigError> {
    let path = home.config();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => String::new(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(ConfigError::Missing(path)),
        Err(error) => {
            let reason = error.to_string();
            return Err(ConfigError::Unreadable { path, reason });
        }
    };
    // First alone, because only then a mistake has a line.
    toml::from_str::<NodeConfig>(&text).map_err(|error| in_file(&path, &text, &error))?;
    let mut table: Table = text.parse().map_err(|error| in_file(&path, &text, &error))?;
    let mut origins = BTreeMap::new();
    let lines = origin::lines(&text);
    for name in origin::flatten(&table).into_keys() {
        let line = lines.get(&name).copied().unwrap_or(1);
        let path = path.display().to_string();
        origins.insert(name, Origin::File { path, line });
    }
    for (name, value) in &overrides.environment {
        let field = name
            .trim_start_matches(PREFIX)
            .to_ascii_lowercase()
            .replace(DOT, ".");
        let origin = Origin::Environment(name.clone());
        apply(&mut table, &field, value, &origin)?;
        origins.insert(field, origin);
    }
    for (field, value) in &overrides.flags {
        apply(&mut table, field, value, &Origin::Flag)?;
        origins.insert(field.clone(), Origin::Flag);
    }
    let config: NodeConfig = table
        .try_into()
        .map_err(|error| ConfigError::Invalid(error.to_string()))?;
    config.validate().map_err(|reason| {
        // The text names a field; where that was set is what the operator needs.
        let place = origins
            .iter()
            .find(|(name, _)| reason.starts_with(&format!("{name} ")))
            .map(|(_, origin)| origin);
        ConfigError::Invalid(place.map_or_else(|| reason.clone(), |place| format!("{place}: {reason}")))
    })?;
    let written = Table::try_from(&config).map_err(|error| ConfigError::Invalid(error.to_string()))?;
    let fields = origin::flatten(&written)
        .into_iter()
        .map(|(name, value)| {
            let origin = origins.get(&name).cloned().unwrap_or(Origin::Default);
            (name, (value, origin))
        })
        .collect();
    Ok(Loaded { config, fields })
}

/// Sets one field, and sees that the result is still a configuration.
fn apply(table: &mut Table, field: &str, text: &str, origin: &Origin) -> Result<(), ConfigError> {
    let wrong = |reason: String| ConfigError::Override {
        origin: origin.to_string(),
        field: field.to_owned(),
        value: text.to_owned(),
        reason,
    };
    // A value as TOML has it where it is one, so that lists and numbers need no more quotes than in the file; a bare
    // word otherwise.
    let parsed = format!("value = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("value"));
    let plain = Value::String(text.to_owned());
    let mut last = String::new();
    for value in parsed.into_iter().chain([plain]) {
        let mut attempt = table.clone();
        origin::put(&mut attempt, field, value);
        match NodeConfig::deserialize_table(attempt.clone()) {
            Ok(_) => {
                *table = attempt;
                return Ok(());
            }
            // The first reading is the better guess at what was meant.
            Err(reason) if last.is_empty() => last = reason,
            Err(_) => {}
        }
    }
    Err(wrong(last))
}

impl NodeConfig {
    fn deserialize_table(table: Table) -> Result<Self, String> {
        table
            .try_into()
            .map_err(|error: toml::de::Error| error.message().to_owned())
    }
}

fn in_file(path: &std::path::Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.as_bytes().get(..start).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    ConfigError::File {
        path: path.to_owned(),
        line,
        reason: error.message().to_owned(),
    }
}
