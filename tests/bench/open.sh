#!/bin/sh
# How long a timeline of 1,000 series with a year of minutes takes to open, one of a million series, and what rolling up the first one costs.
#   sh tests/bench/open.sh [SERIES [SAMPLES]]      of the first file; default 1000 and 525600, which need 3 GB of disk and half an hour
set -eu
cd "$(dirname "$0")/../.."
rooms="store format analysis base"
cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF >/dev/null
for room in $rooms; do ninja -C build/release "core/$room/libpl_$room.a" >/dev/null; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2046
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Icore -Iinclude -o "$work/open" tests/bench/open.c \
  $(for room in $rooms; do echo "build/release/core/$room/libpl_$room.a"; done) -lsqlite3 -lyajl -lz -lm
"$work/open" "$work/many.db" make 1000000 2 60
"$work/open" "$work/many.db"
"$work/open" "$work/year.db" make "${1:-1000}" "${2:-525600}" 60
"$work/open" "$work/year.db"
"$work/open" "$work/year.db" gc 0
"$work/open" "$work/year.db"
"$work/open" "$work/year.db" gc 8
