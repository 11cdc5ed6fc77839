#!/bin/sh
# How many samples a second the timeline takes on one core (the last that this process may have), durable once a second, how many it gives back, and their bytes on the disk.
#   sh tests/bench/ingest.sh [SERIES [SAMPLES [STEP_MS]]]      default 1000 series, 10 million samples, a tick a second of the series' time
set -eu
cd "$(dirname "$0")/../.."
name=ingest
. tests/bench/store_program.sh
cpu=$(awk '/^Cpus_allowed_list/ { sub(/.*[-,]/, "", $2); print $2 }' /proc/self/status)
taskset -c "$cpu" "$work/ingest" "$work/t.db" "$@"
