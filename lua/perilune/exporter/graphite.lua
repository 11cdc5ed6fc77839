--- Graphite's plaintext over TCP, with tags: tcp://host:2003.
return { FORMAT = "graphite", LINES = true, build_request = function(_, body) return { body = body, headers = {} } end }
