//! Kannada. Units melt into their tens, and larger parts bend before a smaller one.

use super::counting::{Counting, Next, say};
use super::{Coin, Speech};

#[rustfmt::skip]
const UNITS: [&str; 20] = [
    "ಸೊನ್ನೆ", "ಒಂದು", "ಎರಡು", "ಮೂರು", "ನಾಲ್ಕು", "ಐದು", "ಆರು", "ಏಳು", "ಎಂಟು", "ಒಂಬತ್ತು",
    "ಹತ್ತು", "ಹನ್ನೊಂದು", "ಹನ್ನೆರಡು", "ಹದಿಮೂರು", "ಹದಿನಾಲ್ಕು", "ಹದಿನೈದು", "ಹದಿನಾರು", "ಹದಿನೇಳು", "ಹದಿನೆಂಟು", "ಹತ್ತೊಂಬತ್ತು",
];
/// Twenty to ninety without their last vowel.
const TENS: [&str; 8] = ["ಇಪ್ಪತ್ತ", "ಮೂವತ್ತ", "ನಲವತ್ತ", "ಐವತ್ತ", "ಅರವತ್ತ", "ಎಪ್ಪತ್ತ", "ಎಂಬತ್ತ", "ತೊಂಬತ್ತ"];
/// Nothing, or one to nine after tens: the vowel at the seam is a sign on the tens' last letter.
const AFTER_TENS: [&str; 10] = ["ು", "ೊಂದು", "ೆರಡು", "ಮೂರು", "ನಾಲ್ಕು", "ೈದು", "ಾರು", "ೇಳು", "ೆಂಟು", "ೊಂಬತ್ತು"];
/// Without their last vowel, as before a smaller number.
const HUNDREDS: [&str; 9] = ["ನೂರ", "ಇನ್ನೂರ", "ಮುನ್ನೂರ", "ನಾನೂರ", "ಐನೂರ", "ಆರುನೂರ", "ಏಳುನೂರ", "ಎಂಟುನೂರ", "ಒಂಬೈನೂರ"];

struct Kannada;

impl Counting for Kannada {
    fn small(&self, n: u64, _: Next) -> String {
        let n = n as usize;
        match n {
            0..20 => UNITS[n].to_owned(),
            _ => format!("{}{}", TENS[n / 10 - 2], AFTER_TENS[n % 10]),
        }
    }
    fn hundreds(&self, n: u64, next: Next) -> String {
        format!("{}{}", HUNDREDS[n as usize - 1], if next == Next::Number { "" } else { "ು" })
    }
    fn thousands(&self, n: u64, next: Next) -> String {
        let thousand = if next == Next::Number { "ಸಾವಿರದ" } else { "ಸಾವಿರ" };
        format!("{} {thousand}", self.small(n, Next::Noun))
    }
    fn lakhs(&self, n: u64, next: Next) -> String {
        let lakh = if next == Next::Number { "ಲಕ್ಷದ" } else { "ಲಕ್ಷ" };
        format!("{} {lakh}", self.small(n, Next::Noun))
    }
    fn crores(&self, n: u64, _: Next) -> String {
        format!("{} ಕೋಟಿ", say(self, n, Next::Noun))
    }
}

#[rustfmt::skip]
pub(super) static SPEECH: Speech = Speech {
    counting: &Kannada,
    rupee: Coin { one: "ಒಂದು ರೂಪಾಯಿ", many: "ರೂಪಾಯಿ" },
    paisa: Coin { one: "ಒಂದು ಪೈಸೆ", many: "ಪೈಸೆ" },
    and: " ",
    months: ["ಜನವರಿ", "ಫೆಬ್ರವರಿ", "ಮಾರ್ಚ್", "ಏಪ್ರಿಲ್", "ಮೇ", "ಜೂನ್", "ಜುಲೈ", "ಆಗಸ್ಟ್", "ಸೆಪ್ಟೆಂಬರ್", "ಅಕ್ಟೋಬರ್", "ನವೆಂಬರ್", "ಡಿಸೆಂಬರ್"],
    day: |n| Kannada.small(n, Next::Nothing),
    year: |n| say(&Kannada, n, Next::Nothing),
    date: "{month} {day}",
    date_of_year: "{year} {month} {day}",
    letters: [
        "ಎ", "ಬಿ", "ಸಿ", "ಡಿ", "ಇ", "ಎಫ್", "ಜಿ", "ಎಚ್", "ಐ", "ಜೆ", "ಕೆ", "ಎಲ್", "ಎಂ",
        "ಎನ್", "ಓ", "ಪಿ", "ಕ್ಯೂ", "ಆರ್", "ಎಸ್", "ಟಿ", "ಯು", "ವಿ", "ಡಬ್ಲ್ಯು", "ಎಕ್ಸ್", "ವೈ", "ಜೆಡ್",
    ],
};
