#!/usr/bin/env bash
# What infra/services.sh promises: nothing of the host's own is used, stopped or removed, and a start
# that was cut off is no obstacle to the next.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/services-test.XXXXXX")
chmod 755 "$work"
services() { bash infra/services.sh "$1" "$work/data" ${2+"$2"} ${3+"$3"}; }
# shellcheck disable=SC2329  # called by the trap
cleanup() {
    services wipe >/dev/null 2>&1 || true
    redis-cli -h 127.0.0.1 -p "$taken" shutdown nosave >/dev/null 2>&1 || true
    rm -rf "$work"
}
taken=0
trap cleanup EXIT
fail() { echo "services_test.sh: $*" >&2; exit 1; }
line() { sed -n "s/^$1=//p" "$work/data/env"; }

# initdb writes its version first; here it is killed right after.
mkdir "$work/bin"
# shellcheck disable=SC2016  # expanded when it runs
printf '#!/bin/sh\nmkdir -p "$2"\necho 15 >"$2/PG_VERSION"\nkill -9 $$\n' >"$work/bin/initdb"
chmod 755 "$work/bin" "$work/bin/initdb"
if PATH="$work/bin:$PATH" services start >/dev/null 2>&1; then fail "an initdb that was killed passed for one that worked"; fi
services start >/dev/null
database=$(line DATABASE_URL)
taken=$(line REDIS_PORT)
services start 5 6 >/dev/null
[ "$(line DATABASE_URL)" = "$database" ] || fail "a second start names a port nobody listens on"
services stop

# Somebody else's Redis has taken the port.
redis-server --bind 127.0.0.1 --port "$taken" --dir "$work" --save "" --daemonize yes >/dev/null
until [ "$(redis-cli -h 127.0.0.1 -p "$taken" ping 2>/dev/null)" = PONG ]; do sleep 0.1; done
touch "$work/data/redis/pid"
services start >/dev/null
[ "$(line REDIS_PORT)" != "$taken" ] || fail "another program's Redis is used"
services stop
[ "$(redis-cli -h 127.0.0.1 -p "$taken" ping)" = PONG ] || fail "another program's Redis was stopped"
if services start "$taken" >/dev/null 2>&1; then fail "a taken port was accepted"; fi

mkdir "$work/papers"
touch "$work/papers/letter"
if bash infra/services.sh wipe "$work/papers" 2>/dev/null; then fail "a folder of somebody else's was removed"; fi
[ -e "$work/papers/letter" ] || fail "somebody else's file was removed"
