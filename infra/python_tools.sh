#!/usr/bin/env bash
# Sourced: tools that come from PyPI, each set in a virtual environment of its own under
# ~/.cache/voice-calls, outside the clone, so that a fresh clone finds them.

want_python() {
  want python3 python3 python3 "$1"
  # Debian ships the module `venv` without what it needs to make an environment.
  if command -v apt-get >/dev/null 2>&1 && command -v python3 >/dev/null 2>&1; then
    python3 -c 'import ensurepip' >/dev/null 2>&1 || want_package python3-venv "$1"
  elif command -v apt-get >/dev/null 2>&1; then
    want_package python3-venv "$1"
  fi
}

# python_tools NAME PACKAGE==VERSION...   makes or completes the environment; prints its bin folder.
# One that was left half made, or belongs to a Python that is gone, is made anew.
python_tools() {
  local name=$1 venv
  shift
  venv="$HOME/.cache/voice-calls/$name"
  if [ "$(cat "$venv/packages" 2>/dev/null)" != "$*" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
    rm -f "$venv/packages"
    "$venv/bin/python" -c 'import pip' 2>/dev/null || python3 -m venv --clear "$venv" >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2
    printf '%s' "$*" >"$venv/packages"
  fi
  printf '%s\n' "$venv/bin"
}

aws_server_tools() { python_tools venv 'moto[server]==5.2.5' 'ministack==1.5.33'; }
lambda_tools() { python_tools venv-lambda 'cargo-lambda==1.9.2' 'ziglang==0.17.1'; }
api_tools() { python_tools venv-api 'schemathesis==4.32.5'; }
sam_tools() { python_tools venv-sam 'aws-sam-cli==1.170.0'; }
# The peer of the conversation benchmark.
peer_tools() {
  python_tools venv-pipecat 'pipecat-ai[openai,sarvam,silero,websocket]==1.14.0' 'sarvamai==0.1.28' 'fastapi==0.165.0' \
    'uvicorn==0.54.0' 'uvloop==0.23.0'
}
