-- The p99 and the mean of each load as a whole, by scenario and name.
SELECT run, labels, count, mean_seconds, quantile(hist, 0.99) AS p99
  FROM distribution_list WHERE name = 'load_latency_seconds' AND resolution_s = 0 ORDER BY run, labels
