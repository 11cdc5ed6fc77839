#!/bin/sh
# Bytes of a histogram in chunks, and how fast a core writes and reads them: a load of 5,000 and of 300 requests a second.
#   sh tests/bench/histograms.sh [SECONDS]      of the load; default 640
set -eu
cd "$(dirname "$0")/../.."
name=histograms
. tests/bench/store_program.sh
cpu=$(awk '/^Cpus_allowed_list/ { sub(/.*[-,]/, "", $2); print $2 }' /proc/self/status)
for rate in 5000 300; do
  taskset -c "$cpu" "$work/histograms" "$rate" "${1:-640}"
done
