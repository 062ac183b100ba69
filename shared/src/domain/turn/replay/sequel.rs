//! The rest of a call that goes otherwise than it went.

use std::collections::BTreeMap;

use super::Timeline;
use crate::domain::dialogue::Sentence;
use crate::domain::turn::constants::SPOKEN_CHARACTER_MS;
use crate::domain::turn::{Action, Event, Step, Thought, Turn};

/// Something the machine has ordered and hears of again.
#[derive(Debug, Clone, PartialEq)]
enum Wanted {
    Sentence(Sentence),
    /// A model's answer, by how many transcripts there were: that tells what it was asked about.
    Answer {
        transcripts: usize,
    },
}

/// What it hears.
#[derive(Debug, Clone)]
enum News {
    /// From so much later on.
    Sounds(u64),
    Played,
    Failed,
    Thought(Thought),
}

/// An order as it was recorded, with what came of it, and when: so much later, silences not counted.
struct Order {
    wanted: Wanted,
    number: u32,
    step: usize,
    at: u64,
    news: Vec<(u64, News)>,
    /// It is, or was, ordered in the replay too.
    used: bool,
}

/// What the machine is told next: by time, and at the same time as it was recorded.
type Due = BTreeMap<(u64, usize), Event>;

pub(super) struct Sequel {
    turn: Turn,
    timeline: Timeline,
    orders: Vec<Order>,
    due: Due,
    /// News of sentences while they are held, and since when.
    held: Option<(u64, Due)>,
    transcripts: usize,
    at: u64,
    places: usize,
}

impl Sequel {
    /// After the event at `place`, at which the machine did something else for the first time.
    pub(super) fn new(steps: &[Step], place: usize, turn: Turn, timeline: Timeline) -> Self {
        let at = steps[place].at;
        let silences = silences(steps);
        let mut orders = orders(steps, &silences);
        let mut due = Due::new();
        for (later, step) in steps.iter().enumerate().skip(place + 1) {
            let Some(news) = news_of(&step.event) else {
                due.insert((step.at, later), step.event.clone());
                continue;
            };
            // What was ordered before goes on; what only now is, waits for its order.
            if orders.iter().any(|order| order.is_of(news) && order.step < place) {
                due.insert((step.at - silent(&silences, at, step.at), later), step.event.clone());
            }
        }
        orders.iter_mut().for_each(|order| order.used = order.step < place);
        let transcripts = steps[..=place].iter().filter(|step| matches!(step.event, Event::Final { .. })).count();
        let mut sequel = Self { turn, timeline, orders, due, held: None, transcripts, at, places: steps.len() };
        if is_held(&steps[..place]) {
            sequel.hold();
        }
        sequel
    }

    /// Goes on with these actions to the end of the record.
    pub(super) fn live(mut self, actions: Vec<Action>) -> Timeline {
        self.follow(actions);
        while let Some(((at, _), event)) = self.due.pop_first() {
            self.at = self.at.max(at);
            self.transcripts += usize::from(matches!(event, Event::Final { .. }));
            let actions = self.turn.step(event, self.at);
            self.follow(actions);
        }
        self.timeline
    }

    fn follow(&mut self, actions: Vec<Action>) {
        for action in actions {
            match &action {
                Action::Say { id, sentence } => self.order(Wanted::Sentence(sentence.clone()), *id),
                Action::Think { turn } => self.order(Wanted::Answer { transcripts: self.transcripts }, *turn),
                Action::Hold => self.hold(),
                Action::Resume => self.resume(),
                Action::StopPlayback => {
                    self.hold();
                    self.held = None;
                }
                _ => {}
            }
            self.timeline.push((self.at, action));
        }
    }

    fn order(&mut self, wanted: Wanted, number: u32) {
        let known = self.orders.iter_mut().find(|order| !order.used && order.wanted == wanted);
        let news = known.map_or_else(Vec::new, |order| {
            order.used = true;
            order.news.clone()
        });
        let ends = news.iter().any(|(_, news)| matches!(news, News::Played | News::Failed));
        let sounds = news.iter().any(|(_, news)| matches!(news, News::Sounds(_)));
        let before = self.due.iter().filter(|(_, event)| is_of_a_sentence(event)).map(|((at, _), _)| *at).max();
        let mut from = before.map_or(self.at, |before| before.max(self.at));
        for (later, news) in news {
            let at = self.at + later;
            if let News::Sounds(further) = news {
                from = at + further;
            }
            self.tell(at, news.event(number, at));
        }
        if let Wanted::Sentence(sentence) = wanted {
            if !sounds {
                self.tell(from, News::Sounds(0).event(number, from));
            }
            if !ends {
                let long = sentence.text.chars().count() as u64 * SPOKEN_CHARACTER_MS;
                self.tell(from + long, News::Played.event(number, from + long));
            }
        }
    }

    fn tell(&mut self, at: u64, event: Event) {
        self.places += 1;
        let due = match &mut self.held {
            Some((_, held)) if is_of_a_sentence(&event) => held,
            _ => &mut self.due,
        };
        due.insert((at, self.places), event);
    }

    /// The bot is silent, and its sentences stand still.
    fn hold(&mut self) {
        let (held, due) = std::mem::take(&mut self.due).into_iter().partition(|(_, event)| is_of_a_sentence(event));
        self.due = due;
        self.held = Some((self.at, held));
    }

    fn resume(&mut self) {
        let Some((since, held)) = self.held.take() else { return };
        let late = self.at - since;
        self.due.extend(held.into_iter().map(|((at, place), event)| ((at + late, place), later(event, late))));
    }
}

impl Order {
    fn is_of(&self, (thinks, number): (bool, u32)) -> bool {
        self.number == number && thinks == matches!(self.wanted, Wanted::Answer { .. })
    }
}

impl News {
    fn of(event: &Event, at: u64) -> Option<Self> {
        match event {
            Event::Sounds { from, .. } => Some(Self::Sounds(from.saturating_sub(at))),
            Event::Played { .. } => Some(Self::Played),
            Event::SpeechFailed { .. } => Some(Self::Failed),
            Event::Thought { thought, .. } => Some(Self::Thought(thought.clone())),
            _ => None,
        }
    }

    fn event(self, number: u32, at: u64) -> Event {
        match self {
            Self::Sounds(further) => Event::Sounds { id: number, from: at + further },
            Self::Played => Event::Played { id: number },
            Self::Failed => Event::SpeechFailed { id: number },
            Self::Thought(thought) => Event::Thought { turn: number, thought },
        }
    }
}

/// Whether it is of a model's answer, and the number of the order it is news of.
fn news_of(event: &Event) -> Option<(bool, u32)> {
    match event {
        Event::Sounds { id, .. } | Event::Played { id } | Event::SpeechFailed { id } => Some((false, *id)),
        Event::Thought { turn, .. } => Some((true, *turn)),
        _ => None,
    }
}

fn is_of_a_sentence(event: &Event) -> bool {
    matches!(news_of(event), Some((false, _)))
}

fn later(event: Event, late: u64) -> Event {
    match event {
        Event::Sounds { id, from } => Event::Sounds { id, from: from + late },
        event => event,
    }
}

/// Everything that was ordered in the call.
fn orders(steps: &[Step], silences: &[(u64, u64)]) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::new();
    let mut transcripts = 0;
    for (place, Step { at, event, actions }) in steps.iter().enumerate() {
        transcripts += usize::from(matches!(event, Event::Final { .. }));
        if let Some((of, news)) = news_of(event).zip(News::of(event, *at))
            && let Some(order) = orders.iter_mut().rev().find(|order| order.is_of(of))
        {
            order.news.push((at - order.at - silent(silences, order.at, *at), news));
        }
        for action in actions {
            let (wanted, number) = match action {
                Action::Say { id, sentence } => (Wanted::Sentence(sentence.clone()), *id),
                Action::Think { turn } => (Wanted::Answer { transcripts }, *turn),
                _ => continue,
            };
            orders.push(Order { wanted, number, step: place, at: *at, news: Vec::new(), used: false });
        }
    }
    orders
}

/// When the bot was held.
fn silences(steps: &[Step]) -> Vec<(u64, u64)> {
    let mut silences = Vec::new();
    let mut since = None;
    for Step { at, actions, .. } in steps {
        for action in actions {
            match action {
                Action::Hold => since = Some(*at),
                Action::Resume | Action::StopPlayback => silences.extend(since.take().map(|since| (since, *at))),
                _ => {}
            }
        }
    }
    silences
}

/// Whether it is after these.
fn is_held(steps: &[Step]) -> bool {
    let change = |action: &Action| match action {
        Action::Hold => Some(true),
        Action::Resume | Action::StopPlayback => Some(false),
        _ => None,
    };
    steps.iter().flat_map(|step| &step.actions).filter_map(change).next_back().unwrap_or(false)
}

/// How much of that time it was.
fn silent(silences: &[(u64, u64)], from: u64, until: u64) -> u64 {
    silences.iter().map(|(begin, end)| (*end).min(until).saturating_sub((*begin).max(from))).sum()
}
