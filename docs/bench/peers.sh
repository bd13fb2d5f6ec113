#!/usr/bin/env bash
# Measures what it costs to leave a viewer of an access log open: errtop, and GoAccess and lnav where they are installed. Each is started in
# a tmux pane of 160×45 on the same log of 200,000 lines, in turn: milliseconds until the pane shows something of the log, resident memory
# after 20 s, and the share of a core over the next 20 s in which nothing is written.
#
#   docs/bench/peers.sh
#   LINES_=1000000 ROUNDS=5 docs/bench/peers.sh
#   ERRTOP=/path/to/errtop docs/bench/peers.sh   measures that binary instead of building one
#
# Needs bash, awk, tmux, Linux's /proc, and Go unless ERRTOP is set.
set -euo pipefail
cd "$(dirname "$0")/../.."
lines=${LINES_:-200000} rounds=${ROUNDS:-3}
dir=$(mktemp -d)
server="errtop-peers-$$"
trap 'tmux -L "$server" kill-server 2>/dev/null || true; rm -rf "$dir"' EXIT
errtop=${ERRTOP:-$dir/errtop}
[[ -n ${ERRTOP:-} ]] || go build -o "$errtop" .

awk -v n="$lines" 'BEGIN {
  srand(1)
  for (i = 0; i < n; i++) {
    s = int(i * 80000 / n)
    printf "10.0.%d.%d - - [24/Nov/2026:%02d:%02d:%02d +0000] \"GET /api/v1/%s/%d HTTP/1.1\" %d %d \"-\" \"curl/8.4.0\"\n", rand() * 9, rand() * 255, s / 3600, s / 60 % 60, s % 60,
      substr("fluxsdxlveo3auth", 1 + 4 * int(rand() * 4), 4), rand() * 50, rand() < 0.05 ? 500 : 200, rand() * 20000
  }
}' >"$dir/access.log"

now() { date +%s%N; }
spent() { awk '{print $14 + $15}' "/proc/$1/stat"; }

# measure NAME TEXT COMMAND...: TEXT is what the first picture of the log holds.
measure() {
  local name=$1 text=$2 began ms pid before after
  shift 2
  began=$(now)
  tmux -L "$server" -f /dev/null new-session -d -x 160 -y 45 "exec $*"
  until tmux -L "$server" capture-pane -p 2>/dev/null | grep -q "$text"; do
    (($(now) - began < 60000000000)) || { echo "$name: no picture within a minute"; tmux -L "$server" kill-server; return; }
  done
  ms=$((($(now) - began) / 1000000))
  pid=$(tmux -L "$server" list-panes -F '#{pane_pid}')
  sleep 20
  before=$(spent "$pid")
  sleep 20
  after=$(spent "$pid")
  awk -v name="$name" -v ms="$ms" -v rss="$(awk '/VmRSS/ {print $2}' "/proc/$pid/status")" -v cpu=$((after - before)) -v hz="$(getconf CLK_TCK)" \
    'BEGIN {printf "%-10s first picture %6d ms   memory %6.1f MB   %5.2f %% of a core\n", name, ms, rss / 1000, cpu / hz / 20 * 100}'
  tmux -L "$server" kill-server
  sleep 1 # until it has left its socket
}

for ((round = 1; round <= rounds; round++)); do
  measure errtop 'requests' "$errtop" --since 72h "$dir/access.log"
  if command -v goaccess >/dev/null; then measure GoAccess 'Total Requests' goaccess --log-format=COMBINED --no-global-config "$dir/access.log"; fi
  if command -v lnav >/dev/null; then measure lnav '10.0.' lnav -N "$dir/access.log"; fi
done
