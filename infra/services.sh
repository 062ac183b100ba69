#!/usr/bin/env bash
# Private Postgres and Redis for the local program and the tests: own folder, own ports, loopback
# only. Touches nothing of the host's own servers. Bash 3.2, so that macOS runs it as it is.
#
#   infra/services.sh start DIR [POSTGRES_PORT [REDIS_PORT]]   starts what is not running
#   infra/services.sh stop DIR                                 stops both; the data stays
#   infra/services.sh wipe DIR                                 stops both and removes DIR
#
# `start` prints DATABASE_URL=, REDIS_URL=, REDIS_HOST= and REDIS_PORT=, and writes the same lines to DIR/env.
# Data in here is for development: fsync is off.
set -euo pipefail

usage() { echo "usage: $0 start DIR [POSTGRES_PORT [REDIS_PORT]] | stop DIR | wipe DIR" >&2; exit 2; }
fail() { echo "services.sh: $*" >&2; exit 1; }

[ $# -ge 2 ] || usage
action=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd -P)

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

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port nobody listens on; the range is below the one the system hands out by itself.
free_port() {
    local port try=0
    while [ $try -lt 200 ]; do
        port=$((20000 + RANDOM % 10000))
        if ! listens "$port"; then echo "$port"; return; fi
        try=$((try + 1))
    done
    fail "no free port found"
}

# For a server that is about to start: the port that is asked for, else the one it had, else a free one.
port_for() { # name, wanted
    local had
    if [ -n "$2" ]; then
        if listens "$2"; then fail "port $2 is taken by another program"; fi
        echo "$2" >"$dir/$1.port"
    else
        had=$(cat "$dir/$1.port" 2>/dev/null || true)
        if [ -z "$had" ] || listens "$had"; then free_port >"$dir/$1.port"; fi
    fi
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

# The owner must be able to enter Postgres' folder; below a private home it moves to /var/tmp.
postgres_dir() {
    if [ ! -s "$dir/postgres.path" ]; then
        mkdir -p "$dir/postgres"
        if [ -z "$owner" ] || as_owner test -x "$dir/postgres"; then
            echo "$dir/postgres" >"$dir/postgres.path"
        else
            mktemp -d /var/tmp/voice-calls.XXXXXX >"$dir/postgres.path"
        fi
    fi
    mkdir -p "$(cat "$dir/postgres.path")"
    cat "$dir/postgres.path"
}

start_postgres() { # wanted port
    local initdb pg_ctl socket home
    initdb=$(find_program initdb)
    pg_ctl=$(find_program pg_ctl)
    socket=$(socket_dir)
    home=$(postgres_dir)
    if [ -n "$owner" ]; then chown -R "$owner" "$home" "$socket"; fi
    if [ ! -s "$home/data/PG_VERSION" ]; then
        # Moved into place when it is whole: one that was interrupted must not pass for a database.
        rm -rf "$home/data.part" "$home/data"
        (cd "$home" && as_owner "$initdb" -D "$home/data.part" -U app -A trust -E UTF8 --locale=C -N) \
            >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; fail "initdb failed"; }
        mv "$home/data.part" "$home/data"
    fi
    if as_owner "$pg_ctl" -D "$home/data" status >/dev/null 2>&1; then
        # It runs where it was started, whatever port is asked for now.
        postgres_port=$(sed -n 4p "$home/data/postmaster.pid")
        echo "$postgres_port" >"$dir/postgres.port"
    else
        postgres_port=$(port_for postgres "$1")
        (cd "$home" && as_owner "$pg_ctl" -D "$home/data" -w -l "$home/log" -o \
            "-p $postgres_port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$socket' -c fsync=off \
             -c synchronous_commit=off -c full_page_writes=off -c max_connections=400 -c max_wal_size=4GB" \
            start) >"$dir/pg_ctl.log" 2>&1 </dev/null \
            || { cat "$dir/pg_ctl.log" >&2; tail -n 20 "$home/log" >&2 || true; fail "Postgres did not start"; }
    fi
}

# Whether the Redis on that port keeps its files in our folder: another one, which took the port while
# ours was down, is the host's and is neither used nor stopped.
redis_is_ours() { # port
    [ "$("$(find_program redis-cli)" -h 127.0.0.1 -p "$1" config get dir 2>/dev/null | tail -n 1)" = "$dir/redis" ]
}

start_redis() { # wanted port
    local try=0 server
    server=$(find_program redis-server)
    redis_port=$(cat "$dir/redis.port" 2>/dev/null || true)
    if [ -n "$redis_port" ] && redis_is_ours "$redis_port"; then return; fi
    redis_port=$(port_for redis "$1")
    mkdir -p "$dir/redis"
    "$server" --bind 127.0.0.1 --port "$redis_port" --dir "$dir/redis" --save "" --appendonly no \
        --daemonize yes --pidfile "$dir/redis/pid" --logfile "$dir/redis/log" >/dev/null
    while ! redis_is_ours "$redis_port"; do
        try=$((try + 1))
        [ $try -lt 100 ] || { tail -n 20 "$dir/redis/log" >&2 || true; fail "Redis did not start"; }
        sleep 0.1
    done
}

stop_both() {
    local home redis_port
    home=$(cat "$dir/postgres.path" 2>/dev/null || echo "$dir/postgres")
    if [ -s "$home/data/postmaster.pid" ]; then
        (cd "$home" && as_owner "$(find_program pg_ctl)" -D "$home/data" -m fast -w stop) >/dev/null || true
    fi
    redis_port=$(cat "$dir/redis.port" 2>/dev/null || true)
    if [ -n "$redis_port" ] && redis_is_ours "$redis_port"; then
        "$(find_program redis-cli)" -h 127.0.0.1 -p "$redis_port" shutdown nosave >/dev/null 2>&1 || true
    fi
    if [ -s "$dir/socket.path" ]; then rm -rf "$(cat "$dir/socket.path")" "$dir/socket.path"; fi
}

case $action in
    start)
        start_postgres "${3:-}"
        start_redis "${4:-}"
        {
            echo "DATABASE_URL=postgres://app@127.0.0.1:$postgres_port/postgres"
            echo "REDIS_URL=redis://127.0.0.1:$redis_port"
            echo "REDIS_HOST=127.0.0.1"
            echo "REDIS_PORT=$redis_port"
        } | tee "$dir/env"
        ;;
    stop) stop_both ;;
    wipe)
        # `start.sh --demo --data ~/papers` must not cost anybody their papers.
        if [ -n "$(ls -A "$dir")" ] && [ ! -e "$dir/postgres.path" ] && [ ! -e "$dir/redis.port" ]; then
            fail "$dir was not made by this script; not removed"
        fi
        stop_both
        if [ -s "$dir/postgres.path" ]; then rm -rf "$(cat "$dir/postgres.path")"; fi
        rm -rf "$dir"
        ;;
    *) usage ;;
esac
