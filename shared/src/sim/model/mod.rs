//! What the simulated language models share: switches, the record, the way an answer goes over the
//! wire, and a brain. Their protocols are in `sim::bedrock` and `sim::gemini`.

mod brain;
mod control;
mod play;
mod serving;
mod switches;

pub use brain::{Asked, Plan, Turn, think};
pub use control::{Control, End, Visit};
pub use serving::{ModelHandle, ModelSim};
pub use switches::{Behaviour, Delays, Faults, InStream, Switches};

pub(super) use play::{Endings, Frame, body, pieces};
pub(super) use serving::{Served, serve};
