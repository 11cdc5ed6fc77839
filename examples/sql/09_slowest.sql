-- The slowest requests, with their trace ids where they carried any.
SELECT text AS name, duration_ns / 1e9 AS seconds, data ->> 'trace_id' AS trace_id
  FROM events WHERE kind = 'slow' ORDER BY duration_ns DESC LIMIT 10
