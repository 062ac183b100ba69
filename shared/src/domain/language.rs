//! The eleven languages we speak. Providers' own codes are converted in `wire`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language the bot can speak. Serialised as its BCP 47 code (`hi-IN`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("enum" = Self::ALL.map(Self::code)))]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum Language {
    English,
    Hindi,
    Tamil,
    Telugu,
    Kannada,
    Malayalam,
    Marathi,
    Gujarati,
    Bengali,
    Punjabi,
    Odia,
}

/// The text names no language we speak.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of the eleven languages (en, hi, ta, te, kn, ml, mr, gu, bn, pa, or)")]
pub struct UnknownLanguage(String);

impl Language {
    /// All eleven, in the order they are offered to people.
    pub const ALL: [Self; 11] = [
        Self::English,
        Self::Hindi,
        Self::Tamil,
        Self::Telugu,
        Self::Kannada,
        Self::Malayalam,
        Self::Marathi,
        Self::Gujarati,
        Self::Bengali,
        Self::Punjabi,
        Self::Odia,
    ];

    /// Our code: ISO 639-1 plus `-IN`. Odia is `or-IN` (some providers write `od-IN`).
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en-IN",
            Self::Hindi => "hi-IN",
            Self::Tamil => "ta-IN",
            Self::Telugu => "te-IN",
            Self::Kannada => "kn-IN",
            Self::Malayalam => "ml-IN",
            Self::Marathi => "mr-IN",
            Self::Gujarati => "gu-IN",
            Self::Bengali => "bn-IN",
            Self::Punjabi => "pa-IN",
            Self::Odia => "or-IN",
        }
    }

    /// The English name, as written in sheets and settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Hindi => "Hindi",
            Self::Tamil => "Tamil",
            Self::Telugu => "Telugu",
            Self::Kannada => "Kannada",
            Self::Malayalam => "Malayalam",
            Self::Marathi => "Marathi",
            Self::Gujarati => "Gujarati",
            Self::Bengali => "Bengali",
            Self::Punjabi => "Punjabi",
            Self::Odia => "Odia",
        }
    }

    /// Reads a code (`hi`, `hi-IN`, `HI_in`, `od-IN`) or a name (`Hindi`, `Oriya`, `Bangla`).
    pub fn parse(raw: &str) -> Result<Self, UnknownLanguage> {
        let text = raw.trim().to_lowercase();
        let stem = text.split(['-', '_']).next().unwrap_or_default();
        let found = match stem {
            "od" | "oriya" => Some(Self::Odia),
            "bangla" => Some(Self::Bengali),
            "panjabi" => Some(Self::Punjabi),
            _ => Self::ALL.into_iter().find(|l| &l.code()[..2] == stem || l.name().to_lowercase() == stem),
        };
        found.ok_or_else(|| UnknownLanguage(raw.trim().chars().take(32).collect()))
    }

    /// The language most of a state's people are phoned in. `None` for a state we do not know.
    pub fn of_state(state: &str) -> Option<Self> {
        let words: Vec<&str> = state.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        let key = words.join(" ").to_lowercase();
        Some(match key.as_str() {
            "andhra pradesh" | "ap" | "telangana" | "ts" | "tg" => Self::Telugu,
            "gujarat" | "gj" => Self::Gujarati,
            "karnataka" | "ka" => Self::Kannada,
            "kerala" | "kl" | "lakshadweep" | "ld" => Self::Malayalam,
            "maharashtra" | "mh" => Self::Marathi,
            "odisha" | "orissa" | "od" | "or" => Self::Odia,
            "punjab" | "pb" => Self::Punjabi,
            "tamil nadu" | "tamilnadu" | "tn" | "puducherry" | "pondicherry" | "py" => Self::Tamil,
            "west bengal" | "wb" => Self::Bengali,
            "arunachal pradesh"
            | "ar"
            | "assam"
            | "as"
            | "bihar"
            | "br"
            | "chhattisgarh"
            | "chattisgarh"
            | "cg"
            | "goa"
            | "ga"
            | "haryana"
            | "hr"
            | "himachal pradesh"
            | "hp"
            | "jharkhand"
            | "jh"
            | "madhya pradesh"
            | "mp"
            | "manipur"
            | "mn"
            | "meghalaya"
            | "ml"
            | "mizoram"
            | "mz"
            | "nagaland"
            | "nl"
            | "rajasthan"
            | "rj"
            | "sikkim"
            | "sk"
            | "tripura"
            | "tr"
            | "uttar pradesh"
            | "up"
            | "uttarakhand"
            | "uk"
            | "uttaranchal"
            | "delhi"
            | "nct of delhi"
            | "new delhi"
            | "dl"
            | "chandigarh"
            | "ch"
            | "andaman and nicobar islands"
            | "andaman nicobar islands"
            | "an"
            | "dadra and nagar haveli and daman and diu"
            | "dadra and nagar haveli"
            | "daman and diu"
            | "dn"
            | "dd"
            | "jammu and kashmir"
            | "jammu kashmir"
            | "jk"
            | "ladakh"
            | "la" => Self::Hindi,
            _ => return None,
        })
    }
}

impl TryFrom<String> for Language {
    type Error = UnknownLanguage;
    fn try_from(text: String) -> Result<Self, UnknownLanguage> {
        Self::parse(&text)
    }
}
impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.code().to_owned()
    }
}
impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_lead_to_the_same_language() {
        for language in Language::ALL {
            assert_eq!(Language::parse(language.code()), Ok(language));
            assert_eq!(Language::parse(language.name()), Ok(language));
            assert_eq!(Language::parse(&language.code()[..2]), Ok(language));
        }
        assert_eq!(Language::parse("od-IN"), Ok(Language::Odia));
        assert!(Language::parse("fr-FR").is_err());
    }

    #[test]
    fn a_state_is_known_by_its_name_its_old_name_and_its_code() {
        assert_eq!(Language::of_state(" Orissa "), Some(Language::Odia));
        assert_eq!(Language::of_state("Tamil-Nadu"), Some(Language::Tamil));
        assert_eq!(Language::of_state("NCT of Delhi"), Some(Language::Hindi));
        assert_eq!(Language::of_state("WB"), Some(Language::Bengali));
        assert_eq!(Language::of_state("Jammu & Kashmir"), Some(Language::Hindi));
        assert_eq!(Language::of_state("Atlantis"), None);
    }
}
