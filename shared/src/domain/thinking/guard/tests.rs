mod sentences;

use jiff::civil::date;

use self::sentences::HARMLESS_SENTENCES;
use super::*;
use crate::domain::dialogue::every_sentence;
use crate::domain::spoken;
use Language::{Bengali, English, Gujarati, Hindi, Kannada, Malayalam, Marathi, Odia, Punjabi, Tamil, Telugu};

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

/// What a clause came to instead of being stopped; collected, so that no rule hides another.
fn wrong(clause: &str, said: Result<(), Stopped>, expected: Stopped) -> Option<String> {
    (said != Err(expected)).then(|| format!("{clause}: {said:?} instead of {expected:?}"))
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
fn in_every_language_what_tells_nothing_passes_before_and_after() {
    assert_eq!(HARMLESS_SENTENCES.map(|(language, _)| language), Language::ALL.map(|language| language));
    for (language, sentences) in HARMLESS_SENTENCES {
        for sentence in sentences {
            assert_eq!(before(language, sentence), Ok(()), "{language}: {sentence}");
            assert_eq!(after(language, sentence), Ok(()), "{language}: {sentence}");
        }
    }
}

#[test]
fn before_confirmation_no_word_of_a_debt_passes_in_any_of_its_forms() {
    let mut passed = Vec::new();
    let told: [(Language, &[&str]); 11] = [
        (
            English,
            &[
                "Your loan is overdue.",
                "It is about an EMI.",
                "It is about your EMIs.",
                "It is about the E M I.",
                "The bill is unpaid.",
                "I call for your lender.",
                "It concerns your mortgage.",
                "You owe us something.",
                "Your payments are late.",
                "It is about your karz.",
                "It is about the udhaar.",
                "The money has to come.",
                "There is a fee.",
                "It is about lo\u{ad}an papers.",
                "I call for Asha Loansome.",
            ],
        ),
        (
            Hindi,
            &[
                "यह आपके लोन के बारे में है।",
                "यह पैसों की बात है।",
                "कुछ बाकी है।",
                "देय तिथि निकल गई है।",
                "यह वसूली की बात है।",
                "यह ऋणदाता की ओर से है।",
                "आपकी ई एम आई की बात है।",
                "यह आपके loan की बात है।",
                "यह बैंक की बात है।",
            ],
        ),
        (Tamil, &["இது உங்கள் கடனைப் பற்றியது.", "பாக்கி உள்ளது.", "நீங்கள் கட்டவில்லை.", "பணத்தை அனுப்புங்கள்."]),
        (Telugu, &["ఇది మీ అప్పు గురించి.", "బాకీ ఉంది.", "మీరు కట్టాలి.", "డబ్బుల గురించి."]),
        (Kannada, &["ಇದು ನಿಮ್ಮ ಸಾಲದ ಬಗ್ಗೆ.", "ಹಣದ ವಿಷಯ.", "ಬಾಕಿಯ ವಿಷಯ.", "ನೀವು ಕಟ್ಟಬೇಕು."]),
        (Malayalam, &["ഇത് വായ്പയെക്കുറിച്ചാണ്.", "കടത്തിന്റെ കാര്യം.", "പണത്തിന്റെ കാര്യം.", "കുടിശ്ശികയുണ്ട്."]),
        (Marathi, &["हे तुमच्या कर्जाबद्दल आहे.", "पैशांची गोष्ट आहे.", "थकबाकी आहे.", "देय आहे.", "वसुलीची गोष्ट आहे."]),
        (Gujarati, &["આ તમારી લોન વિશે છે.", "નાણાંની વાત છે.", "પૈસાની વાત છે.", "હપ્તાની વાત છે."]),
        (Bengali, &["এটা আপনার ঋণের বিষয়ে।", "পাওনা আছে।", "কিছু বাকি আছে।", "টাকার কথা।", "সুদের কথা।"]),
        (Punjabi, &["ਇਹ ਤੁਹਾਡੇ ਕਰਜ਼ੇ ਬਾਰੇ ਹੈ।", "ਪੈਸਿਆਂ ਦੀ ਗੱਲ ਹੈ।", "ਕੁਝ ਬਾਕੀ ਹੈ।", "ਕਿਸ਼ਤ ਦੀ ਗੱਲ ਹੈ।"]),
        (Odia, &["ଏହା ଆପଣଙ୍କ ଋଣ ବିଷୟରେ।", "ପଇସା କଥା।", "ବାକି ଅଛି।", "ଟଙ୍କାର କଥା।"]),
    ];
    assert_eq!(told.map(|(language, _)| language), Language::ALL.map(|language| language));
    for (language, sentences) in told {
        for sentence in sentences {
            passed.extend(wrong(sentence, before(language, sentence), Stopped::Debt));
        }
    }
    assert!(passed.is_empty(), "{passed:#?}");
}

#[test]
fn before_confirmation_no_number_date_or_percentage_passes() {
    let mut passed = Vec::new();
    for clause in [
        "This concerns 15,000.",
        "Please remember 5 December.",
        "Please remember the fifth.",
        "It was for December.",
        "It was for Dec.",
        "The id ends in four three two one.",
        "It is about fifteen thousand.",
        "There are two things.",
        "It is about solah hazaar.",
        "Call about १५,०००.",
        "It is about ５.",
        "It is 12%.",
        "It is half of it.",
        "The ₹ sign.",
    ] {
        passed.extend(wrong(clause, before(English, clause), Stopped::Debt));
    }
    assert!(passed.is_empty(), "{passed:#?}");
    for language in Language::ALL {
        for n in (2..=99).chain([100, 500, 1_000, 1_500, 100_000]) {
            let number = spoken::number(n, language);
            // Bengali's nine is its "not".
            if (language, n) != (Bengali, 9) {
                assert_eq!(before(language, &number), Err(Stopped::Debt), "{language}: {number}");
            }
        }
    }
}

#[test]
fn before_confirmation_the_model_answers_and_asks_nothing() {
    assert_eq!(before(English, "Shall I call later?"), Err(Stopped::Question));
}

#[test]
fn a_name_is_no_word_and_is_cut_out_of_none() {
    let mut rashi = known(Hindi);
    rashi.names = vec!["राशि".to_owned(), "Asha Loans".to_owned()];
    let guard = Guard { language: Hindi, confirmed: false, known: &rashi };
    assert_eq!(guard.check("मैं राशि जी से बात करना चाहती हूँ।"), Ok(()));
    assert_eq!(guard.check("यह धनराशि की बात है।"), Err(Stopped::Debt));
    assert_eq!(guard.check("यह राशियों की बात है।"), Err(Stopped::Debt));
    assert_eq!(guard.check("मैं Asha Loansसे बोल रही हूँ।"), Ok(()), "an ending in another script");
}

#[test]
fn after_confirmation_what_is_ours_may_be_said() {
    for clause in [
        "It comes to fifteen thousand rupees.",
        "It was due on fifth of December, as you know.",
        "It comes to 15,000 rupees 50 paise.",
        "It is Rs. 15,000.50 in all.",
        "It was due on 5 December.",
        "It was due in December.",
        "December 5th, 2026 was the day.",
        "It was due on Dec 5.",
        "The date was 2026-12-05.",
        "It was due on 05/12/2026.",
        "It was due by the 5th.",
        "Your loan ending in four three two one.",
        "Your loan ending in 4321.",
        "There are 2 ways to pay.",
        "There are two ways to pay, and one is online.",
        "First of all, thank you.",
        "Thank you, that helps.",
        "You may also come by.",
        "You can pay by Friday, or tomorrow.",
        "One second, please.",
    ] {
        assert_eq!(after(English, clause), Ok(()), "{clause}");
    }
    assert_eq!(after(Hindi, "कुल 15,000 रुपये देने हैं।"), Ok(()));
    assert_eq!(after(Bengali, "মোট 15,000 টাকা হয়।"), Ok(()));
    assert_eq!(after(Bengali, "এটা টাকা দেওয়ার কথা।"), Ok(()), "money in general");
    assert_eq!(after(Bengali, "৫ই ডিসেম্বর তারিখ ছিল।"), Ok(()));
}

#[test]
fn after_confirmation_no_other_amount_date_or_number_may() {
    let mut passed = Vec::new();
    for (clause, expected) in [
        ("It comes to 16,000 rupees.", Stopped::Amount),
        ("You owe ₹500.", Stopped::Amount),
        ("A fee of ₹50 applies.", Stopped::Amount),
        ("You owe 0 rupees.", Stopped::Amount),
        ("A fee of 50 rupees applies.", Stopped::Amount),
        ("It is 15,000 paise.", Stopped::Amount),
        ("A fee of fifty rupees applies.", Stopped::Number),
        ("A fee of five rupees applies.", Stopped::Amount),
        ("It comes to sixteen thousand rupees.", Stopped::Number),
        ("It comes to fifteen thousand.", Stopped::Number),
        ("It comes to a thousand.", Stopped::Amount),
        ("It is solah hazaar.", Stopped::Number),
        ("There is a fee of ninety.", Stopped::Number),
        ("There is a 12% charge.", Stopped::Number),
        ("There is a 2% charge.", Stopped::Amount),
        ("There is a charge of two percent.", Stopped::Amount),
        ("You can pay half of it.", Stopped::Amount),
        ("It is 15k.", Stopped::Number),
        ("It is ५००.", Stopped::Number),
        ("It is ５.", Stopped::Number),
        ("It is ٥.", Stopped::Number),
        ("It was due on sixth of December.", Stopped::Date),
        ("It is due on 6 December.", Stopped::Date),
        ("It is due in January.", Stopped::Date),
        ("It is due on 5 May.", Stopped::Date),
        ("It is due on the tenth of May.", Stopped::Date),
        ("It is due on the first of December.", Stopped::Date),
        ("It is due by the first.", Stopped::Date),
        ("It is due on Dec 7.", Stopped::Date),
        ("It is due on 2026-10-07.", Stopped::Date),
        ("It is due on 12/05/2026.", Stopped::Date),
        ("It is due by the 7th.", Stopped::Date),
        ("It is due on the twentieth.", Stopped::Date),
        ("It grows within 30 days.", Stopped::Number),
        ("You have 21 days.", Stopped::Number),
        ("Your loan ending in four three two two.", Stopped::Number),
        ("Your loan ending in nine four three two one.", Stopped::Number),
        ("Four.", Stopped::Number),
        ("It ends in four, then three, then two.", Stopped::Number),
    ] {
        passed.extend(wrong(clause, after(English, clause), expected));
    }
    for (language, clause, expected) in [
        (Hindi, "कुल 18,000 रुपये देने हैं।", Stopped::Amount),
        (Hindi, "पाँचसौ रुपये लगेंगे।", Stopped::Amount),
        (Hindi, "सात तारीख तक दीजिए।", Stopped::Date),
        (Hindi, "7 तारीख तक दीजिए।", Stopped::Date),
        (Hindi, "दो प्रतिशत लगेगा।", Stopped::Amount),
        (Hindi, "आधा दे दीजिए।", Stopped::Amount),
        (Tamil, "௧௲ ஆகும்.", Stopped::Number),
        (Tamil, "ஐநூறு ஆகும்.", Stopped::Amount),
        (Tamil, "7-ஆம் தேதி.", Stopped::Date),
        (Telugu, "వెయ్యి అవుతుంది.", Stopped::Amount),
        (Telugu, "రెండు శాతం పడుతుంది.", Stopped::Amount),
        (Kannada, "ನೂರು ಆಗುತ್ತದೆ.", Stopped::Amount),
        (Kannada, "7ನೇ ತಾರೀಖು.", Stopped::Date),
        (Malayalam, "അഞ്ഞൂറ് വരും.", Stopped::Amount),
        (Malayalam, "പകുതി മതി.", Stopped::Amount),
        (Marathi, "पाचशे लागतील.", Stopped::Amount),
        (Marathi, "दोन टक्के लागतील.", Stopped::Amount),
        (Gujarati, "પાંચસો થશે.", Stopped::Amount),
        (Gujarati, "7મી તારીખ છે.", Stopped::Date),
        (Bengali, "মোট ১৬,০০০ টাকা হয়।", Stopped::Amount),
        (Bengali, "পাঁচশো টাকা লাগবে।", Stopped::Amount),
        (Bengali, "একশো লাগবে।", Stopped::Amount),
        (Bengali, "৫ই মে তারিখ।", Stopped::Date),
        (Punjabi, "ਪੰਜ ਸੌ ਲੱਗਣਗੇ।", Stopped::Amount),
        (Punjabi, "ਅੱਧੇ ਦੇ ਦਿਓ।", Stopped::Amount),
        (Odia, "ଶହେ ଲାଗିବ।", Stopped::Amount),
        (Odia, "ପାଞ୍ଚ ପ୍ରତିଶତ ଲାଗିବ।", Stopped::Amount),
    ] {
        passed.extend(wrong(clause, after(language, clause), expected));
    }
    assert!(passed.is_empty(), "{passed:#?}");
}

#[test]
fn in_every_language_our_own_amount_and_day_pass_and_others_do_not() {
    for language in Language::ALL {
        let amount = |paise| spoken::rupees(Paise(paise), language);
        assert_eq!(after(language, &amount(1_500_000)), Ok(()), "{language}");
        for wrong in [1_600_000, 99_900, 10_000, 50_000, 100_000, 12_345_600, 2_500, 5_000, 50] {
            assert!(after(language, &amount(wrong)).is_err(), "{language}: {}", amount(wrong));
            assert_eq!(before(language, &amount(wrong)), Err(Stopped::Debt), "{language}: {}", amount(wrong));
        }
        let on = |month, day| spoken::date(date(2026, month, day), None, language);
        assert_eq!(after(language, &on(12, 5)), Ok(()), "{language}");
        for wrong in [(11, 6), (12, 6), (12, 15), (12, 25), (5, 5), (1, 1)] {
            let day = on(wrong.0, wrong.1);
            assert!(after(language, &day).is_err(), "{language}: {day}");
        }
    }
}

#[test]
fn in_every_language_figures_beside_a_coin_a_month_or_an_ending_must_be_ours() {
    for language in Language::ALL {
        let (month, rupees, paise) = (marks(language).months[11], marks(language).rupees, marks(language).paise);
        for (said, expected) in [
            (format!("5 {month}"), Ok(())),
            (format!("{month} 5, 2026"), Ok(())),
            (format!("15,000 {rupees}"), Ok(())),
            (format!("15,000 {rupees} 50 {paise}"), Ok(())),
            ("₹15,000.50".to_owned(), Ok(())),
            (format!("6 {month}"), Err(Stopped::Date)),
            (format!("{month} 15"), Err(Stopped::Date)),
            (format!("5 {}", marks(language).months[10]), Err(Stopped::Date)),
            (format!("15,500 {rupees}"), Err(Stopped::Amount)),
            (format!("50 {rupees}"), Err(Stopped::Amount)),
            (format!("40 {paise}"), Err(Stopped::Amount)),
            (format!("2 {rupees}"), Err(Stopped::Amount)),
            ("₹2".to_owned(), Err(Stopped::Amount)),
            ("7th".to_owned(), Err(Stopped::Date)),
        ] {
            // With a word of the language, so that it is no piece of a number.
            let place = Language::ALL.iter().position(|known| *known == language).expect("one of all");
            let clause = format!("{} {said}.", HARMLESS_WORDS[place]);
            assert_eq!(after(language, &clause), expected, "{language}: {clause}");
            assert_eq!(before(language, &clause), Err(Stopped::Debt), "{language}: {clause}");
        }
    }
}

/// "In all", or the like.
const HARMLESS_WORDS: [&str; 11] = [
    "altogether",
    "कुलमिलाकर",
    "மொத்தமாக",
    "అన్నీకలిపి",
    "ಒಟ್ಟಾರೆಯಾಗಿ",
    "ആകെയുള്ളത്",
    "एकूणसगळे",
    "કુલમળીને",
    "সবমিলিয়ে",
    "ਕੁੱਲਮਿਲਾਕੇ",
    "ମୋଟାମୋଟି",
];

#[test]
fn in_every_language_paying_can_be_talked_about() {
    for (language, sentences) in [
        (
            English,
            ["You can pay online, through the app or at a branch.", "When can you pay, this week or next month?"],
        ),
        (Hindi, ["आप UPI या app से भुगतान कर सकते हैं।", "एक मिनट, क्या आप इस हफ़्ते या अगले महीने दे पाएँगे?"]),
        (Tamil, ["நீங்கள் app மூலம் பணம் செலுத்தலாம்.", "ஒரு நிமிடம், எப்போது செலுத்த முடியும்?"]),
        (Telugu, ["మీరు app ద్వారా చెల్లించవచ్చు.", "ఒక్క నిమిషం, మీరు ఎప్పుడు చెల్లించగలరు?"]),
        (Kannada, ["ನೀವು app ಮೂಲಕ ಪಾವತಿಸಬಹುದು.", "ಒಂದು ನಿಮಿಷ, ಯಾವಾಗ ಪಾವತಿಸಬಹುದು?"]),
        (Malayalam, ["താങ്കൾക്ക് app വഴി പണം അടയ്ക്കാം.", "ഒരു മിനിറ്റ്, എപ്പോൾ അടയ്ക്കാൻ കഴിയും?"]),
        (Marathi, ["तुम्ही app वरून पैसे भरू शकता.", "एक मिनिट, तुम्ही कधी भरू शकता?"]),
        (Gujarati, ["તમે app થી ચુકવણી કરી શકો છો.", "એક મિનિટ, તમે ક્યારે ચૂકવી શકશો?"]),
        (Bengali, ["আপনি app দিয়ে টাকা দিতে পারেন।", "এক মিনিট, আপনি কবে দিতে পারবেন?"]),
        (Punjabi, ["ਤੁਸੀਂ app ਰਾਹੀਂ ਭੁਗਤਾਨ ਕਰ ਸਕਦੇ ਹੋ।", "ਇੱਕ ਮਿੰਟ, ਤੁਸੀਂ ਕਦੋਂ ਦੇ ਸਕੋਗੇ?"]),
        (Odia, ["ଆପଣ app ରେ ଟଙ୍କା ଦେଇପାରିବେ।", "ଏକ ମିନିଟ, ଆପଣ କେବେ ଦେଇପାରିବେ?"]),
    ] {
        for sentence in sentences {
            assert_eq!(after(language, sentence), Ok(()), "{language}: {sentence}");
        }
    }
}

#[test]
fn another_language_or_script_is_stopped_and_mixed_in_english_is_not() {
    for (language, clause) in [
        (Hindi, "I can help you with that."),
        (Tamil, "मैं समझ गई।"),
        (English, "नमस्ते"),
        (English, "مرحبا"),
        (English, "It is the lоan."),
        (Hindi, "यह क़र्ज़ ہے।"),
        (Marathi, "मैं आपकी मदद करूँगी।"),
        (Hindi, "मी तुम्हाला मदत करते."),
    ] {
        for said in [before(language, clause), after(language, clause)] {
            assert_eq!(said, Err(Stopped::Language), "{language}: {clause}");
        }
    }
    assert_eq!(after(Hindi, "आप online भी payment कर सकते हैं।"), Ok(()));
    assert_eq!(after(Marathi, "मी तुम्हाला मदत करते."), Ok(()));
    for language in Language::ALL {
        for clause in ["OK.", "Sure!", "Thank you."] {
            assert_eq!(before(language, clause), Ok(()), "{language}: {clause}");
        }
    }
}
