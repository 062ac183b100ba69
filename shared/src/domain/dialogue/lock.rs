//! The right-party lock: whatever speaks of a debt lies behind a proof that the right person
//! is on the line. The proof can be made in one place only, from the answer to that question.

use super::intent::Intent;

/// What the bot asked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// "Am I speaking with …?"
    Identity,
    /// "Would you like to speak with an agent?"
    Agent,
    /// "So you will pay … by …?"
    Promise,
    /// Whatever a model has asked, once the right person is confirmed.
    Open,
}

/// Proof that the person asked for said so. Cannot be stored or made elsewhere, and copied only by
/// the dialogue that holds it.
#[derive(Debug)]
pub struct Confirmed(());

impl Confirmed {
    /// Only a plain yes to the identity question proves it; "ok" and "hello" do not.
    pub fn from_answer(question: Question, intent: Intent) -> Option<Self> {
        (question == Question::Identity && intent == Intent::Yes).then_some(Self(()))
    }

    /// For the same conversation, thought ahead: what it says is not said by that.
    pub(super) fn thought_ahead(&self) -> Self {
        Self(())
    }
}

/// A value nobody reads without the proof.
#[derive(Clone)]
pub struct Sealed<T>(T);

impl<T> Sealed<T> {
    /// Locks it away.
    pub const fn new(value: T) -> Self {
        Self(value)
    }
    /// The value, for the right person.
    pub fn open(&self, _proof: &Confirmed) -> &T {
        &self.0
    }
}

impl<T> std::fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_to_the_identity_question_proves_it() {
        for intent in Intent::ALL {
            for other in [Question::Agent, Question::Promise, Question::Open] {
                assert!(Confirmed::from_answer(other, intent).is_none());
            }
            assert_eq!(
                Confirmed::from_answer(Question::Identity, intent).is_some(),
                intent == Intent::Yes,
                "{intent:?}"
            );
        }
    }
}
