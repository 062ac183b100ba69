//! The tables are whole, and the script keeps to its rules in every language.

use super::intent::Intent;
use super::languages::table;
use super::*;
use crate::domain::call::Disposition;
use crate::domain::id::CustomerId;
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::session::SessionCustomer;
use crate::domain::spoken;
use crate::domain::thinking::Known;

fn customer(language: Language) -> SessionCustomer {
    SessionCustomer {
        id: CustomerId::new(jiff::Timestamp::UNIX_EPOCH, [7; 10]),
        name: "Kavita".to_owned(),
        state: None,
        loan_id: Some("LN-004321".to_owned()),
        amount: Some(Paise(1_500_000)),
        due_date: Some(jiff::civil::date(2026, 12, 5)),
        language,
    }
}

/// Whoever answers it has heard what was asked.
fn dialogue(language: Language) -> Dialogue {
    let mut dialogue = Dialogue::new(Brief {
        language,
        lender: "Asha Finance".to_owned(),
        customer: Some(customer(language)),
        agents: true,
        purpose: None,
    });
    dialogue.question_was_heard(true);
    dialogue
}

fn spoken(reply: &Reply) -> String {
    reply.say.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// Every sentence of a language as it would be said: the open ones, and those of a debt.
pub(in crate::domain) fn every_sentence(language: Language, known: &Known) -> (Vec<String>, Vec<String>) {
    let t = table(language);
    let filled = |text: &str| text.replace("{lender}", &known.names[0]).replace("{name}", &known.names[1]);
    let (amount, date) = (spoken::rupees(known.amounts[0], language), spoken::date(known.dates[0], None, language));
    let loan = spoken::ending(&known.ids[0], language).expect("an id with digits");
    let debt = t.debt.open(&proof());
    let told = [
        debt.loan,
        debt.loan_unnamed,
        debt.due,
        debt.due_amount,
        debt.due_date,
        debt.options,
        debt.promise_check,
        debt.promise,
    ];
    let told = told.map(|text| text.replace("{loan}", &loan).replace("{amount}", &amount).replace("{date}", &date));
    (t.open.all().map(filled).to_vec(), told.to_vec())
}

fn proof() -> Confirmed {
    Confirmed::from_answer(Question::Identity, Intent::Yes).expect("a yes")
}

#[test]
fn every_language_has_every_sentence_and_no_open_one_has_room_for_a_debt() {
    for language in Language::ALL {
        let t = table(language);
        for text in t.open.all() {
            assert!(!text.trim().is_empty(), "{language}");
            for placeholder in ["{loan}", "{amount}", "{date}"] {
                assert!(!text.contains(placeholder), "{language}: {text}");
            }
        }
        assert!(t.open.greeting.contains("{lender}") && t.open.identity.contains("{name}"), "{language}");
        let debt = t.debt.open(&proof());
        assert!(debt.loan.contains("{loan}") && debt.due.contains("{amount}") && debt.due.contains("{date}"));
        assert!(debt.due_amount.contains("{amount}") && debt.due_date.contains("{date}"));
        assert!(debt.promise_check.contains("{amount}") && debt.promise_check.contains("{date}"));
        for (intent, phrases) in t.words.phrases() {
            assert!(!phrases.is_empty(), "{language} has no words for {intent:?}");
        }
        assert!(!t.words.backchannel.is_empty() && !t.words.unfinished.is_empty(), "{language}");
    }
}

#[test]
fn every_sentence_is_short_enough_to_listen_to() {
    for language in Language::ALL {
        let mut d = dialogue(language);
        d.open();
        let yes = table(language).words.yes[0];
        for sentence in d.answer(yes, Some(language)).say {
            // About 14 characters a second are spoken; 12 s are the most anybody listens to.
            assert!(sentence.text.chars().count() < 170, "{language}: {}", sentence.text);
        }
    }
}

#[test]
fn each_languages_own_words_lead_through_its_script() {
    for language in Language::ALL {
        let words = &table(language).words;
        for yes in words.yes {
            assert_eq!(understand(yes, language), Intent::Yes, "{language}: {yes}");
        }
        for (intent, phrases) in words.phrases() {
            for phrase in phrases {
                assert_eq!(understand(phrase, language), intent, "{language}: {phrase}");
            }
        }
    }
}

#[test]
fn nothing_about_the_debt_is_said_before_a_yes() {
    for language in Language::ALL {
        for answer in ["hello", "ok", "agent?", "what", "who is this", "I will pay", "hmm", "42"] {
            let mut d = dialogue(language);
            let opening = spoken(&d.open());
            let reply = spoken(&d.answer(answer, Some(language)));
            for said in [&opening, &reply] {
                assert!(!said.contains(&spoken::rupees(Paise(1_500_000), language)), "{language}: {said}");
                assert!(!said.contains(&spoken::characters("4321", language)), "{language}: {said}");
            }
            assert!(!d.is_confirmed());
        }
    }
}

#[test]
fn a_yes_opens_the_reason_with_loan_amount_and_date() {
    let mut d = dialogue(Language::English);
    d.open();
    let said = spoken(&d.answer("Yes, speaking", Some(Language::English)));
    for words in ["four three two one", "fifteen thousand rupees", "fifth of December."] {
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(d.answer("no thanks", None).then, Then::HangUp(Disposition::Informed));
}

#[test]
fn a_due_date_far_away_is_said_with_its_year() {
    let mut d = dialogue(Language::English).on(jiff::civil::date(2027, 9, 1));
    d.open();
    let said = spoken(&d.answer("Yes, speaking", None));
    assert!(said.contains("fifth of December twenty twenty-six."), "{said}");
}

#[test]
fn what_is_said_of_a_debt_holds_no_digit() {
    for language in Language::ALL {
        let mut d = dialogue(language);
        d.open();
        for sentence in d.answer(table(language).words.yes[0], Some(language)).say {
            assert!(!sentence.text.contains(char::is_numeric), "{language}: {}", sentence.text);
        }
    }
}

#[test]
fn a_no_to_the_identity_question_is_a_wrong_number() {
    let mut d = dialogue(Language::Hindi);
    d.open();
    let reply = d.answer("नहीं", Some(Language::Hindi));
    assert_eq!(reply.then, Then::HangUp(Disposition::WrongNumber));
    assert!(!d.is_confirmed());
}

#[test]
fn a_promise_is_taken_only_from_the_right_person() {
    let mut stranger = dialogue(Language::English);
    stranger.open();
    assert_eq!(stranger.answer("I will pay", None).then, Then::Listen);
    let mut right = dialogue(Language::English);
    right.open();
    right.answer("yes", None);
    assert_eq!(right.answer("I will pay tomorrow", None).then, Then::HangUp(Disposition::PromiseToPay));
}

#[test]
fn after_two_answers_nobody_understood_comes_goodbye_and_no_agent() {
    let mut d = dialogue(Language::English);
    d.open();
    assert_eq!(d.answer("the weather", None).then, Then::Listen);
    assert_eq!(d.answer("bananas", None).then, Then::Listen);
    assert_eq!(d.answer("purple", None).then, Then::HangUp(Disposition::NoResponse));
}

#[test]
fn a_sentence_in_another_language_is_understood_and_answered_in_it() {
    let mut d = dialogue(Language::Hindi);
    d.open();
    d.answer("hmm", Some(Language::English));
    d.answer("hmm", Some(Language::English));
    assert_eq!(d.language(), Language::Hindi, "a nod is of every language");
    d.answer("ஆமாம் நான் தான்", Some(Language::Tamil));
    assert_eq!(d.language(), Language::Tamil);
    assert!(d.is_confirmed());
}

#[test]
fn a_language_that_is_refused_is_no_answer_to_the_question() {
    for text in ["no Hindi please", "हिंदी नहीं"] {
        let mut d = dialogue(Language::Hindi);
        d.open();
        let reply = d.answer(text, Some(Language::Hindi));
        assert!(spoken(&reply).contains("Am I speaking with Kavita?"), "{text}: {}", spoken(&reply));
        assert_eq!(reply.then, Then::Listen);
    }
    let mut d = dialogue(Language::Tamil);
    d.open();
    let reply = d.answer("no Hindi please", Some(Language::English));
    assert_eq!((d.language(), reply.then), (Language::Tamil, Then::Listen), "not a wrong number");
}

#[test]
fn a_wish_for_a_language_does_not_swallow_what_ends_the_matter() {
    let mut d = dialogue(Language::Hindi);
    d.open();
    assert_eq!(d.answer("I want an agent in Tamil", None).then, Then::HandOver);
    assert_eq!(d.language(), Language::Tamil);
    let mut d = dialogue(Language::Hindi);
    d.open();
    let reply = d.answer("wrong number, no Hindi", None);
    assert_eq!(reply.then, Then::HangUp(Disposition::WrongNumber));
}

#[test]
fn a_language_asked_for_is_spoken_and_the_question_comes_again() {
    let mut d = dialogue(Language::Hindi);
    d.open();
    let reply = d.answer("English please", Some(Language::Hindi));
    assert_eq!(d.language(), Language::English);
    assert!(spoken(&reply).contains("Am I speaking with Kavita?"));
}

#[test]
fn an_answering_machine_hears_nothing_more() {
    let mut d = dialogue(Language::English);
    d.open();
    let reply = d.answer("Please leave a message after the beep", None);
    assert_eq!((reply.say.len(), reply.then), (0, Then::HangUp(Disposition::Voicemail)));
}

#[test]
fn without_an_agent_the_apology_offers_a_call_back() {
    let brief = Brief {
        language: Language::English,
        lender: "Asha Finance".to_owned(),
        customer: Some(customer(Language::English)),
        agents: false,
        purpose: None,
    };
    let mut d = Dialogue::new(brief);
    d.open();
    assert_eq!(d.answer("agent", None).then, Then::HangUp(Disposition::CallbackRequested));
}

#[test]
fn without_customer_data_only_an_apology_is_said() {
    let brief = Brief {
        language: Language::English,
        lender: "Asha Finance".to_owned(),
        customer: None,
        agents: true,
        purpose: None,
    };
    let reply = Dialogue::new(brief).open();
    assert_eq!((reply.say.len(), reply.then), (1, Then::HangUp(Disposition::Broken)));
}

#[test]
fn a_preview_says_what_the_answer_will_and_changes_nothing() {
    for answers in [["yes", "agent"], ["what", "no"], ["नहीं", "yes"], ["English please", "yes speaking"]] {
        let mut d = dialogue(Language::Hindi);
        d.open();
        for answer in answers {
            let before = d.outcome();
            let preview = d.preview(answer, Some(Language::Hindi));
            assert_eq!(d.preview(answer, Some(Language::Hindi)), preview, "{answer}");
            assert_eq!((d.outcome(), d.is_confirmed()), (before, answers[0] == "yes" && answer != "yes"), "{answer}");
            assert_eq!(d.answer(answer, Some(Language::Hindi)), preview, "{answer}");
        }
    }
}

#[test]
fn a_customer_may_speak_of_a_phone_that_was_switched_off() {
    for (text, then) in [
        ("My phone was switched off, I will pay tomorrow", Then::HangUp(Disposition::PromiseToPay)),
        ("the number was not reachable", Then::Listen),
    ] {
        let mut d = dialogue(Language::English);
        d.answer("yes", None);
        assert!(d.is_confirmed());
        d.question_was_heard(true);
        let reply = d.answer(text, Some(Language::English));
        assert_eq!(reply.then, then, "{text}");
        assert!(!reply.say.is_empty(), "{text}");
    }
}

#[test]
fn a_yes_that_is_taken_back_in_another_language_opens_nothing() {
    // Tamil for "he is not here", in letters a recogniser takes for English.
    for (spoken_to, text) in
        [(Language::Tamil, "Yes? Avar illa"), (Language::English, "Yes? illai"), (Language::Telugu, "yes, ledu")]
    {
        for heard in [None, Some(Language::English), Some(Language::Tamil), Some(Language::Telugu)] {
            let mut d = dialogue(spoken_to);
            let _reply = d.answer(text, heard);
            let contradicted = spoken_to != Language::English || heard == Some(Language::Tamil);
            assert!(!(contradicted && d.is_confirmed()), "{spoken_to}, reported as {heard:?}: {text}");
        }
    }
}

#[test]
fn a_language_nobody_speaks_here_can_be_refused_without_an_end() {
    let mut d = dialogue(Language::English);
    let reply = d.answer("I do not want Hindi", Some(Language::English));
    assert_eq!((reply.then, d.language()), (Then::Listen, Language::English));
    let asked = spoken(&reply);
    assert!(asked.contains("Kavita") && !asked.contains("recorded"), "the question alone: {asked}");
}

#[test]
fn who_wants_to_be_phoned_later_in_another_language_is_phoned_later() {
    let mut d = dialogue(Language::English);
    let reply = d.answer("Hindi please, and call me later", Some(Language::English));
    assert_eq!((reply.then, d.language()), (Then::HangUp(Disposition::CallbackRequested), Language::Hindi));
}

#[test]
fn a_yes_of_somebody_else_opens_nothing_and_the_customers_own_does() {
    for (language, text) in [
        (Language::English, "yes I am her mother"),
        (Language::English, "yes, his wife speaking"),
        (Language::English, "yes, this is my husband's number"),
        (Language::Hindi, "हाँ, मैं उनकी पत्नी बोल रही हूँ"),
        (Language::Hindi, "haan boliye main unka bhai bol raha hoon"),
        (Language::Tamil, "ஆமா, நான் அவரோட மனைவி"),
        (Language::Telugu, "అవును, నేను ఆయన భార్యని"),
        (Language::Kannada, "ಹೌದು, ನಾನು ಅವರ ಮಗ"),
        (Language::Malayalam, "ഞാൻ അവളുടെ അമ്മ ആണ്"),
        (Language::Marathi, "हो, मी त्यांची बायको बोलतेय"),
        (Language::Gujarati, "હા, હું એમનો દીકરો"),
        (Language::Bengali, "হ্যাঁ, আমি ওনার ছেলে"),
        (Language::Punjabi, "ਹਾਂ ਜੀ, ਮੈਂ ਉਹਨਾਂ ਦਾ ਪੁੱਤਰ"),
        (Language::Odia, "ହଁ, ମୁଁ ତାଙ୍କ ପୁଅ"),
    ] {
        let mut dialogue = dialogue(language);
        dialogue.open();
        let reply = dialogue.answer(text, Some(language));
        assert!(!dialogue.is_confirmed() && reply.then == Then::Listen, "{text}: {reply:?}");
    }
    for (language, text) in [
        (Language::Hindi, "हाँ भाई बोल रहा हूँ"),
        (Language::Hindi, "haan beta boliye"),
        (Language::English, "yes, this is her"),
        (Language::Malayalam, "ഞാൻ ആണ്"),
    ] {
        let mut dialogue = dialogue(language);
        dialogue.open();
        dialogue.answer(text, Some(language));
        assert!(dialogue.is_confirmed(), "{text}");
    }
}
