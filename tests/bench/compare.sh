#!/bin/sh
# False positives and power: of the tests of two samples, and of the gate over all figures of runs with one name and with several, over pairs
# that are drawn with this seed. The gate is Perilune's own, inside the program of a build with tests.
#   sh tests/bench/compare.sh [PAIRS] [SEED] [GATE_PAIRS] [BUILD]      default 2000, 1, 400 and build/tests; GATE_PAIRS 0: without the gate
set -eu
cd "$(dirname "$0")/../.."
build=${4:-build/tests}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Icore -Iinclude -o "$work/compare" tests/bench/compare.c core/analysis/*.c \
  core/base/alloc.c core/base/random.c -lm
"$work/compare" "${1:-2000}" "${2:-1}"
[ "${3:-400}" = 0 ] && exit 0
[ -x "$build/core/cli/perilune" ] || { echo "the gate was not measured: $build has no program"; exit 1; }
echo
GATE_PAIRS=${3:-400} GATE_SEED=${2:-1} LUA_PATH="$PWD/tests/?.lua;;" "$build/core/cli/perilune" test tests/bench/gate_spec.lua
