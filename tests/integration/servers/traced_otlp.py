"""A server whose every answer is a span of the trace that asked for it, which it sends by OTLP to a URL: traced_otlp.py PORT URL."""
import json
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, trace, parent, _ = self.headers["traceparent"].split("-")
        now = time.time_ns()
        span = {"traceId": trace, "spanId": trace[:16], "parentSpanId": parent, "name": "answer", "kind": 2,
                "startTimeUnixNano": str(now), "endTimeUnixNano": str(now + 1000)}
        service = {"attributes": [{"key": "service.name", "value": {"stringValue": "traced"}}]}
        body = json.dumps({"resourceSpans": [{"resource": service, "scopeSpans": [{"spans": [span]}]}]}).encode()
        request = urllib.request.Request(sys.argv[2] + "/v1/traces", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request).close()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
