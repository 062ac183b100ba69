//! The driver of live conversations and of the dashboard socket.
