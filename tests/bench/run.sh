#!/bin/sh
# The figures that Perilune is held to, as a table: what was measured, what is wanted. Ratios are against a peer of the same run, in
# pairs whose order changes, medians with quartiles. Needs two CPUs: the server has the first, clients the second. Load goes to
# 127.0.0.1 only.
#   sh tests/bench/run.sh [PAIRS] [ROW...]    all rows, 25 pairs, unless said otherwise; a row that is not there lists them all
# A load of a pair takes a second. In LOAD_S=10 seconds less of it is what a run costs besides: to begin, to sample the machine, to judge
# and to store, some 40 ms of CPU in all, a tenth of what a TLS or HTTP/2 server on one CPU leaves a client to do in a second.
set -eu
cd "$(dirname "$0")/../.."
. examples/packages.sh
. tests/bench/alone.sh
# shellcheck disable=SC2086
need $BUILD_PACKAGES wrk nghttp2-client apache2-utils hey siege nginx-light lua5.4 curl openssl util-linux prometheus-node-exporter

all="plain lua tls tls-lua http2 h2load ab hey siege oha vegeta k6 lag precise user crowd growth histogram start idle sample sampler"
pairs=25
case ${1:-} in [0-9]*) pairs=$1 && shift ;; esac
rows=${*:-$all}
for row in $rows; do
  case " $all " in *" $row "*) ;; *) echo "rows: $all" >&2 && exit 2 ;; esac
done

build=build/release
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF >/dev/null
cmake --build $build >/dev/null
perilune=$build/core/cli/perilune
work=$(mktemp -d)
ulimit -n "$(ulimit -Hn)"

# ---- The server ---------------------------------------------------------------------------------------

port=18090
url=http://127.0.0.1:$port/ secure=https://127.0.0.1:$((port + 1))/ http2=https://127.0.0.1:$((port + 2))/ status=http://127.0.0.1:$((port + 3))/
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 2 -subj /CN=bench 2>/dev/null
cat >"$work/nginx.conf" <<END
worker_processes 1;
worker_rlimit_nofile $(ulimit -n);
daemon off;
pid $work/pid;
error_log $work/error.log;
events { worker_connections 18000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
  ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; ssl_protocols TLSv1.3;
  server { listen 127.0.0.1:$port backlog=16384; listen 127.0.0.1:$((port + 1)) ssl; listen 127.0.0.1:$((port + 2)) ssl http2; location / { return 200 "hello from a server on loopback!!\n"; } }
  server { listen 127.0.0.1:$((port + 3)); location / { stub_status; } }
}
END
taskset -c 0 nginx -c "$work/nginx.conf" 2>/dev/null &
server=$!
trap 'alone_end; kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
curl -s -o /dev/null --retry 20 --retry-connrefused --retry-delay 1 "$url" || { cat "$work/error.log" >&2; exit 1; }

# ---- Measuring ----------------------------------------------------------------------------------------

# cpu COMMAND...: its output goes to $work/out, its CPU seconds (user and system) are printed.
cpu() {
  (taskset -c 1 "$@" >"$work/out" 2>/dev/null || true; times) | tail -n 1 | tr 'ms' '  ' | awk '{ print $1 * 60 + $2 + $3 * 60 + $4 }'
}
# Requests that the server has answered, this one included.
served() { curl -s "$status" | awk 'NR == 3 { print $3 }'; }
# efficiency COMMAND...: requests that the server answered for a CPU second of the command.
efficiency() {
  before=$(served)
  s=$(cpu "$@")
  echo "$(served) $before $s" | awk '{ printf "%.0f\n", ($1 - $2 - 1) / $3 }'
}
# load ARGUMENTS...: the command line of one load by one worker; its result is printed.
load="$perilune load --workers 1 --db $work/t.db --quiet --json -"
# field PATTERN: the first number of the result in $work/out that stands behind a Lua pattern.
field() { lua5.4 -e 'print(io.read("a"):match(arg[1] .. "([%d.e+-]+)"))' - "$1" <"$work/out"; }

# quartiles FILE: median, first and third quartile of one number a line.
quartiles() { sort -g "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)], v[int((NR + 3) / 4)], v[int((3 * NR + 3) / 4)] }'; }
# row NAME WANTED MEASURED
row() { printf '%-58s %-24s %s\n' "$1" "$3" "$2"; }
median() { quartiles "$1" | awk '{ print $1 }'; }
# ratio NAME WANTED PEER OURS: two command lines in pairs; ours over the peer's efficiency.
ratio() {
  : >"$work/ratios"
  for i in $(seq "$pairs"); do
    # shellcheck disable=SC2086
    if [ $((i % 2)) = 0 ]; then a=$(efficiency $3) b=$(efficiency $4); else b=$(efficiency $4) a=$(efficiency $3); fi
    awk -v a="$a" -v b="$b" 'BEGIN { printf "%.4f\n", b / a }' >>"$work/ratios"
  done
  row "$1" "$2" "$(quartiles "$work/ratios" | awk '{ printf "%.2f (%.2f to %.2f)", $1, $2, $3 }')"
}
# peer PROGRAM COMMAND...: another tool beside wrk, where it is installed; siege may never end.
peer() {
  command -v "$1" >/dev/null || return 0
  name=$1
  shift
  ratio "$name, no script, over wrk" "" "$wrk $url" "timeout -k 1 20 $*"
}

# ---- Rows: requests for a CPU second ------------------------------------------------------------------

each=${LOAD_S:-1}
wrk="wrk -t1 -c64 -d${each}s"
ours="$load --users 64 --duration ${each}s"
cat >"$work/user.lua" <<'END'
return function(user)
  local answer = user:get("/", { name = "home" })
  user:check(answer, { status = 200, { "body", function(a) return a:find("hello") ~= nil end } })
  user:tag("kind", "bench")
end
END
row_plain() { ratio "requests per CPU second, no script, over wrk" ">= 1.15" "$wrk $url" "$ours $url"; }
row_lua() { ratio "the same with a Lua function a request" ">= 1.0" "$wrk $url" "$ours $url --script $work/user.lua"; }
row_tls() { ratio "TLS 1.3, no script, over wrk" ">= 1.3" "$wrk $secure" "$ours $secure --insecure"; }
row_tls_lua() { ratio "TLS 1.3, with a Lua function a request" ">= 1.1" "$wrk $secure" "$ours $secure --insecure --script $work/user.lua"; }
row_http2() {
  ratio "HTTP/2 over TLS, 16 sessions x 8 streams, over h2load" ">= 1.1" "h2load -t1 -c16 -m8 -D$each $http2" \
    "$load --http2 --connections 16 --streams 8 --duration ${each}s $http2 --insecure"
}

row_h2load() { peer h2load h2load --h1 -t1 -c64 -D1 "$url"; }
row_ab() { peer ab ab -k -q -c64 -t1 -n100000000 "$url"; }
row_hey() { peer hey hey -cpus 1 -c 64 -z 1s "$url"; }
row_siege() {
  echo "connection = keep-alive" >"$work/siegerc"
  peer siege siege -R "$work/siegerc" -b -q -c64 -t1S "$url"
}
row_oha() { peer oha oha --no-tui -c 64 -z 1s "$url"; }
row_vegeta() {
  echo "GET $url" >"$work/targets"
  peer vegeta vegeta attack -targets "$work/targets" -rate 0 -max-workers 64 -duration 1s -output /dev/null
}
row_k6() {
  echo "import http from 'k6/http'; export default function () { http.get('$url'); }" >"$work/k6.js"
  peer k6 k6 run --quiet --vus 64 --duration 1s "$work/k6.js"
}

# ---- Rows: when requests go out -----------------------------------------------------------------------

# Half of what a closed loop gets through, starts a second.
half() {
  cpu $load "$url" --users 64 --duration 2s >/dev/null
  field '"achieved":' | awk '{ printf "%d\n", $1 / 2 }'
}
# lag_of OPTIONS...: p99 of the schedule lag in microseconds, the median of five loads of five seconds after a warm-up, in which the
# connections are opened. The generator has its CPU to itself.
lag_of() {
  : >"$work/lags"
  alone_begin 1
  for _ in 1 2 3 4 5; do
    cpu $load "$url" --duration 6s --warmup 1s "$@" >/dev/null
    field '"schedule_lag_s":.-"p99":' | awk '{ print $1 * 1e6 }' >>"$work/lags"
  done
  alone_end
  quartiles "$work/lags" | awk '{ printf "%.0f %.0f %.0f\n", $1, $2, $3 }'
}
row_lag() {
  # shellcheck disable=SC2046
  set -- $(lag_of --rate "$(half)/s")
  row "schedule lag p99 at half of capacity, us" "<= 170" "$1 ($2 to $3)"
}
row_precise() {
  cc -O2 -o "$work/spin" tests/bench/spin.c
  rate=$(half)
  # shellcheck disable=SC2046
  set -- $(lag_of --rate "$rate/s" --precise)
  alone_begin 1
  bare=$(taskset -c 1 "$work/spin" "$rate" 5)
  alone_end
  row "the same with --precise, us above a bare loop's ($bare)" "<= 50" "$(awk -v a="$1" -v b="$bare" 'BEGIN { printf "%.0f", a - b }')"
}

# ---- Rows: memory and scale ---------------------------------------------------------------------------

# thinking USERS CONNECTIONS: bytes of memory of that many scripted users that think most of the time.
thinking() {
  cat >"$work/think.lua" <<END
local pl = require "perilune"
return pl.playbook { name = "think", errors = "ignore",
  scenarios = function() return { think = { users = $1, duration = "14s", grace = "5s", base = "$url", connections = $2,
    user = function(user) user:get "/"; user:think "12s" end } } end,
  run = function(run) run:load "think" end }
END
  cpu $perilune run "$work/think.lua" --workers 1 --db "$work/think.db" --quiet --json - >/dev/null
  field '"rss_bytes":'
}
row_user() {
  few=$(thinking 2000 200) many=$(thinking 22000 200)
  row "a scripted user that thinks, KB" "<= 5" "$(awk -v a="$few" -v b="$many" 'BEGIN { printf "%.1f", (b - a) / 20000 / 1024 }')"
}
row_crowd() { row "100,000 such users over 15,000 connections, MB" "<= 700" "$(thinking 100000 15000 | awk '{ printf "%.0f", $1 / 1e6 }')"; }

# growth COMMAND...: CPU a request with 10,000 connections over that with 64.
growth() {
  few=$(efficiency "$@" 64) many=$(efficiency "$@" 10000)
  awk -v a="$few" -v b="$many" 'BEGIN { printf "%.4f\n", a / b }'
}
row_growth() {
  : >"$work/ours" && : >"$work/wrks"
  for _ in 1 2 3 4 5; do
    growth $load "$url" --duration 4s --users >>"$work/ours"
    growth wrk -t1 -d4s "$url" -c >>"$work/wrks"
  done
  row "CPU a request, 10,000 connections over 64" "<= 1.5, wrk $(median "$work/wrks" | awk '{ printf "%.2f", $1 }')" "$(median "$work/ours" | awk '{ printf "%.2f", $1 }')"
}

row_histogram() {
  cc -O3 -D_GNU_SOURCE -Icore -Iinclude -o "$work/hist" tests/bench/hist.c $build/core/analysis/libpl_analysis.a $build/core/base/libpl_base.a -lm
  for _ in $(seq 9); do taskset -c 1 "$work/hist" >>"$work/records"; done
  row "one record of a histogram, ns" "<= 5" "$(median "$work/records")"
}

# ---- Rows: what a start, idle users and samples take --------------------------------------------------

# Wall milliseconds of one start; what a program that does nothing takes is not ours.
row_start() {
  for _ in $(seq 40); do
    from=$(date +%s%N)
    $perilune version >/dev/null
    to=$(date +%s%N)
    /bin/true
    none=$(date +%s%N)
    awk -v a=$((to - from)) -v b=$((none - to)) 'BEGIN { print (a - b) / 1e6 }' >>"$work/version"
  done
  row "cold start of \`perilune version\`, ms" "<= 5" "$(median "$work/version" | awk '{ printf "%.1f", $1 }')"
}

row_idle() {
  cat >"$work/idle.lua" <<END
local pl = require "perilune"
return pl.playbook { name = "idle",
  scenarios = function() return { idle = { users = 10000, duration = "8s", grace = "1s", base = "$url", connections = 100,
    user = function(user) user:think "60s" end } } end,
  run = function(run) run:load "idle" end }
END
  cpu $perilune run "$work/idle.lua" --workers 1 --db "$work/idle.db" --json - --quiet >/dev/null
  row "10,000 idle closed-loop users, MB" "<= 120" "$(field '"rss_bytes":' | awk '{ printf "%.0f", $1 / 1048576 }')"
}

row_sample() {
  cat >"$work/host.lua" <<'END'
local pl = require "perilune"
return pl.playbook { name = "host", errors = "ignore", run = function(run)
  run:sample("self", { every = "1s" })
  if run.args.on then run:sample("host", { every = "100ms" }) end
  run:sleep "6s"
end, args = { on = pl.arg.boolean { "false" } } }
END
  without=$(cpu $perilune run "$work/host.lua" --db "$work/h.db" --quiet)
  with=$(cpu $perilune run "$work/host.lua" --on true --db "$work/h.db" --quiet)
  row "one host sample of all sources, ms of CPU" "<= 1" "$(awk -v a="$with" -v b="$without" 'BEGIN { printf "%.2f", (a - b) * 1000 / 60 }')"
}

# CPU seconds of a process so far.
spent() { awk '{ print ($14 + $15) / 100 }' "/proc/$1/stat"; }
# CPU microseconds that node_exporter takes for a scrape, of 100.
scrape() {
  prometheus-node-exporter --web.listen-address=127.0.0.1:$((port + 4)) 2>"$work/exporter.log" &
  exporter=$!
  curl -s -o /dev/null --retry 20 --retry-connrefused --retry-delay 1 "http://127.0.0.1:$((port + 4))/metrics"
  before=$(spent $exporter)
  for _ in $(seq 100); do curl -s -o /dev/null "http://127.0.0.1:$((port + 4))/metrics"; done
  awk -v a="$before" -v b="$(spent $exporter)" 'BEGIN { printf "%.0f\n", (b - a) * 1e4 }'
  kill $exporter && wait $exporter 2>/dev/null || true
}
row_sampler() {
  cc -O2 -D_GNU_SOURCE -Icore -Iinclude -o "$work/sampler" tests/bench/sampler.c $build/core/sample/libpl_sample.a $build/core/net/libpl_net.a \
    $build/core/format/libpl_format.a $build/core/io/libpl_io.a $build/core/base/libpl_base.a -luv -lm
  for _ in $(seq 5); do taskset -c 1 "$work/sampler" 200 >>"$work/sampled"; done
  # shellcheck disable=SC2046
  set -- $(sort -g "$work/sampled" | sed -n 3p)
  row "one host sample of $3 series, over the kernel's own reading" "<= 1.4" "$(awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f (%.0f us of CPU)", a / b, a }')"
  row "the same over a scrape of node_exporter" "<= 1/15" "$(awk -v a="$1" -v b="$(scrape)" 'BEGIN { printf "1/%.0f (its scrape: %.0f us)", b / a, b }')"
}

row "figure ($pairs pairs: median, quartiles)" wanted measured
for row in $rows; do
  "row_$(echo "$row" | tr - _)"
done
