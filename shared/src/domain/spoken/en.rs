//! English as it is spoken in India.

use super::counting::{Counting, Next, say};
use super::{Coin, Speech};

const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

struct English;

impl Counting for English {
    fn small(&self, n: u64, _: Next) -> String {
        let n = n as usize;
        match (n, n % 10) {
            (0..20, _) => UNITS[n].to_owned(),
            (_, 0) => TENS[n / 10 - 2].to_owned(),
            (_, unit) => format!("{}-{}", TENS[n / 10 - 2], UNITS[unit]),
        }
    }
    fn hundreds(&self, n: u64, next: Next) -> String {
        format!("{} hundred", self.small(n, next))
    }
    fn thousands(&self, n: u64, next: Next) -> String {
        format!("{} thousand", self.small(n, next))
    }
    fn lakhs(&self, n: u64, next: Next) -> String {
        format!("{} lakh", self.small(n, next))
    }
    fn crores(&self, n: u64, next: Next) -> String {
        format!("{} crore", say(self, n, next))
    }
    fn and(&self) -> Option<&'static str> {
        Some("and")
    }
}

fn day(n: u64) -> String {
    let number = English.small(n, Next::Nothing);
    let irregular = [
        ("one", "first"),
        ("two", "second"),
        ("three", "third"),
        ("five", "fifth"),
        ("eight", "eighth"),
        ("nine", "ninth"),
        ("twelve", "twelfth"),
        ("twenty", "twentieth"),
        ("thirty", "thirtieth"),
    ];
    let (tens, last) = number.rsplit_once('-').map_or(("", number.as_str()), |(tens, last)| (tens, last));
    let last = match irregular.iter().find(|(cardinal, _)| *cardinal == last) {
        Some((_, ordinal)) => (*ordinal).to_owned(),
        None => format!("{last}th"),
    };
    if tens.is_empty() { last } else { format!("{tens}-{last}") }
}

/// `twenty twenty-six`; `two thousand and seven`.
fn year(n: u64) -> String {
    match (n / 100, n % 100) {
        (hundreds @ 10..=99, rest @ 10..) => {
            format!("{} {}", English.small(hundreds, Next::Number), English.small(rest, Next::Nothing))
        }
        _ => say(&English, n, Next::Nothing),
    }
}

pub(super) static SPEECH: Speech = Speech {
    counting: &English,
    rupee: Coin { one: "one rupee", many: "rupees" },
    paisa: Coin { one: "one paisa", many: "paise" },
    and: " and ",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    day,
    year,
    date: "{day} of {month}",
    date_of_year: "{day} of {month} {year}",
    letters: [
        "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V",
        "W", "X", "Y", "Z",
    ],
};
