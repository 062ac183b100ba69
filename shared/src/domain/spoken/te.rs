//! Telugu. Hundreds and what is larger are plural, and bend before whatever follows them.

use super::counting::{Counting, Next, say};
use super::{Coin, Speech};

#[rustfmt::skip]
const UNITS: [&str; 20] = [
    "సున్నా", "ఒకటి", "రెండు", "మూడు", "నాలుగు", "ఐదు", "ఆరు", "ఏడు", "ఎనిమిది", "తొమ్మిది",
    "పది", "పదకొండు", "పన్నెండు", "పదమూడు", "పద్నాలుగు", "పదిహేను", "పదహారు", "పదిహేడు", "పద్దెనిమిది", "పంతొమ్మిది",
];
const TENS: [&str; 8] = ["ఇరవై", "ముప్పై", "నలభై", "యాభై", "అరవై", "డెబ్బై", "ఎనభై", "తొంభై"];

struct Telugu;

/// `రెండు వేలు` alone, `రెండు వేల` before anything.
fn many(count: &str, bent: &str, alone: &str, next: Next) -> String {
    format!("{count} {}", if next == Next::Nothing { alone } else { bent })
}

impl Counting for Telugu {
    /// "One" before what is counted is another word.
    fn small(&self, n: u64, next: Next) -> String {
        let n = n as usize;
        let unit = |unit: usize| if unit == 1 && next == Next::Noun { "ఒక్క" } else { UNITS[unit] };
        match (n, n % 10) {
            (0..20, _) => unit(n).to_owned(),
            (_, 0) => TENS[n / 10 - 2].to_owned(),
            (_, last) => format!("{} {}", TENS[n / 10 - 2], unit(last)),
        }
    }
    fn hundreds(&self, n: u64, next: Next) -> String {
        match (n, next) {
            (1, Next::Number) => "నూట".to_owned(),
            (1, _) => "వంద".to_owned(),
            _ => many(UNITS[n as usize], "వందల", "వందలు", next),
        }
    }
    fn thousands(&self, n: u64, next: Next) -> String {
        match n {
            1 => "వెయ్యి".to_owned(),
            _ => many(&self.small(n, Next::Noun), "వేల", "వేలు", next),
        }
    }
    fn lakhs(&self, n: u64, next: Next) -> String {
        match n {
            1 => "ఒక లక్ష".to_owned(),
            _ => many(&self.small(n, Next::Noun), "లక్షల", "లక్షలు", next),
        }
    }
    fn crores(&self, n: u64, next: Next) -> String {
        match n {
            1 => "ఒక కోటి".to_owned(),
            _ => many(&say(self, n, Next::Noun), "కోట్ల", "కోట్లు", next),
        }
    }
}

#[rustfmt::skip]
pub(super) static SPEECH: Speech = Speech {
    counting: &Telugu,
    rupee: Coin { one: "ఒక రూపాయి", many: "రూపాయలు" },
    paisa: Coin { one: "ఒక పైసా", many: "పైసలు" },
    and: " ",
    months: ["జనవరి", "ఫిబ్రవరి", "మార్చి", "ఏప్రిల్", "మే", "జూన్", "జూలై", "ఆగస్టు", "సెప్టెంబర్", "అక్టోబర్", "నవంబర్", "డిసెంబర్"],
    day: |n| Telugu.small(n, Next::Nothing),
    year: |n| say(&Telugu, n, Next::Nothing),
    date: "{month} {day}",
    date_of_year: "{year} {month} {day}",
    letters: [
        "ఏ", "బి", "సి", "డి", "ఇ", "ఎఫ్", "జి", "హెచ్", "ఐ", "జె", "కె", "ఎల్", "ఎం",
        "ఎన్", "ఓ", "పి", "క్యూ", "ఆర్", "ఎస్", "టి", "యు", "వి", "డబ్ల్యూ", "ఎక్స్", "వై", "జెడ్",
    ],
};
