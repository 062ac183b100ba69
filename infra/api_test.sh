#!/usr/bin/env bash
# The HTTP API of the whole product with simulators: every route of its OpenAPI document tried by a
# table, then by schemathesis with what it makes up.
#   infra/api_test.sh WORK_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
work=$1
data="$work/api"
mkdir -p "$data"

# shellcheck source=infra/python_tools.sh
. infra/python_tools.sh
tools=$(api_tools)

RUST_LOG=warn ./start.sh --simulated --data "$data" --port 0 --no-sample &
product=$!
stop() {
  kill -TERM "$product" 2>/dev/null || true
  wait "$product" 2>/dev/null || true
}
trap stop EXIT

tries=0
until [ -s "$data/address" ]; do
  kill -0 "$product" 2>/dev/null || { echo "the product did not start" >&2; exit 1; }
  tries=$((tries + 1))
  [ "$tries" -lt 1200 ] || { echo "the product was not up after 10 minutes" >&2; exit 1; }
  sleep 0.5
done
url=$(cat "$data/address")
API_KEY=$(cat "$data/api-key")
export API_KEY

"$tools/python" infra/api_test/routes.py gates "$url" "$API_KEY"
"$tools/st" --config-file infra/api_test/schemathesis.toml run functions/overview/openapi.json --url "$url"
"$tools/python" infra/api_test/routes.py rates "$url" "$API_KEY"
