#!/bin/sh
# The checks that need reference data: files that other programs wrote, with what those programs read from them.
# tests/reference.sh FOLDER (or PERILUNE_REFERENCE). Run after tests/run.sh, whose build it uses.
set -eu
cd "$(dirname "$0")/.."
PERILUNE_REFERENCE=${1:-${PERILUNE_REFERENCE:-}}
if [ -z "$PERILUNE_REFERENCE" ]; then
  echo "reference checks: skipped: no reference data"
  exit 0
fi
export PERILUNE_REFERENCE
failed=0
for test in build/tests/tests/test_*_reference; do
  if "$test" >"$test.log" 2>&1; then
    echo "$(basename "$test"): passed"
  else
    cat "$test.log"
    failed=1
  fi
done
exit $failed
