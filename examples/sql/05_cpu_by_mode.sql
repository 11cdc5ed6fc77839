-- CPUs in each mode while a run lasted: a counter of seconds as a rate.
SELECT labels ->> 'mode' AS mode, sum(cpus) AS cpus
  FROM (SELECT labels, rate(ts, value) AS cpus FROM samples('node_cpu_seconds_total') GROUP BY labels, instance, run_id)
  GROUP BY mode ORDER BY cpus DESC
