//! What the tests of ordering, dialling and reconciling share: customers, and a carrier that
//! answers by script and counts who was phoned.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use shared::app::App;
use shared::domain::access::Actor;
use shared::domain::call::{Call, NewOrder};
use shared::domain::customer::CustomerDetails;
use shared::domain::id::{CallId, CallSid, CampaignId, CustomerId, UploadId};
use shared::domain::language::Language;
use shared::domain::phone::PhoneNumber;
use shared::domain::status::CallStatus;
use shared::ports::calls::Placed;
use shared::ports::customers::CustomerFilter;
use shared::ports::telephony::{CarrierRecord, Dial, Telephony, TelephonyError};
use shared::wiring::{MemoryParts, memory_app};

/// One answer of the carrier to a dial request.
pub(crate) enum Script {
    Accept,
    Fail(TelephonyError),
}

/// Accepts everything unless told otherwise; remembers every request.
#[derive(Default)]
pub(crate) struct ScriptedCarrier {
    answers: Mutex<VecDeque<Script>>,
    pub(crate) dialed: Mutex<Vec<Dial>>,
    pub(crate) list: Mutex<Vec<CarrierRecord>>,
    pub(crate) details: Mutex<BTreeMap<CallSid, CarrierRecord>>,
    pub(crate) read_fault: Mutex<Option<TelephonyError>>,
    pub(crate) reads: Mutex<u32>,
}

impl ScriptedCarrier {
    pub(crate) fn answering(answers: Vec<Script>) -> Self {
        Self { answers: Mutex::new(answers.into()), ..Self::default() }
    }
    pub(crate) fn requests(&self) -> Vec<Dial> {
        self.dialed.lock().expect("not poisoned").clone()
    }
    pub(crate) fn read_count(&self) -> u32 {
        *self.reads.lock().expect("not poisoned")
    }
    fn read(&self) -> Result<(), TelephonyError> {
        *self.reads.lock().expect("not poisoned") += 1;
        self.read_fault.lock().expect("not poisoned").take().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl Telephony for ScriptedCarrier {
    async fn dial(&self, dial: &Dial) -> Result<CallSid, TelephonyError> {
        let number = {
            let mut dialed = self.dialed.lock().expect("not poisoned");
            dialed.push(dial.clone());
            dialed.len()
        };
        // The real carrier takes its time; whoever races gets a chance to.
        tokio::task::yield_now().await;
        let script = self.answers.lock().expect("not poisoned").pop_front();
        match script {
            Some(Script::Fail(error)) => Err(error),
            Some(Script::Accept) | None => Ok(sid(&format!("sid{number}"))),
        }
    }
    async fn details(&self, sid: &CallSid) -> Result<Option<CarrierRecord>, TelephonyError> {
        self.read()?;
        Ok(self.details.lock().expect("not poisoned").get(sid).cloned())
    }
    async fn find(
        &self,
        _to: &PhoneNumber,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<CarrierRecord>, TelephonyError> {
        self.read()?;
        let list = self.list.lock().expect("not poisoned");
        let inside = |record: &&CarrierRecord| record.created_at.is_none_or(|at| from <= at && at <= until);
        Ok(list.iter().filter(inside).cloned().collect())
    }
}

pub(crate) fn sid(text: &str) -> CallSid {
    CallSid::parse(text).expect("a sid")
}

pub(crate) fn unknown() -> Script {
    Script::Fail(TelephonyError::OutcomeUnknown("timed out".into()))
}

/// The carrier's record of a call created at that moment.
pub(crate) fn record(id: &str, raw: &str, status: Option<CallStatus>, at: Timestamp) -> CarrierRecord {
    CarrierRecord {
        sid: sid(id),
        status,
        raw_status: raw.to_owned(),
        failure_class: None,
        created_at: Some(at),
        end_time: None,
        duration_s: Some(42),
        price: None,
        recording_url: None,
        masked: serde_json::json!({"Status": raw}),
    }
}

/// An empty world with that many customers, oldest first.
pub(crate) async fn world(customers: usize) -> (App, MemoryParts, Vec<CustomerId>) {
    let (app, parts) = memory_app();
    let upload = app.new_id(UploadId::new);
    add_customers(&app, upload, 0, customers).await;
    let ids = app.customers.ids(&CustomerFilter::default(), None, 10_000).await.expect("customers");
    (app, parts, ids)
}

pub(crate) async fn add_customers(app: &App, upload: UploadId, from: usize, count: usize) {
    let rows = (from..from + count).map(|n| CustomerDetails {
        name: format!("Customer {n}"),
        phone: PhoneNumber::parse(&format!("90000{n:05}")).expect("a number"),
        state: Some(if n.is_multiple_of(2) { "Kerala" } else { "Punjab" }.to_owned()),
        loan_id: Some(format!("L{n}")),
        amount: None,
        due_date: None,
        language: Language::Hindi,
        attributes: BTreeMap::new(),
    });
    let mut import = app.customers.import(upload).await.expect("an import");
    import.add(rows.collect()).await.expect("stored");
    import.finish().await.expect("visible");
}

pub(crate) fn actor() -> Actor {
    Actor::system("tests")
}

/// A single order, due now.
pub(crate) async fn order(app: &App, customer: CustomerId) -> CallId {
    place(app, customer, None).await
}

pub(crate) async fn place(app: &App, customer: CustomerId, campaign: Option<CampaignId>) -> CallId {
    place_for(app, customer, campaign, None).await
}

/// An order by a playbook.
pub(crate) async fn place_for(
    app: &App,
    customer: CustomerId,
    campaign: Option<CampaignId>,
    playbook: Option<&str>,
) -> CallId {
    let order = NewOrder {
        campaign_id: campaign,
        playbook: playbook.map(str::to_owned),
        ..NewOrder::single(app.new_id(CallId::new), customer, app.clock.now())
    };
    match app.calls.place(&[order]).await.expect("placed").as_slice() {
        [Placed::New(id)] => *id,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn call(app: &App, id: CallId) -> Call {
    app.calls.find(id).await.expect("readable").expect("stored")
}

pub(crate) fn minutes(parts: &MemoryParts, minutes: i64) {
    parts.clock.advance(SignedDuration::from_mins(minutes));
}
