#!/usr/bin/env bash
# The whole job in a real Chromium, against the whole product with simulators.
#   infra/browser_test.sh WORK_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
work=$1
data="$work/browser"
mkdir -p "$data"

./start.sh --simulated --data "$data" --port 0 --no-sample &
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

(cd dashboard && npm ci --silent --no-audit --no-fund)
cd dashboard
npm test
BASE_URL=$(cat "$data/address") API_KEY=$(cat "$data/api-key") SHEET=tests/customers.xlsx npm run test:product
