#!/bin/sh
# How long PromQL takes over a series of a year and over ten thousand of an hour, in CPU time; beside it Prometheus, where there is one on
# PATH or in $PERILUNE_REFERENCE/bin.
#   sh tests/bench/promql.sh
set -eu
cd "$(dirname "$0")/../.."
rooms="query store format analysis base"
cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF >/dev/null
for room in $rooms; do ninja -C build/release "core/$room/libpl_$room.a" >/dev/null; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2046
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Icore -Iinclude -o "$work/promql" tests/bench/promql.c \
  $(for room in $rooms; do echo "build/release/core/$room/libpl_$room.a"; done) -lsqlite3 -lyajl -lz -lm
taskset -c 1 "$work/promql" "$work/t.db"
[ -z "${PERILUNE_REFERENCE:-}" ] || PATH=$PATH:$(sh "$PERILUNE_REFERENCE/bin/unpack" "$work/bin" prometheus)
if command -v prometheus >/dev/null; then
  python3 tests/bench/promql_peer.py "$(command -v prometheus)" "$work"
else
  echo "Prometheus: skipped, it is not there"
fi
