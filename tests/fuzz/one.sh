#!/bin/sh
# Fuzzes one target, for run.sh: one.sh BUILD SECONDS TARGET. Prints a line; a finding is exit code 1.
set -eu
build=$1 seconds=$2 name=$3
found=$build/found/$name
mkdir -p "$found"
if ! "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
  -artifact_prefix="$build/$name." "$found" "tests/fuzz/corpus/$name" >"$build/$name.log" 2>&1; then
  grep -E "expected|ERROR|SUMMARY|runtime error" "$build/$name.log" | head -n 5
  echo "$name: a finding; the input is $build/$name.*"
  exit 1
fi
echo "$name: $(sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\) second.*/\1 inputs in \2 s/p' "$build/$name.log"), $(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$build/$name.log" | tail -n 1) edges, no finding"
