# Sourced by benchmarks of the timeline, with `name` set and the repository's root as the working folder: builds the rooms below the store, and
# tests/bench/NAME.c upon them as $work/NAME, in a folder that goes at the end.
rooms="store format analysis base"
cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF >/dev/null
for room in $rooms; do ninja -C build/release "core/$room/libpl_$room.a" >/dev/null; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2046
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -Icore -Iinclude -o "$work/$name" "tests/bench/$name.c" \
  $(for room in $rooms; do echo "build/release/core/$room/libpl_$room.a"; done) -lsqlite3 -lyajl -lz -lm
