#!/usr/bin/env bash
# The benchmarks: figures and ratios of one run each, on this machine, in this hour. Not tests.
#   infra/bench.sh upload [ROWS]      an upload against `psql \copy` of the same rows
#   infra/bench.sh callbacks [N]      what a passthru and a webhook cost the server
#   infra/bench.sh start [RUNS]       what every packaged function costs before its first event
#   infra/bench.sh vad                what the voice detector notices on which lines, and its cost
#   infra/bench.sh turns [--manifest FILE]
#                                     whether the bot waits for the end of what a caller says, and how often it
#                                     falls silent for nothing; of lines of its own, or of labelled ones
#   infra/bench.sh conversation [ours|pipecat|null|all] [CALLS…] [--OPTION…]
#                                     what a caller waits for, and what a call costs, with many at once
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
  upload) exec bash infra/bench/upload.sh "${2:-1000000}" ;;
  start) exec bash infra/bench/start.sh "${2:-20}" ;;
  vad) exec bash infra/bench/vad.sh ;;
  turns) shift && exec bash infra/bench/turns.sh "$@" ;;
  conversation) shift && exec bash infra/bench/conversation.sh "$@" ;;
  callbacks) exec bash infra/bench/callbacks.sh "${2:-20000}" ;;
  *)
    sed -n '2,11p' "$0" | cut -c3- >&2
    exit 2
    ;;
esac
