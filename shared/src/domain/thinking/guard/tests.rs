use jiff::civil::date;

use super::*;
use crate::domain::dialogue::every_sentence;

fn known(language: Language) -> Known {
    let (due, day, id) = (Paise(1_500_050), date(2026, 12, 5), "LN-004321");
    let ending = spoken::ending(id, language).expect("an id with digits");
    Known {
        amounts: vec![due, Paise(1_500_000)],
        dates: vec![day],
        ids: vec![id.to_owned()],
        names: vec!["Asha Loans".to_owned(), "Kavita".to_owned()],
        spoken: vec![
            spoken::rupees(due, language),
            spoken::rupees(Paise(1_500_000), language),
            spoken::date(day, None, language),
            ending,
        ],
    }
}

fn before(language: Language, clause: &str) -> Result<(), Stopped> {
    Guard { language, confirmed: false, known: &known(language) }.check(clause)
}

fn after(language: Language, clause: &str) -> Result<(), Stopped> {
    Guard { language, confirmed: true, known: &known(language) }.check(clause)
}

#[test]
fn in_every_language_open_sentences_pass_and_sentences_of_a_debt_do_not() {
    for language in Language::ALL {
        let (open, debt) = every_sentence(language, &known(language));
        for sentence in &open {
            // "Press 1", which the script may say, is a number to the guard.
            if sentence.contains('1') {
                continue;
            }
            let expected = if sentence.contains('?') { Err(Stopped::Question) } else { Ok(()) };
            assert_eq!(before(language, sentence), expected, "{language}: {sentence}");
        }
        for sentence in &debt {
            assert_eq!(before(language, sentence), Err(Stopped::Debt), "{language}: {sentence}");
            assert_eq!(after(language, sentence), Ok(()), "{language}: {sentence}");
        }
    }
}

#[test]
fn before_confirmation_nothing_passes_that_could_tell_of_a_debt() {
    for clause in [
        "Your loan is overdue.",
        "It is about an EMI.",
        "You owe us something.",
        "This concerns 15,000.",
        "Please remember 5 December.",
        "The id ends in four three two one.",
        "It is about fifteen thousand.",
        "It is about your karz.",
        "The ₹ sign.",
        "Call about १५,०००.",
        "Your payments are late.",
        "It was for December.",
    ] {
        let stopped = before(Language::English, clause);
        assert!(matches!(stopped, Err(Stopped::Debt | Stopped::Language)), "{clause}: {stopped:?}");
    }
    assert_eq!(before(Language::Hindi, "यह आपके लोन के बारे में है।"), Err(Stopped::Debt));
    assert_eq!(before(Language::Tamil, "இது உங்கள் கடனைப் பற்றியது."), Err(Stopped::Debt));
    assert_eq!(before(Language::Hindi, "यह आपके loan की बात है।"), Err(Stopped::Debt), "mixed with English");
}

#[test]
fn before_confirmation_the_model_answers_and_asks_nothing() {
    assert_eq!(before(Language::English, "I am an assistant calling for Asha Loans."), Ok(()), "a name is no word");
    assert_eq!(before(Language::English, "I can tell Kavita alone what it is about."), Ok(()));
    assert_eq!(before(Language::English, "Shall I call later?"), Err(Stopped::Question));
}

#[test]
fn after_confirmation_amounts_dates_and_numbers_must_be_ours() {
    let en = |clause| after(Language::English, clause);
    for clause in [
        "It comes to fifteen thousand rupees.",
        "It was due on fifth of December, as you know.",
        "It comes to 15,000 rupees 50 paise.",
        "It is Rs. 15,000.50 in all.",
        "It was due on 5 December.",
        "December 5th, 2026 was the day.",
        "Your loan ending in four three two one.",
        "Your loan ending in 4321.",
        "There are 2 ways to pay.",
        "Thank you, that helps.",
        "You may also come by.",
    ] {
        assert_eq!(en(clause), Ok(()), "{clause}");
    }
    for (clause, expected) in [
        ("It comes to 16,000 rupees.", Stopped::Amount),
        ("You owe ₹500.", Stopped::Amount),
        ("A fee of fifty rupees applies.", Stopped::Amount),
        ("It comes to sixteen thousand rupees.", Stopped::Amount),
        ("It comes to fifteen thousand.", Stopped::Amount),
        ("There is a fee of ninety.", Stopped::Number),
        ("It was due on sixth of December.", Stopped::Date),
        ("It is about twenty thousand.", Stopped::Amount),
        ("It is due on 6 December.", Stopped::Date),
        ("It is due in January.", Stopped::Date),
        ("It is due on 5 May.", Stopped::Date),
        ("There is a 12% charge.", Stopped::Amount),
        ("It grows within 30 days.", Stopped::Number),
        ("Your loan ending in four three two two.", Stopped::Number),
        ("It is 15k.", Stopped::Number),
    ] {
        assert!(en(clause).is_err(), "{clause} should be stopped for {expected:?}");
    }
    assert_eq!(after(Language::Hindi, "कुल 15,000 रुपये देने हैं।"), Ok(()));
    assert_eq!(after(Language::Hindi, "कुल 18,000 रुपये देने हैं।"), Err(Stopped::Amount));
    for language in Language::ALL {
        let amount = |paise| spoken::rupees(Paise(paise), language);
        assert_eq!(after(language, &amount(1_500_000)), Ok(()), "{language}");
        for wrong in [1_600_000, 99_900, 12_345_600, 2_500] {
            assert!(after(language, &amount(wrong)).is_err(), "{language}: {}", amount(wrong));
            assert!(before(language, &amount(wrong)).is_err(), "{language}: {}", amount(wrong));
        }
        let day = spoken::date(date(2026, 11, 6), None, language);
        assert!(after(language, &day).is_err(), "{language}: {day}");
    }
    assert_eq!(after(Language::Bengali, "মোট 15,000 টাকা হয়।"), Ok(()));
    assert_eq!(after(Language::Bengali, "মোট ১৬,০০০ টাকা হয়।"), Err(Stopped::Amount));
}

#[test]
fn another_language_is_stopped_and_mixed_in_english_is_not() {
    assert_eq!(after(Language::Hindi, "I can help you with that."), Err(Stopped::Language));
    assert_eq!(after(Language::Hindi, "आप online भी payment कर सकते हैं।"), Ok(()));
    assert_eq!(after(Language::Tamil, "मैं समझ गई।"), Err(Stopped::Language));
    assert_eq!(after(Language::English, "नमस्ते"), Err(Stopped::Language));
    assert_eq!(after(Language::Marathi, "मैं आपकी मदद करूँगी।"), Err(Stopped::Language));
    assert_eq!(after(Language::Hindi, "मी तुम्हाला मदत करते."), Err(Stopped::Language));
    assert_eq!(after(Language::Marathi, "मी तुम्हाला मदत करते."), Ok(()));
}
