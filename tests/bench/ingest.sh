#!/bin/sh
# How many samples a second the timeline takes on one core (the last that this process may have), durable once a second, how many it gives back, and their bytes on the disk.
#   sh tests/bench/ingest.sh [SERIES [SAMPLES [STEP_MS]]]      default 1000 series, 10 million samples, a tick a second of the series' time
set -eu
cd "$(dirname "$0")/../.."
rooms="store format analysis base"
cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF >/dev/null
for room in $rooms; do ninja -C build/release "core/$room/libpl_$room.a" >/dev/null; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2046
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Icore -Iinclude -o "$work/ingest" tests/bench/ingest.c \
  $(for room in $rooms; do echo "build/release/core/$room/libpl_$room.a"; done) -lsqlite3 -lyajl -lz -lm
cpu=$(awk '/^Cpus_allowed_list/ { sub(/.*[-,]/, "", $2); print $2 }' /proc/self/status)
taskset -c "$cpu" "$work/ingest" "$work/t.db" "$@"
