//! Customers: one person and one loan.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{id::CustomerId, language::Language, money::Paise, phone::PhoneNumber};

/// What one good row of a sheet says about a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerDetails {
    /// As the sheet has it, trimmed.
    pub name: String,
    /// The number to dial.
    pub phone: PhoneNumber,
    /// State of residence, as written.
    pub state: Option<String>,
    /// The lender's own id of the loan; a person may owe two.
    pub loan_id: Option<String>,
    /// Amount due.
    pub amount: Option<Paise>,
    /// Day the amount is due.
    pub due_date: Option<Date>,
    /// The language to greet in.
    pub language: Language,
    /// All other columns of the sheet, by header.
    pub attributes: BTreeMap<String, String>,
}

/// A stored customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Our id.
    pub id: CustomerId,
    /// What we know.
    pub details: CustomerDetails,
    /// First seen.
    pub created_at: Timestamp,
    /// Last changed by an upload.
    pub updated_at: Timestamp,
}

/// A customer as lists show it: the number masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CustomerView {
    /// Our id, as text.
    pub id: String,
    /// Full name.
    pub name: String,
    /// `+91******3210`, or the full number for callers with the `pii` scope.
    pub phone_number: String,
    /// State of residence.
    pub state: Option<String>,
    /// Loan id.
    pub loan_id: Option<String>,
    /// Amount due in rupees, as `15000.00`.
    pub amount: Option<String>,
    /// ISO date.
    pub due_date: Option<Date>,
    /// `hi-IN`.
    pub language_code: Language,
    /// First seen.
    pub created_at: Timestamp,
}

impl Customer {
    /// The view for a caller who may (`reveal`) or may not see the full number.
    pub fn view(&self, reveal: bool) -> CustomerView {
        let d = &self.details;
        CustomerView {
            id: self.id.to_string(),
            name: d.name.clone(),
            phone_number: if reveal { d.phone.expose().to_owned() } else { d.phone.masked() },
            state: d.state.clone(),
            loan_id: d.loan_id.clone(),
            amount: d.amount.map(|a| format!("{}.{:02}", a.rupees(), a.0 % 100)),
            due_date: d.due_date,
            language_code: d.language,
            created_at: self.created_at,
        }
    }
}
