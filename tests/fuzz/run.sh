#!/bin/sh
# Fuzzes every parser that reads what others send: run.sh [SECONDS a target, default 600] [TARGET ...]. New inputs go to build/fuzz,
# never to the corpus; an input that fails is kept as build/fuzz/NAME.crash-*. Needs clang.
set -eu
cd "$(dirname "$0")/../.."
. examples/packages.sh

# shellcheck disable=SC2086
need $BUILD_PACKAGES clang libclang-rt-14-dev libcmocka-dev

seconds=${1:-600}
[ $# -eq 0 ] || shift
build=build/fuzz
mkdir -p $build
if ! { CC=clang cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPL_ASAN=ON -DPL_FUZZ=ON -DPL_EXAMPLES=OFF && cmake --build $build --target fuzz; } >$build/build.log 2>&1; then
  grep -E "error|FAILED" $build/build.log >&2 || tail -n 30 $build/build.log >&2
  echo "The build failed; all of it is in $build/build.log." >&2
  exit 1
fi
[ $# -gt 0 ] || set -- $(ls $build/tests/fuzz | sed -n 's/^fuzz_//p')

failed=0
for name in "$@"; do
  found=$build/found/$name
  mkdir -p "$found"
  if ! "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$build/$name." "$found" "tests/fuzz/corpus/$name" >"$build/$name.log" 2>&1; then
    grep -E "expected|ERROR|SUMMARY|runtime error" "$build/$name.log" | head -n 5
    echo "$name: a finding; the input is $build/$name.*"
    failed=1
    continue
  fi
  echo "$name: $(sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\) second.*/\1 inputs in \2 s/p' "$build/$name.log"), $(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$build/$name.log" | tail -n 1) edges, no finding"
done
exit $failed
