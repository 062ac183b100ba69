#!/usr/bin/env bash
# A private AWS server on this machine: own port, loopback only, everything in memory. Nothing of an
# AWS account is asked for or touched.
#
#   infra/aws_server.sh start DIR [moto|ministack]   starts it where it does not run
#   infra/aws_server.sh stop DIR
#
# `start` prints AWS_ENDPOINT_URL= and the credentials it takes, and writes the same lines to DIR/env.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=infra/python_tools.sh
. infra/python_tools.sh

usage() { echo "usage: $0 start DIR [moto|ministack] | stop DIR" >&2; exit 2; }
[ $# -ge 2 ] || usage
mkdir -p "$2"
dir=$(cd "$2" && pwd -P)
kind=${3:-moto}

# After a reboot the number may be another program's.
runs() {
  local pid
  pid=$(cat "$dir/pid" 2>/dev/null) || return 1
  kill -0 "$pid" 2>/dev/null && { ! command -v ps >/dev/null 2>&1 || ps -p "$pid" -o args= | grep -q 'moto_server\|ministack'; }
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start() {
  local bin port tries=0
  bin=$(aws_server_tools)
  while :; do
    port=$((20000 + RANDOM % 10000))
    listens "$port" || break
  done
  case $kind in
    moto) "$bin/moto_server" -H 127.0.0.1 -p "$port" >"$dir/log" 2>&1 </dev/null & ;;
    # It would listen on every address of the machine, and on a second port for devices. It knows one
    # key, and checks signed addresses against it.
    ministack) BIND_HOST=127.0.0.1 GATEWAY_PORT="$port" IOT_MTLS_ENABLED=0 \
      AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local "$bin/ministack" >"$dir/log" 2>&1 </dev/null & ;;
    *) usage ;;
  esac
  echo $! >"$dir/pid"
  until listens "$port"; do
    tries=$((tries + 1))
    if ! runs || [ "$tries" -gt 600 ]; then
      cat "$dir/log" >&2
      echo "aws_server.sh: $kind did not start" >&2
      exit 1
    fi
    sleep 0.2
  done
  printf 'AWS_ENDPOINT_URL=http://127.0.0.1:%s\nAWS_ACCESS_KEY_ID=local\nAWS_SECRET_ACCESS_KEY=local\nAWS_REGION=ap-south-1\n' \
    "$port" >"$dir/env"
}

case $1 in
  start)
    runs || start
    cat "$dir/env"
    ;;
  stop)
    if runs; then kill "$(cat "$dir/pid")" 2>/dev/null || true; fi
    rm -f "$dir/pid"
    ;;
  *) usage ;;
esac
