//! A virtual caller: reacts to the bot's voice and to its silence.
//!
//! Pure: the stream asks every 20 ms with what sounds right now. Must not know audio or sockets.

use super::persona::Persona;
use super::phrases::Phrase;

/// Into the bot's turn before a caller interrupts it or hangs up: inside a sentence, with
/// something already said.
const MID_SENTENCE_MS: u64 = 1_500;
/// A talking caller who got no reaction asks whether anybody is there.
const HELLO_AFTER_MS: u64 = 7_000;
/// How often that is asked in a call.
const MOST_HELLOS: u32 = 2;
/// After so many answers a caller has had enough; ends conversations that run in circles.
const MOST_REPLIES: usize = 12;
/// A silent caller or a machine stays on the line so long.
const MUTE_STAYS_MS: u64 = 60_000;
/// A machine's text starts so long after the pick-up.
const MACHINE_STARTS_MS: u64 = 400;

/// Somebody who has to think does so for so long after the question, whatever the bot asks
/// meanwhile: longer than it waits, shorter than its patience.
const THINKS_MS: u64 = 8_500;

/// What a caller does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Say(Phrase),
    /// In a language other than the one spoken so far.
    SayInAnother(Phrase),
    Cough,
    Press(char),
    HangUp,
}

/// When, in the bot's turn.
#[derive(Clone, Copy)]
enum Cue {
    /// When the bot has fallen silent.
    After(Act),
    /// In the middle of what it says.
    Over(Act),
    /// Long after it has begun to wait for an answer.
    Late(Act),
}

/// What there is to notice in 20 ms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Since the start of the stream.
    pub(super) at_ms: u64,
    /// The bot's audio sounds.
    pub(super) bot_sounds: bool,
    /// The caller's own voice sounds, or is about to.
    pub(super) speaking: bool,
    /// The bot has thanked for an answer: what it says from then on is why it calls.
    pub(super) thanked: bool,
}

/// One caller in one call.
pub(super) struct Caller {
    persona: Persona,
    reply_pause_ms: u64,
    patience_ms: u64,
    replies: usize,
    /// The bot's turn in which it says why it calls has begun.
    knows_why: bool,
    /// How many of the replies there were in this part of the script.
    part_replies: usize,
    hellos: u32,
    /// Start of the bot's turn that waits for a reaction.
    turn_began: Option<u64>,
    /// When that reaction was first awaited in silence.
    awaited_since: Option<u64>,
    /// Last moment anybody made a sound.
    last_sound: u64,
    machine_spoke: bool,
    gone: bool,
}

impl Caller {
    pub(super) fn new(persona: Persona, reply_pause_ms: u64, patience_ms: u64) -> Self {
        Self {
            persona,
            reply_pause_ms,
            patience_ms,
            replies: 0,
            knows_why: false,
            part_replies: 0,
            hellos: 0,
            turn_began: None,
            awaited_since: None,
            last_sound: 0,
            machine_spoke: false,
            gone: false,
        }
    }

    /// The next 20 ms.
    pub(super) fn step(&mut self, now: Moment) -> Option<Act> {
        if self.gone {
            return None;
        }
        if now.thanked && !self.knows_why {
            (self.knows_why, self.part_replies) = (true, 0);
        }
        let act = match self.persona {
            Persona::Silent => self.mute(now),
            Persona::Voicemail => self.machine(now, Phrase::Voicemail),
            Persona::Screens => self.machine(now, Phrase::Screening),
            _ => self.talk(now),
        };
        self.gone = act == Some(Act::HangUp);
        act
    }

    fn talk(&mut self, now: Moment) -> Option<Act> {
        if now.speaking {
            // Whoever speaks does not listen: the bot's turn starts when our own words are out.
            self.last_sound = now.at_ms;
            return None;
        }
        if now.bot_sounds {
            self.last_sound = now.at_ms;
            let began = *self.turn_began.get_or_insert(now.at_ms);
            return match self.cue() {
                Cue::Over(act) if now.at_ms - began >= MID_SENTENCE_MS => Some(self.react(act)),
                Cue::Over(_) | Cue::After(_) | Cue::Late(_) => None,
            };
        }
        let quiet = now.at_ms.saturating_sub(self.last_sound);
        if quiet >= self.patience_ms {
            return Some(Act::HangUp);
        }
        match self.turn_began {
            Some(_) if quiet >= self.reply_pause_ms => {
                let since = *self.awaited_since.get_or_insert(now.at_ms);
                match self.cue() {
                    Cue::Late(_) if now.at_ms - since < THINKS_MS => None,
                    Cue::After(act) | Cue::Over(act) | Cue::Late(act) => Some(self.react(act)),
                }
            }
            None if quiet >= HELLO_AFTER_MS && self.hellos < MOST_HELLOS => {
                self.hellos += 1;
                Some(Act::Say(Phrase::Hello))
            }
            Some(_) | None => None,
        }
    }

    fn react(&mut self, act: Act) -> Act {
        (self.turn_began, self.awaited_since) = (None, None);
        self.replies += 1;
        self.part_replies += 1;
        if self.replies > MOST_REPLIES { Act::HangUp } else { act }
    }

    /// What the bot's present turn calls for.
    fn cue(&self) -> Cue {
        let script = script(self.persona);
        let part = if self.knows_why { script.then } else { script.first };
        part[self.part_replies.min(part.len() - 1)]
    }

    fn mute(&self, now: Moment) -> Option<Act> {
        (now.at_ms >= MUTE_STAYS_MS).then_some(Act::HangUp)
    }

    fn machine(&mut self, now: Moment, text: Phrase) -> Option<Act> {
        if !self.machine_spoke && now.at_ms >= MACHINE_STARTS_MS {
            self.machine_spoke = true;
            return Some(Act::Say(text));
        }
        self.mute(now)
    }
}

/// What a caller does in a call. Neither part is ever empty, and the last cue of each repeats.
struct Script {
    /// Until the bot thanks for the answer and says why it calls, whatever it asks till then.
    first: &'static [Cue],
    /// From the turn in which it does.
    then: &'static [Cue],
}

fn script(persona: Persona) -> Script {
    use Cue::{After, Late, Over};
    const YES: Cue = After(Act::Say(Phrase::YesSpeaking));
    const NO: Cue = After(Act::Say(Phrase::NoThanks));
    let (first, then): (&[Cue], &[Cue]) = match persona {
        // Has had enough after one yes, also of a bot that never says why it calls.
        Persona::HangsUp => (&[YES, Over(Act::HangUp)], &[Over(Act::HangUp)]),
        Persona::Interrupts => (&[YES], &[Over(Act::Say(Phrase::Repeat)), NO]),
        Persona::Murmurs => (&[YES], &[Over(Act::Say(Phrase::Murmur)), NO]),
        Persona::AsksForAgent => (&[YES], &[After(Act::Say(Phrase::Agent))]),
        Persona::WrongPerson => (&[After(Act::Say(Phrase::WrongNumber))], &[After(Act::Say(Phrase::WrongNumber))]),
        Persona::PressesOne => (&[YES], &[After(Act::Press('1'))]),
        // The second yes is for a bot that reads the promise back.
        Persona::Promises => (&[YES], &[After(Act::Say(Phrase::WillPay)), YES, NO]),
        Persona::Unsure => (&[After(Act::Say(Phrase::WhoIsThis)), YES], &[After(Act::Say(Phrase::Repeat)), NO]),
        Persona::Coughs => (&[YES], &[Over(Act::Cough), NO]),
        Persona::PressesKeys => (&[YES], &[Over(Act::Press('4')), Over(Act::Press('#')), After(Act::Press('1'))]),
        Persona::SwitchesLanguage => (&[YES], &[After(Act::SayInAnother(Phrase::Repeat)), NO]),
        Persona::SpeaksOverGreeting => (&[Over(Act::Say(Phrase::Hello)), YES], &[NO]),
        Persona::Thinks => (&[Late(Act::Say(Phrase::YesSpeaking)), YES], &[NO]),
        Persona::Cooperative
        | Persona::Busy
        | Persona::NoAnswer
        | Persona::Failed
        | Persona::Silent
        | Persona::Voicemail
        | Persona::Screens
        | Persona::Cancelled => (&[YES], &[NO]),
    };
    Script { first, then }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays bot turns of `sounds_ms` each, `gap_ms` apart; the caller's words last a second, and the bot
    /// says why it calls in its second turn.
    fn play(persona: Persona, turns: usize, sounds_ms: u64, gap_ms: u64) -> Vec<(u64, Act)> {
        play_late(persona, turns, (sounds_ms, gap_ms), 2)
    }

    /// The same with a bot that says why it calls in that turn.
    fn play_late(persona: Persona, turns: usize, (sounds_ms, gap_ms): (u64, u64), why: u64) -> Vec<(u64, Act)> {
        let mut caller = Caller::new(persona, 1_000, 20_000);
        let mut acts = Vec::new();
        let mut own_voice_until = 0;
        let length = turns as u64 * (sounds_ms + gap_ms);
        for at_ms in (0..length).step_by(20) {
            let bot_sounds = at_ms % (sounds_ms + gap_ms) < sounds_ms;
            let thanked = at_ms >= (why - 1) * (sounds_ms + gap_ms);
            if let Some(act) = caller.step(Moment { at_ms, bot_sounds, speaking: at_ms < own_voice_until, thanked }) {
                own_voice_until = at_ms + 1_000;
                acts.push((at_ms, act));
            }
        }
        acts
    }
    fn acts(persona: Persona) -> Vec<Act> {
        play(persona, 3, 3_000, 4_000).into_iter().map(|(_, act)| act).collect()
    }

    #[test]
    fn a_cooperative_caller_confirms_and_then_needs_nothing() {
        let no = Act::Say(Phrase::NoThanks);
        assert_eq!(acts(Persona::Cooperative), [Act::Say(Phrase::YesSpeaking), no, no]);
    }

    #[test]
    fn a_caller_is_the_one_asked_for_until_the_bot_says_why_it_calls_however_often_it_asks() {
        let (yes, no) = (Act::Say(Phrase::YesSpeaking), Act::Say(Phrase::NoThanks));
        let acts =
            |persona| play_late(persona, 4, (3_000, 4_000), 3).into_iter().map(|(_, act)| act).collect::<Vec<_>>();
        assert_eq!(acts(Persona::Cooperative), [yes, yes, no, no]);
        assert_eq!(acts(Persona::Interrupts)[..4], [yes, yes, Act::Say(Phrase::Repeat), no]);
        assert_eq!(acts(Persona::AsksForAgent)[..3], [yes, yes, Act::Say(Phrase::Agent)]);
        assert_eq!(acts(Persona::HangsUp), [yes, Act::HangUp]);
        assert_eq!(acts(Persona::Unsure), [Act::Say(Phrase::WhoIsThis), yes, Act::Say(Phrase::Repeat), no]);
    }

    #[test]
    fn a_caller_answers_only_after_the_bot_has_been_silent_for_the_pause() {
        let first = play(Persona::Cooperative, 1, 3_000, 4_000)[0];
        assert_eq!(first, (2_980 + 1_000, Act::Say(Phrase::YesSpeaking)));
    }

    #[test]
    fn a_caller_who_asks_for_an_agent_does_so_after_the_second_turn() {
        assert_eq!(acts(Persona::AsksForAgent)[1], Act::Say(Phrase::Agent));
        assert_eq!(acts(Persona::PressesOne)[1], Act::Press('1'));
    }

    #[test]
    fn an_interrupter_speaks_a_second_and_a_half_into_the_second_turn_and_then_listens() {
        let acts = play(Persona::Interrupts, 3, 3_000, 4_000);
        assert_eq!(acts[1], (7_000 + MID_SENTENCE_MS, Act::Say(Phrase::Repeat)));
        assert_eq!(acts[2].1, Act::Say(Phrase::NoThanks));
    }

    #[test]
    fn a_caller_who_hangs_up_does_so_once_in_mid_sentence() {
        let acts = play(Persona::HangsUp, 4, 3_000, 4_000);
        assert_eq!(acts.last(), Some(&(7_000 + MID_SENTENCE_MS, Act::HangUp)));
        assert_eq!(acts.len(), 2);
    }

    #[test]
    fn a_silent_caller_never_speaks_and_leaves_after_a_minute() {
        assert_eq!(play(Persona::Silent, 10, 3_000, 4_000), [(MUTE_STAYS_MS, Act::HangUp)]);
    }

    #[test]
    fn a_talking_caller_asks_for_a_sign_of_life_and_gives_up_on_a_dead_line() {
        let mut caller = Caller::new(Persona::Cooperative, 1_000, 20_000);
        let acts: Vec<_> = (0..60_000)
            .step_by(20)
            .filter_map(|at_ms| caller.step(Moment { at_ms, bot_sounds: false, speaking: false, thanked: false }))
            .collect();
        assert_eq!(acts, [Act::Say(Phrase::Hello), Act::Say(Phrase::Hello), Act::HangUp]);
    }

    #[test]
    fn somebody_who_thinks_answers_long_after_the_question_and_not_into_the_next_one() {
        // The bot asks, and asks again after six seconds of silence.
        let acts = play_late(Persona::Thinks, 3, (2_000, 6_000), 4);
        assert_eq!(acts[0], (2_000 - 20 + 1_000 + THINKS_MS, Act::Say(Phrase::YesSpeaking)));
    }

    #[test]
    fn somebody_who_presses_keys_does_so_into_sentences_and_after_them() {
        let acts = play(Persona::PressesKeys, 4, 3_000, 4_000);
        let pressed: Vec<_> = acts[1..].iter().map(|(at, act)| (at % 7_000, *act)).collect();
        assert_eq!(pressed[..2], [(MID_SENTENCE_MS, Act::Press('4')), (2_980 + 1_000, Act::Press('#'))]);
    }

    #[test]
    fn a_conversation_in_circles_ends() {
        let acts = play(Persona::Cooperative, 30, 3_000, 4_000);
        assert_eq!(acts.len(), MOST_REPLIES + 1);
        assert_eq!(acts.last().map(|a| a.1), Some(Act::HangUp));
    }
}
