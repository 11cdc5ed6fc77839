"""A server whose every answer is a span of the trace that asked for it, which it sends as Zipkin's to a URL: traced.py PORT URL."""
import json
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, trace, parent, _ = self.headers["traceparent"].split("-")
        span = {"traceId": trace, "id": "1", "parentId": parent, "name": "answer", "kind": "SERVER", "timestamp": time.time_ns() // 1000,
                "duration": 1000, "localEndpoint": {"serviceName": "traced"}}
        request = urllib.request.Request(sys.argv[2] + "/api/v2/spans", json.dumps([span]).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request).close()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
