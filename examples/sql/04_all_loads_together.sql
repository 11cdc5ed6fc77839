-- One histogram of all loads: what users saw in all.
SELECT hist_count(all_hist) AS requests, quantile(all_hist, 0.5) AS p50, quantile(all_hist, 0.999) AS p999
  FROM (SELECT hist_merge(hist) AS all_hist FROM distribution_list WHERE name = 'load_latency_seconds' AND resolution_s = 0)
