-- When least memory was free.
SELECT datetime(ts, 'unixepoch') AS at, min(value) / 1048576.0 AS mib FROM samples('node_memory_MemAvailable_bytes')
