#!/bin/sh
# How often the 95 % intervals of p50, p95 and p99 hold the truth, for simulated M/M/1 servers at load 0.5, 0.8 and 0.9.
#   sh tests/bench/coverage.sh [TRIALS]      default 5,000 of each load: some minutes
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build/bench
# shellcheck disable=SC2086
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Icore -Iinclude -Itests -Itests/c -o build/bench/coverage tests/c/analysis/test_coverage.c \
  core/analysis/bootstrap.c core/analysis/student.c core/analysis/hist.c core/analysis/ranks.c core/base/random.c core/base/alloc.c tests/c/support/failing.c -lcmocka -lm
exec build/bench/coverage "${1:-5000}"
