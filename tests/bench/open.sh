#!/bin/sh
# How long a timeline of a million series takes to open, and one of 1,000 series with a year of minutes; what rolling up the second one costs, and
# whether number, sum, least and greatest of its samples stay what they were.
#   sh tests/bench/open.sh [SERIES [SAMPLES]]      of the second file; default 1000 and 525600, which need 2 GB of disk. Samples of every
#                                                  20th series are made, and copied to the others
set -eu
cd "$(dirname "$0")/../.."
name=open
. tests/bench/store_program.sh
"$work/open" "$work/many.db" make 1000000 2 60
"$work/open" "$work/many.db"
"$work/open" "$work/year.db" make "$((${1:-1000} / 20))" "${2:-525600}" 60
"$work/open" "$work/year.db" spread 20
"$work/open" "$work/year.db"
"$work/open" "$work/year.db" sum
"$work/open" "$work/year.db" gc 0
"$work/open" "$work/year.db" sum
"$work/open" "$work/year.db"
"$work/open" "$work/year.db" gc 8
