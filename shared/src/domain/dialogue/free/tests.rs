use serde_json::json;

use super::*;
use crate::domain::dialogue::languages::table;
use crate::domain::dialogue::{Brief, understand};
use crate::domain::id::CustomerId;
use crate::domain::language::Language;
use crate::domain::session::SessionCustomer;

const TODAY: Date = jiff::civil::date(2026, 11, 25);

/// With a model, and with the right person on the line unless the playbook is to be the other one.
fn dialogue(language: Language, playbook: Playbook) -> Dialogue {
    let customer = SessionCustomer {
        id: CustomerId::new(jiff::Timestamp::UNIX_EPOCH, [7; 10]),
        name: "Kavita".to_owned(),
        state: None,
        loan_id: Some("LN-004321".to_owned()),
        amount: Some(Paise(1_500_000)),
        due_date: Some(jiff::civil::date(2026, 12, 5)),
        language,
    };
    let purpose = Purpose { playbook: Arc::new(playbook), today: TODAY, model: true };
    let mut dialogue = Dialogue::new(Brief {
        language,
        lender: "Asha Finance".to_owned(),
        customer: Some(customer),
        agents: true,
        purpose: Some(purpose),
    });
    dialogue.open();
    dialogue.question_was_heard(true);
    dialogue
}

fn payment() -> Playbook {
    let [payment, _] = Playbook::shipped().expect("usable");
    payment
}

fn confirmed(language: Language) -> Dialogue {
    let mut dialogue = dialogue(language, payment());
    dialogue.answer(table(language).words.yes[0], Some(language));
    assert!(dialogue.is_confirmed());
    dialogue
}

/// The model proposes four thousand by Friday, and that is read back.
fn read_back(language: Language) -> Dialogue {
    let mut dialogue = confirmed(language);
    assert_eq!(dialogue.answer("what about the bananas", None).then, Then::Think);
    let verdict = call(&mut dialogue, "record_promise", json!({"date": "friday", "amount": 4_000}));
    assert!(matches!(verdict, Verdict::Instead(_)) && dialogue.question == Question::Promise);
    dialogue
}

fn call(dialogue: &mut Dialogue, name: &str, arguments: serde_json::Value) -> Verdict {
    dialogue.tool(&ToolCall { id: "t1".to_owned(), name: name.to_owned(), arguments, signature: None })
}

fn said(reply: &Reply) -> String {
    reply.say.iter().map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_promise_read_back_is_agreed_to_by_a_yes_and_not_by_another_promise() {
    for language in Language::ALL {
        let words = &table(language).words;
        for yes in [words.yes[0], words.fine[0]] {
            let mut agreed = read_back(language);
            assert_eq!(agreed.answer(yes, None).then, Then::HangUp(Disposition::PromiseToPay), "{language}: {yes}");
            let promised = Promised { date: jiff::civil::date(2026, 11, 27), amount: Paise(400_000) };
            assert_eq!(agreed.outcome().promise, Some(promised));
        }
        for other in [format!("{}, {}", words.no[0], words.will_pay[0]), words.will_pay[0].to_owned()] {
            let mut refused = read_back(language);
            assert_eq!(refused.answer(&other, None).then, Then::Think, "{language}: {other}");
            assert_eq!(refused.outcome().promise, None, "{language}: {other}");
        }
    }
    for text in ["No, I will pay next week", "नहीं, शुक्रवार को दे दूंगा"] {
        assert_eq!(read_back(Language::Hindi).answer(text, None).then, Then::Think, "{text}");
    }
}

#[test]
fn after_a_refused_read_back_nothing_is_promised_that_is_not_read_back() {
    for language in Language::ALL {
        let words = &table(language).words;
        let mut refused = read_back(language);
        refused.answer(words.no[0], None);
        refused.unanswered();
        assert_eq!(understand(words.will_pay[0], language), Intent::WillPay);
        for _ in 0..2 {
            // The model is away, and what the caller says would be a promise of all that is due.
            assert_eq!(refused.answer(words.will_pay[0], None).then, Then::Think, "{language}");
            assert_eq!(refused.unanswered().then, Then::Listen, "{language}");
        }
        assert_eq!((refused.outcome().disposition, refused.outcome().promise), (None, None), "{language}");
    }
    let mut never_asked = confirmed(Language::English);
    never_asked.answer("I will pay", None);
    assert_eq!(never_asked.unanswered().then, Then::HangUp(Disposition::PromiseToPay), "as the script takes it");
}

#[test]
fn the_reason_is_heard_to_its_end_where_the_playbook_says_so_and_the_question_after_it_is_not() {
    let shipped = Playbook::shipped().expect("usable");
    for playbook in &shipped {
        for interruptible in [true, false] {
            let marked = Playbook { reason_interruptible: interruptible, ..playbook.clone() };
            let reply = dialogue(Language::English, marked).answer("yes", Some(Language::English));
            let (question, reason) = reply.say.split_last().expect("sentences");
            assert!(!reason.is_empty() && reason.iter().all(|sentence| sentence.interruptible == interruptible));
            assert!(question.interruptible);
        }
    }
}

#[test]
fn a_promise_in_another_language_is_read_back_alone() {
    let mut dialogue = read_back(Language::Hindi);
    let reply = dialogue.answer("English please", None);
    assert!(said(&reply).starts_with("So you will pay four thousand rupees"), "{}", said(&reply));
    assert_eq!(reply.say.len(), 1, "a yes must not answer another question");
}

#[test]
fn a_key_into_a_read_back_puts_no_other_question_that_a_yes_would_seem_to_answer() {
    let reply = read_back(Language::English).key().expect("the first one");
    assert!(said(&reply).starts_with("So you will pay four thousand rupees"), "{}", said(&reply));
    assert_eq!(reply.say.len(), 1, "{}", said(&reply));
}

#[test]
fn troubles_of_the_model_do_not_count_against_the_caller_at_once_and_not_for_ever() {
    let mut dialogue = confirmed(Language::English);
    let unclear = |dialogue: &mut Dialogue| {
        assert_eq!(dialogue.answer("what about the bananas", None).then, Then::Think);
        dialogue.unanswered().then
    };
    for _ in 0..3 {
        for _ in 0..MOST_TROUBLES {
            assert_eq!(unclear(&mut dialogue), Then::Listen);
        }
        dialogue.answer("what about the bananas", None);
        let clause = Clause { text: "I can help with that.".to_owned(), ends_sentence: true };
        assert!(matches!(dialogue.clause(&clause), Verdict::Say(_)));
        assert_eq!(dialogue.answered().then, Then::Listen, "an answered turn forgives them");
    }
    let on_and_on: Vec<Then> = (0..MOST_TROUBLES + 3).map(|_| unclear(&mut dialogue)).collect();
    assert_eq!(on_and_on.last(), Some(&Then::HangUp(Disposition::NoResponse)), "nobody talks to a machine for ever");
}

#[test]
fn a_model_that_thinks_it_knows_who_speaks_has_the_question_put_again_and_nothing_else() {
    let mut dialogue = dialogue(Language::English, payment());
    for _ in 0..6 {
        assert_eq!(dialogue.answer("it is the one you are looking for", None).then, Then::Think);
        let Verdict::Instead(reply) = call(&mut dialogue, "confirm_identity", json!({})) else { panic!("followed") };
        assert_eq!((said(&reply).as_str(), reply.then), ("Am I speaking with Kavita?", Then::Listen));
        assert!(!dialogue.is_confirmed());
    }
}

#[test]
fn the_language_that_is_spoken_already_is_not_set_again() {
    let mut dialogue = confirmed(Language::English);
    dialogue.answer("what about the bananas", None);
    assert_eq!(call(&mut dialogue, "set_language", json!({"language": "en-IN"})), Verdict::Again);
}

#[test]
fn a_reminder_of_an_appointment_takes_no_word_of_paying() {
    let [_, appointment] = Playbook::shipped().expect("usable");
    for language in Language::ALL {
        let words = &table(language).words;
        for text in [words.will_pay[0], words.paid[0]] {
            let mut dialogue = dialogue(language, appointment.clone());
            dialogue.answer(words.yes[0], Some(language));
            assert_eq!(dialogue.answer(text, None).then, Then::Think, "{language}: {text}");
            assert_eq!(dialogue.unanswered().then, Then::Listen, "{language}: {text}");
            assert_eq!(dialogue.outcome().disposition, None, "{language}: {text}");
        }
    }
}

#[test]
fn what_the_model_asked_last_says_how_the_answer_is_waited_for() {
    let piece = |text: &str, ends_sentence| Clause { text: text.to_owned(), ends_sentence };
    let asked = |pieces: &[Clause]| {
        let mut dialogue = confirmed(Language::English);
        dialogue.answer("what about the bananas", None);
        for clause in pieces {
            assert!(matches!(dialogue.clause(clause), Verdict::Say(_)), "{clause:?}");
        }
        dialogue.answered().expects
    };
    assert_eq!(
        asked(&[piece("When would you like to pay,", false), piece("this week or the next?", true)]),
        Expects::Date
    );
    assert_eq!(
        asked(&[piece("How much can you manage?", true), piece("Any part of it helps.", true)]),
        Expects::Amount
    );
    assert_eq!(asked(&[piece("When can you pay?", true), piece("Shall I call again?", true)]), Expects::Open);
    assert_eq!(asked(&[piece("I can help with that.", true)]), Expects::Open);
    // The next answer begins anew.
    let mut dialogue = confirmed(Language::English);
    for (clause, expects) in [("When can you pay?", Expects::Date), ("I see.", Expects::Open)] {
        dialogue.answer("what about the bananas", None);
        dialogue.clause(&piece(clause, true));
        assert_eq!(dialogue.answered().expects, expects, "{clause}");
    }
}

#[test]
fn a_playbooks_last_words_are_for_the_right_person_and_the_script_has_the_rest() {
    let [_, appointment] = Playbook::shipped().expect("usable");
    for language in Language::ALL {
        let words = &table(language).words;
        let mut needs_nothing = dialogue(language, appointment.clone());
        needs_nothing.answer(words.yes[0], None);
        let last = said(&needs_nothing.answer(words.no[0], None));
        let own = appointment.closing[&Ending::Informed][&language].replace("{company}", "Asha Finance");
        assert_eq!(last, own, "{language}");
        let mut later = dialogue(language, appointment.clone());
        later.answer(words.yes[0], None);
        later.answer("what about the bananas", None);
        let Verdict::Instead(reply) = call(&mut later, "request_callback", json!({"day": "friday", "part": "morning"}))
        else {
            panic!("followed")
        };
        assert_eq!(said(&reply), table(language).open.call_later, "{language}");
    }
    let mut told = appointment.clone();
    let secret = || Language::ALL.map(|language| (language, "about your appointment".to_owned())).into();
    told.closing = Ending::ALL.map(|ending| (ending, secret())).into();
    let mut stranger = dialogue(Language::English, told.clone());
    assert_eq!(said(&stranger.answer("call later", None)), table(Language::English).open.call_later);
    let mut stranger = dialogue(Language::English, told);
    assert!(!said(&stranger.time_over()).contains("appointment"), "whoever it is");
}
