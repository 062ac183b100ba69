#!/usr/bin/env bash
# Conversations under load: the `voicebot` of profile `service`, Pipecat 1.14 as the peer, or a bot that does
# nothing, each alone on core 0; fake providers of fixed delays and the generator together on core 1.
#
#   infra/bench/conversation.sh [ours|pipecat|null|all] [LEVEL…] [--OPTION…]
#
# Levels are calls at once, 1 10 50 100 200 unless told. Options go to `load run` (see its --help):
#   --noise-dbfs -40   --pauses   --uneven   --lose-words   --spread 2.5   --frame-ms 20   --growth   --targets
# PEER_OPTIONS go to the peer: --stt realtime, --force-gc. LOAD_NICE=-20 (root) gives the bench the right
# of way on a machine with other work. Exits 0 only where every level was measured.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=infra/prerequisites.sh
. infra/prerequisites.sh
# shellcheck source=infra/python_tools.sh
. infra/python_tools.sh

case "${1:-all}" in
  all) bots=ours,pipecat,null; shift || true ;;
  ours | pipecat | null) bots=$1; shift ;;
  *) bots=ours,pipecat,null ;;
esac
levels=""
while [[ "${1:-}" =~ ^[0-9]+$ ]]; do
  levels="$levels${levels:+,}$1"
  shift
done

want_rust
want_services
want taskset util-linux util-linux "each side of the bench on a core of its own"
[[ $bots != *pipecat* ]] || want_python "the peer, which is written in it"
install_missing
if [ "$(nproc)" -lt 2 ]; then
  echo "conversation.sh: two cores are needed, one for the bot and one for everything else" >&2
  exit 1
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/bench-conversation.XXXXXX")
chmod 755 "$work"
finish() {
  [ -z "${LOAD_NICE:-}" ] || echo 0 >/proc/self/autogroup
  bash infra/services.sh wipe "$work/services" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT
out=".local/bench-conversation"
mkdir -p "$out"

# The program as it is deployed: with its own features, and nothing that a test would switch on.
# LOAD_PROFILE=dev is for trying the bench itself.
profile=${LOAD_PROFILE:-service}
programs="${CARGO_TARGET_DIR:-target}/${profile/#dev/debug}"
if [[ $bots == *ours* ]]; then
  cargo build --quiet --profile "$profile" --package shared --bin voicebot --features aws,voicebot
  cp "$programs/voicebot" "$work/voicebot"
fi
cargo build --quiet --profile "$profile" --package load

pipecat=""
if [[ $bots == *pipecat* ]]; then
  pipecat="$(peer_tools)/python $PWD/infra/bench/conversation/pipecat_bot.py ${PEER_OPTIONS:-}"
fi

# The stores are on the generator's side: in production they are other machines.
taskset -c 1 bash infra/services.sh start "$work/services" >/dev/null
set -a
# shellcheck disable=SC1091
. "$work/services/env"
set +a

# Each call has up to five sockets on either side.
ulimit -n "$(ulimit -Hn)"
# The scheduler weighs sessions: a nice value counts inside of one only.
[ -z "${LOAD_NICE:-}" ] || echo "$LOAD_NICE" >/proc/self/autogroup
# Keys for nothing: the AWS that is asked is the bench's own.
AWS_ACCESS_KEY_ID=load AWS_SECRET_ACCESS_KEY=load TMPDIR="$work" \
  taskset -c 1 "$programs/load" run --bots "$bots" ${levels:+--levels "$levels"} \
  --voicebot "$work/voicebot" --pipecat "$pipecat" --out "$out" "$@"
