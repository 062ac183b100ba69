#!/usr/bin/env bash
# Coverage-guided fuzzing of everything that reads bytes from outside, on the stable toolchain.
#
#   infra/fuzz.sh 10 [target…]      every target (or these) for ten minutes each, two at a time
#   infra/fuzz.sh short             2,500 inputs each, as ./test.sh does
#   infra/fuzz.sh keep [target…]    take over what the long runs found into shared/fuzz/corpus
#   infra/fuzz.sh try <target> <file>   one input again
#
# A found input is printed with its path. Mend the product, write a test beside the code, and keep
# the input in shared/fuzz/corpus/<target>/.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=infra/prerequisites.sh
. infra/prerequisites.sh
want_rust
want_fuzzer
install_missing

build="${CARGO_TARGET_DIR:-$HOME/.cache/voice-calls/target}/fuzz"
found="${FUZZ_DIR:-$HOME/.cache/voice-calls/fuzz}"
corpus=shared/fuzz/corpus

# Instrumentation that stable rustc has; the sanitizers, which it has not, guard unsafe code, and we
# forbid that. `--target` keeps build scripts and macros free of it.
instrumented="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0
  --cfg fuzzed"
host=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS="$(tr '\n' ' ' <<<"$instrumented")" cargo build --quiet --package fuzz --profile fuzz --target "$host" --target-dir "$build"
program="$build/$host/fuzz/fuzz"

# What no honest input needs: 1 GB of memory, 4 GB of addresses, 25 seconds.
export LIMITS="-rss_limit_mb=1024 -timeout=25" MALLOC_ARENA_MAX=2
ulimit -v 4194304 2>/dev/null || true

targets() { if [ $# -gt 0 ]; then printf '%s\n' "$@"; else ls "$corpus"; fi; }

# run SECONDS FLAGS TARGET: what is new goes to $found/<target>, what breaks a promise to $found/broken.
run() {
  local log="$found/$3.log" dictionary=""
  mkdir -p "$found/$3" "$found/broken"
  [ ! -f "shared/fuzz/dictionaries/$3" ] || dictionary="-dict=shared/fuzz/dictionaries/$3"
  # shellcheck disable=SC2086
  if ! "$program" --target="$3" "$found/$3" "$corpus/$3" -max_total_time="$1" $2 $LIMITS $dictionary \
    -artifact_prefix="$found/broken/$3-" -print_final_stats=1 >"$log" 2>&1; then
    grep -m 1 -A 4 'panicked at' "$log" >&2 || true
    tail -n 14 "$log" >&2
    printf '%s: a promise is broken; try it again with: infra/fuzz.sh try %s <the file above>\n' "$3" "$3" >&2
    return 1
  fi
  printf '%-14s %10s inputs tried, %5s edges covered\n' "$3" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$log" | tail -n 1)"
}
# all SECONDS FLAGS TARGET…: two at a time.
all() {
  local seconds=$1 flags=$2
  shift 2
  targets "$@" | xargs -P 2 -I {} bash -c 'run "$@"' run "$seconds" "$flags" {}
}
export -f run
export found corpus program
mode=${1:-short}
shift || true
case $mode in
  # The same inputs in the same order each time, on any machine that is not far too slow.
  short)
    found="$found/short"
    rm -rf "$found"
    all 20 "-seed=1 -runs=2500" "$@"
    ;;
  try)
    # shellcheck disable=SC2086
    exec "$program" --target="$1" $LIMITS "$2"
    ;;
  keep)
    for target in $(targets "$@"); do
      mkdir -p "$found/$target"
      # The fewest inputs that cover what all of them do.
      # shellcheck disable=SC2086
      "$program" --target="$target" -set_cover_merge=1 $LIMITS "$corpus/$target" "$found/$target" >"$found/$target.log" 2>&1
    done
    ;;
  *[!0-9]*) sed -n '2,9p' "$0" >&2; exit 2 ;;
  *) all $((mode * 60)) "" "$@" ;;
esac
