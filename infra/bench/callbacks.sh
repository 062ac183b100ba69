#!/usr/bin/env bash
# What one passthru and one webhook cost the server: CPU per request and p50/p99 over loopback,
# with real Postgres and Redis behind a release build of the local program.
#
#   infra/bench/callbacks.sh [REQUESTS]
set -euo pipefail
cd "$(dirname "$0")/../.."
requests=${1:-20000}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-callbacks.XXXXXX")
chmod 755 "$work"
server=""
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  bash infra/services.sh wipe "$work/services" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

cargo build --release --quiet -p local
programs="${CARGO_TARGET_DIR:-target}/release"
bash infra/services.sh start "$work/services" >/dev/null
set -a
# shellcheck disable=SC1091
. "$work/services/env"
set +a

RUST_LOG=warn "$programs/local" --data "$work/data" --port 0 --no-sample &
server=$!
until [ -s "$work/data/address" ]; do
  kill -0 "$server"
  sleep 0.1
done

# Calls that Exotel has accepted and nobody has reported on yet.
psql -X -q "$DATABASE_URL" -v ON_ERROR_STOP=1 <<'SQL'
insert into customers (id, name, phone, phone_index, phone_last4, language_code, upload_id, created_at, updated_at)
select gen_random_uuid(), 'Bench ' || i, '\x00', decode(lpad(to_hex(i), 32, '0'), 'hex'), lpad(i::text, 4, '0'), 'hi-IN', gen_random_uuid(), now(), now()
from generate_series(1, 2000) i;
insert into call_sessions (id, customer_id, phone_index, attempt, status, not_before, requested_at, updated_at)
select gen_random_uuid(), id, phone_index, 1, 'initiated', now(), now(), now() from customers;
SQL
psql -X -q -A -t "$DATABASE_URL" -c "select id from call_sessions" >"$work/calls"

"$programs/bench_callbacks" "$(cat "$work/data/address")" "$server" "$(cat "$work/data/exotel-shared-secret")" "$work/calls" "$requests" 16
