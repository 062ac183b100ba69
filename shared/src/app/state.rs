//! What every use-case works with: our own stores, the clock, our secrets and addresses.
//! Paid providers are not in here: they are extra arguments, so that a function without the
//! argument needs no credentials.

use std::sync::Arc;

use crate::domain::playbook::Playbooks;
use crate::ports::audit::Audit;
use crate::ports::calls::Calls;
use crate::ports::campaigns::Campaigns;
use crate::ports::clock::{Clock, Random};
use crate::ports::customers::{Customers, Uploads};
use crate::ports::feed::Feed;
use crate::ports::objects::Objects;
use crate::ports::pace::Pace;
use crate::ports::queue::Queue;
use crate::ports::records::{ApiKeys, DoNotCall, IdempotencyKeys, Promises, RecordsHealth, Settings};
use crate::ports::sessions::Sessions;

/// Cheap to clone: every part is shared.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port, or the part, of its name")]
pub struct App {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub customers: Arc<dyn Customers>,
    pub uploads: Arc<dyn Uploads>,
    pub calls: Arc<dyn Calls>,
    pub campaigns: Arc<dyn Campaigns>,
    pub do_not_call: Arc<dyn DoNotCall>,
    pub promises: Arc<dyn Promises>,
    pub settings: Arc<dyn Settings>,
    pub api_keys: Arc<dyn ApiKeys>,
    pub idempotency: Arc<dyn IdempotencyKeys>,
    pub records: Arc<dyn RecordsHealth>,
    pub sessions: Arc<dyn Sessions>,
    pub feed: Arc<dyn Feed>,
    pub pace: Arc<dyn Pace>,
    pub queue: Arc<dyn Queue>,
    pub audit: Arc<dyn Audit>,
    pub objects: Arc<dyn Objects>,
    pub playbooks: Arc<Playbooks>,
    pub secrets: Secrets,
    pub urls: Urls,
}

/// What callbacks and tokens are checked with.
#[derive(Clone)]
pub struct Secrets {
    /// In the query of Exotel's routes whose address the flow has fixed (`k=`).
    pub exotel_shared: secrecy::SecretString,
    /// Signs per-call addresses and voicebot tokens (HMAC-SHA256).
    pub signing: secrecy::SecretString,
}

/// Where the outside reaches us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// `https://api.example.in`, without a slash at the end.
    pub public_base: String,
    /// `wss://voice.example.in`, without a slash at the end.
    pub public_ws: String,
    /// Proxies of ours in front of this program, each of which adds to `X-Forwarded-For`.
    pub proxies: u8,
}

impl App {
    /// A new id from the clock and the random source.
    pub fn new_id<T>(&self, make: fn(jiff::Timestamp, [u8; 10]) -> T) -> T {
        make(self.clock.now(), crate::ports::clock::id_bytes(&*self.random))
    }
}
