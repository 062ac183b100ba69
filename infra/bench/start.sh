#!/usr/bin/env bash
# What every function costs before its first event: exec to first poll, and the size of its program,
# beside a hello-world `lambda_http` of the same build. Release builds, each function by itself as
# `sam build` does it; the first time they take long.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=infra/prerequisites.sh
. infra/prerequisites.sh
# shellcheck source=infra/python_tools.sh
. infra/python_tools.sh
want_rust
want_python "cargo-lambda, which packages the functions"
install_missing
PATH="$(lambda_tools):$PATH"
target="${CARGO_TARGET_DIR:-target}"
host=$(rustc -vV | sed -n 's/^host: //p')
for package in hello functions/*/; do
  cargo lambda build --quiet --release --target "$host" --lambda-dir "$target/lambda-release" --package "$(basename "$package")"
done
cargo build --quiet --package local --features aws --bin bench_start
"$target/debug/bench_start" "$target/lambda-release" --runs "${1:-20}"
