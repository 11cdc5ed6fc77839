#!/bin/sh
# The first review: builds Perilune, starts the demo shop, reviews it twice, so that the second review compares itself with
# the first, and says where the report and the database are. What it started it stops, also on Ctrl-C.
set -eu

cd "$(dirname "$0")/.."
. examples/packages.sh

# shellcheck disable=SC2086
need $BUILD_PACKAGES

build=build/release
echo "Building Perilune in $build: about a minute the first time ..."
if ! { cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF && cmake --build $build; } >build.log 2>&1; then
  tail -n 30 build.log >&2
  echo "The build failed; all of it is in build.log." >&2
  exit 1
fi
rm -f build.log

out=build/quickstart
mkdir -p $out
rm -f $out/port
shop=""
stop() {
  [ -n "$shop" ] && kill "$shop" 2>/dev/null && wait "$shop" 2>/dev/null
  shop=""
}
trap stop EXIT
trap 'stop; exit 130' INT
trap 'stop; exit 143' TERM

$build/examples/shop/shop --port 0 --port-file $out/port --delay lognormal:4ms,0.5 2>/dev/null &
shop=$!
tries=0
while [ ! -s $out/port ]; do
  tries=$((tries + 1))
  if [ $tries -gt 1200 ] || ! kill -0 $shop 2>/dev/null; then
    echo "The demo shop did not start: try $build/examples/shop/shop --port 0" >&2
    exit 1
  fi
  sleep 0.05
done
url=http://127.0.0.1:$(cat $out/port)

review() {
  code=0
  $build/core/cli/perilune run playbooks/review.lua --target "$url" --rate 200/s --duration 12s \
    --paths "/,/products/7,/search?q=window" --db $out/perilune.db --html $out/report.html || code=$?
  case $code in
    0 | 3 | 4) ;; # a verdict: pass, fail, or (on a busy machine) inconclusive
    *) return $code ;;
  esac
}
echo "The first review of the demo shop at $url, 15 s ..."
review >$out/first.txt 2>&1 || { cat $out/first.txt; exit $code; }
echo "The second one, which compares itself with the first, 15 s ..."
echo
review
echo
echo "Open $PWD/$out/report.html in a browser. Everything is kept in $PWD/$out/perilune.db:"
echo "  $build/core/cli/perilune runs --db $out/perilune.db"
