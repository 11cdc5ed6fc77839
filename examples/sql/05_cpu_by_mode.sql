-- CPUs in each mode while a run lasted, run by run: a counter of seconds as a rate.
SELECT run_id, instance, labels ->> 'mode' AS mode, sum(cpus) AS cpus
  FROM (SELECT run_id, instance, labels, rate(ts, value) AS cpus FROM samples('node_cpu_seconds_total') GROUP BY labels, instance, run_id)
  GROUP BY run_id, instance, mode ORDER BY run_id DESC, cpus DESC
