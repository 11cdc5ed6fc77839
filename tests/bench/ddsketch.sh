#!/bin/sh
# Millions of values a second that a DDSketch takes on one core, of three laws.
#   sh tests/bench/ddsketch.sh [MILLIONS]      of values a law; default 100
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Icore -Iinclude -o "$work/ddsketch" tests/bench/ddsketch.c core/analysis/ddsketch.c \
  core/analysis/ranks.c core/base/alloc.c core/base/random.c -lm
"$work/ddsketch" "${1:-100}"
