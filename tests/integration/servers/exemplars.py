"""A target of Prometheus by its own client library, whose counter and histogram have exemplars of the trace that is given: exemplars.py PORT TRACE."""
import sys
import time

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server

registry = CollectorRegistry()
orders = Counter("orders", "Orders", registry=registry)
seconds = Histogram("order_seconds", "Their duration", buckets=[0.1, 1], registry=registry)
start_http_server(int(sys.argv[1]), "127.0.0.1", registry)
while True:
    orders.inc(1, exemplar={"trace_id": sys.argv[2], "user": "a"})
    seconds.observe(0.5, exemplar={"trace_id": sys.argv[2]})
    time.sleep(0.1)
