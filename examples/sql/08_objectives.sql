-- Every objective that was judged, with its measured value and limit.
SELECT r.ulid AS run, o.expr, o.value, o.lim, o.verdict FROM objectives o JOIN runs r ON r.id = o.run_id ORDER BY r.started_ns DESC, o.idx
