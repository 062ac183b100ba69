#![cfg_attr(fuzzed, no_main)]
//! Runs one target: under libFuzzer where it was built by infra/fuzz.sh, else over given files
//! (`cargo run --package fuzz -- <target> <file>…` shows what a found input does).

#[cfg(fuzzed)]
libfuzzer_sys::fuzz_target!(init: fuzz::start(), |input: &[u8]| fuzz::run_started(input));

#[cfg(not(fuzzed))]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().expect("name a target, then files");
    let target = fuzz::target(&name).expect("no such target");
    for file in arguments {
        (target.run)(&std::fs::read(&file).expect("a readable file"));
    }
}
