//! What the bot says, frame by frame.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::rc::Rc;

use shared::domain::audio::FRAME_SAMPLES;
use shared::domain::dialogue::Sentence;
use shared::domain::language::Language;

use crate::corpus::say;

/// As loud as telephones expect it: -20 dBFS.
const LEVEL: f32 = 3_277.0;
/// What was sent in one piece is played to its end: 100 ms.
const PIECE_FRAMES: usize = 5;
/// Of `espeak-ng`.
const SPEED: u64 = 155;
const PITCH: u64 = 50;

type Sounds = HashMap<(Language, String), Rc<Vec<i16>>>;

/// Everything the bot has said once.
#[derive(Clone, Default)]
pub(super) struct Voice(Rc<RefCell<Sounds>>);

impl Voice {
    fn audio(&self, sentence: &Sentence) -> io::Result<Rc<Vec<i16>>> {
        let key = (sentence.language, sentence.text.clone());
        if let Some(audio) = self.0.borrow().get(&key) {
            return Ok(Rc::clone(audio));
        }
        let voice = format!("{}+f2", &sentence.language.code()[..2]);
        let spoken = say(&voice, SPEED, PITCH, &sentence.text, LEVEL)?;
        let mut audio: Vec<i16> = spoken.into_iter().map(|sample| sample as i16).collect();
        audio.resize(audio.len().next_multiple_of(FRAME_SAMPLES), 0);
        let audio = Rc::new(audio);
        self.0.borrow_mut().insert(key, Rc::clone(&audio));
        Ok(audio)
    }
}

struct Saying {
    id: u32,
    audio: Rc<Vec<i16>>,
    interruptible: bool,
    played: usize,
}

/// What is to be said on one line.
pub(super) struct Mouth {
    voice: Voice,
    queue: VecDeque<Saying>,
    held: bool,
    /// Of the piece that sounds.
    residue: usize,
    failed: Option<io::Error>,
}

/// One frame of it.
pub(super) struct Sound {
    pub(super) samples: Vec<i16>,
    pub(super) interruptible: bool,
    pub(super) begins: Option<u32>,
    pub(super) ends: Option<u32>,
}

impl Mouth {
    pub(super) fn new(voice: &Voice) -> Self {
        Self { voice: voice.clone(), queue: VecDeque::new(), held: false, residue: 0, failed: None }
    }

    pub(super) fn say(&mut self, id: u32, sentence: Sentence) {
        match self.voice.audio(&sentence) {
            Ok(audio) => {
                self.queue.push_back(Saying { id, audio, interruptible: sentence.interruptible, played: 0 });
            }
            Err(error) => self.failed = Some(error),
        }
    }

    pub(super) fn hold(&mut self) {
        self.held = true;
        let played = self.queue.front().map_or(0, |saying| saying.played);
        self.residue = played.next_multiple_of(PIECE_FRAMES) - played;
    }

    pub(super) fn resume(&mut self) {
        self.held = false;
    }

    pub(super) fn stop(&mut self) {
        self.queue.clear();
        self.held = false;
    }

    /// More than the last sentence is still to be heard, and nothing keeps it from being.
    pub(super) fn is_in_the_middle(&self) -> bool {
        let front = self.queue.front().is_some_and(|saying| saying.interruptible && saying.played > 0);
        front && self.queue.len() > 1 && !self.held
    }

    pub(super) fn is_done(&self) -> bool {
        self.queue.is_empty()
    }

    /// The next 20 ms; none while it is silent.
    pub(super) fn frame(&mut self) -> io::Result<Option<Sound>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.held {
            let Some(left) = self.residue.checked_sub(1) else { return Ok(None) };
            self.residue = left;
        }
        let Some(saying) = self.queue.front_mut() else { return Ok(None) };
        let from = saying.played * FRAME_SAMPLES;
        let samples = saying.audio[from..from + FRAME_SAMPLES].to_vec();
        saying.played += 1;
        let (id, interruptible) = (saying.id, saying.interruptible);
        let begins = (saying.played == 1).then_some(id);
        let ends = (saying.played * FRAME_SAMPLES >= saying.audio.len()).then_some(id);
        if ends.is_some() {
            self.queue.pop_front();
        }
        Ok(Some(Sound { samples, interruptible, begins, ends }))
    }
}
