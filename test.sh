#!/usr/bin/env bash
# Everything CI runs, with all set-up. Nothing is skipped: what can not run fails and says why.
set -euo pipefail
cd "$(dirname "$0")"

if [ "$(uname -s)" != Linux ]; then
  printf '%s\n' "./test.sh needs Linux: cargo-lambda packages the functions for nothing else, and here they are run." \
    "On this machine ./start.sh works, and so do the quicker commands in CONTRIBUTING.md." >&2
  exit 1
fi

# shellcheck source=infra/prerequisites.sh
. infra/prerequisites.sh
# shellcheck source=infra/python_tools.sh
. infra/python_tools.sh
want_rust
want_fuzzer
want_services
want node nodejs node "the browser test"
want_python "the AWS server on this machine, cargo-lambda and SAM"
want npm npm node "the browser test's own packages"
want chromium chromium chromium "the browser test drives a real browser"
install_missing
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  printf './test.sh needs Python 3.11 or newer (schemathesis does); the one here is %s.\n' "$(python3 -V)" >&2
  exit 1
fi

# Outside the clone, so that a fresh clone is warm too.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/voice-calls/target}"
mkdir -p "$CARGO_TARGET_DIR"
# Every change leaves some of itself in the compiler's memory of crates. On a disk that is nearly full,
# which the linker tells of in a hundred ways, that goes first: it costs minutes, and no promise.
free_gb() { df --output=avail --block-size=1G "$CARGO_TARGET_DIR" | tail -n 1 | tr -d ' '; }
if [ "$(free_gb)" -lt 12 ]; then
  rm -rf "$CARGO_TARGET_DIR"/debug/incremental "$CARGO_TARGET_DIR"/*/packaged/incremental
  [ "$(free_gb)" -ge 12 ] || printf 'Only %s GB are free for %s; a first build takes 25.\n' "$(free_gb)" "$CARGO_TARGET_DIR" >&2
fi
export CARGO_TERM_COLOR=never
started=$(date +%s)
step() { printf '\n== %s (%ss)\n' "$1" "$(($(date +%s) - started))"; }

work=$(mktemp -d "${TMPDIR:-/tmp}/voice-calls-test.XXXXXX")
chmod 755 "$work"
others=
cleanup() {
  [ -z "$others" ] || kill "$others" 2>/dev/null || true
  bash infra/aws_server.sh stop "$work/aws" >/dev/null 2>&1 || true
  bash infra/aws_server.sh stop "$work/aws-strict" >/dev/null 2>&1 || true
  bash infra/services.sh wipe "$work/services" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT

step "Formatting"
cargo fmt --all --check

step "Sources, as the lock file names them"
# Of every platform: the licence check below reads them all.
cargo fetch --quiet --locked

step "Lints"
cargo clippy --quiet --workspace --all-targets --all-features -- -D warnings

step "Licences and sources of what we build on"
tools="$HOME/.cache/voice-calls/tools"
if [ ! -x "$tools/bin/cargo-deny" ]; then
  cargo install --quiet --locked --version 0.20.2 cargo-deny --root "$tools"
fi
"$tools/bin/cargo-deny" --offline check bans licenses sources

step "Private Postgres and Redis"
mkdir -p "$work/services"
bash infra/services.sh start "$work/services" >/dev/null
# shellcheck disable=SC1091
. "$work/services/env"
export TEST_DATABASE_URL="$DATABASE_URL" TEST_REDIS_URL="$REDIS_URL"

step "The private servers' own promises"
bash infra/services_test.sh

step "AWS servers on this machine"
aws_address() { bash infra/aws_server.sh start "$@" | sed -n 's/^AWS_ENDPOINT_URL=//p'; }
TEST_AWS_ENDPOINT=$(aws_address "$work/aws")
# The one that checks signed addresses.
TEST_STRICT_AWS_ENDPOINT=$(aws_address "$work/aws-strict" ministack)
export TEST_AWS_ENDPOINT TEST_STRICT_AWS_ENDPOINT AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local

step "The template, as SAM and cfn-lint see it"
sam=$(sam_tools)
SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=ap-south-1 "$sam/sam" validate --lint --template template.yaml >"$work/sam.log" 2>&1 ||
  { cat "$work/sam.log" >&2; exit 1; }
"$sam/cfn-lint" --regions ap-south-1 -- template.yaml

step "The functions, packaged by cargo-lambda"
packages=()
for function in functions/*/; do packages+=(--package "$(basename "$function")"); done
export TEST_FUNCTIONS="$CARGO_TARGET_DIR/lambda-packaged"
PATH="$(lambda_tools):$PATH" cargo lambda build --quiet --profile packaged \
  --target "$(rustc -vV | sed -n 's/^host: //p')" --lambda-dir "$TEST_FUNCTIONS" "${packages[@]}"

step "Tests: pure, use-case, handler, contract, template, packaged functions, simulators, stories"
# Most of them wait for clocks and servers: more at once than there are cores.
RUST_TEST_THREADS=8 cargo test --quiet --workspace --all-features

# One crate after the other, so one core would be idle: the fuzzer, which has a folder of its own, is built
# and run beside it.
other_builds() {
  for function in functions/*/; do cargo check --quiet --package "$(basename "$function")"; done
  cargo check --quiet --package shared --bin voicebot --features aws,voicebot
  cargo check --quiet --package ops
  cargo check --quiet --package load
  RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps --document-private-items --all-features
}
other_builds >"$work/other_builds.log" 2>&1 &
others=$!

step "Fuzzing: some thousand inputs for every reader of bytes from outside"
bash infra/fuzz.sh short

step "Each program builds with only its own features, and the documentation"
wait "$others" || { cat "$work/other_builds.log" >&2; exit 1; }

step "The demo: 30 customers, every call final, none dialled twice"
./start.sh --demo --port 0

step "The same demo with queues, audit trail, files, secrets and keys on an AWS server"
./start.sh --demo --aws-local --port 0 --data "$work/demo-on-aws"

step "Every route of the API: by a table, and with what schemathesis makes up"
bash infra/api_test.sh "$work"

step "The whole job in a real browser"
bash infra/browser_test.sh "$work"

step "All passed"
