--- StatsD with DogStatsD's tags: the last value of each series as a gauge, udp://host:8125 or tcp://host:8125.
return { FORMAT = "statsd", LINES = true, build_request = function(_, body) return { body = body, headers = {} } end }
