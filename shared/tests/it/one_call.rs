//! A world with one customer and one call the carrier has accepted, for the tests of callbacks.

use shared::app::App;
use shared::domain::call::{Call, NewOrder};
use shared::domain::customer::CustomerDetails;
use shared::domain::id::{CallId, CallSid, CustomerId, UploadId};
use shared::domain::language::Language;
use shared::domain::phone::PhoneNumber;
use shared::domain::session::{CallSession, HandOver};
use shared::domain::status::CallStatus;
use shared::ports::calls::DialOutcome;
use shared::ports::customers::CustomerFilter;
use shared::wiring::{MemoryParts, memory_app};

pub(crate) struct OneCall {
    pub(crate) app: App,
    pub(crate) parts: MemoryParts,
    pub(crate) call: CallId,
    pub(crate) sid: CallSid,
}

pub(crate) const SID: &str = "3f9c1e2ab47d4c55a0de71b2c6f8162m";

#[allow(dead_code, reason = "each test program that includes this file uses its own part")]
impl OneCall {
    /// The order is `dialing`: the carrier was asked and has not answered yet.
    pub(crate) async fn dialing() -> Self {
        let (app, parts) = memory_app();
        let customer = store_customer(&app).await;
        let call = app.new_id(CallId::new);
        let order = NewOrder {
            playbook: Some("appointment_reminder".to_owned()),
            ..NewOrder::single(call, customer, app.clock.now())
        };
        app.calls.place(&[order]).await.expect("memory");
        app.calls.claim(call, Some(&Default::default()), app.clock.now()).await.expect("memory");
        let customer_facts = app.calls.session_customer(call).await.expect("memory").expect("a customer");
        let session = CallSession {
            call_id: call,
            call_sid: None,
            customer: customer_facts,
            playbook: Some("appointment_reminder".to_owned()),
            status: CallStatus::Dialing,
            hand_over: None,
            created_at: app.clock.now(),
        };
        app.sessions.put_temp(&session).await.expect("memory");
        Self { app, parts, call, sid: CallSid::parse(SID).expect("a sid") }
    }

    /// The carrier has accepted the call.
    pub(crate) async fn initiated() -> Self {
        let world = Self::dialing().await;
        let outcome = DialOutcome::Accepted(world.sid.clone());
        world.app.calls.record_dial(world.call, &outcome, world.app.clock.now()).await.expect("memory");
        world
    }

    /// The session is under the Sid and asks for an agent.
    pub(crate) async fn wants_agent(&self) {
        self.app.sessions.link(self.call, &self.sid).await.expect("memory");
        let wish = HandOver {
            reason: "asked for a person about 15000 rupees".to_owned(),
            language: Language::Hindi,
            requested_at: self.app.clock.now(),
            untaken: false,
        };
        assert!(self.app.sessions.request_hand_over(&self.sid, &wish).await.expect("memory"));
    }

    pub(crate) async fn record(&self) -> Call {
        self.app.calls.find(self.call).await.expect("memory").expect("the call")
    }

    pub(crate) async fn session(&self) -> Option<CallSession> {
        self.app.sessions.get(&self.sid).await.expect("memory")
    }
}

async fn store_customer(app: &App) -> CustomerId {
    let details = CustomerDetails {
        name: "Asha Test".to_owned(),
        phone: PhoneNumber::parse("9876543210").expect("valid"),
        state: None,
        loan_id: Some("L1".to_owned()),
        amount: None,
        due_date: None,
        language: Language::Hindi,
        attributes: std::collections::BTreeMap::new(),
    };
    let mut import = app.customers.import(app.new_id(UploadId::new)).await.expect("memory");
    import.add(vec![details]).await.expect("memory");
    import.finish().await.expect("memory");
    app.customers.ids(&CustomerFilter::default(), None, 1).await.expect("memory")[0]
}
