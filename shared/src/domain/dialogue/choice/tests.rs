use Language::{Bengali, English, Gujarati, Hindi, Kannada, Malayalam, Marathi, Odia, Punjabi, Tamil, Telugu};

use super::*;

/// A short utterance and a long one of each language, in its own script.
const SPOKEN: [(Language, &str, &str); 11] = [
    (English, "what's this about?", "could you tell me why you are calling"),
    (Hindi, "क्या बात", "मुझे आपसे कुछ पूछना है"),
    (Tamil, "என்ன விஷயம்", "எனக்கு நாளைக்கு பணம் வரும்"),
    (Telugu, "ఏమిటి విషయం", "నాకు రేపు డబ్బు వస్తుంది"),
    (Kannada, "ಏನು ವಿಷಯ", "ನನಗೆ ನಾಳೆ ಹಣ ಬರುತ್ತೆ"),
    (Malayalam, "എന്താ കാര്യം", "എനിക്ക് നാളെ പണം കിട്ടും"),
    (Marathi, "काय झालं", "मला तुमच्याशी थोडं बोलायचं आहे"),
    (Gujarati, "શું વાત", "મને કાલે પૈસા મળશે"),
    (Bengali, "কী ব্যাপার", "আমি কাল টাকা পাব"),
    (Punjabi, "ਕੀ ਗੱਲ", "ਮੈਨੂੰ ਕੱਲ੍ਹ ਪੈਸੇ ਮਿਲਣਗੇ"),
    (Odia, "କଣ କଥା", "ମୋତେ କାଲି ଟଙ୍କା ମିଳିବ"),
];

fn every_pair() -> impl Iterator<Item = (Language, (Language, &'static str, &'static str))> {
    let others = |first: Language| SPOKEN.into_iter().filter(move |(other, ..)| *other != first);
    Language::ALL.into_iter().flat_map(move |first| others(first).map(move |other| (first, other)))
}

fn hear(choice: &mut Choice, text: &str, reported: Option<Language>) -> Language {
    choice.heard(text, reported, Some("Kavita Rao"));
    choice.spoken()
}

#[test]
fn every_language_is_left_for_every_other_by_two_short_utterances_or_a_long_one() {
    for (first, (other, short, long)) in every_pair() {
        let mut choice = Choice::beginning_with(first);
        assert_eq!(hear(&mut choice, short, Some(other)), first, "{first}: {short}");
        assert_eq!(hear(&mut choice, short, Some(other)), other, "{first}: {short}, twice");
        let mut choice = Choice::beginning_with(first);
        assert_eq!(hear(&mut choice, long, Some(other)), other, "{first}: {long}");
    }
}

#[test]
fn what_the_recogniser_is_not_sure_of_changes_nothing() {
    for (first, (other, short, long)) in every_pair() {
        let mut choice = Choice::beginning_with(first);
        for text in [short, long, long] {
            assert_eq!(hear(&mut choice, text, None), first, "{first}: {text}");
        }
        // Nor does a report its own letters give the lie to.
        let wrong = Language::ALL.into_iter().find(|l| ![first, other, Hindi, Marathi].contains(l)).expect("one");
        for text in [long, long] {
            assert_eq!(hear(&mut choice, text, Some(wrong)), first, "{first}: {text} reported as {wrong}");
        }
    }
}

#[test]
fn a_yes_a_no_a_number_or_the_name_changes_nothing_however_often() {
    for first in Language::ALL {
        let mut choice = Choice::beginning_with(first);
        let other = if first == English { Hindi } else { English };
        for text in
            ["yes", "no", "haan ji", "Kavita Rao.", "yes, Kavita", "twenty five", "4 3 2 1", "okay", "no thank you"]
        {
            for _ in 0..2 {
                assert_eq!(hear(&mut choice, text, Some(other)), first, "{first}: {text}");
            }
        }
    }
    for first in Language::ALL.into_iter().filter(|l| *l != Hindi) {
        let mut choice = Choice::beginning_with(first);
        for text in ["हाँ", "नहीं", "हाँ जी", "चार तीन", "ठीक है"] {
            for _ in 0..2 {
                assert_eq!(hear(&mut choice, text, Some(Hindi)), first, "{first}: {text}");
            }
        }
    }
}

#[test]
fn who_mixes_two_languages_sentence_by_sentence_is_not_followed_to_and_fro() {
    for (first, (other, _, long)) in every_pair() {
        let (_, _, own) = SPOKEN.into_iter().find(|(language, ..)| *language == first).expect("all eleven");
        let mut choice = Choice::beginning_with(first);
        let mut changes = 0;
        for _ in 0..5 {
            for (text, language) in [(long, other), (own, first)] {
                let before = choice.spoken();
                changes += usize::from(hear(&mut choice, text, Some(language)) != before);
            }
        }
        assert_eq!((changes, choice.spoken()), (1, other), "{first} and {other}");
        hear(&mut choice, own, Some(first));
        assert_eq!(hear(&mut choice, own, Some(first)), first, "who goes back for good is followed: {other}");
    }
}

#[test]
fn after_a_wish_only_another_wish_changes_the_language() {
    for (first, (other, _, long)) in every_pair() {
        let mut choice = Choice::beginning_with(other);
        choice.wished(first);
        for _ in 0..3 {
            assert_eq!(hear(&mut choice, long, Some(other)), first, "{first}: {long}");
        }
        choice.wished(other);
        assert_eq!(choice.spoken(), other);
    }
}

#[test]
fn a_language_that_was_refused_is_left_at_once_and_not_come_back_to_unasked() {
    for (refused, (other, _, long)) in every_pair() {
        let (_, _, own) = SPOKEN.into_iter().find(|(language, ..)| *language == refused).expect("all eleven");
        let mut choice = Choice::beginning_with(refused);
        choice.refused(&[refused], long, Some(other));
        assert_eq!(choice.spoken(), other, "what they speak: {refused}");
        for _ in 0..3 {
            assert_ne!(hear(&mut choice, own, Some(refused)), refused);
        }
        choice.wished(refused);
        assert_eq!(choice.spoken(), refused, "unless they ask for it");
        let mut silent = Choice::beginning_with(refused);
        silent.refused(&[refused], own, Some(refused));
        assert_eq!(silent.spoken(), if refused == English { Hindi } else { English });
    }
}

#[test]
fn a_refusal_of_another_language_leaves_the_one_spoken() {
    let mut choice = Choice::beginning_with(Tamil);
    choice.refused(&[Hindi], "I do not want Hindi please", Some(English));
    assert_eq!(choice.spoken(), Tamil);
}

#[test]
fn of_two_that_are_refused_neither_is_spoken() {
    for (first, text) in [(Hindi, "not Hindi or English please"), (English, "no English, no Hindi")] {
        let mut choice = Choice::beginning_with(Tamil);
        choice.wished(first);
        choice.refused(&[Hindi, English], text, Some(English));
        assert_eq!(choice.spoken(), Tamil, "{text}");
    }
    // Told one after the other, too.
    let mut choice = Choice::beginning_with(Hindi);
    choice.refused(&[Hindi], "हिंदी नहीं", None);
    assert_eq!(choice.spoken(), English);
    choice.refused(&[English], "no English", None);
    assert_ne!(choice.spoken(), Hindi);
}

#[test]
fn marathi_and_hindi_are_told_apart_by_their_own_small_words() {
    let hindi = ["मुझे कल पैसे मिलेंगे", "आप कहाँ से बोल रहे हैं", "मैं अभी बाहर हूँ भाई"];
    let marathi = ["मला उद्या पैसे मिळतील", "तुम्ही कुठून बोलताय ते सांगा", "मी आत्ता बाहेर आहे"];
    for (text, language) in hindi.map(|text| (text, Hindi)).into_iter().chain(marathi.map(|text| (text, Marathi))) {
        for reported in [Hindi, Marathi] {
            for first in [Hindi, Marathi, Tamil] {
                let mut choice = Choice::beginning_with(first);
                assert_eq!(hear(&mut choice, text, Some(reported)), language, "{text} reported as {reported}");
            }
        }
    }
    // What could be either leaves the one that is spoken.
    for first in [Hindi, Marathi] {
        for reported in [Hindi, Marathi] {
            let mut choice = Choice::beginning_with(first);
            for _ in 0..3 {
                assert_eq!(hear(&mut choice, "लोन नंबर सांगली शाखा", Some(reported)), first);
            }
        }
    }
}

#[test]
fn english_words_in_an_indian_sentence_are_no_english() {
    let mixed = [
        (Hindi, "मेरा loan EMI next month में pay होगा"),
        (Hindi, "haan main next month payment karunga"),
        (Hindi, "मेरा लोन ईएमआई नेक्स्ट मंथ"),
        (Tamil, "naan next month payment pannunga sir"),
        (Tamil, "என் loan account number"),
        (Telugu, "nenu next week payment chestanu"),
        (Telugu, "నా లోన్ payment next month"),
        (Kannada, "naanu next month payment madtini"),
        (Kannada, "ನನ್ನ loan payment next month"),
        (Malayalam, "njan next month payment cheyyam"),
        (Malayalam, "എന്റെ loan payment next month"),
        (Marathi, "mala next month payment jamel sir"),
        (Marathi, "माझं loan payment next month"),
        (Gujarati, "hu next month payment karish"),
        (Gujarati, "મારી loan payment next month"),
        (Bengali, "ami next month payment korbo"),
        (Bengali, "আমার loan payment next month"),
        (Punjabi, "main next month payment karanga"),
        (Punjabi, "ਮੇਰੀ loan payment next month"),
        (Odia, "mu next month payment karibi"),
        (Odia, "ମୋର loan payment next month"),
        (Hindi, "haan I will pay it but abhi nahi"),
        (Tamil, "naan I will pay it but nalaikku"),
        // Nouns alone are nobody's.
        (Hindi, "loan EMI payment"),
        (Tamil, "loan payment next month"),
    ];
    for (first, text) in mixed {
        let mut choice = Choice::beginning_with(first);
        for _ in 0..3 {
            assert_eq!(hear(&mut choice, text, Some(English)), first, "{text}");
        }
    }
}
