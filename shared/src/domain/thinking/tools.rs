//! The tools a model may call. What it asks for is read like anything from outside: closed words,
//! checked amounts. A mistake is told so that it can be corrected.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::request::{ToolCall, ToolSpec};
use super::when::{DAYS, day};
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::phone::mask_said;

/// "In a few words": an agent takes the call while they hear it.
const LONGEST_REMARK: usize = 120;

/// A tool by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum Tool {
    ConfirmIdentity,
    TransferToAgent,
    EndCall,
    SetLanguage,
    RecordPromise,
    MarkWrongNumber,
    RequestCallback,
    DoNotCall,
}

/// A part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum PartOfDay {
    Morning,
    Afternoon,
    Evening,
}

impl PartOfDay {
    /// The word used everywhere outside the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Morning => "morning",
            Self::Afternoon => "afternoon",
            Self::Evening => "evening",
        }
    }
}

/// What a call asks for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// The model thinks the right person has said so. Only a proposal: the caller's own words decide.
    ConfirmIdentity,
    /// To a human.
    TransferToAgent {
        /// Why, for the agent.
        reason: Option<String>,
    },
    /// Everything is said.
    EndCall,
    /// Go on in this language.
    SetLanguage(Language),
    /// The caller promises to pay.
    RecordPromise {
        /// By when.
        date: Date,
        /// How much; never more than is due.
        amount: Paise,
    },
    /// Somebody else's phone.
    MarkWrongNumber,
    /// Phone again.
    RequestCallback {
        /// On which day.
        date: Date,
        /// Inside the calling hours.
        part: PartOfDay,
    },
    /// Never again.
    DoNotCall,
}

/// Why a call can not be followed, as the model is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadCall(pub String);

/// What arguments are checked against.
#[derive(Debug, Clone, Copy)]
pub struct Limits<'a> {
    /// Tools on offer now.
    pub offered: &'a [Tool],
    /// The day of the call, where it is.
    pub today: Date,
    /// What is due; none where nothing is known or may be.
    pub due: Option<Paise>,
    /// Whether we may phone in the evening.
    pub evenings: bool,
    /// Spoken now.
    pub language: Language,
}

impl Tool {
    /// All tools.
    pub const ALL: [Self; 8] = [
        Self::ConfirmIdentity,
        Self::TransferToAgent,
        Self::EndCall,
        Self::SetLanguage,
        Self::RecordPromise,
        Self::MarkWrongNumber,
        Self::RequestCallback,
        Self::DoNotCall,
    ];

    /// What it is called by.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConfirmIdentity => "confirm_identity",
            Self::TransferToAgent => "transfer_to_agent",
            Self::EndCall => "end_call",
            Self::SetLanguage => "set_language",
            Self::RecordPromise => "record_promise",
            Self::MarkWrongNumber => "mark_wrong_number",
            Self::RequestCallback => "request_callback",
            Self::DoNotCall => "do_not_call",
        }
    }

    /// The tool of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// Speaks of a debt: never on offer before the right person is confirmed.
    pub fn needs_confirmation(self) -> bool {
        match self {
            Self::RecordPromise => true,
            Self::ConfirmIdentity
            | Self::TransferToAgent
            | Self::EndCall
            | Self::SetLanguage
            | Self::MarkWrongNumber
            | Self::RequestCallback
            | Self::DoNotCall => false,
        }
    }

    /// As a model is told of it.
    pub fn spec(self) -> ToolSpec {
        let text = |description: &str| json!({"type": "string", "description": description});
        let one_of = |words: &[&str]| json!({"type": "string", "enum": words});
        let object =
            |fields: Value, required: &[&str]| json!({"type": "object", "properties": fields, "required": required});
        let nothing = || object(json!({}), &[]);
        let (description, schema) = match self {
            Self::ConfirmIdentity => ("The caller has said to be the person you phone.", nothing()),
            Self::TransferToAgent => (
                "The caller wants a human. Say nothing more: the caller is told to hold the line.",
                object(json!({"reason": text("why, in a few English words")}), &["reason"]),
            ),
            Self::EndCall => ("Everything is said. The goodbye is said for you.", nothing()),
            Self::SetLanguage => (
                "The caller wants another language.",
                object(json!({"language": one_of(&Language::ALL.map(Language::code))}), &["language"]),
            ),
            Self::RecordPromise => (
                "The caller promises to pay. It is read back to the caller for you.",
                object(
                    json!({"date": text(DAYS), "amount": {"type": "number", "description": "in rupees, at most what is due"}}),
                    &["date", "amount"],
                ),
            ),
            Self::MarkWrongNumber => ("The person you phone is not known at this number.", nothing()),
            Self::RequestCallback => (
                "The caller wants to be phoned another time.",
                object(
                    json!({"day": text(DAYS), "part": one_of(&["morning", "afternoon", "evening"])}),
                    &["day", "part"],
                ),
            ),
            Self::DoNotCall => ("The caller never wants to be phoned again.", nothing()),
        };
        ToolSpec { name: self.name(), description, schema }
    }
}

/// Reads a call.
pub fn read(call: &ToolCall, limits: Limits<'_>) -> Result<Wish, BadCall> {
    let tool = Tool::parse(&call.name).filter(|tool| limits.offered.contains(tool)).ok_or_else(|| {
        let names: Vec<&str> = limits.offered.iter().map(|tool| tool.name()).collect();
        BadCall(format!("there is no tool `{}` now; there are {}", call.name, names.join(", ")))
    })?;
    if !call.arguments.is_object() {
        return Err(BadCall(format!("the arguments of {} must be one JSON object", call.name)));
    }
    Ok(match tool {
        Tool::ConfirmIdentity => Wish::ConfirmIdentity,
        Tool::TransferToAgent => Wish::TransferToAgent { reason: call.arguments["reason"].as_str().and_then(remark) },
        Tool::EndCall => Wish::EndCall,
        Tool::MarkWrongNumber => Wish::MarkWrongNumber,
        Tool::DoNotCall => Wish::DoNotCall,
        Tool::SetLanguage => {
            let language =
                Language::parse(text(call, "language")?).map_err(|error| BadCall(format!("language: {error}")))?;
            if language == limits.language {
                return Err(BadCall(format!("language: you speak {} already; answer in it", language.name())));
            }
            Wish::SetLanguage(language)
        }
        Tool::RecordPromise => Wish::RecordPromise {
            date: named_day(call, "date", limits.today)?,
            amount: amount(&call.arguments["amount"], limits.due)?,
        },
        Tool::RequestCallback => {
            let part = match text(call, "part")? {
                "morning" => PartOfDay::Morning,
                "afternoon" => PartOfDay::Afternoon,
                "evening" if limits.evenings => PartOfDay::Evening,
                "evening" => return Err(BadCall("part: nobody may be phoned in the evening".to_owned())),
                other => return Err(BadCall(format!("part: `{other}` is not morning, afternoon or evening"))),
            };
            Wish::RequestCallback { date: named_day(call, "day", limits.today)?, part }
        }
    })
}

fn text<'a>(call: &'a ToolCall, field: &str) -> Result<&'a str, BadCall> {
    call.arguments[field].as_str().ok_or_else(|| BadCall(format!("{field}: a text is needed")))
}

/// What an agent is told, on one line and without a telephone number. That it is missing stops nobody
/// who wants a human.
fn remark(text: &str) -> Option<String> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let short: String = mask_said(&words.join(" ")).chars().take(LONGEST_REMARK).collect();
    (!short.is_empty()).then_some(short)
}

fn named_day(call: &ToolCall, field: &str, today: Date) -> Result<Date, BadCall> {
    let named = text(call, field)?;
    day(named, today).ok_or_else(|| BadCall(format!("{field}: `{named}` is none of: {DAYS}")))
}

/// A number, or a text as people write amounts. Never more than is due: what was misheard must not
/// become a promise.
fn amount(value: &Value, due: Option<Paise>) -> Result<Paise, BadCall> {
    let written = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return Err(BadCall("amount: a number of rupees is needed".to_owned())),
    };
    let amount = Paise::parse_rupees(&written).map_err(|error| BadCall(format!("amount: {error}")))?;
    match due {
        _ if amount <= Paise(0) => Err(BadCall("amount: it must be more than nothing".to_owned())),
        None => Err(BadCall("amount: what is due is not known; offer an agent".to_owned())),
        Some(due) if amount > due => Err(BadCall(format!("amount: only {due} is due"))),
        Some(_) => Ok(amount),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn ask(name: &str, arguments: Value) -> Result<Wish, BadCall> {
        let call = ToolCall { id: "t".to_owned(), name: name.to_owned(), arguments, signature: None };
        let limits = Limits {
            offered: &Tool::ALL,
            today: date(2026, 11, 25),
            due: Some(Paise(1_500_000)),
            evenings: false,
            language: Language::Hindi,
        };
        read(&call, limits)
    }

    #[test]
    fn every_tool_has_a_schema_that_needs_what_it_reads() {
        for tool in Tool::ALL {
            let spec = tool.spec();
            assert_eq!(Tool::parse(spec.name), Some(tool));
            assert_eq!(spec.schema["type"], "object");
            let fields = spec.schema["properties"].as_object().expect("fields").len();
            assert_eq!(spec.schema["required"].as_array().expect("a list").len(), fields, "{}", spec.name);
            assert_eq!(
                ask(spec.name, json!({})).is_err(),
                fields > 0 && tool != Tool::TransferToAgent,
                "{}",
                spec.name
            );
        }
    }

    #[test]
    fn the_reason_for_an_agent_is_one_short_line_without_a_number_and_may_be_missing() {
        let reason = |arguments| match ask("transfer_to_agent", arguments) {
            Ok(Wish::TransferToAgent { reason }) => reason,
            other => panic!("{other:?}"),
        };
        let long = format!(" disputes\nthe\u{0}charge of last\t year, call 98765 43210 {}", "and more ".repeat(40));
        let told = reason(json!({"reason": long})).expect("something");
        assert!(told.starts_with("disputes the charge of last year, call ") && !told.contains("98765"), "{told}");
        assert_eq!(told.chars().count(), LONGEST_REMARK);
        for none in [json!({}), json!({"reason": " \n"}), json!({"reason": 7})] {
            assert_eq!(reason(none.clone()), None, "{none}");
        }
    }

    #[test]
    fn a_promise_has_a_day_and_an_amount_that_is_due() {
        let promise = |date, amount| Ok(Wish::RecordPromise { date, amount });
        for amount in [json!(15_000), json!("15,000"), json!("₹15000"), json!(15_000.0)] {
            let asked = ask("record_promise", json!({"date": "tomorrow", "amount": amount}));
            assert_eq!(asked, promise(date(2026, 11, 26), Paise(1_500_000)));
        }
        let part = ask("record_promise", json!({"date": "2026-12-05", "amount": 499.5}));
        assert_eq!(part, promise(date(2026, 12, 5), Paise(49_950)));
    }

    #[test]
    fn what_is_wrong_is_told_so_that_it_can_be_corrected() {
        let wrong = |name, arguments| ask(name, arguments).expect_err("wrong").0;
        assert!(wrong("record_promise", json!({"date": "soon", "amount": 1})).contains("today, tomorrow"));
        assert!(wrong("record_promise", json!({"date": "today", "amount": 15_001})).contains("only ₹15,000 is due"));
        assert!(wrong("record_promise", json!({"date": "today", "amount": 0})).contains("more than nothing"));
        assert!(wrong("record_promise", json!({"date": "today", "amount": null})).contains("a number of rupees"));
        assert!(wrong("record_promise", json!("{\"date\": \"tomo")).contains("one JSON object"));
        assert!(wrong("set_language", json!({"language": "French"})).contains("eleven languages"));
        assert!(wrong("set_language", json!({"language": "hi-IN"})).contains("you speak Hindi already"));
        let evening = json!({"day": "tomorrow", "part": "evening"});
        assert!(wrong("request_callback", evening).contains("nobody may be phoned in the evening"));
        assert!(wrong("waive_the_debt", json!({})).contains("there is no tool"));
    }

    #[test]
    fn a_tool_that_is_not_on_offer_does_not_exist() {
        let call = ToolCall {
            id: "t".to_owned(),
            name: "record_promise".to_owned(),
            arguments: json!({"date": "today", "amount": 1}),
            signature: None,
        };
        let limits = Limits {
            offered: &[Tool::EndCall],
            today: date(2026, 11, 25),
            due: None,
            evenings: true,
            language: Language::Hindi,
        };
        assert!(read(&call, limits).expect_err("not offered").0.contains("there are end_call"));
    }
}
