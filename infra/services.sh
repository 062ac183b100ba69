#!/usr/bin/env bash
# Private Postgres and Redis for the local program and the tests: own folder, own ports, loopback
# only. Touches nothing of the host's own servers. Bash 3.2, so that macOS runs it as it is.
#
#   infra/services.sh start DIR [POSTGRES_PORT [REDIS_PORT]]   starts what is not running
#   infra/services.sh stop DIR                                 stops both; the data stays in DIR
#
# `start` prints DATABASE_URL= and REDIS_URL= and writes the same lines to DIR/env.
# Data in here is for development: fsync is off.
set -euo pipefail

usage() { echo "usage: $0 start DIR [POSTGRES_PORT [REDIS_PORT]] | stop DIR" >&2; exit 2; }
fail() { echo "services.sh: $*" >&2; exit 1; }

[ $# -ge 2 ] || usage
action=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)

# Debian keeps the server's programs out of PATH, in a folder per version; Homebrew does for older ones.
find_program() {
    local found candidate
    found=$(command -v "$1" || true)
    for candidate in /usr/lib/postgresql/*/bin/"$1" /opt/homebrew/opt/postgresql@*/bin/"$1" \
        /usr/local/opt/postgresql@*/bin/"$1" /opt/homebrew/bin/"$1" /usr/local/bin/"$1"; do
        if [ -z "$found" ] && [ -x "$candidate" ]; then found=$candidate; fi
    done
    [ -n "$found" ] || fail "$1 is not installed (Postgres 15 or newer and Redis are needed; ./start.sh installs them)"
    echo "$found"
}

# Postgres refuses to run as root: then it runs as the unprivileged owner of its folder.
owner=
if [ "$(id -u)" = 0 ]; then owner=nobody; fi
as_owner() {
    if [ -z "$owner" ]; then
        "$@"
    elif command -v setpriv >/dev/null 2>&1; then
        setpriv "--reuid=$owner" "--regid=$(id -g "$owner")" --clear-groups "$@"
    else
        su -s /bin/sh "$owner" -c "$(printf '%q ' "$@")"
    fi
}

# A port nobody listens on; the range is below the one the system hands out by itself.
free_port() {
    local port try=0
    while [ $try -lt 200 ]; do
        port=$((20000 + RANDOM % 10000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
        try=$((try + 1))
    done
    fail "no free port found"
}

port_for() { # name, wanted
    if [ -n "$2" ]; then echo "$2" >"$dir/$1.port"; fi
    [ -s "$dir/$1.port" ] || free_port >"$dir/$1.port"
    cat "$dir/$1.port"
}

# A unix socket path may hold about 100 bytes, and DIR may be deep: the socket gets its own short folder.
socket_dir() {
    if [ ! -s "$dir/socket.path" ]; then
        mktemp -d "${TMPDIR:-/tmp}/pg.XXXXXX" >"$dir/socket.path"
    fi
    mkdir -p "$(cat "$dir/socket.path")"
    cat "$dir/socket.path"
}

# The unprivileged owner can not enter a folder below /root: then the data lies in /var/tmp, under a
# name made from DIR.
postgres_dir() {
    if [ -z "$owner" ] || as_owner test -x "$dir"; then
        echo "$dir/postgres"
    else
        echo "/var/tmp/postgres-$(printf '%s' "$dir" | cksum | cut -d' ' -f1)"
    fi
}

start_postgres() {
    local initdb pg_ctl socket
    initdb=$(find_program initdb)
    pg_ctl=$(find_program pg_ctl)
    socket=$(socket_dir)
    mkdir -p "$postgres"
    if [ -n "$owner" ]; then chown -R "$owner" "$postgres" "$socket"; fi
    if [ ! -s "$postgres/data/PG_VERSION" ]; then
        (cd "$postgres" && as_owner "$initdb" -D "$postgres/data" -U app -A trust -E UTF8 --locale=C -N) \
            >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; fail "initdb failed"; }
    fi
    if ! as_owner "$pg_ctl" -D "$postgres/data" status >/dev/null 2>&1; then
        (cd "$postgres" && as_owner "$pg_ctl" -D "$postgres/data" -w -l "$postgres/log" -o \
            "-p $postgres_port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$socket' -c fsync=off \
             -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c max_wal_size=4GB" \
            start) >"$dir/pg_ctl.log" 2>&1 </dev/null \
            || { cat "$dir/pg_ctl.log" >&2; tail -n 20 "$postgres/log" >&2 || true; fail "Postgres did not start"; }
    fi
}

redis_answers() { [ "$("$(find_program redis-cli)" -h 127.0.0.1 -p "$redis_port" ping 2>/dev/null || true)" = PONG ]; }

start_redis() {
    local try=0
    if redis_answers; then return; fi
    mkdir -p "$dir/redis"
    "$(find_program redis-server)" --bind 127.0.0.1 --port "$redis_port" --dir "$dir/redis" --save "" --appendonly no \
        --daemonize yes --pidfile "$dir/redis/pid" --logfile "$dir/redis/log" >/dev/null
    while ! redis_answers; do
        try=$((try + 1))
        [ $try -lt 100 ] || { tail -n 20 "$dir/redis/log" >&2 || true; fail "Redis did not start"; }
        sleep 0.1
    done
}

postgres=$(postgres_dir)
case $action in
    start)
        postgres_port=$(port_for postgres "${3:-}")
        redis_port=$(port_for redis "${4:-}")
        start_postgres
        start_redis
        {
            echo "DATABASE_URL=postgres://app@127.0.0.1:$postgres_port/postgres"
            echo "REDIS_URL=redis://127.0.0.1:$redis_port"
        } | tee "$dir/env"
        ;;
    stop)
        if [ -s "$postgres/data/postmaster.pid" ]; then
            (cd "$postgres" && as_owner "$(find_program pg_ctl)" -D "$postgres/data" -m fast -w stop) >/dev/null || true
        fi
        if [ -s "$dir/redis.port" ] && [ -s "$dir/redis/pid" ]; then
            "$(find_program redis-cli)" -h 127.0.0.1 -p "$(cat "$dir/redis.port")" shutdown nosave >/dev/null 2>&1 || true
        fi
        if [ -s "$dir/socket.path" ]; then rm -rf "$(cat "$dir/socket.path")" "$dir/socket.path"; fi
        ;;
    *) usage ;;
esac
