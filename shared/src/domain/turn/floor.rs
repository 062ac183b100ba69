//! Whose turn it is while the bot speaks: the machine's side of [`Contest`].

use super::Action;
use super::constants::CLEAR_WORDS;
use super::interruption::{Contest, Evidence, Verdict};
use super::machine::{Turn, tell};
use crate::domain::dialogue::{Intent, Said, Then, understand, words_of_their_own};
use crate::domain::vad::START_DELAY_MS;

impl Turn {
    /// A voice began now.
    pub(super) fn voice_over_bot(&mut self, over_floor_db: Option<u8>, at: u64) {
        let began = at.saturating_sub(START_DELAY_MS);
        let strong = self.has_weight(over_floor_db, at);
        let may_answer = self.saying.question_is_half_out(began);
        if !self.has_floor() {
            // Into the silence after what it was over: it is an answer now.
            self.contest = None;
        } else if let Some(contest) = self.contest.as_mut().filter(|contest| !contest.only_wishes) {
            contest.again(began, strong, may_answer);
        } else if self.is_contested() {
            self.contest = Some(Contest::new(began, strong, may_answer, self.tuning.interruption));
        } else if !self.is_closing() {
            self.contest = Some(Contest::overheard(began, self.tuning.interruption));
        }
    }

    /// The bot speaks, or is about to go on: a pause before or within a model's answer is no invitation.
    fn has_floor(&self) -> bool {
        !self.saying.is_empty() || self.then == Then::Think
    }

    fn has_weight(&mut self, over_floor_db: Option<u8>, at: u64) -> bool {
        let tuning = self.tuning.interruption;
        self.alarms.retain(|alarm| at < alarm + tuning.alarms_within_ms);
        at >= tuning.first_second_ms
            && over_floor_db.is_none_or(|over| over >= tuning.soft_below_db)
            && self.alarms.len() < tuning.alarms_most
    }

    fn may_be_interrupted(&self) -> bool {
        !self.is_closing() && (self.saying.is_empty() || self.saying.front_may_be_interrupted())
    }

    /// What a voice says now counts for something. A question that must be heard to its end is not cut, and
    /// yet only who has heard half of it answers it: a nod before is no consent to a promise.
    fn is_contested(&self) -> bool {
        self.may_be_interrupted() || !self.is_closing() && self.saying.is_last() && self.then == Then::Listen
    }

    /// Carries out whatever a voice over the bot has come to by now.
    pub(super) fn contend(&mut self, at: u64, actions: &mut Vec<Action>) {
        // Each verdict changes what the next one is about, and there are no more than these.
        const MOST_AT_ONCE: usize = 4;
        if self.is_closing() {
            self.release(actions);
            self.contest = None;
        }
        if !self.has_floor() {
            return;
        }
        let uncontested = self.contest.as_ref().is_none_or(|contest| contest.only_wishes);
        if uncontested && self.is_contested() && self.hearing.voiced_since.is_some() {
            // It was on before this sentence: it must last to be meant for it.
            self.contest = Some(Contest::new(at, false, false, self.tuning.interruption));
        }
        for _ in 0..MOST_AT_ONCE {
            let known = self.evidence(at);
            let (may_be_interrupted, is_contested) = (self.may_be_interrupted(), self.is_contested());
            let Some(contest) = &mut self.contest else { return };
            let verdict = match contest.judge(&known, at) {
                Verdict::Hold | Verdict::Cut if !may_be_interrupted => Verdict::Wait,
                // More of them may come as long as that sentence lasts.
                Verdict::Over if contest.only_wishes && !is_contested => Verdict::Wait,
                verdict => verdict,
            };
            contest.follow(verdict, at);
            if verdict == Verdict::Wait {
                return;
            }
            self.carry_out(verdict, at, actions);
        }
    }

    fn carry_out(&mut self, verdict: Verdict, at: u64, actions: &mut Vec<Action>) {
        match verdict {
            Verdict::Wait => {}
            Verdict::Hold => {
                self.held_since = at;
                self.saying.held(at);
                actions.push(Action::Hold);
            }
            Verdict::Probe => {
                let renewed = self.hearing.renew(at);
                tell(renewed, actions);
            }
            Verdict::Resume => self.go_on(at, actions),
            Verdict::Over => {
                if self.contest.take().is_some_and(|contest| contest.held) {
                    self.go_on(at, actions);
                }
                let said = self.hearing.forget(at);
                self.note(said, actions);
            }
            Verdict::Cut => {
                self.question_out |= self.contest.take().is_some_and(|contest| contest.may_answer);
                self.gave_way = !self.hearing.is_certain();
                self.hearing.was_cut_short();
                self.saying.clear();
                self.listening_since = at;
                actions.push(Action::StopPlayback);
                self.break_off_thought(actions);
            }
        }
    }

    fn go_on(&mut self, at: u64, actions: &mut Vec<Action>) {
        self.alarms.push(at);
        self.saying.resumed(self.held_since, at);
        actions.push(Action::Resume);
    }

    /// Nothing is left that a voice could hold up, and the driver must not go on holding it.
    pub(super) fn release(&mut self, actions: &mut Vec<Action>) {
        if self.contest.as_mut().is_some_and(|contest| std::mem::take(&mut contest.held)) {
            actions.push(Action::Resume);
        }
    }

    /// What began before the question was half out does not answer it.
    pub(super) fn was_question_heard(&self) -> bool {
        self.question_out && self.contest.as_ref().is_none_or(|contest| contest.may_answer)
    }

    fn evidence(&self, at: u64) -> Evidence {
        Evidence {
            voiced: self.hearing.voiced_since.is_some(),
            quiet_since: self.hearing.quiet_since(),
            transcribed_since: self.hearing.transcribed_since(),
            settled: self.hearing.is_settled(at),
            said: self.hearing.said(),
            certain: self.hearing.is_certain(),
            clear: self.hearing.said() == Said::Words && self.is_clear(),
            said_since: self.hearing.changed_at(),
            wishes: self.hearing.wishes(),
            answers: self.contest.as_ref().is_some_and(|c| c.may_answer) && self.hearing_answers(),
        }
    }

    /// The bot's own words may have come back over the line.
    fn is_clear(&self) -> bool {
        let (heard, bot) = (self.hearing.so_far(), self.saying.front_text());
        words_of_their_own(&heard, self.dialogue.language(), bot) >= CLEAR_WORDS
    }

    fn hearing_answers(&self) -> bool {
        let heard = self.hearing.maybe_turn();
        heard.is_some_and(|(text, language)| {
            understand(&text, language.unwrap_or(self.dialogue.language())) != Intent::Unclear
        })
    }

    /// A nod to what was said before the question was out answers nothing.
    pub(super) fn was_a_nod(&self) -> bool {
        self.contest.as_ref().is_some_and(|contest| !contest.may_answer) && self.hearing.said() == Said::Listening
    }

    /// When the contest needs a look.
    pub(super) fn contest_due(&self) -> Option<u64> {
        let contest = self.contest.as_ref().filter(|_| self.has_floor())?;
        let known = self.evidence(self.at);
        let due = [contest.due(&known), contest.cuts_at(&known), self.hearing.settles_at()];
        // What is overdue waits for a sentence that may be interrupted.
        due.into_iter().flatten().filter(|due| *due > self.at).min()
    }
}
