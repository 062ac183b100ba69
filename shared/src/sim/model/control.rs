//! The switches of a running simulator, and what it was asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::brain::{Asked, Plan, think};
use super::switches::{Faults, Switches};
use crate::sim::chance::Chance;
use crate::sim::sarvam::Delay;

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was sent whole.
    Whole,
    /// The client went away before.
    ClientLeft,
    /// A fault ended it, or a refusal.
    Fault,
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Since the simulator started.
    pub at: Duration,
    /// The model it was for.
    pub model: String,
    /// As it came.
    pub body: Value,
    /// How it ended, and when.
    pub end: Option<(End, Duration)>,
}

/// The switches and the record of one running simulator.
#[derive(Debug)]
pub struct Control {
    switches: Mutex<Switches>,
    visits: Mutex<Vec<Visit>>,
    changed: Notify,
    chance: Chance,
    began: Instant,
}

impl Control {
    pub(in crate::sim) fn new(switches: Switches) -> Arc<Self> {
        Arc::new(Self {
            switches: Mutex::new(switches),
            visits: Mutex::default(),
            changed: Notify::new(),
            chance: Chance::default(),
            began: Instant::now(),
        })
    }

    /// Changes the switches; answers under way keep what they began with.
    pub fn set(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut lock(&self.switches));
    }

    /// The switches as they are now.
    pub fn switches(&self) -> Switches {
        lock(&self.switches).clone()
    }

    /// Every request so far.
    pub fn visits(&self) -> Vec<Visit> {
        lock(&self.visits).clone()
    }

    /// Waits until the requests so far are as wanted.
    pub async fn until(&self, wanted: impl Fn(&[Visit]) -> bool) -> Vec<Visit> {
        loop {
            let changed = self.changed.notified();
            let visits = self.visits();
            if wanted(&visits) {
                return visits;
            }
            changed.await;
        }
    }

    /// Notes a request.
    pub(in crate::sim) fn visit(self: &Arc<Self>, model: &str, body: Value) -> Ticket {
        let mut visits = lock(&self.visits);
        visits.push(Visit { at: self.began.elapsed(), model: model.to_owned(), body, end: None });
        let number = visits.len() - 1;
        drop(visits);
        self.changed.notify_waiters();
        Ticket { control: Arc::clone(self), number, end: End::ClientLeft }
    }

    /// What goes wrong with a new request.
    pub(in crate::sim) fn faults(&self) -> Faults {
        let faults = &mut lock(&self.switches).faults;
        if self.chance.hits(&mut faults.hits) { faults.clone() } else { Faults::default() }
    }

    pub(in crate::sim) fn draw(&self, delay: Delay) -> Duration {
        self.chance.delay(delay)
    }

    /// What is answered: by the script, or by the brain.
    pub(in crate::sim) fn plan(&self, asked: &Asked) -> Plan {
        let mut switches = lock(&self.switches);
        let scripted = switches.script.pop_front();
        scripted.unwrap_or_else(|| think(asked, &switches.behaviour))
    }
}

/// A request under way. One that is dropped without a word was left by its client.
#[derive(Debug)]
pub(in crate::sim) struct Ticket {
    control: Arc<Control>,
    number: usize,
    end: End,
}

impl Ticket {
    pub(in crate::sim) fn end(mut self, end: End) {
        self.end = end;
    }

    pub(in crate::sim) fn control(&self) -> &Control {
        &self.control
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let at = self.control.began.elapsed();
        if let Some(visit) = lock(&self.control.visits).get_mut(self.number) {
            visit.end = Some((self.end, at));
        }
        self.control.changed.notify_waiters();
    }
}

/// What a poisoned lock guards is still whole here: every change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
