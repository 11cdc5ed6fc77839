#!/bin/sh
# What rules of right-sizing leave idle, and how often use lies above: sizes from the first half of each trace, judged on the second; every
# 6th trace of traces/planetlab-cpu-5min.csv.gz of the reference data (a name and 288 percentages of a core a line). idle: the mean over the
# traces of the mean of 1 - use / size, violations of the share of samples above the size; sizes are at least 1 % of a core, for every rule.
#   sh tests/bench/rightsize.sh [BUILD] [BUDGET ...]      default build/rel and 1% 1.5% 2% 3% 5% 6%
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build/rel}
[ $# -gt 0 ] && shift
[ -n "${PERILUNE_REFERENCE:-}" ] || { echo "skipped: no reference data (PERILUNE_REFERENCE)"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - "$build/core/cli/perilune" "$PERILUNE_REFERENCE/data/traces/planetlab-cpu-5min.csv.gz" "$work" "${@:-1% 1.5% 2% 3% 5% 6%}" <<'EOF'
import csv, gzip, math, subprocess, sys

program, data, work = sys.argv[1:4]
budgets = " ".join(sys.argv[4:]).split()
with gzip.open(data, "rt") as f:
    rows = [(r[0], [float(v) for v in r[1:] if v]) for r in csv.reader(f)]
rows = [r for r in rows[::6] if len(r[1]) >= 288]
halves = [(f"t{i}", r[1][:144], r[1][144:288]) for i, r in enumerate(rows)]
with open(f"{work}/first.csv", "w") as f:
    for name, first, _ in halves:
        f.write(name + "," + ",".join(f"{v:g}" for v in first) + "\n")

def judge(sizes):
    idle = above = 0
    for name, _, later in halves:
        size = max(sizes[name], 1)
        idle += sum(1 - v / size for v in later) / len(later)
        above += sum(v > size for v in later) / len(later)
    return idle / len(halves), above / len(halves)

def run(rule, *options):
    text = subprocess.run([program, "rightsize", rule, f"{work}/first.csv", *options], capture_output=True, text=True, check=True).stdout
    return {line.split(",")[0]: float(line.split(",")[1]) for line in text.splitlines()}

def show(name, sizes):
    print(f"{name:24s} idle {judge(sizes)[0]:.3f}  violations {100 * judge(sizes)[1]:.2f} %", flush=True)

def percentile(values, p):
    return sorted(values)[max(0, math.ceil(p * len(values)) - 1)]

print(f"{len(halves)} traces")
show("VPA's target", {k: v / 10 for k, v in run("vpa").items()})
for p, factor in ((0.95, 1.15), (0.98, 1.15), (1, 1), (1, 1.15)):
    show(f"p{100 * p:g} x {factor}", {n: factor * percentile(first, p) for n, first, _ in halves})
for b in budgets:
    show(f"predictive, {b}", run("predictive", "--violations", b))
EOF
