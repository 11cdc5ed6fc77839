#!/bin/sh
# Every test: builds with warnings as errors and with AddressSanitizer and UndefinedBehaviorSanitizer, runs cmocka, busted and
# integration tests, and closes with one line of totals.
set -eu
cd "$(dirname "$0")/.."
. examples/packages.sh

# shellcheck disable=SC2086
need $BUILD_PACKAGES g++ libcmocka-dev lua-busted lua5.4 nginx-light dnsmasq-base tinyproxy-bin redis-server memcached postgresql wrk openssl socat locales python3 python3-websockets python3-grpcio python3-protobuf python3-prometheus-client protobuf-compiler sqlite3 curl libxml2-utils prometheus-node-exporter iproute2 prometheus-pushgateway influxdb graphite-carbon victoria-metrics xz-utils

build=$PWD/build/tests
mkdir -p "$build"
log=$build/build.log
if ! { cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DPL_WERROR=ON -DPL_ASAN=ON && cmake --build "$build"; } >"$log" 2>&1; then
  grep -E "error|FAILED" "$log" >&2 || tail -n 30 "$log" >&2
  echo "The build failed; all of it is in $log." >&2
  exit 1
fi

passed=0 failed=0 skipped=0
# count PASSED FAILED SKIPPED
count() {
  passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# listed WORD: how many tests cmocka's summary in $build/$name.log gives as FAILED or SKIPPED.
listed() {
  sed -n "s/^\[ *$1 *\] \([0-9]*\) test(s), listed below:\$/\1/p" "$build/$name.log" | grep . || echo 0
}

# Each test program of cmocka says how many of its tests passed; one that crashes counts as one failure. As many run at once as there are CPUs.
tests=$(find "$build/tests" -maxdepth 1 -type f -executable -name "test_*" | sort)
# shellcheck disable=SC2016
echo "$tests" | xargs -P "$(nproc)" -I{} sh -c 'log=$1/$(basename "$2").log code=0; timeout 300 "$2" >"$log" 2>&1 || code=$?; echo $code >"$log.code"' sh "$build" {}
for test in $tests; do
  name=$(basename "$test")
  code=$(cat "$build/$name.log.code")
  good=$(grep -c '^\[       OK \]' "$build/$name.log" || true)
  bad=$(listed FAILED)
  quiet=$(listed SKIPPED)
  if [ "$code" != 0 ]; then
    [ "$bad" = 0 ] && bad=1
    echo "--- $name (exit $code)"
    grep -vE '^\[ (RUN|      OK) ' "$build/$name.log" | head -n 60
  fi
  count "$good" "$bad" "$quiet"
done

# specs NAME FOLDER: busted inside the program; NAME.log says how long each test took.
specs() {
  if timeout 1800 "$build/core/cli/perilune" test --times "$2" >"$build/$1.log" 2>&1; then code=0; else code=$?; fi
  sed '/^busted: /d; /^ *[0-9.]* s  /d' "$build/$1.log"
  totals=$(sed -n 's/^busted: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$build/$1.log")
  # shellcheck disable=SC2086
  if [ -n "$totals" ]; then count $totals; else echo "--- $1 ended with $code and no totals"; count 0 1 0; fi
}
export LUA_PATH="$PWD/tests/?.lua;;"
export PERILUNE_BUILD="$build"
specs lua tests/lua
specs integration tests/integration

if lua5.4 tests/house.lua .; then count 1 0 0; else count 0 1 0; fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
