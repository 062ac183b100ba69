//! The account's settings: what ops may change without a deployment. Versioned as one record.

use jiff::civil::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::language::Language;
use super::money::Paise;
use super::phone::Reach;

/// Nobody waits for more agents to be rung one after the other.
pub const MOST_AGENTS: usize = 20;

/// All settings. An unreadable record refuses calls, it never allows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AccountSettings {
    /// IANA name of the zone the calling window is in.
    pub time_zone: String,
    /// When customers may be phoned.
    pub calling_window: CallingWindow,
    /// Most calls to one phone in one day of the account's time zone.
    pub attempts_per_day: u8,
    /// Most calls to one phone in seven days.
    pub attempts_per_week: u8,
    /// New calls per minute (Exotel allows 200 requests; 40 stay for reading).
    pub calls_per_minute: u32,
    /// Most calls at the same time (Exotel streams, Sarvam sockets).
    pub calls_in_flight: u32,
    /// Spoken where neither the sheet nor the state says otherwise.
    pub default_language: Language,
    /// Which countries' numbers an upload may hold.
    pub reach: Reach,
    /// Whom a hand-over rings, in order.
    #[schemars(length(max = MOST_AGENTS))]
    pub agent_numbers: Vec<String>,
    /// What the lender calls itself on the phone.
    pub lender_name: String,
    /// Seconds a phone may ring.
    pub ring_timeout_s: u32,
    /// Seconds a call may last.
    pub call_limit_s: u32,
    /// Prices for the cost of a call.
    pub prices: Prices,
}

/// The daily window, in the account's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallingWindow {
    /// First minute.
    pub opens: Time,
    /// First minute after.
    pub closes: Time,
}

impl CallingWindow {
    /// No setting reaches outside this: the RBI allows recovery calls from 08:00 to 19:00.
    pub const HARD_LIMIT: Self = Self { opens: Time::constant(8, 0, 0, 0), closes: Time::constant(19, 0, 0, 0) };

    /// The hours that lie in both.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self { opens: self.opens.max(other.opens), closes: self.closes.min(other.closes) }
    }
}

/// Price per metered unit, in paise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Prices {
    /// Telephone, per started minute.
    pub call_minute: Paise,
    /// Speech recognition, per hour of audio.
    pub stt_hour: Paise,
    /// Speech synthesis, per 10,000 characters.
    pub tts_10k_chars: Paise,
    /// Language models, per million tokens they read.
    pub llm_1m_tokens_read: Paise,
    /// Language models, per million tokens they wrote.
    pub llm_1m_tokens_written: Paise,
}

impl Default for Prices {
    /// Sarvam's price page as of 2026-09-20: ₹30 an hour of hearing, ₹30 per 10,000 characters of
    /// Bulbul v3. Claude Haiku 4.5 by Anthropic's price page, $1 and $5 per million tokens, and 10 % more
    /// through a profile that keeps the data in India, at ₹90 a dollar; a call may ask several models,
    /// and this is the first. Telephone and the dollar are assumptions to edit.
    fn default() -> Self {
        Self {
            call_minute: Paise(60),
            stt_hour: Paise(3_000),
            tts_10k_chars: Paise(3_000),
            llm_1m_tokens_read: Paise(9_900),
            llm_1m_tokens_written: Paise(49_500),
        }
    }
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            time_zone: "Asia/Kolkata".to_owned(),
            calling_window: CallingWindow { opens: Time::constant(9, 0, 0, 0), closes: Time::constant(19, 0, 0, 0) },
            attempts_per_day: 3,
            attempts_per_week: 10,
            calls_per_minute: 150,
            calls_in_flight: 100,
            default_language: Language::Hindi,
            reach: Reach::India,
            agent_numbers: Vec::new(),
            lender_name: "Asha Finance".to_owned(),
            ring_timeout_s: 40,
            call_limit_s: 900,
            prices: Prices::default(),
        }
    }
}
