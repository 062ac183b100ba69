//! A voice over what the bot says: whether it takes the floor. Pure: what is known of the voice in,
//! a verdict out.
//!
//! The bot falls silent first and asks afterwards. Only words take the floor for good; until they are
//! transcribed, or several are guessed, what was not heard is kept.

use super::InterruptionTuning;
use super::constants::NOD_STANDS_MS;
use crate::domain::dialogue::Said;

/// One voice over the bot.
#[derive(Debug)]
pub(super) struct Contest {
    tuning: InterruptionTuning,
    /// Its first sound over a sentence that may be interrupted, or that asks.
    since: u64,
    /// It silences the bot at once; else only by lasting.
    strong: bool,
    /// The bot fell silent for it.
    pub(super) held: bool,
    /// Since when, whatever voices came and went.
    silent_since: Option<u64>,
    /// It silenced the bot for too long without a word: from now on only words do.
    wore_out: bool,
    /// And went on before all was transcribed.
    resumed: bool,
    /// Transcribed in the middle, because no word had come.
    probed: bool,
    /// The bot's question was half out: a yes is its answer, and no mere nod.
    pub(super) may_answer: bool,
    /// It is over a sentence that must be heard to its end, and asks nothing: of its words only a wish that
    /// must be followed whenever it is said takes the floor, once that sentence is over.
    pub(super) only_wishes: bool,
}

/// What is known of the voice now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence {
    pub(super) voiced: bool,
    /// Where it is over: its last sound.
    pub(super) quiet_since: Option<u64>,
    /// Where a transcript is awaited: since when.
    pub(super) transcribed_since: Option<u64>,
    /// All is over and transcribed.
    pub(super) settled: bool,
    pub(super) said: Said,
    /// The recogniser has finished with some words; else they are its guess.
    pub(super) certain: bool,
    /// Several of them are neither nods nor the bot's own: more than a noise is taken for.
    pub(super) clear: bool,
    /// Since when they are these.
    pub(super) said_since: u64,
    /// These ask for something that must be followed whenever it is said.
    pub(super) wishes: bool,
    /// The words answer the question.
    pub(super) answers: bool,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing yet.
    Wait,
    /// Fall silent.
    Hold,
    /// Have what there is transcribed.
    Probe,
    /// Go on speaking; what is still to be transcribed may yet take the floor.
    Resume,
    /// It was nothing: go on.
    Over,
    /// The floor is the caller's.
    Cut,
}

impl Contest {
    pub(super) fn new(since: u64, strong: bool, may_answer: bool, tuning: InterruptionTuning) -> Self {
        Self {
            tuning,
            since,
            strong,
            held: false,
            silent_since: None,
            wore_out: false,
            resumed: false,
            probed: false,
            may_answer,
            only_wishes: false,
        }
    }

    /// One over a sentence that must be heard to its end.
    pub(super) fn overheard(since: u64, tuning: InterruptionTuning) -> Self {
        Self { only_wishes: true, ..Self::new(since, false, false, tuning) }
    }

    /// The same caller raises the voice again; by now it may answer.
    pub(super) fn again(&mut self, since: u64, strong: bool, may_answer: bool) {
        (self.since, self.strong, self.resumed) = (since, strong, false);
        self.probed &= self.held;
        self.may_answer |= may_answer;
    }

    /// Carried out by the machine at `at`.
    pub(super) fn follow(&mut self, verdict: Verdict, at: u64) {
        match verdict {
            Verdict::Hold => {
                self.held = true;
                self.silent_since = Some(at);
            }
            Verdict::Probe => self.probed = true,
            Verdict::Resume => {
                let silent = self.silent_since.take().map_or(0, |since| at.saturating_sub(since));
                self.wore_out |= silent >= self.tuning.wordless_ms;
                (self.held, self.resumed) = (false, true);
            }
            Verdict::Wait | Verdict::Over | Verdict::Cut => {}
        }
    }

    pub(super) fn judge(&self, known: &Evidence, at: u64) -> Verdict {
        let certain = known.said == Said::Words && known.certain && (known.wishes || !self.only_wishes);
        if certain || self.cuts_at(known).is_some_and(|due| at >= due) {
            return Verdict::Cut;
        }
        if known.settled {
            let answer = self.may_answer && known.certain && known.answers;
            return if answer { Verdict::Cut } else { Verdict::Over };
        }
        if self.due(known).is_none_or(|due| at < due) {
            return Verdict::Wait;
        }
        match (self.held, known.voiced) {
            (false, _) => Verdict::Hold,
            (true, true) if self.probed => Verdict::Resume,
            (true, true) => Verdict::Probe,
            (true, false) => Verdict::Resume,
        }
    }

    /// When the next verdict is due by the clock alone; in the past where it is overdue.
    pub(super) fn due(&self, known: &Evidence) -> Option<u64> {
        let guessed_words = known.said == Said::Words;
        match (self.held, known.voiced) {
            // Words need no more evidence.
            (false, true) if guessed_words => Some(self.since),
            _ if self.resumed || self.wore_out && !self.held => None,
            (false, true) if self.strong => Some(self.since),
            (false, true) => Some(self.since + self.tuning.weak_voice_ms),
            (false, false) => None,
            (true, true) if guessed_words => None,
            (true, true) if self.probed => known.transcribed_since.is_none().then_some(self.since),
            (true, true) => Some(self.silent_since.unwrap_or(self.since).min(self.since) + self.tuning.wordless_ms),
            (true, false) => [self.go_on_at(known), self.worn_out_at(known)].into_iter().flatten().min(),
        }
    }

    /// When words that are only guessed take the floor. A voice too short for them was a cough.
    pub(super) fn cuts_at(&self, known: &Evidence) -> Option<u64> {
        let short = self.lasted(known).is_some_and(|ms| ms < self.tuning.short_voice_ms);
        let since = self.silent_since.unwrap_or(self.since).min(self.since);
        (known.clear && !short && !self.only_wishes).then_some(since + self.tuning.decide_within_ms)
    }

    /// Where it is over.
    fn lasted(&self, known: &Evidence) -> Option<u64> {
        known.quiet_since.map(|quiet| quiet.saturating_sub(self.since))
    }

    /// Noises that come again and again do not keep the bot silent for ever.
    fn worn_out_at(&self, known: &Evidence) -> Option<u64> {
        let since = self.silent_since.filter(|since| *since < self.since && known.said != Said::Words)?;
        Some(since + self.tuning.wordless_ms)
    }

    /// When the bot goes on though the transcript is still to come.
    fn go_on_at(&self, known: &Evidence) -> Option<u64> {
        if known.said == Said::Words {
            return None;
        }
        let lasted = self.lasted(known);
        let long = lasted.is_some_and(|ms| ms >= self.tuning.long_voice_ms);
        let wait = if long { self.tuning.long_voice_wait_ms } else { self.tuning.voice_wait_ms };
        let late = known.transcribed_since.map(|since| since + wait);
        let short = lasted.is_some_and(|ms| ms < self.tuning.short_voice_ms);
        let soon = (short && !self.may_answer).then_some(self.since + self.tuning.decide_within_ms);
        let nodded = (known.said == Said::Listening && !self.may_answer)
            .then(|| (self.since + self.tuning.decide_within_ms).max(known.said_since + NOD_STANDS_MS));
        [soon, nodded, late].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::domain::turn::Tuning;

    const TUNING: InterruptionTuning = Tuning::DEFAULT.interruption;
    const SINCE: u64 = 10_000;

    /// A voice that is on and of which nothing is known.
    fn voiced() -> Evidence {
        Evidence {
            voiced: true,
            quiet_since: None,
            transcribed_since: None,
            settled: false,
            said: Said::Nothing,
            certain: false,
            clear: false,
            said_since: SINCE,
            wishes: false,
            answers: false,
        }
    }
    /// One that lasted so long and is being transcribed.
    fn quiet(lasted: u64) -> Evidence {
        let quiet_since = Some(SINCE + lasted);
        Evidence { voiced: false, quiet_since, transcribed_since: Some(SINCE + lasted + 100), ..voiced() }
    }
    fn held(may_answer: bool) -> Contest {
        let mut contest = Contest::new(SINCE, true, may_answer, TUNING);
        contest.follow(Verdict::Hold, SINCE);
        contest
    }

    #[test]
    fn a_voice_silences_the_bot_at_once_and_a_weak_one_by_lasting_or_by_words() {
        let weak = Contest::new(SINCE, false, false, TUNING);
        assert_eq!(Contest::new(SINCE, true, false, TUNING).judge(&voiced(), SINCE), Verdict::Hold);
        assert_eq!(weak.judge(&voiced(), SINCE + TUNING.weak_voice_ms - 1), Verdict::Wait);
        assert_eq!(weak.judge(&voiced(), SINCE + TUNING.weak_voice_ms), Verdict::Hold);
        assert_eq!(weak.judge(&Evidence { said: Said::Words, ..voiced() }, SINCE), Verdict::Hold);
        assert_eq!(weak.judge(&quiet(200), SINCE + TUNING.weak_voice_ms), Verdict::Wait, "it was over before");
    }

    #[test]
    fn a_short_voice_without_words_lets_the_bot_go_on_within_half_a_second() {
        let cough = quiet(TUNING.short_voice_ms - 1);
        assert_eq!(held(false).judge(&cough, SINCE + TUNING.decide_within_ms - 1), Verdict::Wait);
        assert_eq!(held(false).judge(&cough, SINCE + TUNING.decide_within_ms), Verdict::Resume);
        let nod = Evidence { said: Said::Listening, ..cough };
        assert_eq!(held(false).judge(&nod, SINCE + TUNING.decide_within_ms), Verdict::Resume);
        let guess = Evidence { said: Said::Words, ..cough };
        assert_eq!(held(false).judge(&guess, SINCE + 3_000), Verdict::Wait, "a guess at words is waited for");
    }

    #[test]
    fn a_long_voice_keeps_the_bot_silent_until_it_is_transcribed() {
        let long = quiet(900);
        assert_eq!(held(false).judge(&voiced(), SINCE + TUNING.wordless_ms - 1), Verdict::Wait);
        assert_eq!(held(false).judge(&long, SINCE + 1_000 + TUNING.long_voice_wait_ms - 1), Verdict::Wait);
        assert_eq!(held(false).judge(&long, SINCE + 1_000 + TUNING.long_voice_wait_ms), Verdict::Resume);
        let shorter = quiet(TUNING.long_voice_ms - 1);
        assert_eq!(
            held(false).judge(&shorter, SINCE + TUNING.long_voice_ms + 99 + TUNING.voice_wait_ms),
            Verdict::Resume
        );
        assert_eq!(held(false).judge(&Evidence { settled: true, ..long }, SINCE + 1_100), Verdict::Over);
    }

    #[test]
    fn words_take_the_floor_also_after_the_bot_went_on() {
        let words = Evidence { said: Said::Words, certain: true, ..quiet(300) };
        let mut contest = held(false);
        contest.follow(Verdict::Resume, SINCE + 500);
        assert_eq!(contest.judge(&quiet(300), SINCE + 2_000), Verdict::Wait);
        assert_eq!(contest.judge(&words, SINCE + 700), Verdict::Cut);
        let guess = Evidence { said: Said::Words, ..voiced() };
        assert_eq!(contest.judge(&guess, SINCE + 700), Verdict::Hold, "a guess silences it again");
    }

    #[test]
    fn noises_that_come_again_and_again_wear_out_their_weight() {
        let mut contest = held(false);
        contest.again(SINCE + 1_500, true, false);
        let noise = Evidence { quiet_since: Some(SINCE + 2_200), transcribed_since: Some(SINCE + 2_300), ..quiet(0) };
        assert_eq!(contest.judge(&noise, SINCE + TUNING.wordless_ms - 1), Verdict::Wait);
        assert_eq!(contest.judge(&noise, SINCE + TUNING.wordless_ms), Verdict::Resume);
        contest.follow(Verdict::Resume, SINCE + TUNING.wordless_ms);
        contest.again(SINCE + 3_000, true, false);
        assert_eq!(contest.judge(&voiced(), SINCE + 4_000), Verdict::Wait);
        assert_eq!(contest.judge(&Evidence { said: Said::Words, ..voiced() }, SINCE + 4_000), Verdict::Hold);
    }

    #[test]
    fn a_yes_is_an_answer_where_the_question_is_nearly_out_and_else_a_nod() {
        let yes = Evidence { said: Said::Listening, certain: true, settled: true, answers: true, ..quiet(300) };
        assert_eq!(held(true).judge(&yes, SINCE + 700), Verdict::Cut);
        assert_eq!(held(false).judge(&yes, SINCE + 700), Verdict::Over);
        assert_eq!(held(true).judge(&Evidence { answers: false, ..yes }, SINCE + 700), Verdict::Over, "a hm");
        assert_eq!(held(true).judge(&quiet(300), SINCE + TUNING.decide_within_ms), Verdict::Wait, "it may be a yes");
    }

    #[test]
    fn a_drill_is_transcribed_on_the_way_and_does_not_silence_the_bot_again() {
        let mut contest = held(false);
        assert_eq!(contest.judge(&voiced(), SINCE + TUNING.wordless_ms), Verdict::Probe);
        contest.follow(Verdict::Probe, SINCE + TUNING.wordless_ms);
        let asked = Evidence { transcribed_since: Some(SINCE + TUNING.wordless_ms), ..voiced() };
        assert_eq!(contest.judge(&asked, SINCE + TUNING.wordless_ms + 300), Verdict::Wait);
        assert_eq!(contest.judge(&voiced(), SINCE + TUNING.wordless_ms + 400), Verdict::Resume);
        contest.follow(Verdict::Resume, SINCE + TUNING.wordless_ms + 400);
        assert_eq!(contest.judge(&voiced(), SINCE + 9_000), Verdict::Wait);
        contest.again(SINCE + 10_000, true, false);
        assert_eq!(contest.judge(&voiced(), SINCE + 11_000), Verdict::Wait, "nor does the next one");
        assert_eq!(contest.judge(&Evidence { said: Said::Words, ..voiced() }, SINCE + 11_000), Verdict::Hold);
    }
}
