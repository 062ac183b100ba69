//! The paid providers: carrier and speech. Only addresses and credentials tell a simulator from
//! the real one.

use std::sync::Arc;

use super::WiringError;
use crate::app::App;
use crate::config::Environment;

/// The carrier. Only `dial` and `reconcile` hold its credentials.
#[cfg(feature = "exotel")]
pub fn telephony(env: &Environment, app: &App) -> Result<Arc<dyn crate::ports::telephony::Telephony>, WiringError> {
    use crate::adapters::exotel::{ExotelTelephony, Timeouts};
    use crate::config::ExotelSection;

    let config: ExotelSection = env.read()?;
    Ok(Arc::new(ExotelTelephony::new(&config, Timeouts::default(), app.clock.clone())?))
}

/// The conversations, with speech and a mind behind them.
#[cfg(feature = "voicebot")]
pub async fn voicebot(env: &Environment, app: App) -> Result<crate::voicebot::Voicebot, WiringError> {
    use crate::adapters::cached_tts::CachedTts;
    use crate::adapters::ecs::EcsProtection;
    use crate::adapters::sarvam::{Recogniser, SarvamConfig, SarvamStt, SarvamTts};
    use crate::adapters::silero::Silero;
    use crate::config::{SarvamSection, VoicebotSection};
    use crate::voicebot::{Mind, Voicebot, VoicebotConfig};

    /// Every fixed sentence of eleven languages at 16 kB a second, twice over.
    const CACHE_BYTES: usize = 64 * 1024 * 1024;

    let section: SarvamSection = env.read()?;
    let speech = SarvamConfig {
        key: section.api_key,
        base_url: section.base_url,
        ws_url: section.ws_url,
        speaker: section.speaker,
        // The section has let through nothing else.
        recogniser: section.recogniser.parse().unwrap_or(Recogniser::Realtime),
        stt_rate_hz: section.stt_rate_hz,
        language_field: section.language_field.parse().unwrap_or_default(),
        tts_codec: section.tts_codec.parse().unwrap_or_default(),
        ..SarvamConfig::default()
    };
    let own: VoicebotSection = env.read()?;
    let stt = Arc::new(SarvamStt::new(speech.clone())?);
    let voices = Arc::new(Silero::new()?);
    let tts = Arc::new(CachedTts::new(Arc::new(SarvamTts::new(speech)?), CACHE_BYTES));
    let config = VoicebotConfig {
        most_calls: own.max_calls,
        speculation: own.speculation,
        journal: own.journal,
        ..VoicebotConfig::default()
    };
    let mind = Mind { playbooks: Arc::clone(&app.playbooks), model: super::language_model(&env.read()?).await? };
    let bot = Voicebot::new(app, stt, voices, tts, config).with_mind(mind).measured();
    Ok(match own.ecs_agent_uri {
        Some(agent) => bot.protected_by(Arc::new(EcsProtection::new(&agent)?)),
        None => bot,
    })
}
