//! What a language model sends: as a stream of records, as words that go to the voice, and as
//! calls of tools with arguments nobody has checked.

use jiff::civil::date;
use serde_json::Value;
use shared::domain::language::Language;
use shared::domain::money::Paise;
use shared::domain::thinking::{Clause, Clauses, FURTHEST_DAYS, Guard, Known, Limits, Tool, ToolCall, Wish, read};
use shared::wire::gemini::answer::parse;
use shared::wire::gemini::sse::Records;
use shared::wire::gemini::trouble::Trouble;

pub(crate) fn run(input: &[u8]) {
    records(input);
    let text = String::from_utf8_lossy(input);
    clauses(&text);
    guarded(&text);
    if let Ok(arguments) = serde_json::from_str::<Value>(&text) {
        called(&arguments);
        let _by_error = Trouble::of_error(&arguments);
    }
    let _by_status = Trouble::of_http(input.first().copied().map_or(0, u16::from) * 3, input);
}

/// The same records, wherever the bytes were cut on their way.
fn records(input: &[u8]) {
    let split = |pieces: &[&[u8]]| {
        let mut records = Records::default();
        let mut whole = Vec::new();
        for piece in pieces {
            whole.extend(records.take(piece).ok()?);
        }
        whole.extend(records.finish());
        Some(whole)
    };
    let whole = split(&[input]);
    for at in [input.len() / 3, input.len() / 2, input.len().saturating_sub(1)] {
        let (left, right) = input.split_at(at);
        assert_eq!(split(&[left, right]), whole, "cut at {at}");
    }
    for record in whole.into_iter().flatten() {
        let _read = parse(&record);
    }
}

/// No word is lost or made up, and nothing waits for ever.
fn clauses(text: &str) {
    let cut = |size: usize| {
        let letters: Vec<char> = text.chars().collect();
        let mut clauses = Clauses::default();
        let mut whole: Vec<Clause> = Vec::new();
        for piece in letters.chunks(size) {
            whole.extend(clauses.take(&piece.iter().collect::<String>()));
        }
        whole.extend(clauses.finish());
        whole
    };
    let (by_letters, by_words) = (cut(1), cut(7));
    assert_eq!(by_letters, by_words, "pieces say nothing");
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let said: String = by_letters.iter().map(|clause| letters(&clause.text)).collect();
    assert_eq!(said, letters(text));
    assert!(by_letters.iter().all(|clause| clause.text.chars().count() < 200), "a voice can take each");
}

/// Before the right person is confirmed no number passes, and no word that names a debt.
fn guarded(text: &str) {
    let known = Known { amounts: vec![Paise(1_500_000)], ..Known::default() };
    for language in Language::ALL {
        let passes = |confirmed| Guard { language, confirmed, known: &known }.check(text).is_ok();
        if passes(false) {
            assert!(!text.chars().any(|c| c.is_ascii_digit()), "{text}");
            assert!(!text.to_lowercase().split_whitespace().any(|word| word == "loan"), "{text}");
        }
        if passes(true) {
            assert!(!text.contains("16000") && !text.contains("16,000"), "{text}");
        }
    }
}

/// What is promised is due, soon, and not past.
fn called(arguments: &Value) {
    let (today, due) = (date(2026, 11, 25), Paise(1_500_000));
    for tool in Tool::ALL {
        let call = ToolCall {
            id: "t".to_owned(),
            name: tool.name().to_owned(),
            arguments: arguments.clone(),
            signature: None,
        };
        let limits = Limits { offered: &Tool::ALL, today, due: Some(due), evenings: true, language: Language::English };
        match read(&call, limits) {
            Ok(Wish::RecordPromise { date, amount }) => {
                assert!(amount > Paise(0) && amount <= due);
                assert!((0..=FURTHEST_DAYS).contains(&(date - today).get_days()));
            }
            Ok(Wish::RequestCallback { date, .. }) => {
                assert!((0..=FURTHEST_DAYS).contains(&(date - today).get_days()));
            }
            Ok(_) => {}
            Err(bad) => assert!(!bad.0.is_empty()),
        }
    }
}
