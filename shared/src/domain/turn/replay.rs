//! A recorded call once more, through a fresh machine. As long as that does what was done, it is told
//! what was told, at the same times. From the first difference on:
//!
//! - the caller, the recogniser and the clock are as they were: nobody knows what else they had done, nor how
//!   an utterance had been transcribed that ends elsewhere;
//! - a sentence sounds and is over as long after it is ordered as it did in the call, without the time
//!   for which it was held. One that was never said, or never to its end, takes a usual time;
//! - a model answers as long after it is asked as it did when it was asked about the same words. Where it
//!   was not, it stays silent, and the script answers in time.

mod sequel;

use self::sequel::Sequel;
use super::{Action, Recorded, Tuning};

/// What is to be done, with the times.
pub type Timeline = Vec<(u64, Action)>;

/// What a machine with these numbers had done in that call.
pub fn replay(recorded: &Recorded, tuning: Tuning) -> Timeline {
    let mut beginning = recorded.beginning.clone();
    beginning.tuning = tuning;
    let mut turn = beginning.turn();
    let mut timeline = Timeline::new();
    for (place, step) in recorded.steps.iter().enumerate() {
        let actions = turn.step(step.event.clone(), step.at);
        if actions != step.actions {
            return Sequel::new(&recorded.steps, place, turn, timeline).live(actions);
        }
        timeline.extend(actions.into_iter().map(|action| (step.at, action)));
    }
    timeline
}
