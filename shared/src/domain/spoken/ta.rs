//! Tamil. Its parts melt into each other: `இருபத்து` and `ஐந்து` are `இருபத்தைந்து`, and those
//! thousands are `இருபத்தைந்தாயிரம்`.

use super::counting::{Counting, Next, say};
use super::{Coin, Speech};

#[rustfmt::skip]
const UNITS: [&str; 20] = [
    "பூஜ்ஜியம்", "ஒன்று", "இரண்டு", "மூன்று", "நான்கு", "ஐந்து", "ஆறு", "ஏழு", "எட்டு", "ஒன்பது",
    "பத்து", "பதினொன்று", "பன்னிரண்டு", "பதிமூன்று", "பதினான்கு", "பதினைந்து", "பதினாறு", "பதினேழு", "பதினெட்டு", "பத்தொன்பது",
];
/// One to nine after tens: the vowel at the seam is a sign on the tens' last letter.
const AFTER_TENS: [&str; 9] = ["ொன்று", "ிரண்டு", "ுமூன்று", "ுநான்கு", "ைந்து", "ாறு", "ேழு", "ெட்டு", "ொன்பது"];
/// Twenty to ninety, alone and before a unit.
const TENS: [[&str; 2]; 8] = [
    ["இருபது", "இருபத்த"],
    ["முப்பது", "முப்பத்த"],
    ["நாற்பது", "நாற்பத்த"],
    ["ஐம்பது", "ஐம்பத்த"],
    ["அறுபது", "அறுபத்த"],
    ["எழுபது", "எழுபத்த"],
    ["எண்பது", "எண்பத்த"],
    ["தொண்ணூறு", "தொண்ணூற்ற"],
];
/// Alone and before a smaller number.
const HUNDREDS: [[&str; 2]; 9] = [
    ["நூறு", "நூற்று"],
    ["இருநூறு", "இருநூற்று"],
    ["முந்நூறு", "முந்நூற்று"],
    ["நானூறு", "நானூற்று"],
    ["ஐநூறு", "ஐநூற்று"],
    ["அறுநூறு", "அறுநூற்று"],
    ["எழுநூறு", "எழுநூற்று"],
    ["எண்ணூறு", "எண்ணூற்று"],
    ["தொள்ளாயிரம்", "தொள்ளாயிரத்து"],
];

struct Tamil;

fn plain(n: u64) -> String {
    let n = n as usize;
    match (n, n % 10) {
        (0..20, _) => UNITS[n].to_owned(),
        (_, 0) => TENS[n / 10 - 2][0].to_owned(),
        (_, unit) => format!("{}{}", TENS[n / 10 - 2][1], AFTER_TENS[unit - 1]),
    }
}

impl Counting for Tamil {
    /// "One" before what is counted is another word.
    fn small(&self, n: u64, next: Next) -> String {
        let number = plain(n);
        if next != Next::Noun {
            return number;
        }
        match (number.strip_suffix("ஒன்று"), number.strip_suffix("ொன்று")) {
            (Some(_), _) => "ஒரு".to_owned(),
            (None, Some(tens)) => format!("{tens}ொரு"),
            (None, None) => number,
        }
    }
    fn hundreds(&self, n: u64, next: Next) -> String {
        HUNDREDS[n as usize - 1][usize::from(next == Next::Number)].to_owned()
    }
    fn thousands(&self, n: u64, next: Next) -> String {
        let count = plain(n);
        let count = match (n, count.strip_suffix("ொன்று")) {
            (1, _) => "ஆ".to_owned(),
            (3, _) => "மூவா".to_owned(),
            (5, _) => "ஐயா".to_owned(),
            (_, Some(tens)) => format!("{tens}ோரா"),
            // The short u at its end gives way.
            (_, None) => format!("{}ா", count.trim_end_matches('ு')),
        };
        format!("{count}{}", if next == Next::Number { "யிரத்து" } else { "யிரம்" })
    }
    fn lakhs(&self, n: u64, next: Next) -> String {
        let lakh = if next == Next::Number { "லட்சத்து" } else { "லட்சம்" };
        format!("{} {lakh}", self.small(n, Next::Noun))
    }
    fn crores(&self, n: u64, next: Next) -> String {
        let crore = if next == Next::Number { "கோடியே" } else { "கோடி" };
        format!("{} {crore}", say(self, n, Next::Noun))
    }
}

// B and P, and D and T, are one letter each in this script.
#[rustfmt::skip]
pub(super) static SPEECH: Speech = Speech {
    counting: &Tamil,
    rupee: Coin { one: "ஒரு ரூபாய்", many: "ரூபாய்" },
    paisa: Coin { one: "ஒரு பைசா", many: "பைசா" },
    and: " ",
    months: ["ஜனவரி", "பிப்ரவரி", "மார்ச்", "ஏப்ரல்", "மே", "ஜூன்", "ஜூலை", "ஆகஸ்ட்", "செப்டம்பர்", "அக்டோபர்", "நவம்பர்", "டிசம்பர்"],
    day: plain,
    year: |n| say(&Tamil, n, Next::Nothing),
    date: "{month} {day}",
    date_of_year: "{year} {month} {day}",
    letters: [
        "ஏ", "பி", "சி", "டி", "ஈ", "எஃப்", "ஜி", "எச்", "ஐ", "ஜே", "கே", "எல்", "எம்",
        "என்", "ஓ", "பி", "க்யூ", "ஆர்", "எஸ்", "டி", "யூ", "வி", "டபிள்யூ", "எக்ஸ்", "ஒய்", "இசட்",
    ],
};
