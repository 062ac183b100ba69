//! Ports made real. The maker is in the name: `PostgresCalls`, `RedisSessions`, `ExotelTelephony`.

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "llm")]
pub mod bedrock;
#[cfg(feature = "speech")]
pub mod cached_tts;
#[cfg(any(feature = "memory", feature = "store"))]
mod call_record;
pub mod crypto;
#[cfg(feature = "voicebot")]
pub mod ecs;
#[cfg(feature = "exotel")]
pub mod exotel;
#[cfg(any(feature = "memory", feature = "store"))]
mod gcra;
#[cfg(feature = "llm")]
pub mod gemini;
pub mod key_envelope;
pub mod local;
#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "llm")]
pub mod model_chain;
#[cfg(feature = "store")]
pub mod postgres;
#[cfg(feature = "store")]
pub mod redis;
#[cfg(feature = "speech")]
pub mod sarvam;
pub mod secrets;
#[cfg(feature = "sheet")]
pub mod sheet;
#[cfg(feature = "voicebot")]
pub mod silero;
pub mod system;
#[cfg(any(feature = "llm", feature = "speech", feature = "sim"))]
pub mod tls;
