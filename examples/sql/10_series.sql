-- What is stored: metrics, their series and how many samples each has.
SELECT s.name, count(DISTINCT s.id) AS series, count(p.ts_ns) AS samples
  FROM series s JOIN points p ON p.series_id = s.id GROUP BY s.name ORDER BY samples DESC, s.name
