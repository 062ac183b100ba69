//! Every number of turn-taking, each with what breaks at another value. Quiet is counted from the
//! caller's last sound, a voice from its first; the detector tells of both a little later.
//!
//! What one may want to try otherwise is in the table [`Tuning`], with the bounds within which it makes
//! sense: `ops replay` shows what a recorded call had been like. The rest is constant.

use super::Speculation;
use super::tuning::tuning;

tuning! {
    /// When what is heard is transcribed, and how long that is waited for.
    hearing: HearingTuning {
        /// Quiet after which a fragment is transcribed: as soon as the detector is sure. Each millisecond
        /// more delays every answer; the fragments of one turn are joined, so less costs no word.
        flush_after_ms: u64 = 100, 100..=2_000;
        /// The same where nothing is done ahead: then only the recogniser's time is hidden, and longer
        /// fragments are transcribed better.
        calm_flush_after_ms: u64 = 250, 100..=2_000;
        /// A transcript that has not come by then will not: the caller must not wait in silence for 3 s.
        final_wait_ms: u64 = 2_500, 200..=10_000;
        /// The same where part of the answer is known, or the bot was cut off: the rest is probably nothing.
        rest_wait_ms: u64 = 800, 100..=10_000;
        /// A transcript that comes later than this after its turn counts for the present one.
        late_ms: u64 = 5_000, 500..=30_000;
        /// Silence into which we ask again.
        nudge_after_ms: u64 = 6_000, 1_000..=60_000;
        /// A turn that has pauses and no end is a television, or somebody telling a story: it is answered as
        /// far as it goes.
        longest_turn_ms: u64 = 30_000, 5_000..=300_000;
        /// The longest utterance: after that a steady noise or a monologue is flushed as it is.
        longest_utterance_ms: u64 = 15_000, 2_000..=60_000;
    }

    /// The quiet after which the caller's turn is over.
    endpoint: EndpointTuning {
        /// After a plain yes, no or "agent" to a yes/no question. Below it "yes, speaking" is cut in two.
        complete_ms: u64 = 350, 100..=5_000;
        /// The least after anything else, for instance the last of the digits asked for: at less, bots are
        /// felt to press.
        least_ms: u64 = 450, 100..=5_000;
        /// After words that may be a whole sentence: people pause for 600 ms inside one, soft ends of words are
        /// quiet up to 100 before they end, and the detector needs 80 and more to hear that somebody goes on.
        /// The answer is made meanwhile, which takes as long, so it costs next to nothing.
        patience_ms: u64 = 800, 100..=5_000;
        /// After "and", "um", "my" or a comma, where nobody stops.
        unfinished_ms: u64 = 1_100, 100..=5_000;
        /// In the middle of digits: people read them off a card in groups.
        dictation_ms: u64 = 1_200, 100..=5_000;
        /// However slowly somebody speaks: with the recogniser's time and ours the silence stays below 3 s.
        most_ms: u64 = 1_500, 100..=5_000;
        /// A voice less than this above the line's noise has its soft beginnings and ends hidden by it.
        noisy_below_db: u8 = 20, 0..=60;
        /// So much of a pause on such a line was speech.
        noise_hides_ms: u64 = 80, 0..=1_000;
        /// A sound that began while the quiet lasted, and that may be a voice, is waited for so long: the detector
        /// is sure by then.
        suspicion_ms: u64 = 160, 0..=1_000;
        /// How much longer than this caller's own long pauses we wait: pauses of one speaker scatter so.
        own_pause_margin_ms: u64 = 150, 0..=2_000;
    }

    /// A voice over what the bot says.
    interruption: InterruptionTuning {
        /// A voice that was over sooner was a cough or a "hm": the bot goes on at the latest when
        /// `decide_within_ms` have passed. "Haan" takes 300 ms, "wait a moment" 600.
        short_voice_ms: u64 = 450, 0..=5_000;
        /// By then the bot has either gone on or given the floor away. Sooner, and every "haan" of two
        /// syllables takes the floor; later, and a cough leaves a hole in the sentence.
        decide_within_ms: u64 = 500, 0..=5_000;
        /// A voice without weight (soft, in the first second, after false alarms) must last so long before
        /// the bot falls silent: clicks and a slammed door are shorter.
        weak_voice_ms: u64 = 300, 0..=5_000;
        /// A voice that lasted so long is rarely a cough: "wait, what?" takes 700 ms.
        long_voice_ms: u64 = 700, 0..=5_000;
        /// So long its words are waited for before the bot goes on: recognisers without partial transcripts,
        /// asked one utterance at a time, need more than a second.
        long_voice_wait_ms: u64 = 1_600, 100..=10_000;
        /// The same for a shorter voice: it was probably nothing.
        voice_wait_ms: u64 = 800, 100..=10_000;
        /// Lines crackle when they are put through.
        first_second_ms: u64 = 1_000, 0..=10_000;
        /// A voice less than this above the line's noise is soft. The detector itself asks for 9 dB.
        soft_below_db: u8 = 12, 0..=60;
        /// So many sounds that silenced the bot for nothing, within `alarms_within_ms`, make it harder to
        /// silence: a street is loud all the time, a cold lasts.
        alarms_most: usize = 2, 0..=100;
        /// See there.
        alarms_within_ms: u64 = 20_000, 0..=600_000;
        /// A voice over the bot without a single word for so long is transcribed as far as it goes: it may
        /// be a drill, and nobody shall listen to 3 s of silence because of it. Sooner would cut words of a
        /// recogniser without partial transcripts in two.
        wordless_ms: u64 = 2_400, 200..=10_000;
    }

    /// What is done before the end of the caller's turn is sure.
    speculation: SpeculationTuning {
        /// What at most: thinking costs tokens, speaking costs characters, and both save the caller's time.
        mode: Speculation = Speculation::LlmTts, Speculation::Off..=Speculation::LlmTts;
        /// Sentences prepared before the end of the turn is sure: the first one's sound hides the others'
        /// making, and what is forgotten is paid for.
        sentences_ahead: usize = 1, 0..=10;
        /// Transcripts slower than this come after the end of the turn anyway: nothing is gained ahead.
        slow_final_ms: u64 = 1_000, 100..=10_000;
        /// After so many flushes the share of those after which the caller went on is judged.
        flushes_judged: usize = 8, 1..=100;
        /// More of them than this, and the mode steps down.
        most_restarts: usize = 5, 0..=100;
        /// Not more than this, and it steps up again.
        few_restarts: usize = 2, 0..=100;
        /// So long nothing is ordered ahead after a provider said that we ask for too much.
        quota_rest_ms: u64 = 60_000, 0..=600_000;
    }

    /// How long a model's answer is waited for.
    model: ModelTuning {
        /// From the end of the caller's turn to the model's first clause; then the script answers. Half of all
        /// models begin within 0.7 s (speech-and-llm.md D).
        first_clause_within_ms: u64 = 1_500, 100..=30_000;
        /// The same from the caller's last sound, however long their turn took to be over and transcribed: with
        /// the first sound of the script's voice nobody waits for 3 s.
        answer_within_ms: u64 = 2_100, 100..=30_000;
        /// From one clause to the next: a sentence of the bot takes longer than this to be heard.
        next_clause_within_ms: u64 = 2_000, 100..=30_000;
    }
}

/// Our last words take no longer, with what of an answer is said before them; then the line is closed
/// whatever the carrier tells of them.
pub const GOODBYE_WITHIN_MS: u64 = 60_000;
/// Pauses of the caller that are remembered: the last minute or so of speech.
pub const PAUSES_KEPT: usize = 12;
/// Digits in a row that are a dictation though none were asked for. A day of the month has two.
pub const DICTATED_DIGITS: usize = 3;
/// "I don't want …" is a no already, and yet the sentence goes on.
pub const PLAIN_WORDS: usize = 2;
/// Guessed words over the bot, neither nods nor its own, that take the floor before they are transcribed. At one
/// the "you" a recogniser makes of a breath would; at three "which bank?" waits for its transcript.
pub const CLEAR_WORDS: usize = 2;
/// A guess at a nod that has not changed for so long is all there is: guesses follow the voice by 200 ms.
pub const NOD_STANDS_MS: u64 = 200;
/// Milliseconds a character of the bot's speech takes, pauses included: how much of a question is
/// out. What is said into its second half may answer it.
pub const SPOKEN_CHARACTER_MS: u64 = 65;

// The bot's own echo. Levels in dB.

/// How far back the bot's sound may come back from: 250 ms of line, and the detector's 80.
pub const ECHO_WITHIN_MS: u64 = 360;
/// No echo is louder than this below what the bot said: a voice above it is a voice.
pub const LOUDEST_ECHO_DB: f32 = -12.0;
/// What a line is taken for before it is known: an ordinary echo.
pub const FIRST_ECHO_DB: f32 = -18.0;
/// A voice must stand this far above the echo the line was heard to have.
pub const ECHO_MARGIN_DB: f32 = 6.0;
/// Below this the bot does not sound, and nothing is its echo.
pub const BOT_SOUNDS_DB: f32 = -50.0;
/// Frames in a row that could be echo and nothing else, after which a voice is over: longer than
/// the quiet parts of words.
pub const ECHO_ENDS_VOICE_FRAMES: u32 = 15;
