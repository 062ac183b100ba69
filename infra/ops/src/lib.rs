//! The operator's command line. `doctor` checks every configured dependency and says what to fix;
//! `doctor --live` asks the real providers what their pages leave open; `replay` plays a recorded call
//! through the turn machine again.

pub mod arguments;
pub mod doctor;
pub mod live;
pub mod replay;
pub mod report;
