//! An app over memory doubles, so that a use-case test starts in one line.

use std::sync::Arc;

use crate::adapters::memory::{
    ManualClock, MemoryAudit, MemoryFeed, MemoryObjects, MemoryPace, MemoryQueue, MemoryRecords, MemorySessions,
    SeededRandom,
};
use crate::app::{App, Secrets, Urls};
use crate::domain::playbook::Playbooks;

/// The doubles behind a [`memory_app`], to look into and to steer.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the double of its name")]
pub struct MemoryParts {
    pub clock: Arc<ManualClock>,
    pub random: Arc<SeededRandom>,
    pub records: Arc<MemoryRecords>,
    pub sessions: Arc<MemorySessions>,
    pub feed: Arc<MemoryFeed>,
    pub pace: Arc<MemoryPace>,
    pub queue: Arc<MemoryQueue>,
    pub audit: Arc<MemoryAudit>,
    pub objects: Arc<MemoryObjects>,
}

/// An empty world at noon in India (2026-11-23T06:30:00Z, inside every calling window).
pub fn memory_app() -> (App, MemoryParts) {
    let noon = jiff::Timestamp::constant(1_795_415_400, 0);
    let clock = Arc::new(ManualClock::at(noon));
    let random = Arc::new(SeededRandom::new(1));
    let parts = MemoryParts {
        records: Arc::new(MemoryRecords::new(clock.clone(), random.clone())),
        sessions: Arc::new(MemorySessions::new(clock.clone())),
        feed: Arc::new(MemoryFeed::new(clock.clone())),
        pace: Arc::new(MemoryPace::new(clock.clone())),
        queue: Arc::default(),
        audit: Arc::default(),
        objects: Arc::new(MemoryObjects::new(clock.clone())),
        clock,
        random,
    };
    (parts.app(), parts)
}

impl MemoryParts {
    /// The parts as the use-cases see them.
    pub fn app(&self) -> App {
        let records = &self.records;
        App {
            clock: self.clock.clone(),
            random: self.random.clone(),
            customers: records.clone(),
            uploads: records.clone(),
            calls: records.clone(),
            campaigns: records.clone(),
            do_not_call: records.clone(),
            promises: records.clone(),
            settings: records.clone(),
            api_keys: records.clone(),
            idempotency: records.clone(),
            records: records.clone(),
            sessions: self.sessions.clone(),
            feed: self.feed.clone(),
            pace: self.pace.clone(),
            queue: self.queue.clone(),
            audit: self.audit.clone(),
            objects: self.objects.clone(),
            playbooks: Arc::new(Playbooks::shipped().expect("a test holds them to it")),
            secrets: Secrets {
                exotel_shared: "exotel-shared-secret-of-tests".into(),
                signing: "signing-secret-of-tests".into(),
            },
            urls: Urls {
                public_base: "https://api.example.in".to_owned(),
                public_ws: "wss://voice.example.in".to_owned(),
                proxies: 1,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_empty_world_stands_at_noon_in_india() {
        let (app, _) = super::memory_app();
        assert_eq!(app.clock.now().to_string(), "2026-11-23T06:30:00Z");
    }
}
