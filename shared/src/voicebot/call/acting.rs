//! Carries out what the turn machine has decided.

use super::Conversation;
use crate::domain::transcript::{self, Speaker};
use crate::domain::turn::{Action, Event};
use crate::voicebot::metrics::count;

impl Conversation {
    pub(super) fn carry_out(&mut self, action: Action, at: u64) {
        match action {
            Action::Say { id, sentence } => {
                self.waterfall.clause(at);
                self.spans.reply().in_scope(|| self.mouth.say(id, sentence));
            }
            Action::Prepare { id, sentence } => {
                count(&self.bot.metrics().prepared, 1);
                self.spans.next().in_scope(|| self.mouth.prepare(id, sentence));
            }
            Action::Forget => {
                count(&self.bot.metrics().forgotten, 1);
                count(&self.bot.metrics().forgotten_characters, self.mouth.forget() as u64);
            }
            Action::Hold => {
                let now = self.now();
                let clear = self.mouth.hold(now);
                self.send(clear);
                self.cleared(now);
            }
            Action::Resume => {
                count(&self.bot.metrics().resumed, 1);
                self.mouth.resume();
            }
            Action::StopPlayback => {
                count(&self.bot.metrics().interruptions, 1);
                let now = self.now();
                let (clear, heard) = self.mouth.stop(now);
                if let Some(clear) = clear {
                    self.send(clear);
                    self.cleared(now);
                }
                heard.into_iter().for_each(|line| self.keep(line));
            }
            Action::SpeechStart => self.ear.speech_start(),
            Action::SpeechEnd => {
                self.waterfall.flushed(at);
                self.ear.speech_end();
            }
            Action::Heard { text, language, start_ms, end_ms, answered } => {
                if answered {
                    count(&self.bot.metrics().turns, 1);
                    self.waterfall.taken(at);
                    self.spans.taken();
                }
                let (speaker, interrupted, estimated) = (Speaker::Caller, false, false);
                // Nobody knows when each word was said.
                let word_starts_ms = Vec::new();
                self.keep(transcript::Line {
                    speaker,
                    text,
                    language,
                    start_ms,
                    end_ms,
                    interrupted,
                    estimated,
                    word_starts_ms,
                });
            }
            Action::Think { turn } => self.ask_model(turn),
            Action::ThinkNoMore { for_nobody } => {
                count(&self.bot.metrics().thought_for_nobody, u64::from(for_nobody));
                self.waterfall.thought_no_more(for_nobody);
                self.thinker.stop();
            }
            Action::Stopped { why } => {
                tracing::warn!(why = why.as_str(), "the model said what may not be said; the script spoke instead");
                self.bot.metrics().stopped.add(why.as_str());
            }
            Action::HandOver { reason } => {
                if let Some(notes) = &self.notes {
                    notes.hand_over(reason, self.turn.language());
                }
            }
            // The turn is over by that, and so is the call.
            Action::HangUp => {}
        }
    }

    /// The carrier was told to forget what waits: the recording forgets it too.
    fn cleared(&mut self, now: u64) {
        if let Some(recorder) = &mut self.recorder {
            recorder.cleared(now);
        }
    }

    pub(super) fn keep(&mut self, line: transcript::Line) {
        if let Some(notes) = &self.notes {
            notes.line(line.clone());
        }
        self.transcript.push(line);
    }

    pub(super) fn send(&mut self, message: String) {
        // A full queue is a line that took nothing for ten seconds; a closed one is gone.
        let taken = self.line.as_ref().is_some_and(|line| line.outbound.try_send(message).is_ok());
        if !taken && !self.turn.is_over() {
            tracing::warn!("the carrier does not take our audio; the line counts as dead");
            self.step(Event::Closed);
        }
    }
}
