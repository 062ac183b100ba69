//! Who the customer at a number is.

use serde::{Deserialize, Serialize};

/// A kind of customer. Whoever confirms who they are does so until the bot thanks and says why it calls,
/// whatever it asks till then. By a number's last two digits, where the control API says nothing else:
///
/// | Digits | Persona | Digits | Persona |
/// |---|---|---|---|
/// | 11 | `busy` | 18 | `wrong_person` |
/// | 12 | `no_answer` | 19 | `presses_one` |
/// | 13 | `failed` | 20 | `promises` |
/// | 14 | `hangs_up` | 21 | `unsure` |
/// | 15 | `interrupts` | 22 | `voicemail` |
/// | 16 | `asks_for_agent` | 23 | `cancelled` |
/// | 17 | `silent` | 24 | `murmurs` |
/// | 25 | `coughs` | 29 | `speaks_over_greeting` |
/// | 26 | `screens` | 30 | `thinks` |
/// | 27 | `presses_keys` | | |
/// | 28 | `switches_language` | all others | `cooperative` |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persona {
    /// Confirms who they are, listens, needs nothing.
    Cooperative,
    /// The line is busy.
    Busy,
    /// Nobody takes the call.
    NoAnswer,
    /// A dead number.
    Failed,
    /// Hangs up while the bot says why it calls.
    HangsUp,
    /// Speaks over what the bot calls for ("wait, say that again"), then needs nothing.
    Interrupts,
    /// Asks for a human after having heard why the bot calls.
    AsksForAgent,
    /// Takes the call and never makes a sound.
    Silent,
    /// Somebody else's phone.
    WrongPerson,
    /// Presses 1 after having heard why the bot calls.
    PressesOne,
    /// Promises to pay.
    Promises,
    /// Asks who is calling and to hear it again, then cooperates.
    Unsure,
    /// An answering machine.
    Voicemail,
    /// The operator cancels the call while it rings.
    Cancelled,
    /// Says "hmm" into what the bot calls for and wants to hear the rest; needs nothing.
    Murmurs,
    /// Coughs into what the bot calls for, long enough to be taken for words; needs nothing.
    Coughs,
    /// A telephone that asks callers what they want before it rings; it never passes the call on.
    Screens,
    /// Presses 4 and # into what the bot says, and 1 in the end.
    PressesKeys,
    /// Goes on in another language after having heard why the bot calls; needs nothing.
    SwitchesLanguage,
    /// Says "hello?" into the greeting, then confirms who they are and needs nothing.
    SpeaksOverGreeting,
    /// Says nothing for longer than the bot waits, then confirms who they are and needs nothing.
    Thinks,
}

impl Persona {
    /// Every persona with its last two digits; none for the persona of all other numbers.
    pub const TABLE: [(Option<u8>, Self); 21] = [
        (None, Self::Cooperative),
        (Some(11), Self::Busy),
        (Some(12), Self::NoAnswer),
        (Some(13), Self::Failed),
        (Some(14), Self::HangsUp),
        (Some(15), Self::Interrupts),
        (Some(16), Self::AsksForAgent),
        (Some(17), Self::Silent),
        (Some(18), Self::WrongPerson),
        (Some(19), Self::PressesOne),
        (Some(20), Self::Promises),
        (Some(21), Self::Unsure),
        (Some(22), Self::Voicemail),
        (Some(23), Self::Cancelled),
        (Some(24), Self::Murmurs),
        (Some(25), Self::Coughs),
        (Some(26), Self::Screens),
        (Some(27), Self::PressesKeys),
        (Some(28), Self::SwitchesLanguage),
        (Some(29), Self::SpeaksOverGreeting),
        (Some(30), Self::Thinks),
    ];

    /// The customer at a number, by its last two digits.
    pub fn of_number(number: &str) -> Self {
        let ending: Option<u8> = number.get(number.len().saturating_sub(2)..).and_then(|digits| digits.parse().ok());
        Self::TABLE
            .into_iter()
            .find(|(digits, _)| digits.is_some() && *digits == ending)
            .map_or(Self::Cooperative, |(_, persona)| persona)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_digits_choose_the_persona() {
        assert_eq!(Persona::of_number("+919000000011"), Persona::Busy);
        assert_eq!(Persona::of_number("09000000123"), Persona::Cancelled);
        assert_eq!(Persona::of_number("9000000099"), Persona::Cooperative);
        assert_eq!(Persona::of_number(""), Persona::Cooperative);
    }
}
