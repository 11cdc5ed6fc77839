#!/bin/sh
# The battery: fourteen tests that expose a load generator that lies, against a server that keeps the truth. One row each: what
# an honest tool shows, what Perilune showed, the verdict; in the long form also what other tools said of the same server.
# Load goes to 127.0.0.1 only.
#   sh tests/battery/run.sh           about 40 minutes; names those of wrk, ab, hey, h2load and siege that are installed
#   sh tests/battery/run.sh --short   a tenth of the time, without the others
# A row that is not honest on a machine that stalled meanwhile is measured again, twice at most.
set -eu
cd "$(dirname "$0")/../.."
. examples/packages.sh
# shellcheck disable=SC2086
need $BUILD_PACKAGES lua-busted util-linux

export PERILUNE_BATTERY=long
[ "${1:-}" = --short ] && PERILUNE_BATTERY=short
build=build/release
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF >/dev/null
cmake --build $build >/dev/null
mkdir -p build/battery
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror -o build/battery/stalls tests/battery/stalls.c -lpthread
cc -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wcast-qual -Werror \
  -Iexamples/shop -o build/battery/truth tests/battery/truth.c tests/battery/ledger.c examples/shop/trouble.c -lm -lpthread

export LUA_PATH="$PWD/tests/?.lua;;"
export PERILUNE_BUILD="$PWD/$build"
exec $build/core/cli/perilune test tests/battery
