//! The driver of live conversations and of the dashboard socket.

pub mod dashboard_socket;
