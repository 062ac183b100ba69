//! Use-case and contract tests, one program: it links once.

mod contract;
mod dashboard_socket;
mod dial_next;
mod dialing;
mod forgetful;
mod hand_over;
mod ingest_upload;
mod keyed_requests;
mod link_call;
mod long_sheets;
mod nasty_sheets;
mod one_call;
mod overview;
mod postgres_tls;
mod reconcile_calls;
mod record_status;
mod release_orders;
mod support;
mod trigger_calls;
mod upload_customers;
#[cfg(feature = "voicebot")]
mod voicebot_socket;
