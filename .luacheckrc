std = "lua54"
codes = true
max_line_length = false
self = false
unused_secondaries = false
ignore = { "212/_.*", "213/_.*" }
files["tests/lua/**/*_spec.lua"] = { std = "+busted" }
exclude_files = { "build*/**" }
