#!/usr/bin/env bash
# Measures how fast `errtop stats` reads whole logs, against `wc -l` and, where they are installed, against tools that answer the same
# questions. The programs run in turn, so that a machine that slows down slows all of them down; quote the ratios.
#
#   docs/bench/reading.sh                        1,500,000 lines, 9 rounds
#   LINES_=6000000 ROUNDS=5 docs/bench/reading.sh
#   OLD=/path/to/another/errtop docs/bench/reading.sh    compares with another build
#   DUCKDB=/folder docs/bench/reading.sh         a folder in which `npm install @duckdb/node-api` was run
#   ERRTOP=/path/to/errtop docs/bench/reading.sh measures that binary instead of building one
#
# Needs bash, awk, and Go unless ERRTOP is set. The logs are made in a temporary folder (about 700 bytes a line in all) and removed.
set -euo pipefail
cd "$(dirname "$0")/../.."
lines=${LINES_:-1500000} rounds=${ROUNDS:-9}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
errtop=${ERRTOP:-$dir/errtop}
[[ -n ${ERRTOP:-} ]] || go build -o "$errtop" .

# Requests as a service logs them: 12 targets, 5 % failures of eight sorts, exponential latencies, 40 ms of log time a line.
awk -v n="$lines" -v steady="$dir/steady.ndjson" -v shuffled="$dir/shuffled.ndjson" -v access="$dir/access.log" '
function pick(list, k, part) { k = split(list, part, "|"); return part[int(rand() * k) + 1] }
BEGIN {
  srand(1)
  fault[0] = "429|Rate limit exceeded|Try again in %d seconds."; fault[1] = "429|Rate limit exceeded|Quota for \\\"tier-%d\\\" used up."
  fault[2] = "500|Generation failed|panic: index out of range [%d]"; fault[3] = "502|Bad gateway|upstream closed connection (attempt %d)"
  fault[4] = "503|Service unavailable|Queue is full: %d jobs waiting"; fault[5] = "504|Gateway timeout|upstream timed out after %d s"
  fault[6] = "404|Model not found|No such model revision: %d"; fault[7] = "401|Invalid API key|Token expired %d s ago"
  for (i = 0; i < n; i++) {
    at += int(rand() * 80); ms = at % 1000; s = int(at / 1000); day = 1 + int(s / 86400) % 28
    clock = sprintf("%02d:%02d:%02d", int(s / 3600) % 24, int(s / 60) % 60, s % 60)
    target = pick("flux|sdxl|whisper|llama|embed|rerank|tts|upscale|auth|billing|search|gateway")
    path = "/api/v1/" target "/" pick("dev|pro|schnell|v1|v2|turbo|large|small"); method = pick("POST|POST|POST|GET")
    status = 200; said = 0
    if (rand() < 0.05) { split(fault[int(rand() * 8)], f, "|"); status = f[1]; said = 1; message = sprintf(f[3], rand() * 120) }
    m = 0
    v[++m] = sprintf("\"ts\":\"2026-11-%02dT%s.%03dZ\"", day, clock, ms); v[++m] = "\"target\":\"" target "\""; v[++m] = "\"method\":\"" method "\""
    v[++m] = "\"url\":\"" path "\""; v[++m] = "\"status\":" status; v[++m] = sprintf("\"duration_ms\":%.1f", 5 - 180 * log(1 - rand()))
    if (said) { v[++m] = "\"error\":\"" f[2] "\""; v[++m] = "\"message\":\"" message "\"" }
    v[++m] = sprintf("\"request_id\":\"%08x-%04x\"", rand() * 2147483647, rand() * 65535)
    line = v[1]; for (k = 2; k <= m; k++) line = line "," v[k]
    print "{" line "}" > steady
    for (k = m; k > 1; k--) { j = int(rand() * k) + 1; t = v[k]; v[k] = v[j]; v[j] = t }
    line = v[1]; for (k = 2; k <= m; k++) line = line ", " v[k]
    print "{" line "}" > shuffled
    printf "10.0.%d.%d - - [%02d/Nov/2026:%s +0000] \"%s %s HTTP/1.1\" %d %d \"-\" \"%s\"\n", rand() * 9, rand() * 255, day, clock, method, path, status, \
      rand() * 20000, pick("python-requests/2.31.0|curl/8.4.0|Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0") > access
  }
}'

cat >"$dir/duck.js" <<'JS'
// Asks DuckDB, with two threads: by status alone, or the questions that errtop stats answers.
const { DuckDBInstance } = require(process.argv[2] + '/node_modules/@duckdb/node-api');
const [file, all] = [process.argv[3], process.argv[4] === 'all'];
const source = `read_json('${file}', format='newline_delimited', columns={ts:'TIMESTAMP',target:'VARCHAR',method:'VARCHAR',url:'VARCHAR',status:'INTEGER',duration_ms:'DOUBLE',error:'VARCHAR',message:'VARCHAR'})`;
(async () => {
  const db = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  const ask = async (q) => (await db.runAndReadAll(q)).getRows();
  if (!all) return console.log(await ask(`SELECT status, count(*) FROM ${source} GROUP BY status`));
  await db.run(`CREATE TEMP TABLE log AS SELECT * FROM ${source}`);
  const count = 'count(*), count(*) FILTER (status >= 400)';
  console.log(await ask(`SELECT status, count(*) FROM log GROUP BY ALL`), await ask(`SELECT target, ${count} FROM log GROUP BY target`),
    await ask(`SELECT date_trunc('hour', ts) h, ${count} FROM log GROUP BY h`), await ask(`SELECT approx_quantile(duration_ms, [0.5, 0.9, 0.95, 0.99]) FROM log`),
    await ask(`SELECT target, method, url, status, error, regexp_replace(message, '[0-9]+', '{n}', 'g') m, count(*) c, min(ts), max(ts) FROM log WHERE status >= 400 GROUP BY ALL ORDER BY c DESC LIMIT 1000`));
})();
JS

echo '{n[$9]++} END {for (s in n) print s, n[s]}' >"$dir/status.awk"
names=() commands=()
program() { names+=("$1"); shift; commands+=("$*"); }
# measure FILE: runs all programs in turn and prints median seconds, and how many times the first one's.
measure() {
  local i round
  for i in "${!names[@]}"; do : >"$dir/times.$i"; done
  for ((round = 0; round <= rounds; round++)); do
    for i in "${!names[@]}"; do
      TIMEFORMAT='%R %U %S'
      { time ${commands[i]} >/dev/null 2>&1; } 2>"$dir/one"
      ((round == 0)) || cat "$dir/one" >>"$dir/times.$i" # the first round warms up
    done
  done
  echo "$1, $(stat -c %s "$1" 2>/dev/null || stat -f %z "$1") bytes, $lines lines, median of $rounds rounds:" | sed "s#$dir/##"
  for i in "${!names[@]}"; do
    {
      awk '{print $1}' "$dir/times.$i" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
      awk '{print $2 + $3}' "$dir/times.$i" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
    } | paste - - >"$dir/median.$i"
    awk -v name="${names[i]}" 'NR == FNR {w = $1; c = $2; next} {printf "  %-34s wall %7.3f s %6.1f x   cpu %7.3f s %6.1f x\n", name, $1, $1 / w, $2, (c > 0 ? $2 / c : 0)}' "$dir/median.0" "$dir/median.$i"
  done
}
for log in steady.ndjson shuffled.ndjson access.log; do
  file=$dir/$log names=() commands=()
  program 'wc -l' wc -l "$file"
  program 'errtop stats' "$errtop" stats "$file"
  [[ -z ${OLD:-} ]] || program 'errtop stats, the other build' "$OLD" stats "$file"
  if [[ -n ${DUCKDB:-} && $log == *.ndjson ]]; then
    program 'DuckDB, count by status' node "$dir/duck.js" "$DUCKDB" "$file"
    program 'DuckDB, the questions of stats' node "$dir/duck.js" "$DUCKDB" "$file" all
  fi
  if [[ $log == access.log ]]; then
    ! command -v mawk >/dev/null || program 'mawk, count by status' mawk -f "$dir/status.awk" "$file"
    ! command -v goaccess >/dev/null || program 'GoAccess' goaccess "$file" --log-format=COMBINED --no-progress -o "$dir/report.json"
  fi
  measure "$file"
done
