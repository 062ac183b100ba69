//! One call from placing to its end (exotel.md 8.2). One task per call.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::callback::{self, Event};
use super::connect::Order;
use super::flow::{Applets, Branch, Flow};
use super::persona::Persona;
use super::record::{Ended, Record, shaped};
use super::scenario::Part;
use super::truth::{CallTruth, Outcome};
use super::{Traffic, World, agent, lock, stream};

/// Everything fixed about one call.
pub(super) struct Plan {
    pub(super) sid: String,
    pub(super) order: Order,
    pub(super) part: Part,
    /// The flow as it was drawn when the call was placed; none for an unknown app id.
    pub(super) flow: Option<Flow>,
}

/// Places a call: from now on a phone rings.
pub(super) fn place(world: &Arc<World>, order: Order, part: Part) -> Record {
    let now = world.config.clock.now();
    // Real Sids end in letters beyond hex now and then: nobody may parse them.
    let sid = format!("{}m", world.hex(31));
    let record = Record {
        sid: sid.clone(),
        account_sid: world.config.account_sid.clone(),
        from: shaped(&order.from, part.switches.number_shape),
        exophone: world.config.exophone.clone(),
        created: now,
        updated: now,
        answered: None,
        ended: None,
        record: order.record || part.switches.recorded,
    };
    lock(&world.records).push(record.clone());
    world.log.place(CallTruth {
        sid: sid.clone(),
        custom_field: order.custom_field.clone(),
        to: order.from.clone(),
        persona: part.persona,
        connects: 1,
        outcome: None,
        placed_at: now,
        answered_at: None,
        ended_at: None,
        stream: None,
        heard: Vec::new(),
        said: Vec::new(),
        pressed: String::new(),
        transferred: false,
        agents: Vec::new(),
        callbacks_taken: 0,
        longest_silence_ms: 0,
        warnings: super::PlaybackWarnings::default(),
    });
    let flow = world.settings().flows.get(&order.app_id).cloned();
    let call = Call { world: world.clone(), plan: Arc::new(Plan { sid, order, part, flow }) };
    world.spawn(call.run());
    record
}

/// A call under way.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) world: Arc<World>,
    pub(super) plan: Arc<Plan>,
}

impl Call {
    /// This call's switches.
    pub(super) fn switches(&self) -> &super::Switches {
        &self.plan.part.switches
    }

    /// This call's record as it stands.
    pub(super) fn record(&self) -> Option<Record> {
        lock(&self.world.records).iter().rev().find(|record| record.sid == self.plan.sid).cloned()
    }

    /// What we call the two ends, `from` and `to`: customer and ExoPhone unless swapped.
    pub(super) fn ends(&self) -> (String, String) {
        let customer = shaped(&self.plan.order.from, self.switches().number_shape);
        let exophone = self.world.config.exophone.clone();
        if self.switches().swap_from_to { (exophone, customer) } else { (customer, exophone) }
    }

    /// Changes this call's truth.
    pub(super) fn amend(&self, change: impl FnOnce(&mut CallTruth)) {
        self.world.log.amend(&self.plan.sid, change);
    }

    fn change_record(&self, change: impl FnOnce(&mut Record)) {
        if let Some(record) = lock(&self.world.records).iter_mut().rev().find(|r| r.sid == self.plan.sid) {
            change(record);
        }
    }

    fn state(&self, state: &str) {
        self.world.note(Traffic::CallState { sid: self.plan.sid.clone(), state: state.to_owned() });
    }

    async fn run(self) {
        self.state("ringing");
        self.announce(Event::Ringing);
        if let Some(outcome) = self.ring().await {
            self.end(outcome);
            return self.conclude().await;
        }
        let now = self.world.config.clock.now();
        self.change_record(|record| (record.answered, record.updated) = (Some(now), now));
        self.amend(|truth| truth.answered_at = Some(now));
        self.state("answered");
        if !self.switches().answered_after_terminal {
            self.announce(Event::Answered);
        }
        let deadline = Instant::now() + self.switches().scaled(self.plan.order.time_limit);
        match self.plan.flow.clone() {
            Some(flow) => self.follow(&flow, deadline).await,
            // An unknown app: the call ends at once after the answer.
            None => self.hang_up().await,
        }
    }

    /// Rings; `None` once the customer has answered.
    async fn ring(&self) -> Option<Outcome> {
        let switches = self.switches();
        let refused = switches.wait(switches.refuse_ring_ms);
        let (wait, outcome) = match self.plan.part.persona {
            Persona::Busy => (refused, Some(Outcome::Busy)),
            Persona::Failed => (refused, Some(Outcome::Failed)),
            Persona::Cancelled => (refused, Some(Outcome::Canceled)),
            Persona::NoAnswer => {
                let limit = switches.no_answer_ms.map_or(self.plan.order.time_out, Duration::from_millis);
                (switches.scaled(limit), Some(Outcome::NoAnswer))
            }
            _ => (switches.wait(switches.ring_ms), None),
        };
        sleep(wait).await;
        outcome
    }

    async fn follow(&self, flow: &Flow, deadline: Instant) {
        let applets = Applets::new(self);
        if let Some(url) = &flow.passthru_a
            && self.first_passthru(url).await == Branch::B
        {
            return self.hang_up().await;
        }
        let report = stream::run(self, &flow.voicebot, deadline).await;
        if report.hangs_up {
            return self.hang_up().await;
        }
        let wait = self.switches().wait(self.switches().passthru_b_delay_ms);
        if report.customer_gone || self.switches().passthru_b_after_end {
            self.end(Outcome::Completed);
            if self.switches().passthru_b_after_end {
                self.conclude().await;
            } else {
                let call = self.clone();
                self.world.spawn(async move { call.conclude().await });
            }
            sleep(wait).await;
            // The call is over: what the Passthru answers leads nowhere.
            applets.passthru_b(flow.passthru_b.as_deref(), &report).await;
            return;
        }
        sleep(wait).await;
        let branch = applets.passthru_b(flow.passthru_b.as_deref(), &report).await;
        if let (Branch::A, Some(url)) = (branch, &flow.connect) {
            let dialled = agent::connect(self, url, deadline).await;
            if let Some(url) = &flow.passthru_c
                && applets.passthru_c(url, &dialled).await == Branch::A
                && let Some(apology) = &flow.apology
            {
                stream::run(self, apology, deadline).await;
            }
        }
        self.hang_up().await;
    }

    /// The flow is over, and with it the call.
    async fn hang_up(&self) {
        self.end(Outcome::Completed);
        self.conclude().await;
    }

    /// Passthru A: the flow waits for its answer, or goes on and the request leaves later.
    async fn first_passthru(&self, url: &str) -> Branch {
        let Some(later) = self.switches().passthru_a_async_ms else {
            return Applets::new(self).passthru_a(url).await;
        };
        let (call, url) = (self.clone(), url.to_owned());
        self.world.spawn(async move {
            sleep(call.switches().wait(later)).await;
            Applets::new(&call).passthru_a(&url).await;
        });
        Branch::A
    }

    /// The call is over.
    fn end(&self, outcome: Outcome) {
        let at = self.world.config.clock.now();
        let settled = Instant::now() + self.switches().wait(self.switches().settle_ms);
        self.change_record(|record| {
            record.ended = Some(Ended { at, outcome, settled });
            record.updated = at;
        });
        self.amend(|truth| (truth.outcome, truth.ended_at) = (Some(outcome), Some(at)));
        self.state(outcome.as_str());
    }

    /// The terminal callback, after its delay.
    async fn conclude(&self) {
        sleep(self.switches().wait(self.switches().callback_delay_ms)).await;
        callback::deliver(self, Event::Terminal).await;
        if self.switches().answered_after_terminal && self.record().is_some_and(|record| record.answered.is_some()) {
            callback::deliver(self, Event::Answered).await;
        }
    }

    /// A callback beside the call's own course.
    fn announce(&self, event: Event) {
        let call = self.clone();
        self.world.spawn(async move { callback::deliver(&call, event).await });
    }
}
