//! What the language model says. Two sentences of always the same length, and never the same twice:
//! a bot that keeps what it once had spoken must not be quicker than the providers. No word of them
//! speaks of money, dates or numbers, which our bot would not let through.

/// Eight letters each, so that every answer sounds equally long.
const KINDS: [&str; 16] = [
    "personal", "ordinary", "separate", "previous", "original", "specific", "standard", "possible", "complete",
    "detailed", "official", "internal", "external", "suitable", "familiar", "relevant",
];
const THINGS: [&str; 16] = [
    "question", "document", "evidence", "schedule", "envelope", "language", "position", "property", "decision",
    "register", "strategy", "response", "delivery", "interval", "audience", "business",
];
const OTHERS: [&str; 16] = [
    "calendar", "telegram", "postcard", "notebook", "approval", "platform", "proposal", "standing", "material",
    "practice", "research", "sequence", "solution", "training", "tracking", "exchange",
];

/// Tokens of the first sentence: it is whole when the last of them has come.
pub(crate) const FIRST_SENTENCE: usize = 10;
/// Characters of both sentences.
pub(crate) const CHARACTERS: usize = 121;

/// The tokens of the answer of that number; one after 65,536 others comes again.
pub(crate) fn tokens(number: u64) -> Vec<String> {
    let digit = |place: u32| (number >> (4 * place)) as usize % 16;
    let (kind, thing, other, more) = (KINDS[digit(0)], THINGS[digit(1)], OTHERS[digit(2)], THINGS[digit(3)]);
    let first = format!("Certainly I have noted the {kind} {thing} and {other} too.");
    let second = format!("You can ask about the {kind} {more} whenever you like.");
    let words = first.split(' ').chain(second.split(' '));
    words.enumerate().map(|(at, word)| if at == 0 { word.to_owned() } else { format!(" {word}") }).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shared::domain::language::Language;
    use shared::domain::thinking::{Clauses, Guard, Known};

    use super::*;

    #[test]
    fn every_answer_is_as_long_as_every_other_and_its_first_sentence_is_whole_with_the_tenth_token() {
        for number in [0, 1, 0x1234, 0xffff, 70_000] {
            let answer = tokens(number);
            assert_eq!(answer.len(), 20);
            let first = answer[..FIRST_SENTENCE].concat();
            assert!(first.ends_with('.') && first.chars().count() == 62, "{first}");
            assert_eq!(answer.concat().chars().count(), CHARACTERS, "{}", answer.concat());
        }
    }

    #[test]
    fn no_sentence_comes_twice_in_a_run() {
        let firsts: BTreeSet<String> = (0..4_096).map(|number| tokens(number)[..FIRST_SENTENCE].concat()).collect();
        assert_eq!(firsts.len(), 4_096);
    }

    #[test]
    fn our_bot_says_all_of_it_once_the_right_person_has_said_so() {
        let known = Known::default();
        let guard = Guard { language: Language::English, confirmed: true, known: &known };
        for number in (0..16).map(|digit| digit * 0x1111) {
            let mut clauses = Clauses::default();
            let mut said = clauses.take(&(tokens(number).concat() + " "));
            said.extend(clauses.finish());
            assert_eq!(said.len(), 2, "{said:?}");
            said.iter().for_each(|clause| assert_eq!(guard.check(&clause.text), Ok(()), "{}", clause.text));
        }
    }
}
