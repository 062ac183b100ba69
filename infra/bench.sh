#!/usr/bin/env bash
# The benchmarks: figures and ratios of one run each, on this machine, in this hour. Not tests.
#   infra/bench.sh upload [ROWS]      an upload against `psql \copy` of the same rows
#   infra/bench.sh callbacks [N]      what a passthru and a webhook cost the server
#   infra/bench.sh start [RUNS]       what every packaged function costs before its first event
#   infra/bench.sh vad                what the voice detector notices on which lines, and its cost
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
  upload) exec bash infra/bench/upload.sh "${2:-1000000}" ;;
  start) exec bash infra/bench/start.sh "${2:-20}" ;;
  vad) exec bash infra/bench/vad.sh ;;
  callbacks) exec bash infra/bench/callbacks.sh "${2:-20000}" ;;
  *)
    sed -n '2,6p' "$0" | cut -c3- >&2
    exit 2
    ;;
esac
