//! Calls where our bot looks for them: customer, order, claim, the carrier's answer and the session,
//! each written by the adapter that the deployed functions write it with.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use secrecy::ExposeSecret;
use shared::app::App;
use shared::config::Environment;
use shared::domain::call::NewOrder;
use shared::domain::customer::CustomerDetails;
use shared::domain::id::{CallId, CallSid, CustomerId, UploadId};
use shared::domain::language::Language;
use shared::domain::money::Paise;
use shared::domain::phone::PhoneNumber;
use shared::domain::session::CallSession;
use shared::domain::settings::AccountSettings;
use shared::domain::status::CallStatus;
use shared::domain::token::CallTokens;
use shared::ports::calls::{Claim, DialOutcome};
use shared::ports::customers::CustomerFilter;
use shared::wiring;

use crate::Fallible;

/// Whom every call asks for: what is said to everybody is spoken once and kept.
const NAME: &str = "Asha Verma";
const DUE: Date = date(2026, 12, 5);
const AMOUNT: Paise = Paise(450_000);
/// The first of the numbers; they look invented at first sight.
const FIRST_PHONE: u64 = 9_000_000_000;
/// Addresses are made before a level begins and used until it is over.
const TOKEN_SECONDS: i64 = 7_200;

/// The stores of one run.
pub(crate) struct Records {
    app: App,
    phones: u64,
}

/// One call that waits for its stream.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) sid: CallSid,
    pub(crate) token: String,
}

impl Records {
    /// Over the stores of that environment, brought to the newest migration.
    pub(crate) async fn open(env: &Environment) -> Fallible<Self> {
        wiring::migrate(&wiring::database(env)?).await?;
        Ok(Self { app: wiring::app_from_env(env).await?, phones: FIRST_PHONE })
    }

    /// So many calls that the carrier has connected.
    pub(crate) async fn seats(&mut self, count: usize) -> Fallible<Vec<Seat>> {
        let customers = self.customers(count).await?;
        let noon = self.noon()?;
        let order = |customer: CustomerId| NewOrder::single(self.app.new_id(CallId::new), customer, noon);
        let orders: Vec<NewOrder> = customers.into_iter().map(order).collect();
        self.app.calls.place(&orders).await?;
        let mut seats = Vec::with_capacity(count);
        for order in &orders {
            seats.push(self.connect(order.call_id, noon).await?);
        }
        Ok(seats)
    }

    async fn customers(&mut self, count: usize) -> Fallible<Vec<CustomerId>> {
        let upload = self.app.new_id(UploadId::new);
        let mut import = self.app.customers.import(upload).await?;
        let mut rows = Vec::with_capacity(count);
        for _ in 0..count {
            rows.push(details(self.phones)?);
            self.phones += 1;
        }
        import.add(rows).await?;
        import.finish().await?;
        let filter = CustomerFilter { upload_id: Some(upload.to_string()), ..CustomerFilter::default() };
        let limit = u32::try_from(count)?;
        Ok(self.app.customers.ids(&filter, None, limit).await?)
    }

    /// What `dial` and the first Passthru do.
    async fn connect(&self, call: CallId, noon: Timestamp) -> Fallible<Seat> {
        let Claim::Claimed(claimed) = self.app.calls.claim(call, Some(&AccountSettings::default()), noon).await? else {
            return Err(format!("call {call} was not let through").into());
        };
        let session = CallSession {
            call_id: call,
            call_sid: None,
            customer: claimed.customer,
            playbook: None,
            status: CallStatus::Dialing,
            hand_over: None,
            created_at: self.app.clock.now(),
        };
        self.app.sessions.put_temp(&session).await?;
        let sid = CallSid::parse(&format!("load{}", call.to_string().replace('-', "")))?;
        self.app.calls.record_dial(call, &DialOutcome::Accepted(sid.clone()), noon).await?;
        self.app.sessions.link(call, &sid).await?;
        let tokens = CallTokens::new(self.app.secrets.signing.expose_secret().as_bytes());
        let expires = self.app.clock.now() + jiff::SignedDuration::from_secs(TOKEN_SECONDS);
        Ok(Seat { token: tokens.sign_voicebot(&sid, expires), sid })
    }

    /// Of today, in India: the gate lets nobody through at night, and the day is not what is measured.
    fn noon(&self) -> Fallible<Timestamp> {
        let today = self.app.clock.now().in_tz("Asia/Kolkata")?.date();
        Ok(today.at(12, 0, 0, 0).in_tz("Asia/Kolkata")?.timestamp())
    }
}

fn details(phone: u64) -> Fallible<CustomerDetails> {
    Ok(CustomerDetails {
        name: NAME.to_owned(),
        phone: PhoneNumber::parse(&phone.to_string())?,
        state: None,
        loan_id: Some("LN100001".to_owned()),
        amount: Some(AMOUNT),
        due_date: Some(DUE),
        language: Language::English,
        attributes: std::collections::BTreeMap::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_that_is_counted_up_is_one_that_may_be_dialled() {
        for phone in [FIRST_PHONE, FIRST_PHONE + 9_999] {
            assert_eq!(details(phone).expect("valid").phone.expose(), format!("+91{phone}"));
        }
    }
}
