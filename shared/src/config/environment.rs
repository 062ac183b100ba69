//! The variables a program was started with, and how sections are read out of them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use secrecy::SecretString;

/// Everything wrong with the environment, one line each. Values of secrets are never repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the configuration is not usable (every key is explained in .env.example):")?;
        for problem in &self.0 {
            writeln!(f, "  - {problem}")?;
        }
        Ok(())
    }
}
impl std::error::Error for ConfigError {}

/// The variables a program was started with.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(HashMap<String, String>);

impl fmt::Debug for Environment {
    /// Names only: some of the values are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&String> = self.0.keys().collect();
        names.sort_unstable();
        f.debug_tuple("Environment").field(&names).finish()
    }
}

/// Where the value of a variable is kept: `secretsmanager:<name or ARN>` for a whole secret,
/// `secretsmanager:<name or ARN>#<FIELD>` for one field of a JSON object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReference {
    /// Name or ARN of the secret.
    pub id: String,
    /// The field; the whole text without one.
    pub field: Option<String>,
}

impl SecretReference {
    fn parse(value: &str) -> Option<Self> {
        let rest = value.strip_prefix("secretsmanager:")?;
        Some(match rest.rsplit_once('#') {
            Some((id, field)) => Self { id: id.to_owned(), field: Some(field.to_owned()) },
            None => Self { id: rest.to_owned(), field: None },
        })
    }
}

impl Environment {
    /// The process's own variables.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn of_process() -> Self {
        Self(std::env::vars().collect())
    }

    /// Given variables, for tests and for the local program's own settings.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// Sets a variable that is not set, or set to nothing.
    pub fn default_to(&mut self, name: &str, value: impl Into<String>) {
        if self.get(name).is_none() {
            self.0.insert(name.to_owned(), value.into());
        }
    }

    /// Sets a variable, whatever it was.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Only these variables.
    pub fn only(&self, names: &[&str]) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(name, _)| names.contains(&name.as_str()))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect(),
        )
    }

    /// A variable that is set to something.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|v| v.trim()).filter(|v| !v.is_empty())
    }

    /// The variables that only say where their value is, in the order of their names.
    pub fn references(&self) -> Vec<(String, SecretReference)> {
        let mut found: Vec<_> = self
            .0
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), SecretReference::parse(value.trim())?)))
            .collect();
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// Reads one section, or says everything that is wrong with it.
    pub fn read<T: Section>(&self) -> Result<T, ConfigError> {
        let mut reader = Reader::of(self);
        let section = T::read(&mut reader);
        if reader.problems.is_empty() { Ok(section) } else { Err(ConfigError(reader.problems)) }
    }
}

/// A variable that some section reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The section can not be read without it.
    pub required: bool,
}

/// The variables a section reads, in the order it asks for them.
pub fn variables_of<T: Section>() -> Vec<Variable> {
    let nothing = Environment::default();
    let mut reader = Reader::of(&nothing);
    T::read(&mut reader);
    reader.asked.into_inner()
}

/// One concern's settings.
pub trait Section: Sized {
    /// Reads; what is missing or wrong is noted in the reader and stands in as a placeholder.
    fn read(reader: &mut Reader<'_>) -> Self;
}

/// Reads variables and collects what is wrong with them.
pub struct Reader<'a> {
    env: &'a Environment,
    pub(super) problems: Vec<String>,
    asked: RefCell<Vec<Variable>>,
}

impl<'a> Reader<'a> {
    fn of(env: &'a Environment) -> Self {
        Self { env, problems: Vec::new(), asked: RefCell::default() }
    }

    fn get(&self, name: &str, required: bool) -> Option<&'a str> {
        self.asked.borrow_mut().push(Variable { name: name.to_owned(), required });
        self.env.get(name)
    }

    pub(super) fn optional(&self, name: &str) -> Option<&'a str> {
        self.get(name, false)
    }

    pub(super) fn required(&mut self, name: &str, meaning: &str) -> String {
        match self.get(name, true) {
            Some(value) => value.to_owned(),
            None => {
                self.problems.push(format!("{name} is not set: {meaning}"));
                String::new()
            }
        }
    }

    pub(super) fn secret(&mut self, name: &str, meaning: &str) -> SecretString {
        self.required(name, meaning).into()
    }

    pub(super) fn or(&self, name: &str, default: &str) -> String {
        self.optional(name).unwrap_or(default).to_owned()
    }

    pub(super) fn parsed_or<T: FromStr>(&mut self, name: &str, default: T, expected: &str) -> T {
        match self.optional(name).map(str::parse) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(_)) => {
                self.problems.push(format!("{name} must be {expected}"));
                default
            }
        }
    }

    /// The first of `allowed` where nothing is set.
    pub(super) fn one_of(&mut self, name: &str, allowed: &[&str]) -> String {
        let value = self.or(name, allowed[0]);
        if !allowed.contains(&value.as_str()) {
            self.problems.push(format!("{name} must be {}", allowed.join(" or ")));
        }
        value
    }

    pub(super) fn url_or(&mut self, name: &str, default: &str, schemes: &[&str]) -> String {
        let url = self.or(name, default).trim_end_matches('/').to_owned();
        if !schemes.iter().any(|s| url.starts_with(&format!("{s}://"))) {
            self.problems.push(format!("{name} must start with {}", schemes.join(":// or ") + "://"));
        }
        url
    }
}
