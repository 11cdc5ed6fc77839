-- The p99 of the latency in each second of each load.
SELECT run, ts, quantile(hist, 0.99) AS p99 FROM distributions WHERE name = 'load_latency_seconds' ORDER BY run, ts
