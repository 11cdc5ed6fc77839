#!/bin/sh
# How long Lua's collector keeps a worker in one step, in microseconds of the worker's CPU time (wanted: 200 at most), while scripted users
# send requests, check the answers and hold 24 tables each that they exchange for new ones. One row a number of users: steps, the longest,
# p99.9, and the median over the collections of one's longest step. What other programs do to the caches and what the machine takes for
# itself count with the first two: measure on a quiet machine. Load goes to 127.0.0.1 only.
#   sh tests/bench/collector.sh [SECONDS [USERS...]]      4 seconds, and 1 100 2000 20000 users, unless said otherwise
set -eu
cd "$(dirname "$0")/../.."
. examples/packages.sh
# shellcheck disable=SC2086
need $BUILD_PACKAGES nginx-light
build=build/release
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF >/dev/null
cmake --build $build >/dev/null
work=$(mktemp -d)
ulimit -n "$(ulimit -Hn)"
cc -O2 -shared -fPIC -D_GNU_SOURCE -I/usr/include/lua5.4 -o "$work/collector.so" tests/bench/collector.c

port=18090
cat >"$work/nginx.conf" <<CONF
worker_processes 1;
daemon off;
pid $work/pid;
error_log $work/error.log;
events { worker_connections 1000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
  server { listen 127.0.0.1:$port; location / { return 200 "hello from a server on loopback!!\n"; } }
}
CONF
nginx -c "$work/nginx.conf" 2>/dev/null &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

seconds=${1:-4}
[ $# = 0 ] || shift
cat >"$work/steps.lua" <<LUA
local pl = require "perilune"
return pl.playbook { name = "steps", errors = "ignore", args = { users = pl.arg.integer { "100" } },
  scenarios = function(args) return { steps = { users = args.users, duration = "${seconds}s", grace = "5s", base = "http://127.0.0.1:$port",
    connections = math.min(args.users, 64), user = function(user)
      local answer, vars = user:get("/", { name = "home" }), user.vars
      user:check(answer, { status = 200, { "body", function(a) return a:find("hello") ~= nil end } })
      user:tag("kind", "bench")
      vars.n, vars.held = (vars.n or 0) + 1, vars.held or {}
      vars.held[vars.n % 8 + 1] = { at = vars.n, parts = { "a", "b", tostring(vars.n) }, { x = 1, y = 2 } }
    end } } end,
  run = function(run) run:load "steps" end }
LUA
printf '%10s %10s %12s %12s %28s\n' users steps "longest us" "p99.9 us" "median of the longest us"
for users in ${*:-1 100 2000 20000}; do
  COLLECTOR_STEPS=$work/steps LD_PRELOAD=$work/collector.so $build/core/cli/perilune run "$work/steps.lua" --users "$users" --workers 1 --db "$work/t.db" --quiet >/dev/null
  awk -v users="$users" '{ printf "%10d %10d %12s %12s %28s\n", users, $1, $2, $3, $4 }' "$work/steps"
done
