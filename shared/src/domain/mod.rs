//! The rules of the business as pure values and functions.
//! Nothing here waits, reads a clock, draws a random number or knows a protocol.

pub mod access;
pub mod audio;
pub mod call;
pub mod campaign;
pub mod cost;
pub mod csv;
pub mod customer;
pub mod dialogue;
pub mod feed;
pub mod gate;
pub mod id;
pub mod language;
pub mod money;
pub mod page;
pub mod phone;
pub mod playbook;
mod reopened;
pub mod session;
pub mod settings;
pub mod sheet;
pub mod spoken;
pub mod status;
pub mod thinking;
pub mod timings;
pub mod token;
pub mod transcript;
pub mod turn;
pub mod upload;
pub mod vad;
