//! What is heard of callers on the lines of eleven languages and twelve noises: `vad` measures the voice
//! detector, `turns` whether the bot waits for the end of what somebody says, and only for that. Called by
//! `infra/bench.sh`.

mod corpus;
mod figures;
mod noise;
mod turns;
mod vad;

use std::path::PathBuf;

use shared::ports::BoxError;

fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let out = &mut std::io::stdout();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["vad"] => vad::run(out),
        ["turns"] => turns::run(out, None),
        ["turns", "--manifest", manifest] => turns::run(out, Some(&PathBuf::from(manifest))),
        _ => Err("vad, turns or turns --manifest FILE".into()),
    }
}
