//! What a call costs: metered units by the account's prices.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::money::Paise;
use super::settings::Prices;

const MS_AN_HOUR: i128 = 3_600_000;
const CHARACTERS: i128 = 10_000;
const TOKENS: i128 = 1_000_000;
/// A paisa in parts that every price is a whole number of.
const WHOLE: i128 = MS_AN_HOUR * TOKENS;
/// Carriers bill every minute that has begun.
const PULSE_MS: u64 = 60_000;

/// What a call has used of paid services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Meters {
    /// Milliseconds the line to the bot was open. An agent's part of the call is not in here.
    pub line_ms: u64,
    /// Milliseconds of audio sent to the recogniser, also what was sent twice.
    pub stt_ms: u64,
    /// Characters synthesised, also of sentences that were cut; none for those that were kept from
    /// an earlier call.
    pub tts_chars: u64,
    /// Tokens language models read, also for answers nobody heard. An answer that is cut does not say
    /// what it cost, and is not in here.
    pub llm_tokens_read: u64,
    /// Tokens they wrote, thoughts included.
    pub llm_tokens_written: u64,
}

impl Meters {
    /// Of two conversations in one call.
    pub fn plus(self, other: Self) -> Self {
        Self {
            line_ms: self.line_ms + other.line_ms,
            stt_ms: self.stt_ms + other.stt_ms,
            tts_chars: self.tts_chars + other.tts_chars,
            llm_tokens_read: self.llm_tokens_read + other.llm_tokens_read,
            llm_tokens_written: self.llm_tokens_written + other.llm_tokens_written,
        }
    }

    /// By these prices, rounded to the nearest paisa once, at the end.
    pub fn cost(self, prices: &Prices) -> Paise {
        let parts = |units: u64, price: Paise, per: i128| i128::from(units) * i128::from(price.0) * (WHOLE / per);
        let all = parts(self.line_ms.div_ceil(PULSE_MS), prices.call_minute, 1)
            + parts(self.stt_ms, prices.stt_hour, MS_AN_HOUR)
            + parts(self.tts_chars, prices.tts_10k_chars, CHARACTERS)
            + parts(self.llm_tokens_read, prices.llm_1m_tokens_read, TOKENS)
            + parts(self.llm_tokens_written, prices.llm_1m_tokens_written, TOKENS);
        // Prices have an upper bound and calls a longest time: only nonsense does not fit.
        Paise(i64::try_from((all + WHOLE / 2) / WHOLE).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICES: Prices = Prices {
        call_minute: Paise(60),
        stt_hour: Paise(3_000),
        tts_10k_chars: Paise(3_000),
        llm_1m_tokens_read: Paise(10_000),
        llm_1m_tokens_written: Paise(50_000),
    };

    #[test]
    fn two_minutes_of_talk_cost_what_the_price_list_says() {
        // ₹1.00 of hearing, ₹2.70 of speaking, ₹1.20 of thinking, two minutes of line.
        let call = Meters {
            line_ms: 120_000,
            stt_ms: 120_000,
            tts_chars: 900,
            llm_tokens_read: 11_000,
            llm_tokens_written: 200,
        };
        assert_eq!(call.cost(&PRICES), Paise(100 + 270 + 110 + 10 + 120));
    }

    #[test]
    fn a_minute_that_has_begun_is_paid_and_nothing_costs_nothing() {
        assert_eq!(Meters::default().cost(&PRICES), Paise(0));
        for (line_ms, paise) in [(1, 60), (60_000, 60), (60_001, 120)] {
            assert_eq!(Meters { line_ms, ..Meters::default() }.cost(&PRICES), Paise(paise), "{line_ms} ms");
        }
    }

    #[test]
    fn parts_of_a_paisa_are_added_before_they_are_rounded() {
        // 0.4 paise of each.
        let call = Meters { stt_ms: 480, tts_chars: 1, llm_tokens_read: 40, ..Meters::default() };
        let prices = Prices { tts_10k_chars: Paise(4_000), ..PRICES };
        assert_eq!(call.cost(&prices), Paise(1));
        for less in [Meters { tts_chars: 0, ..call }, Meters { llm_tokens_read: 0, ..call }] {
            assert_eq!(less.cost(&prices), Paise(1), "{less:?}");
        }
        let one = Meters { llm_tokens_read: 40, ..Meters::default() };
        assert_eq!(one.cost(&prices), Paise(0));
        assert_eq!(call.plus(call).cost(&prices), Paise(2));
    }
}
