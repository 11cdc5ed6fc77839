#!/bin/sh
# Makes the fixtures anew: two seconds of this machine, as sysstat and procps write them. Needs sysstat and procps.
set -eu
cd "$(dirname "$0")"
export LC_ALL=C TZ=UTC
sar -u ALL -r -n DEV -q 1 2 >sar.txt
iostat -t -x 1 2 >iostat.txt
vmstat -t 1 2 >vmstat.txt
