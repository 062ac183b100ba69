//! Playbooks as TOML. Everything wrong is told at once, each with its place and its fix.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::{Time, time};
use toml::{Table, Value};

use super::{Ending, Fact, LegalWindow, Playbook, Reason};
use crate::domain::language::Language;
use crate::domain::thinking::Tool;

/// The version of the format this code reads.
const VERSION: i64 = 1;
/// No law allows any kind of call outside of these. The gate ends all of them earlier still, at 19:00
/// (`CallingWindow::HARD_LIMIT`), whatever a playbook says.
const EARLIEST: Time = time(8, 0, 0, 0);
const LATEST: Time = time(21, 0, 0, 0);
/// About 12 s of speech: nobody listens longer.
const LONGEST_SENTENCE: usize = 170;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: `facts.locked`, or a line where the file is no TOML.
    pub key: String,
    /// What.
    pub what: String,
    /// What to do.
    pub fix: String,
}

/// Everything wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPlaybook {
    /// Its name.
    pub file: String,
    /// At least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for BadPlaybook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the playbook {} is not usable:", self.file)?;
        for Problem { key, what, fix } in &self.problems {
            writeln!(f, "  - {key}: {what}; {fix}")?;
        }
        Ok(())
    }
}
impl std::error::Error for BadPlaybook {}

impl Playbook {
    /// Reads and checks a playbook.
    ///
    /// # Errors
    /// With everything that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, BadPlaybook> {
        let bad = |problems| BadPlaybook { file: file.to_owned(), problems };
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
            let key = line.map_or_else(|| "the file".to_owned(), |line| format!("line {line}"));
            let fix = "correct it; quotes around texts, brackets around lists".to_owned();
            bad(vec![Problem { key, what: error.message().to_owned(), fix }])
        })?;
        let mut reader = Reader::default();
        let playbook = reader.playbook(&table);
        if reader.problems.is_empty() { Ok(playbook) } else { Err(bad(reader.problems)) }
    }

    /// The two that come with the product.
    ///
    /// # Errors
    /// Never for the files as shipped; a test holds them to it.
    pub fn shipped() -> Result<[Self; 2], BadPlaybook> {
        let payment = include_str!("../../../playbooks/payment_reminder.toml");
        let appointment = include_str!("../../../playbooks/appointment_reminder.toml");
        Ok([Self::parse("payment_reminder.toml", payment)?, Self::parse("appointment_reminder.toml", appointment)?])
    }
}

/// Reads keys and collects what is wrong with them; placeholders stand in meanwhile.
#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn playbook(&mut self, table: &Table) -> Playbook {
        let known = ["version", "name", "persona", "goals", "facts", "tools", "reason", "closing", "window"];
        self.only(table, "", &known);
        match table.get("version").and_then(Value::as_integer) {
            Some(VERSION) => {}
            Some(other) => {
                self.problem(
                    "version",
                    format!("{other} is not known"),
                    format!("this program reads version {VERSION}"),
                );
            }
            None => self.problem("version", "is missing", format!("write version = {VERSION}")),
        }
        let (facts, tools) = (self.table(table, "facts"), self.table(table, "tools"));
        self.only(&facts, "facts.", &["open", "locked"]);
        self.only(&tools, "tools.", &["before", "after"]);
        let (open, locked) = (self.facts(&facts, "open"), self.facts(&facts, "locked"));
        self.check_facts(&open, &locked);
        let playbook = Playbook {
            name: self.text(table, "", "name"),
            persona: self.text(table, "", "persona"),
            goals: self.list(table, "", "goals"),
            tools_before: self.tools(&tools, "before"),
            tools_after: self.tools(&tools, "after"),
            reason: self.reason(table, &locked),
            reason_interruptible: self.reason_interruptible(table),
            closing: self.closing(table),
            window: self.window(table),
            open,
            locked,
        };
        self.check_tools(&playbook);
        playbook
    }

    fn problem(&mut self, key: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) {
        self.problems.push(Problem { key: key.into(), what: what.into(), fix: fix.into() });
    }

    fn only(&mut self, table: &Table, under: &str, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
            self.problem(format!("{under}{key}"), "is not known", format!("there are {}", known.join(", ")));
        }
    }

    fn table(&mut self, table: &Table, key: &str) -> Table {
        match table.get(key) {
            Some(Value::Table(found)) => found.clone(),
            _ => {
                self.problem(key, "is missing or no table", format!("write a section [{key}]"));
                Table::new()
            }
        }
    }

    fn text(&mut self, table: &Table, under: &str, key: &str) -> String {
        match table.get(key).and_then(Value::as_str).map(str::trim) {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ => {
                self.problem(format!("{under}{key}"), "is missing or empty", "write a text in quotes");
                String::new()
            }
        }
    }

    fn list(&mut self, table: &Table, under: &str, key: &str) -> Vec<String> {
        let items = table.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if texts.is_empty() || texts.len() != items.len() {
            self.problem(format!("{under}{key}"), "is no list of texts", "write texts in quotes between brackets");
        }
        texts
    }

    fn facts(&mut self, table: &Table, key: &str) -> Vec<Fact> {
        let known = || Fact::ALL.map(Fact::key).join(", ");
        let words = self.list(table, "facts.", key);
        let read = words.iter().filter_map(|word| {
            let fact = Fact::ALL.into_iter().find(|fact| fact.key() == word);
            if fact.is_none() {
                self.problem(format!("facts.{key}"), format!("`{word}` is no fact"), format!("there are {}", known()));
            }
            fact
        });
        read.collect()
    }

    /// What tells of a debt or an appointment must be locked; the code holds to it, whatever a file says.
    fn check_facts(&mut self, open: &[Fact], locked: &[Fact]) {
        for fact in open.iter().filter(|fact| !fact.is_open()) {
            let what = format!("`{}` would be told to whoever answers", fact.key());
            self.problem("facts.open", what, "move it to facts.locked");
        }
        for fact in locked.iter().filter(|fact| open.contains(fact)) {
            self.problem("facts.locked", format!("`{}` is open already", fact.key()), "keep it in one list");
        }
    }

    fn tools(&mut self, table: &Table, key: &str) -> Vec<Tool> {
        let known = || Tool::ALL.map(Tool::name).join(", ");
        let words = self.list(table, "tools.", key);
        let read = words.iter().filter_map(|word| {
            let tool = Tool::parse(word);
            if tool.is_none() {
                self.problem(format!("tools.{key}"), format!("`{word}` is no tool"), format!("there are {}", known()));
            }
            tool
        });
        read.collect()
    }

    fn check_tools(&mut self, playbook: &Playbook) {
        for tool in playbook.tools_before.iter().filter(|tool| tool.needs_confirmation()) {
            let what = format!("`{}` speaks of a debt to whoever answers", tool.name());
            self.problem("tools.before", what, "move it to tools.after");
        }
        if playbook.tools_after.contains(&Tool::RecordPromise) && !playbook.locked.contains(&Fact::AmountDue) {
            let fix = "add amount_due to facts.locked, or take the tool out";
            self.problem("tools.after", "record_promise has no amount to be checked against", fix);
        }
        for (key, tools) in [("tools.before", &playbook.tools_before), ("tools.after", &playbook.tools_after)] {
            if !tools.is_empty() && !tools.contains(&Tool::DoNotCall) {
                self.problem(key, "do_not_call is missing", "add it: everybody may ask never to be phoned again");
            }
        }
    }

    fn reason(&mut self, table: &Table, locked: &[Fact]) -> Reason {
        let reason = self.table(table, "reason");
        self.only(&reason, "reason.", &["script", "text", "interruptible"]);
        match (reason.get("script").and_then(Value::as_str), reason.get("text")) {
            (Some("loan"), None) => return Reason::Loan,
            (None, Some(Value::Table(texts))) => {
                let has_date = locked.iter().any(|fact| matches!(fact, Fact::DueDate | Fact::AppointmentDate));
                return Reason::Own(self.in_every_language(texts, "reason.text.", Some(has_date)));
            }
            _ => {}
        }
        self.problem("reason", "says neither or both", "write script = \"loan\", or a section [reason.text]");
        Reason::Loan
    }

    /// May be left out: then the bot falls silent for whoever talks over it.
    fn reason_interruptible(&mut self, table: &Table) -> bool {
        match table.get("reason").and_then(|reason| reason.get("interruptible")) {
            None => true,
            Some(Value::Boolean(interruptible)) => *interruptible,
            Some(_) => {
                self.problem("reason.interruptible", "is neither true nor false", "write interruptible = false");
                true
            }
        }
    }

    /// May be left out, as a whole and each ending.
    fn closing(&mut self, table: &Table) -> BTreeMap<Ending, BTreeMap<Language, String>> {
        let closing = match table.get("closing") {
            None => return BTreeMap::new(),
            Some(_) => self.table(table, "closing"),
        };
        self.only(&closing, "closing.", &Ending::ALL.map(Ending::key));
        let mut found = BTreeMap::new();
        for ending in Ending::ALL {
            match closing.get(ending.key()) {
                None => {}
                Some(Value::Table(texts)) => {
                    let texts = self.in_every_language(texts, &format!("closing.{}.", ending.key()), None);
                    found.insert(ending, texts);
                }
                Some(_) => {
                    let fix = format!("write a section [closing.{}]", ending.key());
                    self.problem(format!("closing.{}", ending.key()), "is no table", fix);
                }
            }
        }
        found
    }

    /// A sentence in all languages. `has_date` is whether the date it may speak of is a fact; without
    /// it, it may speak of none.
    fn in_every_language(&mut self, texts: &Table, under: &str, has_date: Option<bool>) -> BTreeMap<Language, String> {
        self.only(texts, under, &Language::ALL.map(Language::code));
        let mut found = BTreeMap::new();
        let placeholders = if has_date.is_some() { "{company} and {date}" } else { "{company}" };
        for language in Language::ALL {
            let key = format!("{under}{}", language.code());
            let text = self.text(texts, under, language.code());
            if text.chars().count() > LONGEST_SENTENCE {
                self.problem(&key, "is too long to listen to", format!("at most {LONGEST_SENTENCE} characters"));
            }
            let rest = text.replace("{company}", "");
            let rest = if has_date.is_some() { rest.replace("{date}", "") } else { rest };
            if rest.contains(['{', '}']) {
                self.problem(&key, "has a placeholder nobody fills", format!("use {placeholders} only"));
            }
            if text.contains("{date}") && has_date == Some(false) {
                self.problem(&key, "speaks of a date", "add due_date or appointment_date to facts.locked");
            }
            found.insert(language, text);
        }
        found
    }

    fn window(&mut self, table: &Table) -> LegalWindow {
        let window = self.table(table, "window");
        self.only(&window, "window.", &["opens", "closes", "reason"]);
        let (opens, closes) = (self.time(&window, "opens", EARLIEST), self.time(&window, "closes", LATEST));
        if opens < EARLIEST || closes > LATEST || opens >= closes {
            let fix = "nobody may be phoned before 08:00 or after 21:00, and it must open before it closes";
            self.problem("window", format!("{opens} to {closes} is not allowed"), fix);
        }
        LegalWindow { opens, closes, reason: self.text(&window, "window.", "reason") }
    }

    fn time(&mut self, window: &Table, key: &str, instead: Time) -> Time {
        let time = window.get(key).and_then(Value::as_str).and_then(|text| text.parse().ok());
        if time.is_none() {
            self.problem(format!("window.{key}"), "is no time", "write it like \"08:00\"");
        }
        time.unwrap_or(instead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../../playbooks/payment_reminder.toml");

    fn problems(text: &str) -> Vec<(String, String)> {
        let bad = Playbook::parse("test.toml", text).expect_err("not usable");
        assert!(bad.to_string().starts_with("the playbook test.toml is not usable:"));
        bad.problems.into_iter().map(|problem| (problem.key, format!("{}; {}", problem.what, problem.fix))).collect()
    }

    fn one_problem(from: &str, to: &str) -> (String, String) {
        assert!(GOOD.contains(from), "{from}");
        let found = problems(&GOOD.replace(from, to));
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().expect("one")
    }

    #[test]
    fn the_shipped_ones_are_good_and_say_what_they_are_for() {
        let [payment, appointment] = Playbook::shipped().expect("usable");
        assert_eq!((payment.name.as_str(), &payment.reason), ("payment_reminder", &Reason::Loan));
        assert!(payment.locked.contains(&Fact::AmountDue) && !payment.tools(false).contains(&Tool::RecordPromise));
        assert!(payment.tools(true).contains(&Tool::RecordPromise));
        assert!(payment.reason_interruptible && !appointment.reason_interruptible);
        let silent = Playbook::parse("test.toml", &GOOD.replace("interruptible = true\n", "")).expect("usable");
        assert!(silent.reason_interruptible);
        let Reason::Own(texts) = &appointment.reason else { panic!("its own") };
        assert_eq!(texts.len(), Language::ALL.len());
        assert!(!appointment.tools(true).contains(&Tool::RecordPromise));
    }

    #[test]
    fn what_is_no_toml_is_named_by_its_line() {
        let found = problems("version = 1\nname = payment\n");
        assert_eq!(found[0].0, "line 2", "{found:?}");
    }

    #[test]
    fn each_mistake_is_named_with_its_key_and_its_fix() {
        for (from, to, key, says) in [
            ("version = 1", "version = 2", "version", "reads version 1"),
            ("persona =", "personna =", "personna", "there are version"),
            ("\"amount_due\", ", "\"amount_duee\", ", "facts.locked", "there are company"),
            ("open = [\"company\"", "open = [\"loan_ending\", \"company\"", "facts.open", "move it to facts.locked"),
            ("before = [", "before = [\"record_promise\", ", "tools.before", "move it to tools.after"),
            ("after = [", "after = [\"forgive\", ", "tools.after", "there are confirm_identity"),
            ("script = \"loan\"", "script = \"poem\"", "reason", "[reason.text]"),
            ("interruptible = true", "interruptible = \"no\"", "reason.interruptible", "interruptible = false"),
            ("opens = \"08:00\"", "opens = \"05:00\"", "window", "before 08:00"),
            ("opens = \"08:00\"", "opens = \"early\"", "window.opens", "like \"08:00\""),
        ] {
            let bad = Playbook::parse("test.toml", &GOOD.replace(from, to)).expect_err("not usable");
            let found = bad.problems.iter().find(|problem| problem.key == key);
            assert!(found.is_some_and(|p| format!("{}; {}", p.what, p.fix).contains(says)), "{from} -> {to}: {bad}");
        }
        let (key, says) = one_problem("closes = \"19:00\"", "closes = \"22:00\"");
        assert!(key == "window" && says.contains("after 21:00"), "{key}: {says}");
    }

    #[test]
    fn everything_wrong_is_told_at_once_and_a_language_can_not_be_left_out() {
        let found = problems("version = 1");
        for key in ["name", "persona", "goals", "facts", "tools", "reason", "window"] {
            assert!(found.iter().any(|(at, _)| at == key), "{key} in {found:?}");
        }
        let appointment = include_str!("../../../playbooks/appointment_reminder.toml");
        let without: String =
            appointment.lines().filter(|line| !line.starts_with("or-IN")).map(|l| format!("{l}\n")).collect();
        let found = problems(&without);
        let keys: Vec<_> = found.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["reason.text.or-IN", "closing.informed.or-IN"]);
        let closing = "[closing.informed]";
        assert!(appointment.contains(closing));
        assert_eq!(problems(&appointment.replace(closing, "[closing.goodbye]"))[0].0, "closing.goodbye");
        let dated = appointment.replace("hi-IN = \"ठीक है", "hi-IN = \"{date} ठीक है");
        let (key, says) = &problems(&dated)[0];
        assert!(key == "closing.informed.hi-IN" && says.contains("use {company} only"), "{key}: {says}");
        let odd = appointment.replacen("{date}", "{amount}", 1);
        assert!(problems(&odd)[0].1.contains("{company} and {date} only"));
    }
}
