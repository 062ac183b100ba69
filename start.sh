#!/usr/bin/env bash
# The whole product on this machine: http://localhost:8000
#   ./start.sh          serve; with no provider credentials in .env, against simulators, with a
#                       sample campaign of 30 customers on the first start
#   ./start.sh --demo   run the sample campaign in a data folder of its own, print one JSON line, exit
#   ./start.sh --simulated   leave .env alone: every provider is simulated, as with --demo
#   ./start.sh --real   refuse to start with a simulator
#   ./start.sh --aws-local   queues, audit trail, files, secrets and keys on a private AWS server on
#                       this machine, through the AWS SDK; alone or with --demo. That server forgets
#                       everything when it stops, so each start is a first one, in a folder of its own
#   ./start.sh --port N another port than 8000
#   ./start.sh --data D another folder than .local for keys, records and files
set -euo pipefail
cd "$(dirname "$0")"

data=""
demo=""
simulated=""
aws=""
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help)
      sed -n '2,12p' "$0" | cut -c3-
      exit 0
      ;;
    --aws-local)
      aws=yes
      arguments+=("$1")
      ;;
    --demo)
      demo=yes
      simulated=yes
      arguments+=("$1")
      ;;
    --simulated) simulated=yes ;;
    --data)
      data=${2:?--data wants a folder}
      shift
      ;;
    *) arguments+=("$1") ;;
  esac
  shift
done
data=${data:-.local${aws:+/aws}${demo:+/demo}}

# shellcheck source=infra/prerequisites.sh
. infra/prerequisites.sh
# shellcheck source=infra/python_tools.sh
. infra/python_tools.sh
want_rust
want_services
[ -z "$aws" ] || want_python "the AWS server on this machine"
install_missing

# What is tried or shown must never phone anybody real, nor write into real records.
if [ -f .env ] && [ -z "$simulated" ]; then
  set -a
  # shellcheck disable=SC1091
  . ./.env
  set +a
fi

printf 'Building (the first time takes some minutes) …\n' >&2
cargo build --quiet --package local --bin local ${aws:+--features aws}
program="${CARGO_TARGET_DIR:-target}/debug/local"

# A second start of the same folder would share its records with the first.
lock="$data/start.lock"
# After a reboot the number may be another program's.
is_start() { kill -0 "$1" 2>/dev/null && { ! command -v ps >/dev/null 2>&1 || ps -p "$1" -o args= | grep -q 'start\.sh'; }; }
if [ -f "$lock" ] && is_start "$(cat "$lock")"; then
  printf 'Already running from this folder (process %s). Stop it first, or use another checkout.\n' "$(cat "$lock")" >&2
  exit 1
fi
if [ -n "$demo$aws" ]; then
  # Of a start that was killed.
  [ -z "$aws" ] || bash infra/aws_server.sh stop "$data/aws" >/dev/null 2>&1 || true
  bash infra/services.sh wipe "$data" >/dev/null 2>&1 || true
fi
mkdir -p "$data"
rm -f "$data/address"

own_services=""
child=""
# shellcheck disable=SC2329  # called by the traps
stop_all() {
  trap - EXIT
  # Pressed again: the program is killed, and its servers are stopped all the same.
  trap '[ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true' INT TERM
  [ -z "$child" ] || { kill "$child" 2>/dev/null || true; wait "$child" 2>/dev/null || true; }
  trap '' INT TERM
  [ -z "$own_services" ] || bash infra/services.sh stop "$data" >/dev/null 2>&1 || true
  [ -z "$aws" ] || bash infra/aws_server.sh stop "$data/aws" >/dev/null 2>&1 || true
  rm -f "$lock"
}
trap stop_all EXIT
trap 'stop_all; exit 130' INT
trap 'stop_all; exit 143' TERM

echo $$ >"$lock"

# Addresses in .env win; where there are none, and always for the demo and where the data keys are
# forgotten at the end, private servers are started.
given_database=${DATABASE_URL:-}
given_redis=${REDIS_HOST:-}
[ -z "$demo$aws" ] || given_database="" given_redis=""
if [ -z "$given_database" ] || [ -z "$given_redis" ]; then
  own_services=yes
  bash infra/services.sh start "$data" >/dev/null
  # shellcheck disable=SC1091
  . "$data/env"
  export DATABASE_URL="${given_database:-$DATABASE_URL}"
  if [ -z "$given_redis" ]; then export REDIS_HOST REDIS_PORT REDIS_PASSWORD="" REDIS_DB=0; fi
fi

if [ -n "$aws" ]; then
  # Whatever account .env names: nothing of it is used.
  bash infra/aws_server.sh start "$data/aws" >/dev/null
  set -a
  # shellcheck disable=SC1091
  . "$data/aws/env"
  set +a
fi

"$program" --data "$data" ${arguments[@]+"${arguments[@]}"} &
child=$!
status=0
wait "$child" || status=$?
child=""
exit "$status"
