//! A rule-based stand-in for a language model: it reads its instructions and the conversation, as
//! text, and answers. It knows nothing of our own types: it is the provider's side.

mod phrases;

use serde_json::{Value, json};

use self::phrases::{Phrases, WORDS, of_code};
use super::switches::Behaviour;

/// What a model is asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// The system text.
    pub instructions: String,
    /// Oldest first.
    pub turns: Vec<Turn>,
    /// Names of the tools on offer.
    pub tools: Vec<String>,
}

/// One message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Turn {
    /// From the user's side.
    pub from_user: bool,
    /// Its words.
    pub text: String,
    /// Errors of tools it reports.
    pub tool_errors: Vec<String>,
}

/// What a model answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Its words.
    pub text: String,
    /// Tools it calls after them, with their arguments as text.
    pub calls: Vec<(String, String)>,
}

impl Plan {
    /// Words alone.
    pub fn say(text: impl Into<String>) -> Self {
        Self { text: text.into(), calls: Vec::new() }
    }

    /// Words and a call.
    pub fn call(text: impl Into<String>, tool: &str, arguments: &Value) -> Self {
        Self { text: text.into(), calls: vec![(tool.to_owned(), arguments.to_string())] }
    }

    /// As much of it as fits into so many tokens, one taken for four characters, and whether that is less
    /// than all.
    pub(in crate::sim) fn within(&self, most_tokens: u64) -> (Self, bool) {
        let most_chars = usize::try_from(most_tokens).unwrap_or(usize::MAX).saturating_mul(4);
        match self.text.chars().count() > most_chars {
            true => (Self::say(self.text.chars().take(most_chars).collect::<String>()), true),
            false => (self.clone(), false),
        }
    }
}

/// Answers, well or as badly as `behaviour` wants it.
pub fn think(asked: &Asked, behaviour: &Behaviour) -> Plan {
    let mind = Mind::of(asked);
    match behaviour {
        Behaviour::Honest => mind.answer(),
        Behaviour::TellsDebtEarly => Plan::say("Your loan of 15,000 rupees is overdue since 5 December."),
        Behaviour::InventsAmount => Plan::say(mind.phrases.amount.replace("{}", "99,999")),
        Behaviour::NeverStops => Plan::say(format!("{} ", mind.phrases.listens).repeat(400)),
        Behaviour::Empty => Plan::default(),
        Behaviour::SpeaksEnglish => Plan::say("I am happy to help you with that. What would you like to know?"),
        Behaviour::BrokenArguments => {
            Plan { text: String::new(), calls: vec![("record_promise".to_owned(), "{\"date\": \"tomo".to_owned())] }
        }
        Behaviour::InventsTool => Plan::call("", "waive_the_debt", &json!({"all": true})),
    }
}

/// What it has understood.
struct Mind<'a> {
    asked: &'a Asked,
    phrases: &'static Phrases,
    /// The lines `- name: value` of the instructions.
    facts: Vec<(String, &'a str)>,
    /// What the user said last, in lower case.
    heard: String,
}

impl<'a> Mind<'a> {
    fn of(asked: &'a Asked) -> Self {
        let fact = |line: &'a str| {
            let (name, value) = line.trim().strip_prefix("- ")?.split_once(": ")?;
            Some((name.to_lowercase(), value))
        };
        let heard = asked.turns.iter().rev().find(|turn| turn.from_user && !turn.text.is_empty());
        Self {
            asked,
            phrases: of_code(language_code(&asked.instructions)),
            facts: asked.instructions.lines().filter_map(fact).collect(),
            heard: heard.map(|turn| turn.text.to_lowercase()).unwrap_or_default(),
        }
    }

    fn answer(&self) -> Plan {
        if self.asked.turns.last().is_some_and(|turn| !turn.tool_errors.is_empty()) {
            return Plan::say(self.phrases.when);
        }
        let amount = self.fact(&["amount"]);
        let asks = |words: &[&str]| words.iter().any(|word| self.heard.contains(word));
        if asks(WORDS.human) && self.may("transfer_to_agent") {
            return Plan::call("", "transfer_to_agent", &json!({"reason": "asked for a person"}));
        }
        if asks(WORDS.pay) && amount.is_some() && self.may("record_promise") {
            return self.promise(self.fact(&["in figures"]).or(amount).unwrap_or_default());
        }
        if asks(WORDS.bye) && self.may("end_call") {
            return Plan::call("", "end_call", &json!({"outcome": "informed"}));
        }
        let told = [
            (asks(WORDS.amount), amount.map(|amount| self.phrases.amount.replace("{}", amount))),
            (asks(WORDS.date), self.fact(&["date", "day"]).map(|date| self.phrases.date.replace("{}", date))),
            (asks(WORDS.who), self.fact(&["behalf", "company"]).map(|name| self.phrases.who.replace("{}", name))),
        ];
        let told: Vec<String> = told.into_iter().filter(|(asked, _)| *asked).filter_map(|(_, text)| text).collect();
        match (told.is_empty(), amount) {
            (false, _) => Plan::say(told.join(" ")),
            (true, Some(_)) => Plan::say(self.phrases.listens),
            // Nothing to tell before one knows whom one talks with.
            (true, None) => Plan::say(self.phrases.not_yet),
        }
    }

    fn promise(&self, amount: &str) -> Plan {
        let days = [("today", WORDS.today), ("tomorrow", WORDS.tomorrow)];
        let day = days.into_iter().find(|(_, words)| words.iter().any(|word| self.heard.contains(word)));
        // Whole rupees.
        let whole = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
        let digits = |text: &str| whole(text).chars().filter(char::is_ascii_digit).collect::<String>();
        let named = Some(digits(&self.heard)).filter(|number| number.len() > 2);
        let amount: u64 = named.unwrap_or_else(|| digits(amount)).parse().unwrap_or_default();
        match day {
            Some((day, _)) => Plan::call("", "record_promise", &json!({"date": day, "amount": amount})),
            None => Plan::say(self.phrases.when),
        }
    }

    fn may(&self, tool: &str) -> bool {
        self.asked.tools.iter().any(|name| name == tool)
    }

    fn fact(&self, names: &[&str]) -> Option<&'a str> {
        self.facts.iter().find(|(name, _)| names.iter().any(|wanted| name.contains(wanted))).map(|(_, value)| *value)
    }
}

/// The first `(xx-IN)` of the instructions.
fn language_code(instructions: &str) -> &str {
    let at = instructions.find("-IN)").filter(|at| *at >= 2);
    at.and_then(|at| instructions.get(at - 2..at)).unwrap_or("en")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(facts: &str, heard: &str) -> Asked {
        let tools = ["transfer_to_agent", "record_promise", "end_call"].map(str::to_owned).to_vec();
        let instructions = format!("You phone people. Speak Hindi (hi-IN).\n- company: Asha\n{facts}");
        let turn = Turn { from_user: true, text: heard.to_owned(), tool_errors: Vec::new() };
        Asked { instructions, turns: vec![turn], tools }
    }

    #[test]
    fn it_tells_what_its_instructions_hold_and_nothing_else() {
        let facts = "- amount due: 15,000 rupees\n- due date: 5 दिसंबर";
        let say = |facts, heard| think(&asked(facts, heard), &Behaviour::Honest).text;
        assert!(say(facts, "कितना देना है?").contains("15,000"));
        assert!(say(facts, "कब तक?").contains("5 दिसंबर"));
        assert!(say(facts, "आप कौन हैं?").contains("Asha"));
        assert!(!say("", "कितना देना है?").contains("15,000"));
    }

    /// The guard would stop a stand-in that talks otherwise than a model may, and every story with it.
    #[test]
    fn what_it_says_passes_the_guard_in_every_language() {
        use crate::domain::language::Language;
        use crate::domain::money::Paise;
        use crate::domain::spoken;
        use crate::domain::thinking::{Guard, Known};

        for language in Language::ALL {
            let (due, day) = (Paise(1_500_000), jiff::civil::date(2026, 12, 5));
            let (amount, date) = (spoken::rupees(due, language), spoken::date(day, None, language));
            let known = Known {
                amounts: vec![due],
                dates: vec![day],
                names: vec!["Asha Loans".to_owned()],
                spoken: vec![amount.clone(), date.clone()],
                ..Known::default()
            };
            let phrases = of_code(language.code().split('-').next().expect("a code"));
            let open = [phrases.not_yet.to_owned(), phrases.who.replace("{}", "Asha Loans")];
            let told = [phrases.amount.replace("{}", &amount), phrases.date.replace("{}", &date)];
            let asked = [phrases.listens.to_owned(), phrases.when.to_owned()];
            for text in open.iter().chain(&told).chain(&asked) {
                let after = Guard { language, confirmed: true, known: &known };
                assert_eq!(after.check(text), Ok(()), "{language}: {text}");
                let before = Guard { confirmed: false, ..after };
                assert_eq!(
                    before.check(text).is_ok(),
                    open.contains(text) || text == phrases.listens,
                    "{language}: {text}"
                );
            }
        }
    }

    #[test]
    fn it_calls_the_tools_it_has() {
        let facts = "- amount due: 15,000 rupees";
        let call = |heard| think(&asked(facts, heard), &Behaviour::Honest).calls;
        let promise = json!({"date": "tomorrow", "amount": 15_000}).to_string();
        assert_eq!(call("main kal pay karunga"), [("record_promise".to_owned(), promise)]);
        assert_eq!(call("mujhe agent se baat karni hai")[0].0, "transfer_to_agent");
        assert!(call("pay karunga").is_empty(), "no day was named");
        assert_eq!(call("नहीं, धन्यवाद।")[0].0, "end_call");
    }
}
