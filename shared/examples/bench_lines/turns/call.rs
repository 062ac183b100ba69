//! One call on a virtual clock: frames in, as the driver of real ones feeds them to the detector, the echo
//! guard and the turn machine, and what that told of the caller's turns out.

use std::collections::VecDeque;

use shared::domain::audio::{FRAME_MS, FRAME_SAMPLES};
use shared::domain::turn::{Action, EchoGuard, Event, Turn};
use shared::domain::vad::{VoiceDetector, VoiceEvent, rms};
use shared::ports::voice::{LineMemory, VoiceModel};
use shared::voicebot::LineClock;

use super::delivery::Delivery;
use super::labelled::Line;
use super::mouth::Mouth;
use super::recogniser::Recogniser;
use super::scene::{Scene, Stage, thoughts};
use super::score::Told;

/// When the line opens, by the wall: what was said before takes time too.
const OPENS_MS: u64 = 60_000;

/// What is heard in a frame.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) level: f32,
    pub(super) told: Option<VoiceEvent>,
}

/// The detector of a line.
pub(super) struct Ear<'a> {
    model: &'a dyn VoiceModel,
    memory: LineMemory,
    detector: VoiceDetector,
}

impl<'a> Ear<'a> {
    pub(super) fn new(model: &'a dyn VoiceModel) -> Self {
        Self { model, memory: LineMemory::new(), detector: VoiceDetector::default() }
    }

    pub(super) fn frame(&mut self, samples: &[i16]) -> Frame {
        let (model, memory) = (self.model, &mut self.memory);
        let told = self.detector.frame(samples, |window| model.likelihood(window, memory));
        Frame { level: rms(samples), told }
    }
}

/// A whole line.
pub(super) fn frames(model: &dyn VoiceModel, line: &[i16]) -> Vec<Frame> {
    let mut ear = Ear::new(model);
    line.chunks_exact(FRAME_SAMPLES).map(|samples| ear.frame(samples)).collect()
}

/// The call, up to what it has told.
pub(super) struct Call<'a> {
    stage: &'a Stage,
    scene: Scene,
    turn: Turn,
    clock: LineClock,
    echo: EchoGuard,
    pub(super) recogniser: Recogniser,
    /// None where what the bot says takes no time.
    pub(super) mouth: Option<Mouth>,
    voiced: bool,
    /// The model is asked what the caller's present turn asks for.
    asked: bool,
    heard_ms: u64,
    /// In milliseconds of the line.
    wall: u64,
    told: Vec<Told>,
}

/// A caller is listened to: each sentence finds the bot silent, for what it answers takes no time.
pub(super) fn listen(stage: &Stage, scene: Scene, line: &Line, frames: &[Frame], delivery: Delivery) -> Vec<Told> {
    let recogniser = Recogniser::new(&line.words, line.language);
    let mut call = Call::new(stage, scene, recogniser, None);
    for (arrives, group) in delivery.groups(frames.len()) {
        call.pass_until(arrives);
        for frame in &frames[group] {
            call.frame(*frame, 0.0);
        }
        call.pass();
    }
    call.told
}

impl<'a> Call<'a> {
    pub(super) fn new(stage: &'a Stage, scene: Scene, recogniser: Recogniser, mouth: Option<Mouth>) -> Self {
        let (turn, actions) = stage.set(scene, recogniser.language(), OPENS_MS);
        let mut call = Self {
            stage,
            scene,
            turn,
            clock: LineClock::default(),
            echo: EchoGuard::default(),
            recogniser,
            mouth,
            voiced: false,
            asked: false,
            heard_ms: 0,
            wall: 0,
            told: Vec::new(),
        };
        call.carry_out_all(actions, OPENS_MS);
        call
    }

    /// Lets time pass up to what comes next by the wall.
    pub(super) fn pass_until(&mut self, wall: u64) {
        while let Some(due) = self.wakes_at().filter(|due| *due < wall) {
            self.wall = self.wall.max(due);
            self.pass();
            // It waits for more of the line.
            if self.wakes_at() == Some(due) {
                break;
            }
        }
        self.wall = wall;
    }

    fn wakes_at(&self) -> Option<u64> {
        let deadline = self.turn.deadline().filter(|at| self.clock.reaches(*at));
        [self.recogniser.due(), deadline.map(|at| at.saturating_sub(OPENS_MS))].into_iter().flatten().min()
    }

    /// One frame that has arrived by now, and how loud the bot is in it.
    pub(super) fn frame(&mut self, frame: Frame, bot: f32) {
        self.heard_ms += FRAME_MS;
        let at = self.clock.frame(OPENS_MS + self.wall);
        self.recogniser.hear(self.heard_ms, self.wall);
        let event = self.echo.frame(frame.level, bot, frame.told).unwrap_or(Event::Tick);
        match event {
            Event::VoiceStarted { .. } => self.voiced = true,
            Event::VoiceStopped => self.voiced = false,
            _ => {}
        }
        self.step(event, at);
    }

    /// What is due by the clock.
    pub(super) fn pass(&mut self) {
        while let Some(answer) = self.recogniser.answer(self.wall) {
            self.event(answer);
        }
        let due = self.clock.due(OPENS_MS + self.wall);
        self.step(Event::Tick, due);
    }

    pub(super) fn event(&mut self, event: Event) {
        let at = self.now();
        self.step(event, at);
    }

    fn step(&mut self, event: Event, at: u64) {
        let answered = self.told.len();
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let actions = self.turn.step(event, at);
            actions.into_iter().for_each(|action| self.carry_out(action, at, &mut events));
        }
        let answered = self.told[answered..].iter().any(|told| matches!(told, Told::Answered(_)));
        let elsewhere = match self.scene {
            Scene::AskedYesNo => answered,
            // What the script answers asks for a yes.
            Scene::AskedOpenly => answered && !std::mem::take(&mut self.asked),
            Scene::Speaks => false,
        };
        if elsewhere || self.turn.is_over() {
            self.begin_anew(at);
        }
    }

    /// The same line in another conversation.
    fn begin_anew(&mut self, at: u64) {
        let (turn, actions) = self.stage.set(self.scene, self.recogniser.language(), at);
        self.turn = turn;
        self.asked = false;
        self.recogniser.forget();
        if let Some(mouth) = &mut self.mouth {
            mouth.stop();
        }
        self.carry_out_all(actions, at);
        if self.voiced {
            self.step(Event::VoiceStarted { over_floor_db: None }, at);
        }
    }

    fn carry_out_all(&mut self, actions: Vec<Action>, at: u64) {
        let mut events = VecDeque::new();
        actions.into_iter().for_each(|action| self.carry_out(action, at, &mut events));
        events.into_iter().for_each(|event| self.step(event, at));
    }

    fn carry_out(&mut self, action: Action, at: u64, events: &mut VecDeque<Event>) {
        let now = self.wall;
        match action {
            Action::SpeechStart => self.recogniser.start(self.heard_ms),
            Action::SpeechEnd => {
                self.recogniser.end(self.heard_ms, now);
                self.told.push(Told::Flushed(now));
            }
            Action::Heard { answered: true, .. } => self.told.push(Told::Answered(now)),
            Action::Think { turn } => {
                self.asked = true;
                events.extend(thoughts(turn, self.recogniser.language()));
            }
            Action::ThinkNoMore { .. } | Action::Stopped { .. } => self.asked = false,
            Action::Say { id, sentence } => match &mut self.mouth {
                Some(mouth) => mouth.say(id, sentence),
                None => events.extend([Event::Sounds { id, from: at }, Event::Played { id }]),
            },
            Action::Hold => {
                self.told.push(Told::Held(now));
                self.mouth.iter_mut().for_each(Mouth::hold);
            }
            Action::Resume => {
                self.told.push(Told::Resumed(now));
                self.mouth.iter_mut().for_each(Mouth::resume);
            }
            Action::StopPlayback => {
                self.told.push(Told::Cut(now));
                self.mouth.iter_mut().for_each(Mouth::stop);
            }
            Action::Heard { .. }
            | Action::Prepare { .. }
            | Action::Forget
            | Action::HandOver { .. }
            | Action::HangUp => {}
        }
    }

    /// On the clock of the turn machine.
    pub(super) fn now(&mut self) -> u64 {
        self.clock.now(OPENS_MS + self.wall)
    }

    pub(super) fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }
}
