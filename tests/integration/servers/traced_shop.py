"""A shop of three services in one process, whose answers are traces of OpenTelemetry's, sent to a receiver: traced_shop.py PORT URL.

The front asks the cart and the prices side by side, the cart asks its database; every tenth answer's database is slow. Span events and links
are among them; every twentieth trace lacks its cart."""
import json
import random
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KINDS = {"internal": 1, "server": 2, "client": 3}
count = [0]


def span(trace, parent, name, kind, begin, end, attributes=None, events=(), links=(), error=None):
    made = {"traceId": trace, "spanId": f"{random.getrandbits(64) | 1:016x}", "parentSpanId": parent, "name": name, "kind": KINDS[kind], "startTimeUnixNano": str(begin), "endTimeUnixNano": str(end),
            "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in (attributes or {}).items()],
            "events": [{"timeUnixNano": str(at), "name": what, "attributes": [{"key": "rows", "value": {"intValue": "3"}}]} for at, what in events],
            "links": [{"traceId": t, "spanId": s} for t, s in links]}
    if error:
        made["status"] = {"code": 2, "message": error}
    return made


def send(services):
    body = {"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": name}}]}, "scopeSpans": [{"spans": spans}]} for name, spans in services.items() if spans]}
    request = urllib.request.Request(sys.argv[2] + "/v1/traces", json.dumps(body).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        count[0] += 1
        n, now = count[0], time.time_ns
        _, trace, parent, _ = self.headers["traceparent"].split("-")
        begin = now()
        time.sleep(0.001)
        asked = now()
        time.sleep(0.03 if n % 10 == 0 else 0.002)
        read = now()
        time.sleep(0.001)
        got = now()
        time.sleep(0.001)
        end = now()
        front = span(trace, parent, "GET /", "server", begin, end, {"http.route": "/", "http.response.status_code": "200"})
        cart = span(trace, front["spanId"], "cart.load", "client", asked, got)
        served = span(trace, cart["spanId"], "cart.load", "server", asked + 200000, got - 200000)
        table = span(trace, served["spanId"], "SELECT items", "client", asked + 300000, read, {"db.system": "postgresql"}, [(asked + 400000, "connected"), (read - 100000, "rows read")],
                     error="canceling statement" if n % 10 == 0 else None)
        price = span(trace, front["spanId"], "price", "internal", asked, asked + 700000, links=[("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")])
        send({"front": [front, cart, price], "cart": [] if n % 20 == 0 else [served], "db": [table]})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
