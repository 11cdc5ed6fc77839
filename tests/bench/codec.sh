#!/bin/sh
# Bytes a sample, times included, and millions of samples that a core (the last that this process may have) writes and reads a second, for
# both efforts of chunks, over public series. DATA is a folder with nab/nab-data-dev.tar.gz (CSV files of NAB's data),
# traces/planetlab-cpu-5min.csv.gz (a name and 288 values a line), traces/worldcup98-requests-per-minute.csv.gz and
# forecast/prophet/example_yosemite_temps.csv (time and value a line).
#   sh tests/bench/codec.sh DATA [SAMPLES]      of a chunk at the most; default 8192, as sealing makes them
set -eu
data=$(realpath "${1:?the folder of the series}")
cd "$(dirname "$0")/../.."
name=codec
. tests/bench/store_program.sh

python3 - "$data" "$work" <<'END'
import calendar, csv, gzip, io, sys, tarfile, time

data, work = sys.argv[1:]
step_ns = 300 * 10**9

def series(text):
    next(text)
    return [(calendar.timegm(time.strptime(stamp[:19], "%Y-%m-%d %H:%M:%S")) * 10**9, value) for stamp, value in csv.reader(text) if value]

def write(name, all_series):
    with open(f"{work}/{name}", "w") as f:
        f.write("\n".join("".join(f"{t} {v}\n" for t, v in s) for s in all_series))

with tarfile.open(f"{data}/nab/nab-data-dev.tar.gz") as tar:
    write("NAB", [series(io.TextIOWrapper(tar.extractfile(m))) for m in tar.getmembers() if m.name.endswith(".csv")])
with gzip.open(f"{data}/traces/planetlab-cpu-5min.csv.gz", "rt") as f:
    write("PlanetLab", [[(i * step_ns, v) for i, v in enumerate(row[1:]) if v] for row in csv.reader(f)])
with gzip.open(f"{data}/traces/worldcup98-requests-per-minute.csv.gz", "rt") as f:
    write("WorldCup98", [series(f)])
with open(f"{data}/forecast/prophet/example_yosemite_temps.csv") as f:
    write("Yosemite", [series(f)])
END
cpu=$(awk '/^Cpus_allowed_list/ { sub(/.*[-,]/, "", $2); print $2 }' /proc/self/status)
for name in NAB PlanetLab WorldCup98 Yosemite; do
  taskset -c "$cpu" "$work/codec" "${2:-8192}" <"$work/$name" | sed "s/^/$name: /"
done
