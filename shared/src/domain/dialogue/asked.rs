//! What kind of answer a model's sentence asks for: somebody who is asked for a day or a sum pauses in
//! the middle of it, and is waited for.

use super::intent::{clauses, holds};
use super::languages::asks;
use super::reply::Expects;
use crate::domain::language::Language;
use crate::domain::spoken::number;

/// More digits than these nobody reads out on the telephone.
const MOST_DIGITS: u8 = 16;

/// `None` where the sentence asks nothing.
pub(super) fn asked_for(sentence: &str, language: Language) -> Option<Expects> {
    if !sentence.contains('?') {
        return None;
    }
    let words: Vec<String> = clauses(sentence).into_iter().flatten().collect();
    let asks = |phrases: &[&str]| phrases.iter().any(|phrase| holds(&words, phrase));
    Some(if asks(asks::for_digits(language)) {
        Expects::Digits { count: (2..=MOST_DIGITS).find(|n| is_said(*n, &words, language)) }
    } else if asks(asks::for_money(language)) {
        Expects::Amount
    } else if asks(asks::for_a_day(language)) {
        Expects::Date
    } else {
        Expects::Open
    })
}

fn is_said(n: u8, words: &[String], language: Language) -> bool {
    words.contains(&n.to_string()) || holds(words, &number(n.into(), language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_a_sum_and_digits_are_known_by_their_question_in_every_language() {
        let asked = [
            (Language::English, "When can you pay?", "How much can you pay?", "What are the last four digits?"),
            (Language::Hindi, "आप कब तक भुगतान कर पाएँगे?", "आप कितना दे पाएँगे?", "आख़िरी चार अंक क्या हैं?"),
            (Language::Tamil, "எப்போது கட்ட முடியும்?", "எவ்வளவு கட்ட முடியும்?", "கடைசி நான்கு இலக்கங்கள் என்ன?"),
            (Language::Telugu, "ఎప్పుడు కట్టగలరు?", "ఎంత కట్టగలరు?", "చివరి నాలుగు అంకెలు ఏమిటి?"),
            (Language::Kannada, "ಯಾವಾಗ ಕಟ್ಟಬಹುದು?", "ಎಷ್ಟು ಕಟ್ಟಬಹುದು?", "ಕೊನೆಯ ನಾಲ್ಕು ಅಂಕಿಗಳು ಯಾವುವು?"),
            (Language::Malayalam, "എപ്പോൾ അടയ്ക്കാൻ കഴിയും?", "എത്ര അടയ്ക്കാൻ കഴിയും?", "അവസാന നാല് അക്കങ്ങൾ എന്താണ്?"),
            (Language::Marathi, "तुम्ही कधी भरू शकता?", "तुम्ही किती रुपये भरू शकता?", "शेवटचे चार अंक कोणते?"),
            (Language::Gujarati, "તમે ક્યારે ભરી શકશો?", "તમે કેટલા રૂપિયા ભરી શકશો?", "છેલ્લા ચાર અંક શું છે?"),
            (Language::Bengali, "আপনি কবে দিতে পারবেন?", "আপনি কত টাকা দিতে পারবেন?", "শেষ চার সংখ্যা কী?"),
            (Language::Punjabi, "ਤੁਸੀਂ ਕਦੋਂ ਦੇ ਸਕਦੇ ਹੋ?", "ਤੁਸੀਂ ਕਿੰਨੇ ਪੈਸੇ ਦੇ ਸਕਦੇ ਹੋ?", "ਆਖਰੀ ਚਾਰ ਅੰਕ ਕੀ ਹਨ?"),
            (Language::Odia, "ଆପଣ କେବେ ଦେଇପାରିବେ?", "ଆପଣ କେତେ ଟଙ୍କା ଦେଇପାରିବେ?", "ଶେଷ ଚାରି ଅଙ୍କ କଣ?"),
        ];
        for (language, day, sum, digits) in asked {
            assert_eq!(asked_for(day, language), Some(Expects::Date), "{day}");
            assert_eq!(asked_for(sum, language), Some(Expects::Amount), "{sum}");
            let four = Expects::Digits { count: Some(4) };
            assert_eq!(asked_for(digits, language), Some(four), "{digits}");
            assert_eq!(asked_for(&day.replace('?', "."), language), None, "no question: {day}");
        }
        assert_eq!(asked_for("Can I help you?", Language::English), Some(Expects::Open));
        assert_eq!(asked_for("Which digits?", Language::English), Some(Expects::Digits { count: None }));
    }
}
