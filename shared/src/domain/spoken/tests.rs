//! Every number is said, in words of its own language, and no two alike.
#![expect(clippy::inconsistent_digit_grouping, reason = "in lakhs and crores, as they are said")]

use std::collections::{HashMap, HashSet};

use jiff::civil::date as day;

use super::*;

/// 99,99,99,99,999: more crores than a loan book holds rupees.
const MOST: u64 = 9_999_999_999;

/// All of the small ones, the edges of each part, and a walk over the rest that meets every last digit.
fn sample() -> Vec<u64> {
    let edges = [100, 1_000, 100_000, 10_000_000, 1_000_000_000].into_iter().flat_map(|edge: u64| {
        (1..=99).flat_map(move |n| [edge * n - 1, edge * n, edge * n + 1, edge * n + edge / 10]).collect::<Vec<_>>()
    });
    let walk = (0..20_000).map(|step: u64| step * 499_999_957 % (MOST + 1));
    let mut all: Vec<u64> = (0..=20_000).chain(edges.filter(|n| *n <= MOST)).chain(walk).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn own_letters(language: Language) -> impl Fn(char) -> bool {
    let block = match language {
        Language::English => ('a', 'z'),
        Language::Hindi | Language::Marathi => ('\u{900}', '\u{97f}'),
        Language::Bengali => ('\u{980}', '\u{9ff}'),
        Language::Punjabi => ('\u{a00}', '\u{a7f}'),
        Language::Gujarati => ('\u{a80}', '\u{aff}'),
        Language::Odia => ('\u{b00}', '\u{b7f}'),
        Language::Tamil => ('\u{b80}', '\u{bff}'),
        Language::Telugu => ('\u{c00}', '\u{c7f}'),
        Language::Kannada => ('\u{c80}', '\u{cff}'),
        Language::Malayalam => ('\u{d00}', '\u{d7f}'),
    };
    move |c| (block.0..=block.1).contains(&c)
}

fn is_in_words(said: &str, language: Language) -> bool {
    let own = own_letters(language);
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| own(c) && !c.is_numeric());
    said.split([' ', '-']).all(word)
}

#[test]
fn every_number_is_said_in_the_languages_own_words_and_no_two_alike() {
    for language in Language::ALL {
        let mut said = HashMap::new();
        for n in sample() {
            let words = number(n, language);
            assert!(is_in_words(&words, language), "{language} {n}: {words}");
            assert_eq!(said.insert(words.clone(), n), None, "{language}: {words} is also {n}");
        }
    }
}

#[test]
fn a_number_is_its_parts_from_crores_down() {
    for language in Language::ALL {
        // The larger part of a number begins as it does with anything smaller after it.
        for (whole, parts) in [
            (21_00_00_000_u64, [21_00_00_007_u64, 21_45_00_000, 21_00_45_000]),
            (7_00_00_000, [7_00_00_300, 7_99_99_999, 7_00_00_001]),
            (42_00_000, [42_00_001, 42_67_000, 42_00_500]),
        ] {
            let first = number(whole, language).split(' ').next().map(str::to_owned).expect("a word");
            for part in parts {
                assert!(number(part, language).starts_with(&first), "{language}: {} ({first})", number(part, language));
            }
        }
        // What comes last is said as it is alone.
        for (n, last) in [(3_00_00_017, 17), (5_00_017, 17), (6_017, 17), (217, 17), (9_00_00_045, 45)] {
            assert!(number(n, language).ends_with(&number(last, language)), "{language}: {}", number(n, language));
        }
        // Parts that are nothing are not mentioned.
        let parts = |n: u64| number(n, language).split([' ', '-']).count();
        assert!(parts(1_00_00_000) < parts(1_01_00_000) && parts(1_01_00_000) < parts(1_01_01_101), "{language}");
    }
}

#[test]
fn every_amount_is_said_in_words_and_no_two_alike() {
    for language in Language::ALL {
        let mut said = HashSet::new();
        for rupees_only in [0, 1, 2, 20, 21, 99, 101, 1_000, 1_500, 15_000, 1_50_000, 99_99_999, 1_23_45_678] {
            for paise in [0, 1, 2, 50, 99] {
                let words = rupees(Paise(rupees_only * 100 + paise), language);
                assert!(is_in_words(&words, language), "{language}: {words}");
                assert!(said.insert(words.clone()), "{language}: {words}");
            }
        }
        // The largest amount a sheet may hold.
        let most = rupees(Paise(99_999_999_999_999), language);
        assert!(is_in_words(&most, language), "{language}: {most}");
    }
}

#[test]
fn amounts_are_said_as_people_say_them() {
    for (language, rupees_and_paise, words) in [
        (Language::English, (15_000, 0), "fifteen thousand rupees"),
        (Language::English, (1_50_000, 50), "one lakh fifty thousand rupees and fifty paise"),
        (Language::English, (1_234, 1), "one thousand two hundred and thirty-four rupees and one paisa"),
        (Language::English, (1, 0), "one rupee"),
        (Language::English, (0, 75), "seventy-five paise"),
        (Language::English, (12_00_45_005, 0), "twelve crore forty-five thousand and five rupees"),
        (Language::Hindi, (1_50_000, 0), "एक लाख पचास हज़ार रुपये"),
        (Language::Hindi, (1_234, 50), "एक हज़ार दो सौ चौंतीस रुपये पचास पैसे"),
        (Language::Marathi, (1_100, 0), "एक हजार शंभर रुपये"),
        (Language::Marathi, (1_150, 0), "एक हजार एकशे पन्नास रुपये"),
        (Language::Gujarati, (2_275, 0), "બે હજાર બસો પંચોતેર રૂપિયા"),
        (Language::Punjabi, (5_500, 0), "ਪੰਜ ਹਜ਼ਾਰ ਪੰਜ ਸੌ ਰੁਪਏ"),
        (Language::Bengali, (1_20_250, 0), "এক লাখ কুড়ি হাজার দুশো পঞ্চাশ টাকা"),
        (Language::Odia, (15_199, 0), "ପନ୍ଦର ହଜାର ଶହେ ଅନେଶତ ଟଙ୍କା"),
        (Language::Tamil, (1_500, 0), "ஆயிரத்து ஐநூறு ரூபாய்"),
        (Language::Tamil, (1_50_000, 0), "ஒரு லட்சத்து ஐம்பதாயிரம் ரூபாய்"),
        (Language::Tamil, (25_325, 0), "இருபத்தைந்தாயிரத்து முந்நூற்று இருபத்தைந்து ரூபாய்"),
        (Language::Tamil, (11_021, 0), "பதினோராயிரத்து இருபத்தொரு ரூபாய்"),
        (Language::Tamil, (1_21_00_000, 0), "ஒரு கோடியே இருபத்தொரு லட்சம் ரூபாய்"),
        (Language::Telugu, (2_500, 0), "రెండు వేల ఐదు వందల రూపాయలు"),
        (Language::Telugu, (1_150, 0), "వెయ్యి నూట యాభై రూపాయలు"),
        (Language::Telugu, (21_00_021, 0), "ఇరవై ఒక్క లక్షల ఇరవై ఒక్క రూపాయలు"),
        (Language::Kannada, (1_525, 0), "ಒಂದು ಸಾವಿರದ ಐನೂರ ಇಪ್ಪತ್ತೈದು ರೂಪಾಯಿ"),
        (Language::Kannada, (2_00_500, 0), "ಎರಡು ಲಕ್ಷದ ಐನೂರು ರೂಪಾಯಿ"),
        (Language::Malayalam, (1_50_000, 0), "ഒരു ലക്ഷത്തി അമ്പതിനായിരം രൂപ"),
        (Language::Malayalam, (5_528, 0), "അയ്യായിരത്തി അഞ്ഞൂറ്റി ഇരുപത്തിയെട്ട് രൂപ"),
        (Language::Malayalam, (12_000, 0), "പന്ത്രണ്ടായിരം രൂപ"),
    ] {
        let (whole, paise) = rupees_and_paise;
        assert_eq!(rupees(Paise(whole * 100 + paise), language), words);
    }
    // Alone, without anything counted.
    assert_eq!(number(2_00_000, Language::Telugu), "రెండు లక్షలు");
    assert_eq!(number(21, Language::Tamil), "இருபத்தொன்று");
}

#[test]
fn a_day_is_said_with_its_year_only_where_that_is_not_understood() {
    let december = day(2026, 12, 5);
    for (language, words) in [
        (Language::English, "fifth of December"),
        (Language::Hindi, "पाँच दिसंबर"),
        (Language::Bengali, "পাঁচই ডিসেম্বর"),
        (Language::Tamil, "டிசம்பர் ஐந்து"),
    ] {
        assert_eq!(date(december, None, language), words);
        assert_eq!(date(december, Some(day(2027, 1, 20)), language), words, "last month's");
        assert_eq!(date(december, Some(day(2026, 6, 10)), language), words);
    }
    let late = Some(day(2027, 8, 1));
    assert_eq!(date(december, late, Language::English), "fifth of December twenty twenty-six");
    assert_eq!(date(december, late, Language::Hindi), "पाँच दिसंबर दो हज़ार छब्बीस");
    assert_eq!(date(december, late, Language::Telugu), "రెండు వేల ఇరవై ఆరు డిసెంబర్ ఐదు");
    assert_eq!(date(day(2007, 3, 21), late, Language::English), "twenty-first of March two thousand and seven");
}

#[test]
fn every_day_of_a_year_is_said_in_words_and_no_two_alike() {
    for language in Language::ALL {
        let mut said = HashSet::new();
        let mut day = day(2028, 1, 1);
        while day.year() == 2028 {
            let words = date(day, None, language);
            assert!(is_in_words(&words.to_lowercase(), language), "{language}: {words}");
            assert!(said.insert(words.clone()), "{language}: {words}");
            day = day.tomorrow().expect("a day");
        }
        assert_eq!(said.len(), 366);
    }
}

#[test]
fn an_id_is_said_by_its_last_four_characters() {
    assert_eq!(ending("LN-2024/004321", Language::English).as_deref(), Some("four three two one"));
    assert_eq!(ending("7b", Language::English).as_deref(), Some("seven B"));
    assert_eq!(ending("7b", Language::Hindi).as_deref(), Some("सात बी"));
    assert_eq!(ending(" - ", Language::English), None);
    for language in Language::ALL {
        let said = characters("0123456789 abcdefghijklmnopqrstuvwxyz", language);
        assert!(is_in_words(&said.to_lowercase(), language), "{language}: {said}");
        assert_eq!(said.split(' ').count(), 36, "{language}: {said}");
    }
}
