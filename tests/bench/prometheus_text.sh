#!/bin/sh
# Speed of the parser of Prometheus text, as a ratio to Prometheus' own where Go can fetch it, in pairs:
#   sh tests/bench/prometheus_text.sh FILE [openmetrics]
# FILE: an exposition, such as prometheus-node-exporter gives at /metrics.
set -eu
file=$(realpath "$1")
shift
cd "$(dirname "$0")/../.."
build=build/release
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF >/dev/null
cmake --build $build --target pl_format >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cc -O3 -D_GNU_SOURCE -Icore -Iinclude -o "$work/ours" tests/bench/prometheus_text.c $build/core/format/libpl_format.a $build/core/base/libpl_base.a -lm
cp tests/bench/prometheus_text.go "$work/main.go"
(cd "$work" && go mod init bench && go get github.com/prometheus/prometheus/model/textparse@v0.316.0 && go mod tidy && go build -o theirs .) >"$work/go.log" 2>&1 ||
  echo "Prometheus' parser is left out: $(tail -n 1 "$work/go.log")"

for _ in 1 2 3 4 5; do
  echo "ours                    $("$work/ours" "$file" "$@")"
  [ -x "$work/theirs" ] || continue
  echo "Prometheus, labels      $(GOMAXPROCS=1 "$work/theirs" "$file" "$@")"
  echo "Prometheus, series only $(GOMAXPROCS=1 "$work/theirs" "$file" "$@" series)"
done
