#!/usr/bin/env bash
# The whole product on this machine: http://localhost:8000
#   ./start.sh          serve; with no provider credentials in .env, against simulators, with a
#                       sample campaign of 30 customers on the first start
#   ./start.sh --demo   run the sample campaign in a data folder of its own, print one JSON line, exit
#   ./start.sh --real   refuse to start with a simulator
#   ./start.sh --port N another port than 8000
set -euo pipefail
cd "$(dirname "$0")"

data=.local
for argument in "$@"; do
  case "$argument" in
    -h | --help)
      sed -n '2,7p' "$0" | cut -c3-
      exit 0
      ;;
    --demo) data=.local/demo ;;
  esac
done

# shellcheck source=infra/prerequisites.sh
. infra/prerequisites.sh
want_rust
want_services
install_missing

if [ -f .env ]; then
  set -a
  # shellcheck disable=SC1091
  . ./.env
  set +a
fi

printf 'Building (the first time takes some minutes) …\n' >&2
cargo build --quiet --package local
program="${CARGO_TARGET_DIR:-target}/debug/local"

[ "$data" != .local/demo ] || bash infra/services.sh stop "$data" >/dev/null 2>&1 || true
[ "$data" != .local/demo ] || rm -rf "$data"
mkdir -p "$data"

own_services=""
child=""
stop_all() {
  trap - EXIT INT TERM
  [ -z "$child" ] || { kill "$child" 2>/dev/null || true; wait "$child" 2>/dev/null || true; }
  [ -z "$own_services" ] || bash infra/services.sh stop "$data" >/dev/null 2>&1 || true
}
trap stop_all EXIT
trap 'stop_all; exit 130' INT
trap 'stop_all; exit 143' TERM

# A second start of the same folder would share its records with the first.
lock="$data/start.lock"
if [ -f "$lock" ] && kill -0 "$(cat "$lock")" 2>/dev/null; then
  printf 'Already running from this folder (process %s). Stop it first, or use another checkout.\n' "$(cat "$lock")" >&2
  trap - EXIT
  exit 1
fi
echo $$ >"$lock"

# Addresses in .env win; without them private servers are started.
if [ "$data" = .local/demo ] || [ -z "${DATABASE_URL:-}" ] || [ -z "${REDIS_HOST:-}" ]; then
  own_services=yes
  bash infra/services.sh start "$data" >/dev/null
  set -a
  # shellcheck disable=SC1091
  . "$data/env"
  set +a
fi

"$program" --data "$data" "$@" &
child=$!
status=0
wait "$child" || status=$?
child=""
rm -f "$lock"
exit "$status"
