//! `ops replay`: what a recorded call had been like with other numbers.

mod comparison;

use std::fmt;
use std::path::Path;

use shared::domain::turn::{BadSetting, Recorded, Tuning, replay};

pub use comparison::{Comparison, Entry, Row};

/// Why there is nothing to compare.
#[derive(Debug)]
pub enum BadInput {
    /// The file can not be read, or is no journal.
    File(String),
    /// A `--set` that is no `path=value`.
    Form(String),
    /// A `--set` that can not be.
    Setting(BadSetting),
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(what) => f.write_str(what),
            Self::Form(text) => write!(f, "--set {text}: write it as endpoint.patience_ms=400"),
            Self::Setting(what) => write!(f, "--set: {what}; `ops replay --names` has them all"),
        }
    }
}

/// Reads a journal and plays its events through a machine with these numbers, `path=value` each.
///
/// # Errors
/// Where the file or a setting is not what it should be, with the fix.
pub fn compare(file: &Path, set: &[String]) -> Result<Comparison, BadInput> {
    let at = |what: &dyn fmt::Display| BadInput::File(format!("{}: {what}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| at(&error))?;
    let recorded = Recorded::read(&bytes).map_err(|error| at(&error))?;
    let tuning = tuned(recorded.beginning.tuning, set)?;
    let replayed = replay(&recorded, tuning);
    Ok(Comparison::of(&recorded, &replayed, set.to_vec()))
}

fn tuned(mut tuning: Tuning, set: &[String]) -> Result<Tuning, BadInput> {
    for text in set {
        let (path, value) = text.split_once('=').ok_or_else(|| BadInput::Form(text.clone()))?;
        tuning.set(path.trim(), value.trim()).map_err(BadInput::Setting)?;
    }
    Ok(tuning)
}

/// Everything that can be set: its name, what it is in calls, its bounds and what it is for.
pub fn names() -> String {
    let line = |knob: shared::domain::turn::Knob| {
        let (least, most) = knob.bounds;
        format!("{} = {} ({least} to {most})\n    {}\n", knob.path, knob.value, knob.why)
    };
    Tuning::DEFAULT.knobs().into_iter().map(line).collect()
}
