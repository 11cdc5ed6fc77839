#!/bin/bash
# The figures that Perilune is held to, as a table: ratios against wrk in one run, medians of several rounds, pinned.
# Needs two CPUs, wrk and nginx. Load goes to 127.0.0.1 only. Usage: tests/bench/run.sh [ROUNDS]
set -eu
cd "$(dirname "$0")/../.."
. examples/packages.sh
# shellcheck disable=SC2086
need $BUILD_PACKAGES wrk nginx-light lua5.4

rounds=${1:-5} seconds=4 port=18090
build=build/release
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF >/dev/null
cmake --build $build >/dev/null
perilune=$build/core/cli/perilune
work=$(mktemp -d)

cat >"$work/nginx.conf" <<EOF
worker_processes 1;
daemon off;
pid $work/pid;
error_log $work/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
  server { listen 127.0.0.1:$port; location / { return 200 "hello from a server on loopback!!\n"; } }
}
EOF
taskset -c 0 nginx -c "$work/nginx.conf" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.05; done

cat >"$work/user.lua" <<'EOF'
return function(user)
  local answer = user:get("/", { name = "home" })
  user:check(answer, { status = 200, { "body", function(a) return a:find("hello") ~= nil end } })
  user:tag("kind", "bench")
end
EOF

# cpu COMMAND...: its output goes to $work/out, its CPU seconds are printed.
cpu() {
  TIMEFORMAT='%U %S'
  { time taskset -c 1 "$@" >"$work/out" 2>/dev/null; } 2>&1 | awk '{ print $1 + $2 }'
}
# per_second REQUESTS SECONDS
per_second() { awk -v n="$1" -v s="$2" 'BEGIN { printf "%.0f\n", n / s }'; }
requests() { lua5.4 -e 'print(io.read("a"):match("\"total\":(%d+)"))' <"$work/out"; }

one_wrk() {
  s=$(cpu wrk -t1 -c64 -d${seconds}s "http://127.0.0.1:$port/")
  per_second "$(awk '/requests in/ { print $1 }' "$work/out")" "$s" >>"$work/wrk"
}
one_perilune() { # NAME OPTIONS...
  name=$1
  shift
  s=$(cpu $perilune load "http://127.0.0.1:$port/" --users 64 --duration ${seconds}s --workers 1 --db "$work/t.db" --quiet --json - "$@")
  per_second "$(requests)" "$s" >>"$work/$name"
}
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for _ in $(seq "$rounds"); do
  one_wrk
  one_perilune plain
  one_perilune script --script "$work/user.lua"
done
wrk=$(median "$work/wrk") plain=$(median "$work/plain") script=$(median "$work/script")

for _ in $(seq 40); do
  TIMEFORMAT='%R'
  { time $perilune version >/dev/null; } 2>&1 | awk '{ print $1 * 1000 }' >>"$work/version"
done

cat >"$work/idle.lua" <<EOF
local pl = require "perilune"
return pl.playbook { name = "idle",
  scenarios = function() return { idle = { users = 10000, duration = "8s", grace = "1s", base = "http://127.0.0.1:$port", connections = 100,
    user = function(user) user:think "60s" end } } end,
  run = function(run) run:load "idle" end }
EOF
$perilune run "$work/idle.lua" --workers 1 --db "$work/idle.db" --json - --quiet >"$work/out" 2>/dev/null || true
idle=$(lua5.4 -e 'print(math.floor(io.read("a"):match("\"rss_bytes\":(%d+)") / 1048576))' <"$work/out")

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

row() { printf '%-62s %10s   %s\n' "$1" "$2" "$3"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
row "figure ($rounds rounds, medians)" measured wanted
row "requests per CPU second, no script, over wrk ($plain / $wrk)" "$(ratio "$plain" "$wrk")" ">= 0.90"
row "the same with a Lua function a request ($script / $wrk)" "$(ratio "$script" "$wrk")" ">= 0.45"
row "cold start of \`perilune version\`, ms" "$(median "$work/version")" "<= 5"
row "10,000 idle closed-loop users, MB" "$idle" "<= 120"
row "one host sample of all sources, ms of CPU" "$(awk -v a="$with" -v b="$without" 'BEGIN { printf "%.2f", (a - b) * 1000 / 60 }')" "<= 1"
