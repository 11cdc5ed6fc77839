"""A target of Prometheus at the port that is given, by its client library: one metric of each type, those with clashing labels, and, at other
paths, what goes wrong: /vanish takes a series away, /silent never answers, /huge is long, /text is what is no OpenMetrics."""
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from socketserver import ThreadingMixIn

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary, make_wsgi_app

registry = CollectorRegistry()
requests = Counter("shop_requests", "Of the shop.", ["path", "code"], registry=registry)
requests.labels("/cart", "200").inc(5, {"trace_id": "4bf92f3577b34da6"})
requests.labels("/tmp/Cart", "500").inc()
latency = Histogram("shop_latency_seconds", "Answer times.", buckets=(0.005, 0.1, 1, 10, 1000000), registry=registry)
for value in (0.003, 0.05, 0.5, 5):
    latency.observe(value)
Summary("shop_bytes", "Of bodies.", registry=registry).observe(3)
Info("shop", "Its build.", registry=registry).info({"version": "1.2"})
Enum("shop_state", "Of the shop.", states=["open", "shut"], registry=registry).state("open")
owned = Gauge("shop_owned", "With the labels of a target.", ["job", "instance", "exported_job"], registry=registry)
owned.labels("own", "own:1", "older").set(1)
queue = Gauge("shop_queue", "Lengths.", ["name"], registry=registry)
queue.labels("mail").set(2)
queue.labels("print").set(3)
asked = Counter("shop_asked", "How.", ["packed", "open"], registry=registry)
metrics = make_wsgi_app(registry)


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def answer(environ, start_response):
    path = environ["PATH_INFO"]
    latency.observe(0.05)
    asked.labels("gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""), "openmetrics" in environ.get("HTTP_ACCEPT", "")).inc()
    if path == "/silent":
        threading.Event().wait()
    if path == "/vanish":
        queue.remove("print")
    if path == "/huge":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"huge 1\n" * 100000]
    if path == "/text":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"a 1\nb{ 2\n"]
    return metrics(environ, start_response)


make_server("127.0.0.1", int(sys.argv[1]), answer, Server, Quiet).serve_forever()
