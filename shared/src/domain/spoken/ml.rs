//! Malayalam. Units melt into their tens, thousands into their count, and larger parts bend before
//! a smaller one.

use super::counting::{Counting, Next, say};
use super::{Coin, Speech};

#[rustfmt::skip]
const UNITS: [&str; 20] = [
    "പൂജ്യം", "ഒന്ന്", "രണ്ട്", "മൂന്ന്", "നാല്", "അഞ്ച്", "ആറ്", "ഏഴ്", "എട്ട്", "ഒമ്പത്",
    "പത്ത്", "പതിനൊന്ന്", "പന്ത്രണ്ട്", "പതിമൂന്ന്", "പതിനാല്", "പതിനഞ്ച്", "പതിനാറ്", "പതിനേഴ്", "പതിനെട്ട്", "പത്തൊമ്പത്",
];
/// One to nine after tens.
const AFTER_TENS: [&str; 9] = ["യൊന്ന്", "രണ്ട്", "മൂന്ന്", "നാല്", "യഞ്ച്", "യാറ്", "യേഴ്", "യെട്ട്", "യൊമ്പത്"];
/// Twenty to ninety, alone and before a unit.
const TENS: [[&str; 2]; 8] = [
    ["ഇരുപത്", "ഇരുപത്തി"],
    ["മുപ്പത്", "മുപ്പത്തി"],
    ["നാൽപ്പത്", "നാൽപ്പത്തി"],
    ["അമ്പത്", "അമ്പത്തി"],
    ["അറുപത്", "അറുപത്തി"],
    ["എഴുപത്", "എഴുപത്തി"],
    ["എൺപത്", "എൺപത്തി"],
    ["തൊണ്ണൂറ്", "തൊണ്ണൂറ്റി"],
];
/// Alone and before a smaller number.
const HUNDREDS: [[&str; 2]; 9] = [
    ["നൂറ്", "നൂറ്റി"],
    ["ഇരുന്നൂറ്", "ഇരുന്നൂറ്റി"],
    ["മുന്നൂറ്", "മുന്നൂറ്റി"],
    ["നാനൂറ്", "നാനൂറ്റി"],
    ["അഞ്ഞൂറ്", "അഞ്ഞൂറ്റി"],
    ["അറുനൂറ്", "അറുനൂറ്റി"],
    ["എഴുനൂറ്", "എഴുനൂറ്റി"],
    ["എണ്ണൂറ്", "എണ്ണൂറ്റി"],
    ["തൊള്ളായിരം", "തൊള്ളായിരത്തി"],
];
/// Ends a word without a vowel; gives way to one.
const NO_VOWEL: char = '്';

struct Malayalam;

impl Counting for Malayalam {
    fn small(&self, n: u64, _: Next) -> String {
        let n = n as usize;
        match (n, n % 10) {
            (0..20, _) => UNITS[n].to_owned(),
            (_, 0) => TENS[n / 10 - 2][0].to_owned(),
            (_, unit) => format!("{}{}", TENS[n / 10 - 2][1], AFTER_TENS[unit - 1]),
        }
    }
    fn hundreds(&self, n: u64, next: Next) -> String {
        HUNDREDS[n as usize - 1][usize::from(next == Next::Number)].to_owned()
    }
    fn thousands(&self, n: u64, next: Next) -> String {
        let small = self.small(n, Next::Noun);
        let stem = small.trim_end_matches(NO_VOWEL);
        let count = match n {
            1 => "ആ".to_owned(),
            3 => "മൂവാ".to_owned(),
            5 => "അയ്യാ".to_owned(),
            8 => "എണ്ണാ".to_owned(),
            10 => "പതിനാ".to_owned(),
            15 => "പതിനയ്യാ".to_owned(),
            90 => "തൊണ്ണൂറാ".to_owned(),
            // Nines and full tens put a syllable in between.
            _ if n.is_multiple_of(10) || n % 10 == 9 => format!("{stem}ിനാ"),
            _ => format!("{stem}ാ"),
        };
        format!("{count}{}", if next == Next::Number { "യിരത്തി" } else { "യിരം" })
    }
    fn lakhs(&self, n: u64, next: Next) -> String {
        let lakh = if next == Next::Number { "ലക്ഷത്തി" } else { "ലക്ഷം" };
        match n {
            1 => format!("ഒരു {lakh}"),
            _ => format!("{} {lakh}", self.small(n, Next::Noun)),
        }
    }
    fn crores(&self, n: u64, _: Next) -> String {
        match n {
            1 => "ഒരു കോടി".to_owned(),
            _ => format!("{} കോടി", say(self, n, Next::Noun)),
        }
    }
}

#[rustfmt::skip]
pub(super) static SPEECH: Speech = Speech {
    counting: &Malayalam,
    rupee: Coin { one: "ഒരു രൂപ", many: "രൂപ" },
    paisa: Coin { one: "ഒരു പൈസ", many: "പൈസ" },
    and: " ",
    months: ["ജനുവരി", "ഫെബ്രുവരി", "മാർച്ച്", "ഏപ്രിൽ", "മേയ്", "ജൂൺ", "ജൂലൈ", "ഓഗസ്റ്റ്", "സെപ്റ്റംബർ", "ഒക്ടോബർ", "നവംബർ", "ഡിസംബർ"],
    day: |n| Malayalam.small(n, Next::Nothing),
    year: |n| say(&Malayalam, n, Next::Nothing),
    date: "{month} {day}",
    date_of_year: "{year} {month} {day}",
    letters: [
        "എ", "ബി", "സി", "ഡി", "ഇ", "എഫ്", "ജി", "എച്ച്", "ഐ", "ജെ", "കെ", "എൽ", "എം",
        "എൻ", "ഒ", "പി", "ക്യൂ", "ആർ", "എസ്", "ടി", "യു", "വി", "ഡബ്ല്യു", "എക്സ്", "വൈ", "സെഡ്",
    ],
};
