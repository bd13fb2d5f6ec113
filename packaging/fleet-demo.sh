#!/usr/bin/env bash
# A fleet on one machine: a hub, three agents in three places with demo load, one of which fails, and a viewer on this terminal.
# Everything ends when the viewer does (q) or on Ctrl-C, and leaves nothing behind.
#
#   packaging/fleet-demo.sh                 the dashboard
#   packaging/fleet-demo.sh --plain         a line for every change instead
#   ERRTOP=/path/to/errtop packaging/fleet-demo.sh
set -euo pipefail

errtop=${ERRTOP:-errtop}
command -v "$errtop" >/dev/null || { echo "fleet-demo: $errtop is not there; set ERRTOP to its path" >&2; exit 2; }
errtop=$(command -v "$errtop")
port=${PORT:-14222}
dir=$(mktemp -d)
pids=()
finish() {
  trap - EXIT INT TERM
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$dir"
export XDG_STATE_HOME=$dir/state XDG_CONFIG_HOME=$dir/config XDG_RUNTIME_DIR=$dir/run
mkdir -m 700 run

"$errtop" hub init --dir hub --host 127.0.0.1 --port "$port" --team demo --agent web-1 --agent web-2 --agent web-3 --viewer me >/dev/null
"$errtop" hub --dir hub >hub.log 2>&1 &
pids+=($!)

# load writes an hour of a request log, then goes on: four requests a second, of which checkout fails in the place that is broken.
load() {
  local broken=$1 now start t=0 status target
  printf -v now '%(%s)T' -1
  start=$((now - 3600))
  line() {
    case $((RANDOM % 4)) in 0) target=checkout ;; 1) target=search ;; 2) target=billing ;; *) target=login ;; esac
    status=200
    ((RANDOM % 250)) || status=500
    if [[ $broken == yes && $target == checkout && $2 == late ]] && ((RANDOM % 10 < 7)); then status=503; fi
    printf '{"ts":%d,"target":"%s","status":%d,"method":"POST","path":"/%s","duration_ms":%d,"error":"%s"}\n' \
      "$1" "$target" "$status" "$target" "$((15 + RANDOM % 60))" "$([[ $status == 503 ]] && echo no healthy upstream || true)"
  }
  for ((t = start; t < now; t += 2)); do
    if ((now - t < 900)); then line "$t" late; else line "$t" early; fi
  done
  while sleep 0.25; do
    printf -v t '%(%s)T' -1
    line "$t" late
  done
}

i=0
for place in eu-1 us-1 ap-1; do
  i=$((i + 1))
  broken=no
  [[ $place == eu-1 ]] && broken=yes
  load "$broken" >"web-$i.log" &
  pids+=($!)
  cat >"web-$i.toml" <<END
[fleet]
servers = ["tls://127.0.0.1:$port"]
team = "demo"
name = "web-$i"
place = "$place"
credentials = "hub/keys/demo/agent-web-$i.nk"
ca = "hub/ca.pem"

[[sources]]
files = "web-$i.log"
END
  "$errtop" watch --config "web-$i.toml" >"web-$i.out" 2>&1 &
  pids+=($!)
done
cat >viewer.toml <<END
name = "demo fleet"
[fleet]
servers = ["tls://127.0.0.1:$port"]
team = "demo"
credentials = "hub/keys/demo/viewer-me.nk"
ca = "hub/ca.pem"
END
"$errtop" --config viewer.toml "$@"
