#!/usr/bin/env bash
# Everything CI runs, with all set-up. Nothing is skipped: what can not run fails and says why.
set -euo pipefail
cd "$(dirname "$0")"

# shellcheck source=infra/prerequisites.sh
. infra/prerequisites.sh
want_rust
want_services
want node nodejs node "the browser test"
want python3 python3-venv python3 "the local AWS server that the queue, audit and object adapters are tested on"
want curl curl curl "waiting for that server"
want npm npm node "the browser test's own packages"
if [ "$(uname -s)" != Darwin ]; then want chromium chromium chromium "the browser test drives a real browser"; fi
install_missing

# Outside the clone, so that a fresh clone is warm too.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/voice-calls/target}"
export CARGO_TERM_COLOR=never
started=$(date +%s)
step() { printf '\n== %s (%ss)\n' "$1" "$(($(date +%s) - started))"; }

work=$(mktemp -d "${TMPDIR:-/tmp}/voice-calls-test.XXXXXX")
chmod 755 "$work"
aws_server=""
cleanup() {
  [ -z "$aws_server" ] || kill "$aws_server" 2>/dev/null || true
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

step "A local AWS server"
venv="$HOME/.cache/voice-calls/venv"
if [ ! -x "$venv/bin/moto_server" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet 'moto[server]==5.2.5'
fi
"$venv/bin/moto_server" -H 127.0.0.1 -p 15199 >"$work/aws.log" 2>&1 &
aws_server=$!
until curl -fs -o "$work/aws-up" http://127.0.0.1:15199/moto-api/data.json; do
  kill -0 "$aws_server" || { cat "$work/aws.log" >&2; exit 1; }
  sleep 0.3
done
# No account: the local server takes any credentials.
export TEST_AWS_ENDPOINT=http://127.0.0.1:15199 AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none

step "Tests: pure, use-case, handler, contract, simulators, stories"
cargo test --quiet --workspace --all-features

step "Each program builds with only its own features"
for function in functions/*/; do cargo check --quiet --package "$(basename "$function")"; done
cargo check --quiet --package shared --bin voicebot --features aws,voicebot
cargo check --quiet --package ops

step "Documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps --document-private-items --all-features

step "The demo: 30 customers, every call final, none dialled twice"
./start.sh --demo --port 0

step "The whole job in a real browser"
bash infra/browser_test.sh "$work"

step "All passed"
