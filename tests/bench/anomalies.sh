#!/bin/sh
# Anomalies: rows a second on a core, bytes of state a series, false alerts in 10,000 rows of noise by its kind, and how many of what is put into noise is
# found, how late, and rightly named.
#   sh tests/bench/anomalies.sh [SERIES [SEED]]      of each kind; default 30 and 1
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Icore -Iinclude -o "$work/anomalies" tests/bench/anomalies.c core/analysis/anomaly/alarm.c \
  core/analysis/anomaly/detector.c core/analysis/anomaly/naming.c core/analysis/anomaly/period.c core/analysis/anomaly/plain.c core/analysis/anomaly/season.c core/analysis/anomaly/tail.c core/analysis/anomaly/young.c \
  core/analysis/order.c core/analysis/student.c core/analysis/normal.c core/analysis/ranks.c core/base/random.c core/base/alloc.c -lm
"$work/anomalies" "${1:-30}" "${2:-1}"
