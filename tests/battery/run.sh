#!/bin/sh
# The battery: fourteen tests that expose a load generator that lies, against a server that keeps the truth. One row each, printed as
# soon as it is measured: the verdict, what Perilune showed, what an honest tool shows; below some, what other tools said of such a
# server, those of wrk, ab, hey, h2load, siege, oha and vegeta that are installed. Load goes to 127.0.0.1 only.
#   sh tests/battery/run.sh [ROW...]           all fourteen, 37 minutes with all seven tools, unless numbers are named (14 goes with 13)
#   sh tests/battery/run.sh --short [ROW...]   a tenth of the time
# A short row that is not honest is measured again: two of three decide, and what a machine did that stalled meanwhile counts for nothing.
set -eu
cd "$(dirname "$0")/../.."
. examples/packages.sh
# shellcheck disable=SC2086
need $BUILD_PACKAGES lua-busted libcmocka-dev util-linux

export PERILUNE_BATTERY=long
[ "${1:-}" = --short ] && PERILUNE_BATTERY=short && shift
export PERILUNE_BATTERY_ROWS="$*"
build=build/release
mkdir -p build/battery
# One test of C, from the same objects; then the folder is as the first review's, without tests.
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=ON >/dev/null
cmake --build $build --target test_load_clock_step >/dev/null
cp $build/tests/test_load_clock_step build/battery/
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF >/dev/null
cmake --build $build >/dev/null
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror -o build/battery/stalls tests/battery/stalls.c -lpthread
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror -o build/battery/bare tests/battery/bare.c -lm
cc -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wcast-qual -Werror \
  -Iexamples/shop -o build/battery/truth tests/battery/truth.c tests/battery/ledger.c examples/shop/trouble.c -lm -lpthread

export LUA_PATH="$PWD/tests/?.lua;;"
export PERILUNE_BUILD="$PWD/$build"
exec $build/core/cli/perilune test tests/battery
