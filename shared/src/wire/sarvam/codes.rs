//! Sarvam's language codes. Odia is `od-IN` everywhere but on the realtime recogniser, where it
//! is `or-IN`.

use crate::domain::language::Language;

/// For REST, the older recogniser and everything that speaks.
pub fn code(language: Language) -> &'static str {
    match language {
        Language::Odia => "od-IN",
        other => other.code(),
    }
}

/// For the realtime recogniser.
pub fn realtime_code(language: Language) -> &'static str {
    language.code()
}

/// What a recogniser reports. `None` for the languages it knows and we can not speak.
pub fn heard(raw: &str) -> Option<Language> {
    Language::parse(raw).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odia_is_written_two_ways_and_read_in_both() {
        assert_eq!(code(Language::Odia), "od-IN");
        assert_eq!(realtime_code(Language::Odia), "or-IN");
        assert_eq!(heard("od-IN"), Some(Language::Odia));
        assert_eq!(heard("or-IN"), Some(Language::Odia));
    }

    #[test]
    fn every_other_language_has_one_code_and_foreign_ones_are_none_of_ours() {
        for language in Language::ALL.into_iter().filter(|l| *l != Language::Odia) {
            assert_eq!(code(language), realtime_code(language));
            assert_eq!(heard(code(language)), Some(language));
        }
        for other in ["ur-IN", "mai-IN", "sat-IN", "kok-IN", "unknown", ""] {
            assert_eq!(heard(other), None, "{other}");
        }
    }
}
