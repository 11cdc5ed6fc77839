#!/bin/sh
# ThreadSanitizer over what has threads: the tests of io, load, script and engine, and whole loads with several workers, with and
# without scripts. Load goes to 127.0.0.1 only.
#   sh tests/sanitizers.sh           all of it
#   sh tests/sanitizers.sh --short   the whole loads alone
set -eu
cd "$(dirname "$0")/.."
. examples/packages.sh
# shellcheck disable=SC2086
need $BUILD_PACKAGES libcmocka-dev

build=build/tsan
rooms="io load script engine"
[ "${1:-}" = --short ] && rooms=""
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Debug -DPL_WERROR=ON -DPL_TSAN=ON >/dev/null
targets=""
for room in $rooms; do
  for source in tests/c/"$room"/test_*.c; do targets="$targets test_${room}_$(basename "$source" .c | sed 's/^test_//')"; done
done
modules=$(cmake --build $build --target help | grep -o '^pl_module_[a-z0-9]*' | sort -u)
# shellcheck disable=SC2086
cmake --build $build --target perilune_cli shop $modules $targets >$build/build.log || { tail -n 30 $build/build.log >&2; exit 1; }

work=$(mktemp -d)
shop=""
trap '[ -z "$shop" ] || kill "$shop" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# Each report goes to a file of its own; a race makes the exit code 66.
export TSAN_OPTIONS="log_path=$work/race exitcode=66 second_deadlock_stack=1"
passed=0 failed=0
# check NAME COMMAND...: it runs to its end without a race. An objective may fail: ThreadSanitizer makes everything slow.
check() {
  name=$1 code=0
  shift
  timeout 120 "$@" >"$work/out" 2>&1 || code=$?
  if ls "$work"/race.* >/dev/null 2>&1; then
    echo "--- $name: a race"
    head -n 60 "$work"/race.*
    rm -f "$work"/race.*
    failed=$((failed + 1))
  elif [ $code = 124 ]; then
    echo "$name: no race in two minutes, then it was ended"
    passed=$((passed + 1))
  elif [ $code != 0 ] && [ $code != 3 ] && [ $code != 4 ]; then
    echo "--- $name: exit $code"
    tail -n 20 "$work/out"
    failed=$((failed + 1))
  else
    passed=$((passed + 1))
  fi
}
for target in $targets; do check "$target" $build/tests/"$target"; done

$build/examples/shop/shop --port 0 --port-file "$work/port" --delay lognormal:2ms,0.5 2>/dev/null &
shop=$!
for _ in $(seq 1200); do [ -s "$work/port" ] && break; sleep 0.05; done
url=http://127.0.0.1:$(cat "$work/port")
cat >"$work/user.lua" <<'EOF'
return function(user)
  local cart = user:post("/cart", { form = { item = 5 }, name = "cart" })
  user:check(cart, { status = 200 })
  user:think "2ms"
  user:check(user:get("/products/7"), { status = 200 })
end
EOF
cat >"$work/whole.lua" <<'EOF'
local pl = require "perilune"
return pl.playbook { name = "whole", args = { target = pl.arg.url {} }, objectives = { "p95(latency) < 5s", { "error_ratio < 50% over last 1s", stop = true } },
  scenarios = function(args) return { a = { arrivals = pl.poisson "300/s", duration = "3s", base = args.target,
    user = function(user) user:check(user:get("/"), { status = 200 }) end } } end,
  run = function(run)
    run:sample("host", { every = "200ms" })
    local load = run:load("a", { wait = false })
    run:sleep "500ms" load:rate "500/s"
    run:sleep "500ms" load:rate "100/s"
    load:wait()
    run:compare {}
  end }
EOF
check "an open loop" $build/core/cli/perilune load "$url/" --rate 1000/s --duration 3s --workers 3 --db "$work/t.db" --quiet
check "a closed loop, stopped at its end" $build/core/cli/perilune load "$url/" --users 20 --duration 2s --workers 3 --grace 0s --db "$work/t.db" --quiet
check "a script" $build/core/cli/perilune load "$url/" --rate 300/s --duration 3s --workers 3 --script "$work/user.lua" --db "$work/t.db" --quiet
check "a playbook that changes its load" $build/core/cli/perilune run "$work/whole.lua" --target "$url" --workers 2 --html "$work/r.html" --events "$work/events" --db "$work/t.db" --quiet
check "two commands at one database" sh -c "$build/core/cli/perilune load $url/ --requests 200 --users 4 --db $work/t.db --quiet & $build/core/cli/perilune runs --db $work/t.db; wait"

echo "sanitizers: $passed passed, $failed failed"
[ $failed = 0 ]
