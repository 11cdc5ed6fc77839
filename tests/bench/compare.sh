#!/bin/sh
# False positives and power of the tests of two samples, over pairs that are drawn with this seed.
#   sh tests/bench/compare.sh [PAIRS] [SEED]      default 2000 and 1
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Icore -Iinclude -o "$work/compare" tests/bench/compare.c core/analysis/*.c \
  core/base/alloc.c core/base/random.c -lm
"$work/compare" "${1:-2000}" "${2:-1}"
