//! What all the languages count alike: crores, lakhs, thousands, hundreds, and the rest.

const CRORE: u64 = 10_000_000;
const LAKH: u64 = 100_000;
const THOUSAND: u64 = 1_000;
const HUNDRED: u64 = 100;

/// What follows a part of a number: some languages bend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The number ends here and stands alone.
    Nothing,
    /// A smaller part of the same number.
    Number,
    /// The number ends here, and what is counted follows.
    Noun,
}

/// The parts of a number in one language.
pub(super) trait Counting: Sync {
    /// 0 to 99.
    fn small(&self, n: u64, next: Next) -> String;
    /// 1 to 9 of them.
    fn hundreds(&self, n: u64, next: Next) -> String;
    /// 1 to 99 of them, as the next two.
    fn thousands(&self, n: u64, next: Next) -> String;
    fn lakhs(&self, n: u64, next: Next) -> String;
    /// Any number of them from 1 on.
    fn crores(&self, n: u64, next: Next) -> String;
    /// Between the larger parts and the last two digits.
    fn and(&self) -> Option<&'static str> {
        None
    }
}

/// The whole number.
pub(super) fn say(counting: &dyn Counting, n: u64, next: Next) -> String {
    let small = n % HUNDRED;
    if n == small {
        return counting.small(small, next);
    }
    let follows = |rest: u64| if rest == 0 { next } else { Next::Number };
    let mut said = Vec::new();
    if n >= CRORE {
        said.push(counting.crores(n / CRORE, follows(n % CRORE)));
    }
    if n % CRORE >= LAKH {
        said.push(counting.lakhs(n % CRORE / LAKH, follows(n % LAKH)));
    }
    if n % LAKH >= THOUSAND {
        said.push(counting.thousands(n % LAKH / THOUSAND, follows(n % THOUSAND)));
    }
    if n % THOUSAND >= HUNDRED {
        said.push(counting.hundreds(n % THOUSAND / HUNDRED, follows(small)));
    }
    if small > 0 {
        said.extend(counting.and().map(str::to_owned));
        said.push(counting.small(small, next));
    }
    said.join(" ")
}

/// A language that has a word of its own for every number below a hundred and bends none.
pub(super) struct Plain {
    pub(super) small: [&'static str; 100],
    /// One to nine of them.
    pub(super) hundreds: [&'static str; 9],
    /// A hundred with nothing after it, where that is another word.
    pub(super) hundred_alone: &'static str,
    pub(super) thousand: &'static str,
    pub(super) lakh: &'static str,
    pub(super) crore: &'static str,
}

impl Plain {
    pub(super) const fn word(&self, n: u64) -> &'static str {
        self.small[(n % 100) as usize]
    }
}

impl Counting for Plain {
    fn small(&self, n: u64, _: Next) -> String {
        self.word(n).to_owned()
    }
    fn hundreds(&self, n: u64, next: Next) -> String {
        match (n, next) {
            (1, Next::Nothing | Next::Noun) => self.hundred_alone.to_owned(),
            _ => self.hundreds[n as usize - 1].to_owned(),
        }
    }
    fn thousands(&self, n: u64, _: Next) -> String {
        format!("{} {}", self.word(n), self.thousand)
    }
    fn lakhs(&self, n: u64, _: Next) -> String {
        format!("{} {}", self.word(n), self.lakh)
    }
    fn crores(&self, n: u64, _: Next) -> String {
        format!("{} {}", say(self, n, Next::Noun), self.crore)
    }
}
