-- The load of the host beside the latency of the same second, run by run.
SELECT d.run, d.ts, quantile(d.hist, 0.99) AS p99, avg(s.value) AS load1
  FROM distributions d JOIN samples('node_load1', d.run) s ON s.ts >= d.ts AND s.ts < d.ts + 1
  WHERE d.name = 'load_latency_seconds' GROUP BY d.run, d.ts ORDER BY d.run, d.ts
