//! Whom the stories phone.

use shared::domain::language::Language;

/// A customer. The last two digits of the number say how they behave
/// (`shared::sim::exotel::Persona`).
#[derive(Clone, Copy)]
pub(crate) struct Person {
    /// Last four digits: two to tell people apart, two for the behaviour.
    pub(crate) digits: u16,
    pub(crate) language: Language,
    wordy: bool,
}

impl Person {
    /// Speaks English.
    pub(crate) fn new(digits: u16) -> Self {
        Self::speaking(digits, Language::English)
    }

    /// Speaks that language.
    pub(crate) fn speaking(digits: u16, language: Language) -> Self {
        Self { digits, language, wordy: false }
    }

    /// Has a name that takes a quarter of a minute to say.
    pub(crate) fn wordy(self) -> Self {
        Self { wordy: true, ..self }
    }

    /// Ten digits, clearly invented.
    pub(crate) fn number(&self) -> String {
        format!("900000{:04}", self.digits)
    }

    /// The debt nobody else may hear of: loan LN004321, 17,500 rupees.
    pub(super) fn row(&self) -> String {
        format!(
            "Person {:04}{},{},Delhi,LN004321,17500,05/12/2026,{}\n",
            self.digits,
            if self.wordy { " of the old house behind the new market".repeat(4) } else { String::new() },
            self.number(),
            self.language.code()
        )
    }
}
