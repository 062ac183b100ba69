//! What reads bytes from outside keeps its promises, whatever comes: one function per target, run
//! by libFuzzer (infra/fuzz.sh) and over the kept inputs in `corpus/` by the ordinary tests.
//!
//! A target calls the public interface of `shared` only and asserts properties, never expected
//! values: nothing is lost in silence, what was written is read back, nothing shows a number.
//! A found input is mended in the product, kept in `corpus/<target>/` and as a test beside the code.

mod promises;
mod sheets;
mod targets;

use std::sync::OnceLock;

use targets::{
    callbacks, carrier, cells, conversation, csv, custom_field, dashboard, model, passthru, secrets, speech, stream,
    table, webhook, workbook,
};

/// One thing that reads bytes from outside.
#[derive(Debug)]
pub struct Target {
    /// Also the folder of its inputs.
    pub name: &'static str,
    /// Panics where a promise does not hold.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 15] = [
    Target { name: "callbacks", run: callbacks::run },
    Target { name: "carrier", run: carrier::run },
    Target { name: "cells", run: cells::run },
    Target { name: "conversation", run: conversation::run },
    Target { name: "csv", run: csv::run },
    Target { name: "custom_field", run: custom_field::run },
    Target { name: "dashboard", run: dashboard::run },
    Target { name: "model", run: model::run },
    Target { name: "passthru", run: passthru::run },
    Target { name: "secrets", run: secrets::run },
    Target { name: "speech", run: speech::run },
    Target { name: "stream", run: stream::run },
    Target { name: "table", run: table::run },
    Target { name: "webhook", run: webhook::run },
    Target { name: "workbook", run: workbook::run },
];

static STARTED: OnceLock<&'static Target> = OnceLock::new();

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Chooses the target that this program's argument `--target=<name>` names (libFuzzer passes over
/// arguments that begin with two dashes) and lets the panics pass that the product catches.
pub fn start() {
    let name = std::env::args().find_map(|argument| argument.strip_prefix("--target=").map(str::to_owned));
    let target = name.and_then(|name| target(&name)).expect("the argument --target=<name> names a target");
    STARTED.set(target).expect("a program is started once");
    let end_the_program = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !sheets::is_caught_by_the_product(panic) {
            end_the_program(panic);
        }
    }));
}

/// Runs the chosen target.
pub fn run_started(input: &[u8]) {
    let target = STARTED.get().expect("`start` was called");
    (target.run)(input);
}
