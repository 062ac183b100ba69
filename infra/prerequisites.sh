#!/usr/bin/env bash
# Sourced by ./start.sh and ./test.sh: says what is missing and why, then installs it.
# Debian/Ubuntu through apt-get, macOS through Homebrew; anything else is told what to install.

missing_packages=""
missing_lines=""

# want COMMAND DEBIAN_PACKAGE BREW_PACKAGE WHY
want() {
  if command -v "$1" >/dev/null 2>&1; then return 0; fi
  # Debian keeps the Postgres server programs out of PATH.
  if [ "$1" = postgres ] && ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then return 0; fi
  if [ "$(uname -s)" = Darwin ]; then package=$3; else package=$2; fi
  missing_packages="$missing_packages $package"
  missing_lines="$missing_lines  $package: $4
"
}

# want_package DEBIAN_PACKAGE WHY, for what is no command
want_package() {
  missing_packages="$missing_packages $1"
  missing_lines="$missing_lines  $1: $2
"
}

install_missing() {
  [ -n "$missing_packages" ] || return 0
  printf 'These packages are missing and will be installed:\n%s' "$missing_lines" >&2
  if [ "$(uname -s)" = Darwin ]; then
    # shellcheck disable=SC2086
    brew install $missing_packages >&2
  elif command -v apt-get >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
    # Debian would start the packaged servers at once; ours are private, so nothing of the host
    # may be started or changed.
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing_packages >&2
  else
    printf 'Please install them with your package manager and start again.\n' >&2
    return 1
  fi
  missing_packages=""
  missing_lines=""
}

want_rust() {
  # rustup's own folder, where a login shell would have put it on PATH.
  PATH="$HOME/.cargo/bin:$PATH"
  export PATH
  if ! command -v cargo >/dev/null 2>&1; then
    printf 'The Rust toolchain is missing: everything here is built with it.\nInstall it from https://rustup.rs and start again.\n' >&2
    return 1
  fi
}

want_fuzzer() {
  want c++ g++ gcc "the fuzzer's engine is C++"
}

want_services() {
  want cc gcc gcc "the linker that Rust uses"
  want postgres postgresql postgresql@16 "the records (a private server on its own port)"
  want redis-server redis-server redis "the live sessions (a private server on its own port)"
  want espeak-ng espeak-ng espeak-ng "real voices for the simulated people"
}
