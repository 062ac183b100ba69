#!/usr/bin/env bash
# Sourced by what tries the whole product from outside.

# start_product DATA_FOLDER   with simulators and without records, until the script ends; sets
# BASE_URL and API_KEY when it answers.
start_product() {
  local data=$1 tries=0
  mkdir -p "$data"
  ./start.sh --simulated --data "$data" --port 0 --no-sample &
  product=$!
  trap stop_product EXIT
  until [ -s "$data/address" ]; do
    kill -0 "$product" 2>/dev/null || { echo "the product did not start" >&2; exit 1; }
    tries=$((tries + 1))
    [ "$tries" -lt 1200 ] || { echo "the product was not up after 10 minutes" >&2; exit 1; }
    sleep 0.5
  done
  BASE_URL=$(cat "$data/address")
  API_KEY=$(cat "$data/api-key")
  export BASE_URL API_KEY
}

# shellcheck disable=SC2329  # called by the trap
stop_product() {
  kill -TERM "$product" 2>/dev/null || true
  wait "$product" 2>/dev/null || true
}
