//! The targets, one file each. The first lines of each say what its input looks like.

pub(crate) mod callbacks;
pub(crate) mod carrier;
pub(crate) mod cells;
pub(crate) mod conversation;
pub(crate) mod csv;
pub(crate) mod custom_field;
pub(crate) mod dashboard;
pub(crate) mod model;
pub(crate) mod passthru;
pub(crate) mod secrets;
pub(crate) mod speech;
pub(crate) mod stream;
pub(crate) mod table;
pub(crate) mod webhook;
pub(crate) mod workbook;
