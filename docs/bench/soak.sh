#!/usr/bin/env bash
# Measures errtop watch with a store over a log of 1000 lines a second and 50 targets: processor, memory, descriptors, and bytes written to
# disk, once a minute. Linux only.
#
#   docs/bench/soak.sh [minutes, 10 by default] [folder for the log and the store, on a disk and not in memory]
set -euo pipefail
minutes=${1:-10}
folder=$(mktemp -d "${2:-/var/tmp}/errtop-soak-XXXXXX")
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
go build -o "$folder/errtop" .
# A request log as a busy service writes it: so many lines a second over so many targets, of which one in a hundred failed.
cat > "$folder/load.go" <<'GO'
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"time"
)

func main() {
	rate := flag.Int("rate", 1000, "lines a second")
	targets := flag.Int("targets", 50, "targets")
	flag.Parse()
	file, err := os.OpenFile(flag.Arg(0), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	out, r := bufio.NewWriter(file), rand.New(rand.NewPCG(1, 2))
	const ticks = 10 // a second
	for now := range time.Tick(time.Second / ticks) {
		for range *rate / ticks {
			status, message := 200, ""
			if r.IntN(100) == 0 {
				status, message = []int{429, 500, 502, 503}[r.IntN(4)], fmt.Sprintf("upstream %d did not answer", r.IntN(8))
			}
			fmt.Fprintf(out, `{"time":%q,"target":"service-%d","method":"GET","route":"/v1/items/%d","status":%d,"duration_ms":%.1f,"message":%q,"request_id":"%x"}`+"\n",
				now.Format(time.RFC3339Nano), r.IntN(*targets), r.IntN(5), status, 20+80*r.ExpFloat64(), message, r.Uint64())
		}
		if err := out.Flush(); err != nil {
			log.Fatal(err)
		}
	}
}
GO
go build -o "$folder/load" "$folder/load.go"
cat > "$folder/errtop.toml" <<TOML
name = "soak"
[[sources]]
files = "access.log"
[store]
path = "soak.db"
TOML
cd "$folder"
touch access.log
./load -rate 1000 -targets 50 access.log &
load=$!
XDG_RUNTIME_DIR=$folder XDG_STATE_HOME=$folder ./errtop watch --config errtop.toml > watch.log 2>&1 &
errtop=$!
trap 'kill $load $errtop 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT

value() { awk -v name="$2" '$1 == name { print $2 }' "/proc/$errtop/$1"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$errtop/stat"; }
hz=$(getconf CLK_TCK)
echo "minute  cpu %  rss MB  descriptors  threads  disk KB/s  store MB"
was_ticks=$(ticks); was_bytes=$(value io write_bytes:); first_ticks=$was_ticks; first_bytes=$was_bytes
for ((minute = 1; minute <= minutes; minute++)); do
	sleep 60
	now_ticks=$(ticks); now_bytes=$(value io write_bytes:)
	awk -v m="$minute" -v t=$((now_ticks - was_ticks)) -v hz="$hz" -v rss="$(value status VmRSS:)" -v fds="$(ls "/proc/$errtop/fd" | wc -l)" \
		-v th="$(value status Threads:)" -v b=$((now_bytes - was_bytes)) -v size="$(du -ck soak.db* | awk 'END { print $1 }')" \
		'BEGIN { printf "%6d  %5.2f  %6.1f  %11d  %7d  %9.1f  %8.1f\n", m, t / hz / 60 * 100, rss / 1024, fds, th, b / 60 / 1024, size / 1024 }'
	was_ticks=$now_ticks; was_bytes=$now_bytes
done
awk -v n="$minutes" -v t=$((was_ticks - first_ticks)) -v hz="$hz" -v b=$((was_bytes - first_bytes)) \
	'BEGIN { printf "all     %5.2f                                  %9.1f\n", t / hz / 60 / n * 100, b / 60 / n / 1024 }'
kill -TERM $errtop; wait $errtop || true
echo "lines written: $(wc -l < access.log)"
./errtop store info --store soak.db
./errtop store check --store soak.db
./errtop report --store soak.db --format json | grep requests_last_hour
