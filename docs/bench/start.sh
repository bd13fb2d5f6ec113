#!/usr/bin/env bash
# How long errtop takes to start: the wall time of --version and --help (median of 40), and what package initialisation takes of it.
#   docs/bench/start.sh [PROGRAM]     default: builds one
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:-}
if [[ -z $program ]]; then
  program=$(mktemp -d)/errtop
  CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$program" .
fi
now() { if [[ -n ${EPOCHREALTIME:-} ]]; then echo "${EPOCHREALTIME/[.,]/}"; else echo $(($(date +%s%N) / 1000)); fi; }
for flag in --version --help; do
  for _ in {1..40}; do
    before=$(now)
    "$program" "$flag" >/dev/null
    echo $(($(now) - before))
  done | sort -n | awk -v flag="$flag" '{ t[NR] = $1 } END { printf "%-10s median %.1f ms, least %.1f ms\n", flag, t[int((NR + 1) / 2)] / 1000, t[1] / 1000 }'
done
for _ in {1..20}; do
  GODEBUG=inittrace=1 "$program" --version 2>&1 | awk '/^init/ { t += $5 } END { print t }'
done | sort -n | awk '{ t[NR] = $1 } END { printf "init       median %.1f ms, least %.1f ms\n", t[int((NR + 1) / 2)], t[1] }'
GODEBUG=inittrace=1 "$program" --version 2>&1 | awk '/^init/ { print $5, "ms", $2 }' | sort -rn | head -5
