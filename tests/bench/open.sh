#!/bin/sh
# How long a timeline of 1,000 series with a year of minutes takes to open, one of a million series, and what rolling up the first one costs.
#   sh tests/bench/open.sh [SERIES [SAMPLES]]      of the first file; default 1000 and 525600, which need 3 GB of disk and half an hour
set -eu
cd "$(dirname "$0")/../.."
name=open
. tests/bench/store_program.sh
"$work/open" "$work/many.db" make 1000000 2 60
"$work/open" "$work/many.db"
"$work/open" "$work/year.db" make "${1:-1000}" "${2:-525600}" 60
"$work/open" "$work/year.db"
"$work/open" "$work/year.db" gc 0
"$work/open" "$work/year.db"
"$work/open" "$work/year.db" gc 8
