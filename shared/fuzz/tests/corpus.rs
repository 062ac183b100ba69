//! Every kept input through its target, without a fuzzer.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn inside(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_kept_input_keeps_the_promises() {
    let mut broken = Vec::new();
    for target in &fuzz::TARGETS {
        for file in inside(&folder().join(target.name)) {
            let input = fs::read(&file).expect("a readable input");
            if catch_unwind(|| (target.run)(&input)).is_err() {
                broken.push(file.display().to_string());
            }
        }
    }
    assert!(broken.is_empty(), "the reasons stand above; try one again with infra/fuzz.sh try:\n{}", broken.join("\n"));
}

#[test]
fn every_target_has_inputs_and_every_input_a_target() {
    let folders: Vec<String> =
        inside(&folder()).iter().map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect();
    assert_eq!(folders, fuzz::TARGETS.map(|target| target.name));
    assert!(fuzz::TARGETS.iter().all(|target| !inside(&folder().join(target.name)).is_empty()));
}
