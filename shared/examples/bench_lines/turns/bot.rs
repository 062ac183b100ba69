//! The bot speaks, and the line is not quiet: noise, its own echo, coughs, people who say that they listen.

use std::io;

use shared::domain::audio::{FRAME_MS, FRAME_SAMPLES, samples};
use shared::domain::language::Language;
use shared::domain::turn::Event;
use shared::domain::vad::rms;
use shared::ports::voice::VoiceModel;
use shared::sim::speech::cleared_throat;

use super::call::{Call, Ear};
use super::labelled::Word;
use super::mouth::{Mouth, Voice};
use super::recogniser::Recogniser;
use super::scene::{Scene, Stage};
use super::score::Interruptions;
use crate::corpus::{ms, say, yes};

/// The echo of a line (-20 dB), after one of these.
const ECHO_GAIN: f32 = 0.1;
const ECHO_AFTER_MS: [u64; 3] = [80, 150, 250];
/// The caller has the floor before the bot speaks, and after it: so long the line's noise can be learned.
const LISTENS_MS: u64 = 1_500;
/// It is asked to say the same again by a key.
const SAYS_AGAIN: Event = Event::Dtmf { digit: '5' };
/// From one sound of the caller's to the next.
const SOUNDS_EVERY_MS: u64 = 5_000;
/// A cough takes 300 ms.
const COUGH_FRAMES: usize = 15;
/// Of the listener, as loud as callers are in the middle (see the corpus).
const LISTENER_LEVEL: f32 = 2_300.0;

/// What comes from the caller while the bot speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disturbance {
    Nothing,
    Cough,
    Backchannel,
}

impl Disturbance {
    pub(super) const ALL: [Self; 3] = [Self::Nothing, Self::Cough, Self::Backchannel];

    fn sound(self, language: Language) -> io::Result<Option<(Vec<i16>, &'static str)>> {
        Ok(match self {
            Self::Nothing => None,
            Self::Cough => Some((samples(&cleared_throat(COUGH_FRAMES)), "")),
            Self::Backchannel => {
                let voice = format!("{}+m3", &language.code()[..2]);
                let spoken = say(&voice, 160, 50, yes(language), LISTENER_LEVEL)?;
                Some((spoken.into_iter().map(|sample| sample as i16).collect(), yes(language)))
            }
        })
    }
}

/// What the bot says on, and what for.
pub(super) struct Talk<'a> {
    pub(super) stage: &'a Stage,
    pub(super) model: &'a dyn VoiceModel,
    pub(super) voice: &'a Voice,
    pub(super) language: Language,
    /// The line without any of it.
    pub(super) noise: &'a [i16],
    /// Which of the echoes.
    pub(super) number: usize,
}

/// What the caller says now.
struct Saying<'a> {
    audio: &'a [i16],
    at: usize,
}

pub(super) fn talk(scene: &Talk<'_>, disturbance: Disturbance) -> io::Result<Interruptions> {
    let own = disturbance.sound(scene.language)?;
    let recogniser = Recogniser::new(&[], scene.language);
    let mut call = Call::new(scene.stage, Scene::Speaks, recogniser, Some(Mouth::new(scene.voice)));
    let mut ear = Ear::new(scene.model);
    let echo_frames = (ECHO_AFTER_MS[scene.number % ECHO_AFTER_MS.len()] / FRAME_MS) as usize;
    let (mut said, mut saying): (Vec<Vec<i16>>, Option<Saying<'_>>) = (Vec::new(), None);
    let (mut spoken_ms, mut sounds, mut silent_since, mut last_sound) = (0, 0, 0, 0);
    let listens = LISTENS_MS / FRAME_MS;
    for (number, noise) in scene.noise.chunks_exact(FRAME_SAMPLES).enumerate() {
        let now = (number as u64 + 1) * FRAME_MS;
        call.pass_until(now);
        let speaks = number as u64 >= listens;
        let sound = call.mouth.as_mut().filter(|_| speaks).map_or(Ok(None), Mouth::frame)?;
        let (begins, ends) = sound.as_ref().map_or((None, None), |sound| (sound.begins, sound.ends));
        spoken_ms += sound.as_ref().filter(|sound| sound.interruptible).map_or(0, |_| FRAME_MS);
        said.push(sound.map(|sound| sound.samples).unwrap_or_default());
        if let Some((audio, text)) = &own
            && saying.is_none()
            && now >= last_sound + SOUNDS_EVERY_MS
            && call.mouth.as_ref().is_some_and(Mouth::is_in_the_middle)
        {
            (last_sound, sounds) = (now, sounds + 1);
            let start_ms = now - FRAME_MS;
            if !text.is_empty() {
                let end_ms = start_ms + ms(audio.len());
                call.recogniser.expect(Word { text: (*text).to_owned(), start_ms, end_ms });
            }
            saying = Some(Saying { audio, at: 0 });
        }
        let echo = number.checked_sub(echo_frames).map(|then| said[then].as_slice()).unwrap_or_default();
        let heard = mixed(noise, echo, saying.as_ref().map(Saying::frame).unwrap_or_default());
        saying = saying.and_then(Saying::next);
        let frame = ear.frame(&heard);
        call.frame(frame, said.last().map_or(0.0, |sound| rms(sound)));
        if let Some(id) = begins {
            let from = call.now();
            call.event(Event::Sounds { id, from });
        }
        if let Some(id) = ends {
            call.event(Event::Played { id });
        }
        call.pass();
        if !call.mouth.as_ref().is_some_and(Mouth::is_done) {
            silent_since = now;
        } else if now >= silent_since + LISTENS_MS {
            silent_since = now;
            call.event(SAYS_AGAIN);
        }
    }
    Ok(Interruptions::of(spoken_ms, sounds, &call.take_told()))
}

impl<'a> Saying<'a> {
    fn frame(&self) -> &'a [i16] {
        &self.audio[self.at..self.audio.len().min(self.at + FRAME_SAMPLES)]
    }

    fn next(self) -> Option<Self> {
        let at = self.at + FRAME_SAMPLES;
        (at < self.audio.len()).then_some(Self { at, ..self })
    }
}

/// A frame of the line with what comes back of the bot and what the caller says.
fn mixed(noise: &[i16], echo: &[i16], own: &[i16]) -> Vec<i16> {
    let at = |sound: &[i16], n: usize| sound.get(n).map_or(0.0, |sample| f32::from(*sample));
    let sample = |n: usize| (at(noise, n) + at(echo, n) * ECHO_GAIN + at(own, n)).round() as i16;
    (0..noise.len()).map(sample).collect()
}
