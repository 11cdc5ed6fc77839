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

# As many at once as there are CPUs: a target uses one.
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 sh tests/fuzz/one.sh "$build" "$seconds"
