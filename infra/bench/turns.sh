#!/usr/bin/env bash
# Whether the bot waits for the end of what somebody says, and only for that: turns with pauses of 200 to
# 600 ms in them, in eleven languages, on twelve kinds of lines, in frames of 20 and 100 ms and with stalls,
# through the real detector, echo guard and turn machine on a virtual clock. And how often the bot falls silent
# for nothing while it speaks: noise, its own echo 20 dB below it after 80 to 250 ms, coughs, "yes, yes".
#
#   infra/bench/turns.sh                    of a corpus of our own, spoken anew by espeak-ng
#   infra/bench/turns.sh --manifest FILE    of another: FILE (from the root of the repository, where its path
#     is not absolute) is a list in JSON, and beside it lie its WAV files (mono, 16 bits):
#       {"file": "hi_street10.wav", "lang": "hi", "condition": "street10",
#        "utterances": [{"start": 1.5, "end": 4.25, "text": "..."}, ...],
#        "speech": [[1.5, 2.0], [2.25, 4.25], ...]}
#     Seconds from the start of the file. "speech" are the stretches in which somebody speaks: what is between
#     two of them is a pause, inside a sentence up to 600 ms. Other fields are not read.
set -euo pipefail
cd "$(dirname "$0")/../.."
case "$#:${1:-}" in
  0: | 2:--manifest) ;;
  *)
    sed -n '2,14p' "$0" | cut -c3- >&2
    exit 2
    ;;
esac
# shellcheck source=infra/prerequisites.sh
. infra/prerequisites.sh
want_rust
want espeak-ng espeak-ng espeak-ng "the people who speak"
install_missing
# The clock is a virtual one: how fast this is computed changes no figure, and a debug build is there sooner.
cargo build --quiet -p shared --features memory,sim,voicebot --example bench_lines
exec "${CARGO_TARGET_DIR:-target}/debug/examples/bench_lines" turns "$@"
