-- The last runs and how they ended.
SELECT run, name, state, exit_code, round(seconds, 1) AS seconds FROM run_list LIMIT 10
