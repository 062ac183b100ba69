//! Every number of turn-taking, each with what breaks at another value. Quiet is counted from the
//! caller's last sound, a voice from its first; the detector tells of both a little later.

// Hearing.

/// Quiet after which a fragment is transcribed: as soon as the detector is sure. Each millisecond
/// more delays every answer; the fragments of one turn are joined, so less costs no word.
pub const FLUSH_AFTER_MS: u64 = 100;
/// The same where nothing is done ahead: then only the recogniser's time is hidden, and longer
/// fragments are transcribed better.
pub const CALM_FLUSH_AFTER_MS: u64 = 250;
/// A transcript that has not come by then will not: the caller must not wait in silence for 3 s.
pub const FINAL_WAIT_MS: u64 = 2_500;
/// The same where part of the answer is known, or the bot was cut off: the rest is probably nothing.
pub const REST_WAIT_MS: u64 = 800;
/// A transcript that comes later than this after its turn counts for the present one.
pub const LATE_MS: u64 = 5_000;
/// Silence into which we ask again.
pub const NUDGE_AFTER_MS: u64 = 6_000;
/// A turn that has pauses and no end is a television, or somebody telling a story: it is answered as
/// far as it goes.
pub const LONGEST_TURN_MS: u64 = 30_000;
/// Our last words take no longer, with what of an answer is said before them; then the line is closed
/// whatever the carrier tells of them.
pub const GOODBYE_WITHIN_MS: u64 = 60_000;
/// The longest utterance: after that a steady noise or a monologue is flushed as it is.
pub const LONGEST_UTTERANCE_MS: u64 = 15_000;

// Patience: the quiet after which the caller's turn is over.

/// After a plain yes, no or "agent" to a yes/no question. Below it "yes, speaking" is cut in two.
pub const COMPLETE_PATIENCE_MS: u64 = 350;
/// The least after anything else, for instance the last of the digits asked for: at less, bots are
/// felt to press.
pub const LEAST_PATIENCE_MS: u64 = 450;
/// After words that may be a whole sentence: people pause for 600 ms inside one, and the detector
/// needs 80 more to hear that they go on. The answer is made meanwhile, so it costs less than that.
pub const SENTENCE_PATIENCE_MS: u64 = 720;
/// After "and", "um", "my" or a comma, where nobody stops.
pub const UNFINISHED_PATIENCE_MS: u64 = 1_100;
/// In the middle of digits: people read them off a card in groups.
pub const DICTATION_PATIENCE_MS: u64 = 1_200;
/// However slowly somebody speaks: with the recogniser's time and ours the silence stays below 3 s.
pub const MOST_PATIENCE_MS: u64 = 1_500;
/// How much longer than this caller's own long pauses we wait: pauses of one speaker scatter so.
pub const OWN_PAUSE_MARGIN_MS: u64 = 150;
/// Pauses of the caller that are remembered: the last minute or so of speech.
pub const PAUSES_KEPT: usize = 12;
/// Digits in a row that are a dictation though none were asked for. A day of the month has two.
pub const DICTATED_DIGITS: usize = 3;
/// "I don't want …" is a no already, and yet the sentence goes on.
pub const PLAIN_WORDS: usize = 2;

// Interruption: a voice over what the bot says.

/// A voice that was over sooner was a cough or a "hm": the bot goes on at the latest when
/// `DECIDE_WITHIN_MS` have passed. "Haan" takes 300 ms, "wait a moment" 600.
pub const SHORT_VOICE_MS: u64 = 450;
/// By then the bot has either gone on or given the floor away. Sooner, and every "haan" of two
/// syllables takes the floor; later, and a cough leaves a hole in the sentence.
pub const DECIDE_WITHIN_MS: u64 = 500;
/// A voice without weight (soft, in the first second, after false alarms) must last so long before
/// the bot falls silent: clicks and a slammed door are shorter.
pub const WEAK_VOICE_MS: u64 = 300;
/// A voice that lasted so long is rarely a cough: "wait, what?" takes 700 ms.
pub const LONG_VOICE_MS: u64 = 700;
/// So long its words are waited for before the bot goes on: recognisers without partial transcripts,
/// asked one utterance at a time, need more than a second.
pub const LONG_VOICE_WAIT_MS: u64 = 1_600;
/// Lines crackle when they are put through.
pub const FIRST_SECOND_MS: u64 = 1_000;
/// A voice less than this above the line's noise is soft. The detector itself asks for 9 dB.
pub const SOFT_BELOW_DB: u8 = 12;
/// So many sounds that silenced the bot for nothing, within `ALARMS_WITHIN_MS`, make it harder to
/// silence: a street is loud all the time, a cold lasts.
pub const ALARMS_MOST: usize = 2;
/// See there.
pub const ALARMS_WITHIN_MS: u64 = 20_000;
/// A voice over the bot without a single word for so long is transcribed as far as it goes: it may
/// be a drill, and nobody shall listen to 3 s of silence because of it. Sooner would cut words of a
/// recogniser without partial transcripts in two.
pub const WORDLESS_MS: u64 = 2_400;
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

// Speculation.

/// Sentences prepared before the end of the turn is sure: the first one's sound hides the others'
/// making, and what is forgotten is paid for.
pub const SENTENCES_AHEAD: usize = 1;
/// Transcripts slower than this come after the end of the turn anyway: nothing is gained ahead.
pub const SLOW_FINAL_MS: u64 = 1_000;
/// After so many flushes the share of those after which the caller went on is judged.
pub const FLUSHES_JUDGED: usize = 8;
/// More of them than this, and the mode steps down.
pub const MOST_RESTARTS: usize = 5;
/// Not more than this, and it steps up again.
pub const FEW_RESTARTS: usize = 2;
/// So long nothing is ordered ahead after a provider said that we ask for too much.
pub const QUOTA_REST_MS: u64 = 60_000;

// A model's answer.

/// From the end of the caller's turn to the model's first clause; then the script answers. Half of all
/// models begin within 0.7 s (speech-and-llm.md D).
pub const FIRST_CLAUSE_WITHIN_MS: u64 = 1_500;
/// The same from the caller's last sound, however long their turn took to be over and transcribed: with
/// the first sound of the script's voice nobody waits for 3 s.
pub const ANSWER_WITHIN_MS: u64 = 2_100;
/// From one clause to the next: a sentence of the bot takes longer than this to be heard.
pub const NEXT_CLAUSE_WITHIN_MS: u64 = 2_000;
