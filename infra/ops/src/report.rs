//! What was found, one line per check.

use std::fmt;

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Works, and will bite later or elsewhere.
    Warn,
    /// Does not work.
    Fail,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What was checked, e.g. `postgres version`.
    pub check: String,
    /// How bad it is.
    pub level: Level,
    /// What was found. Holds no secret and no phone number.
    pub found: String,
    /// What to do; none where all is well.
    pub fix: Option<String>,
}

impl Line {
    /// All is well.
    pub fn ok(check: &str, found: impl Into<String>) -> Self {
        Self { check: check.to_owned(), level: Level::Ok, found: found.into(), fix: None }
    }

    /// Works, with something to know.
    pub fn warn(check: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check: check.to_owned(), level: Level::Warn, found: found.into(), fix: Some(fix.into()) }
    }

    /// Does not work.
    pub fn fail(check: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check: check.to_owned(), level: Level::Fail, found: found.into(), fix: Some(fix.into()) }
    }

    /// `ok` where it holds, else a failure.
    pub fn require(check: &str, holds: bool, found: impl Into<String>, fix: &str) -> Self {
        if holds { Self::ok(check, found) } else { Self::fail(check, found, fix) }
    }

    /// `ok` where it holds, else a warning.
    pub fn prefer(check: &str, holds: bool, found: impl Into<String>, fix: &str) -> Self {
        if holds { Self::ok(check, found) } else { Self::warn(check, found, fix) }
    }
}

/// All checks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order of the checks.
    pub checks: Vec<Line>,
}

impl Report {
    /// Whether anything does not work.
    pub fn has_failed(&self) -> bool {
        self.checks.iter().any(|line| line.level == Level::Fail)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.checks {
            let word = match line.level {
                Level::Ok => "ok  ",
                Level::Warn => "warn",
                Level::Fail => "FAIL",
            };
            write!(f, "{word}  {}: {}", line.check, line.found)?;
            match &line.fix {
                Some(fix) => writeln!(f, "\n      → {fix}")?,
                None => writeln!(f)?,
            }
        }
        let count = |level| self.checks.iter().filter(|line| line.level == level).count();
        writeln!(f, "{} ok, {} warn, {} fail", count(Level::Ok), count(Level::Warn), count(Level::Fail))
    }
}
