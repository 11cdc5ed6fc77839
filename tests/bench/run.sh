#!/bin/sh
# The figures that Perilune is held to, as a table: ratios against a peer in one run, in pairs that take turns, medians with
# quartiles. Needs two CPUs. Load goes to 127.0.0.1 only. Usage: tests/bench/run.sh [PAIRS]
set -eu
cd "$(dirname "$0")/../.."
. examples/packages.sh
# shellcheck disable=SC2086
need $BUILD_PACKAGES wrk nghttp2-client nginx-light lua5.4 curl openssl

pairs=${1:-25} port=18090
build=build/release
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF >/dev/null
cmake --build $build >/dev/null
perilune=$build/core/cli/perilune
work=$(mktemp -d)
url=http://127.0.0.1:$port/ secure=https://127.0.0.1:$((port + 1))/ http2=https://127.0.0.1:$((port + 2))/
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 2 -subj /CN=bench 2>/dev/null

cat >"$work/nginx.conf" <<EOF
worker_processes 1;
daemon off;
pid $work/pid;
error_log $work/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
  ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; ssl_protocols TLSv1.3;
  server { listen 127.0.0.1:$port; listen 127.0.0.1:$((port + 1)) ssl; listen 127.0.0.1:$((port + 2)) ssl http2; location / { return 200 "hello from a server on loopback!!\n"; } }
}
EOF
taskset -c 0 nginx -c "$work/nginx.conf" 2>/dev/null &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
curl -s -o /dev/null --retry 20 --retry-connrefused --retry-delay 1 "$url" || { cat "$work/error.log" >&2; exit 1; }

cat >"$work/user.lua" <<'EOF'
return function(user)
  local answer = user:get("/", { name = "home" })
  user:check(answer, { status = 200, { "body", function(a) return a:find("hello") ~= nil end } })
  user:tag("kind", "bench")
end
EOF

# cpu COMMAND...: its output goes to $work/out, its CPU seconds (user and system) are printed.
cpu() {
  (taskset -c 1 "$@" >"$work/out" 2>/dev/null || true; times) | tail -n 1 | tr 'ms' '  ' | awk '{ print $1 * 60 + $2 + $3 * 60 + $4 }'
}
requests() { lua5.4 -e 'print(io.read("a"):match("\"total\":(%d+)"))' <"$work/out"; }
per_second() { awk -v n="$1" -v s="$2" 'BEGIN { printf "%.0f\n", n / s }'; }

# Requests per CPU second of one run of a second with 64 connections.
run_wrk() { # URL
  s=$(cpu wrk -t1 -c64 -d1s "$1")
  per_second "$(awk '/requests in/ { print $1 }' "$work/out")" "$s"
}
run_perilune() { # URL OPTIONS...
  s=$(cpu $perilune load "$@" --users 64 --duration 1s --workers 1 --db "$work/t.db" --quiet --json -)
  per_second "$(requests)" "$s"
}

# The same with 16 sessions of 8 streams.
run_h2load() { # URL
  s=$(cpu h2load -t1 -c16 -m8 -D1 "$1")
  per_second "$(awk '/^requests:/ { print $8 }' "$work/out")" "$s"
}
run_sessions() { # URL OPTIONS...
  s=$(cpu $perilune load "$@" --http2 --connections 16 --streams 8 --duration 1s --workers 1 --db "$work/t.db" --quiet --json -)
  per_second "$(requests)" "$s"
}

# quartiles FILE: median, first and third quartile of one number a line.
quartiles() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)], v[int((NR + 3) / 4)], v[int((3 * NR + 3) / 4)] }'; }
row() { printf '%-58s %-20s %s\n' "$1" "$2" "$3"; }
# ratio_row PEER OURS NAME WANTED URL OPTIONS...: pairs of a peer and Perilune, whose order changes from pair to pair.
ratio_row() {
  peer=$1 ours=$2 name=$3 wanted=$4
  shift 4
  : >"$work/ratios"
  for i in $(seq "$pairs"); do
    if [ $((i % 2)) = 0 ]; then a=$("$peer" "$1") b=$("$ours" "$@"); else b=$("$ours" "$@") a=$("$peer" "$1"); fi
    awk -v a="$a" -v b="$b" 'BEGIN { printf "%.4f\n", b / a }' >>"$work/ratios"
  done
  row "$name" "$(quartiles "$work/ratios" | awk '{ printf "%.2f (%.2f to %.2f)", $1, $2, $3 }')" "$wanted"
}

row "figure ($pairs pairs: median, quartiles)" measured wanted
ratio_row run_wrk run_perilune "requests per CPU second, no script, over wrk" ">= 0.90" "$url"
ratio_row run_wrk run_perilune "the same with a Lua function a request" ">= 0.45" "$url" --script "$work/user.lua"
ratio_row run_wrk run_perilune "TLS 1.3, no script" ">= 1.30" "$secure" --insecure
ratio_row run_wrk run_perilune "TLS 1.3, with a Lua function a request" ">= 1.10" "$secure" --insecure --script "$work/user.lua"
ratio_row run_h2load run_sessions "HTTP/2 over TLS, 16 sessions x 8 streams, over h2load" ">= 1.10" "$http2" --insecure

# Wall milliseconds of one start; what a program that does nothing takes is not ours.
for _ in $(seq 40); do
  from=$(date +%s%N)
  $perilune version >/dev/null
  to=$(date +%s%N)
  /bin/true
  none=$(date +%s%N)
  awk -v a=$((to - from)) -v b=$((none - to)) 'BEGIN { print (a - b) / 1e6 }' >>"$work/version"
done
row "cold start of \`perilune version\`, ms" "$(quartiles "$work/version" | awk '{ printf "%.1f", $1 }')" "<= 5"

cat >"$work/idle.lua" <<EOF
local pl = require "perilune"
return pl.playbook { name = "idle",
  scenarios = function() return { idle = { users = 10000, duration = "8s", grace = "1s", base = "$url", connections = 100,
    user = function(user) user:think "60s" end } } end,
  run = function(run) run:load "idle" end }
EOF
$perilune run "$work/idle.lua" --workers 1 --db "$work/idle.db" --json - --quiet >"$work/out" 2>/dev/null || true
row "10,000 idle closed-loop users, MB" "$(lua5.4 -e 'print(math.floor(io.read("a"):match("\"rss_bytes\":(%d+)") / 1048576))' <"$work/out")" "<= 120"

cat >"$work/host.lua" <<'EOF'
local pl = require "perilune"
return pl.playbook { name = "host", errors = "ignore", run = function(run)
  run:sample("self", { every = "1s" })
  if run.args.on then run:sample("host", { every = "100ms" }) end
  run:sleep "6s"
end, args = { on = pl.arg.boolean { "false" } } }
EOF
without=$(cpu $perilune run "$work/host.lua" --db "$work/h.db" --quiet)
with=$(cpu $perilune run "$work/host.lua" --on true --db "$work/h.db" --quiet)
row "one host sample of all sources, ms of CPU" "$(awk -v a="$with" -v b="$without" 'BEGIN { printf "%.2f", (a - b) * 1000 / 60 }')" "<= 1"
