#!/usr/bin/env bash
# What the voice detector notices and what it costs: Silero's network beside energy alone, on the same
# eleven languages and twelve kinds of lines.
#
#   infra/bench/vad.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=infra/prerequisites.sh
. infra/prerequisites.sh
want_rust
want espeak-ng espeak-ng espeak-ng "the people who speak"
install_missing
cargo build --profile service --quiet -p shared --features memory,sim,voicebot --example bench_lines
exec "${CARGO_TARGET_DIR:-target}/service/examples/bench_lines" vad
